"""`statusbridge codes`: the code table, beside what Twilio publishes once that was refreshed."""

from __future__ import annotations

import argparse
import os
import re
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import msgspec

from statusbridge.commands.code_dictionary import (
    Dictionary,
    DictionaryError,
    Published,
    keep,
    load,
    parse,
    state_file,
)
from statusbridge.commands.exits import FAILED, USAGE
from statusbridge.core.codes import FIRST_CODE, LAST_CODE, describe, entries
from statusbridge.core.model import Fault, iso


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the output: codes *first* to *last* of the table, or a code that Twilio lists.

    *published* None: no refresh yet, a range, or a code that Twilio does not list.
    """

    first: int
    last: int
    fault: Fault
    family: str
    title: str | None
    published: Published | None = None

    @property
    def span(self) -> str:
        return str(self.first) if self.first == self.last else f"{self.first}-{self.last}"


class UsageError(Exception):
    """An argument is not what it should be; the message is a sentence that says what would be."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `codes` to *parser*."""
    parser.add_argument("codes", nargs="?", metavar="CODE|RANGE", help="30008 or 30000-30099")
    parser.add_argument(
        "--fault",
        action="append",
        metavar="FAULT",
        help=f"only these: {', '.join(Fault)}; may be given more than once",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument(
        "--refresh",
        action="store_true",
        help="first read Twilio's current titles and levels into the state directory; "
        "with nothing else asked for, only that",
    )
    parser.add_argument("--refresh-from", metavar="URL", help=argparse.SUPPRESS)


def run(args: argparse.Namespace) -> int:
    """Print what *args* asks for and return the exit code: 0, 1 (refresh failed) or 64."""
    try:
        asked = _span(args.codes)
        faults = _faults(args.fault)
        if args.refresh:
            _refresh(args.refresh_from)
    except UsageError as error:
        _complain(str(error))
        return USAGE
    except DictionaryError as error:
        _complain(f"{error}. An earlier copy is kept as it was")
        return FAILED
    if args.refresh and args.codes is None and not faults and not args.json:
        return 0
    dictionary = _dictionary()
    lines = [line for line in _lines(*asked, dictionary) if not faults or line.fault in faults]
    if args.json:
        print(_document(lines, dictionary))
    else:
        _print_table(lines, with_levels=dictionary is not None)
    return 0


def _span(text: str | None) -> tuple[int, int]:
    """Return the first and last code that *text* means; None means all."""
    if text is None:
        return FIRST_CODE, LAST_CODE
    digits = re.fullmatch(r"(\d{3,6})(?:-(\d{3,6}))?", text, re.ASCII)
    if digits is None:
        raise UsageError(
            f"{text!r} is no error code: give one of 3 to 6 digits, as 30008, or a range, as "
            "30000-30099"
        )
    first, last = int(digits[1]), int(digits[2] or digits[1])
    if not FIRST_CODE <= first <= last:
        raise UsageError(
            f"{text!r} is no range of error codes: they begin at {FIRST_CODE}, smaller one first"
        )
    return first, last


def _faults(words: Sequence[str] | None) -> frozenset[Fault]:
    known = {fault.value: fault for fault in Fault}
    for word in words or ():
        if word not in known:
            raise UsageError(f"{word!r} is no fault: give one of {', '.join(known)}")
    return frozenset(known[word] for word in words or ())


def _refresh(given: str | None) -> None:
    from statusbridge.commands import code_download

    url = given or code_download.URL
    try:
        code_download.check_url(url)
    except ValueError as error:
        raise UsageError(str(error)) from None
    path = state_file(os.environ)
    parsed = parse(code_download.fetch(url))
    keep(Dictionary(url, int(time.time()), parsed.codes), path)
    left_out = f", left out {parsed.skipped} that could not be understood" if parsed.skipped else ""
    print(f"Read {len(parsed.codes)} codes from {url} into {path}{left_out}.", file=sys.stderr)


def _dictionary() -> Dictionary | None:
    try:
        return load(state_file(os.environ))
    except DictionaryError as error:
        _complain(f"{error}. The table is shown without it")
        return None


def _lines(first: int, last: int, dictionary: Dictionary | None) -> Iterable[Line]:
    """Yield the table from *first* to *last* and, in between, the codes that only Twilio lists.

    A single code is always one line of its own answer, whatever ranges lie around it.
    """
    published = {p.code: p for p in dictionary.codes} if dictionary else {}
    if first == last:
        yield _single(first, published)
        return
    spans = {(e.first, e.last): e for e in entries(first, last) if e.first < e.last}
    singles = {e.first for e in entries(first, last) if e.first == e.last}
    singles.update(code for code in published if first <= code <= last)
    for start, end in sorted({*spans, *((c, c) for c in singles)}, key=lambda s: (s[0], -s[1])):
        if start == end:
            yield _single(start, published)
        else:
            span = spans[start, end]
            yield Line(start, end, span.fault, span.family, None)


def _single(code: int, published: dict[int, Published]) -> Line:
    info = describe(code)
    return Line(code, code, info.fault, info.family, info.title, published.get(code))


def _document(lines: Iterable[Line], dictionary: Dictionary | None) -> str:
    read = dictionary and {"source": dictionary.source, "read_at": iso(dictionary.read_at)}
    document = {"version": 1, "dictionary": read, "codes": [_json_line(line) for line in lines]}
    return msgspec.json.format(msgspec.json.encode(document), indent=2).decode()


def _json_line(line: Line) -> dict[str, object]:
    theirs = line.published
    return {
        "first": line.first,
        "last": line.last,
        "fault": line.fault.value,
        "family": line.family,
        "title": line.title,
        "twilio": theirs
        and {"title": theirs.title, "level": theirs.level, "log_type": theirs.log_type},
    }


def _print_table(lines: Iterable[Line], *, with_levels: bool) -> None:
    """Print *lines* as aligned columns; on a terminal in colour, unless NO_COLOR is set.

    *with_levels*: a column for Twilio's level, and Twilio's titles before ours.
    """
    rows = [_cells(line, with_levels=with_levels) for line in lines]
    if not rows:
        print("No code of the table fits.", file=sys.stderr)
        return
    header = _header(with_levels=with_levels)
    if sys.stdout.isatty():
        _print_rich(header, rows)
    else:
        _print_plain((header, *rows))


def _header(*, with_levels: bool) -> tuple[str, ...]:
    return ("CODE", "FAULT", *(("LEVEL",) if with_levels else ()), "FAMILY", "TITLE")


def _cells(line: Line, *, with_levels: bool) -> tuple[str, ...]:
    title = (line.published and line.published.title) or line.title or ""
    level = (line.published.level if line.published else "",) if with_levels else ()
    return (line.span, line.fault.value, *level, line.family, title)


def _print_plain(rows: Sequence[tuple[str, ...]]) -> None:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        print("  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)).rstrip())


def _print_rich(header: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    styles = {"twilio": "red", "carrier": "yellow", "application": "blue", "recipient": "cyan"}
    table = Table(*header, box=None, pad_edge=False, header_style="bold")
    for code, fault, *rest in rows:
        # Text: Twilio's titles hold brackets that would be read as markup.
        table.add_row(code, Text(fault, styles.get(fault, "dim")), *map(Text, rest))
    Console().print(table)


def _complain(sentence: str) -> None:
    print(f"statusbridge codes: {sentence}.", file=sys.stderr)
