"""Recorded alerts as JSON documents: lists of alerts, or pages of them as Twilio's API answers.

Read as a stream, without holding a list whole: brackets and commas between alerts, and the key
`alerts` before them, are passed over, and what stands between them are the alerts.
"""

from __future__ import annotations

import codecs
import io
import json
import re
from collections.abc import Iterator
from functools import partial
from typing import Any

from statusbridge.adapters.recording_entries import Entry, Portion, Tell
from statusbridge.adapters.twilio_wire import salvaged

_CHUNK = 1 << 18
_LONGEST = 16 << 20
_PORTION = 500
_BETWEEN = re.compile(r'[\s\[\]},:]*(?:\{\s*(?="(?:alerts|meta)"\s*:))?(?:"(?:alerts|meta)"\s*:)?')
"""What stands before an alert or a page's `meta`; no more than one of a page's keys at once."""

_decoder = json.JSONDecoder(parse_int=float, strict=False)


def documents(file: io.BufferedReader, tell: Tell) -> Iterator[Portion]:
    """Yield the alerts of the documents in *file*."""
    entries: list[Entry] = []
    lines: list[int] = []
    for line, value in _values(file, tell):
        if not isinstance(value, dict):
            tell(line, "neither an alert nor a page of them")
        elif "page_size" in value and "sid" not in value:
            continue
        else:
            entries.append(salvaged(value, Entry()))
            lines.append(line)
        if len(entries) == _PORTION:
            yield Portion(entries, partial(list[int], lines))
            entries, lines = [], []
    yield Portion(entries, partial(list[int], lines))


def _values(file: io.BufferedReader, tell: Tell) -> Iterator[tuple[int, Any]]:
    """Yield each value with the line on which it begins."""
    stream = _Stream(file)
    while True:
        stream.go(_past(stream.text, stream.place))
        try:
            value, end = _decoder.raw_decode(stream.text, stream.place)
        except (ValueError, RecursionError):
            value, end = None, stream.place
        # Words and numbers may go on in what was not read yet; so may what is no value so far.
        open_end = not isinstance(value, dict) and not stream.text[end:].strip()
        if (open_end or end == stream.place) and stream.left < _LONGEST and stream.read():
            continue
        if stream.left == 0:
            return
        if end > stream.place:
            yield stream.line, value
            stream.go(end)
            continue
        tell(stream.line, "not JSON, or cut short")
        following = stream.text.find("{", stream.place + 1)
        if following < 0:
            return
        stream.go(following)


class _Stream:
    """Text that is read as it is wanted. *line*: of the character at *place*."""

    def __init__(self, file: io.BufferedReader) -> None:
        self._reader = codecs.getreader("utf-8")(file, "replace")
        self.text = ""
        self.place = 0
        self.line = 1

    @property
    def left(self) -> int:
        return len(self.text) - self.place

    def go(self, place: int) -> None:
        self.line += self.text.count("\n", self.place, place)
        self.place = place

    def read(self) -> bool:
        """Read as much again as is left, so that a long value costs no more than its length."""
        try:
            chunk = self._reader.read(max(_CHUNK, self.left))
        except EOFError:
            return False
        if not chunk:
            return False
        self.text, self.place = self.text[self.place :] + chunk, 0
        return True


def _past(text: str, place: int) -> int:
    while (found := _BETWEEN.match(text, place)) is not None and found.end() > place:
        place = found.end()
    return place
