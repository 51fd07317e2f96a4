"""Recorded alerts as CSV, with a header: the API's field names, or words close to them."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from statusbridge.adapters.recording_entries import Entry, Portion, RecordingError, Tell
from statusbridge.adapters.twilio_wire import salvaged

if TYPE_CHECKING:
    from _csv import Reader

_PORTION = 500

_COLUMNS = {
    "sid": ("sid", "alertsid", "eventsid"),
    "account_sid": ("accountsid", "account"),
    "date_generated": ("dategenerated", "timestamp", "date", "datetime", "time"),
    "date_created": ("datecreated",),
    "error_code": ("errorcode", "code", "error"),
    "log_level": ("loglevel", "level", "severity"),
    "resource_sid": ("resourcesid", "resource"),
    "service_sid": ("servicesid",),
    "request_url": ("requesturl", "url"),
    "alert_text": ("alerttext", "text", "message", "description"),
}
"""Field → the columns that hold it, the first that a file has; letters only, in any case."""


def rows(path: Path, file: io.BufferedReader, tell: Tell) -> Iterator[Portion]:
    """Yield the rows of *file* as entries. Raises RecordingError where they are no alerts."""
    csv.field_size_limit(16 << 20)
    head = file.peek(4096).split(b"\n", 1)[0].decode("utf-8", "replace")
    text = io.TextIOWrapper(file, "utf-8", errors="replace", newline="")
    try:
        reader = csv.reader(text, delimiter=max(",;\t", key=head.count))
        places = _places(path, _header(reader))
        while found := list(islice(_rows(reader, tell), _PORTION)):
            lines = [line for line, _ in found]
            yield Portion([_entry(row, places) for _, row in found], partial(list[int], lines))
    finally:
        # The file is its opener's to close.
        text.detach()


def _header(reader: Reader) -> list[str]:
    try:
        return next(reader, [])
    except (csv.Error, EOFError):
        return []


def _rows(reader: Reader, tell: Tell) -> Iterator[tuple[int, list[str]]]:
    while True:
        line = reader.line_num + 1
        try:
            row = next(reader, None)
        except csv.Error as error:
            tell(line, str(error))
            continue
        except EOFError:
            tell(line, "the file ends in the middle: it was cut off")
            return
        if row is None:
            return
        if row:
            yield line, row


def _places(path: Path, header: Sequence[str]) -> dict[str, int]:
    known = {re.sub(r"[^a-z]", "", name.lower()): n for n, name in reversed([*enumerate(header)])}
    places = {
        field: next(known[name] for name in names if name in known)
        for field, names in _COLUMNS.items()
        if any(name in known for name in names)
    }
    if "sid" not in places or not {"date_generated", "date_created"} & places.keys():
        raise RecordingError(
            f"{path} is neither JSON nor a CSV file of alerts: its first line names no sid and "
            "date_generated. Give alerts as Twilio's API lists them."
        )
    return places


def _entry(row: Sequence[str], places: dict[str, int]) -> Entry:
    found = {field: row[n].strip() for field, n in places.items() if n < len(row)}
    return salvaged({field: value for field, value in found.items() if value}, Entry())
