"""Recorded alerts, read from a file: one a line, as JSON documents, or as CSV; also gzipped.

Field names are those of Twilio's API. A file is read in portions of bounded size, once from the
beginning to the end. What can't be read is told with its line, and the rest goes on; whether that
will do is for the caller to say.
"""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, closing, contextmanager
from functools import partial
from pathlib import Path
from typing import cast

import msgspec

from statusbridge.adapters.recording_csv import rows
from statusbridge.adapters.recording_documents import documents
from statusbridge.adapters.recording_entries import Entry, Portion, RecordingError, Tell
from statusbridge.adapters.twilio_wire import salvaged

_BLOCK = 1 << 16
"""Bytes read at once: larger ones leave the processor's cache and are slower."""
_LONGEST = 16 << 20
"""Bytes of one line or document; beyond that it is none."""
_BOM = b"\xef\xbb\xbf"

_decoder = msgspec.json.Decoder(Entry)


def portions(path: Path, tell: Tell) -> Iterator[Portion]:
    """Yield the entries of *path* in its order, and *tell* of what is none.

    Raises RecordingError where the file can't be read, or is of no known form.
    """
    with _opened(path) as file:
        head = _peeked(file)
        if head.startswith(_BOM):
            file.read(len(_BOM))
            head = head[len(_BOM) :]
        start = head.lstrip()
        if not start:
            raise RecordingError(f"{path} is empty. Expected recorded alerts, one a line.")
        if start[:1] not in b"{[" and not _goes_on_lined(start):
            yield from rows(path, file, tell)
        elif not start.startswith(b"[") and _is_lined(start):
            with closing(_Lines(path)) as lines:
                yield from lined(_blocks(file, lines, tell), tell)
        else:
            yield from documents(file, tell)


class _Lines:
    """Which line a place of a file is on. Counted only where it is asked for, once all in all."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._open = ExitStack()
        self._file: io.BufferedReader | None = None
        self._place = 0
        self._line = 1

    def at(self, place: int) -> int:
        """Return the line of *place*, not before the place that was asked for last."""
        if self._file is None:
            self._file = self._open.enter_context(_opened(self._path))
        while self._place < place:
            block = self._file.read1(min(_BLOCK, place - self._place))
            self._place += len(block)
            self._line += block.count(b"\n")
        return self._line

    def close(self) -> None:
        self._open.close()


@contextmanager
def _opened(path: Path) -> Iterator[io.BufferedReader]:
    try:
        with _buffered(path.open("rb", 0)) as file:
            if file.peek(2)[:2] != b"\x1f\x8b":
                yield file
                return
            with gzip.GzipFile(fileobj=file) as unzipped:
                yield _buffered(cast(io.RawIOBase, unzipped))
    except OSError as error:
        why = error.strerror or str(error)
        raise RecordingError(f"{path} can't be read ({why.lower()}).") from error


def _buffered(raw: io.RawIOBase) -> io.BufferedReader:
    return io.BufferedReader(raw, 2 * _BLOCK)


def _peeked(file: io.BufferedReader) -> bytes:
    try:
        return file.peek(_BLOCK)
    except EOFError:
        return b""


def _is_lined(head: bytes) -> bool:
    """Whether each line is an entry, so far as *head* tells; a broken first line may be among them.

    Not a file on one line: that is a document, as an answer of the API is.
    """
    first, newline, rest = head.partition(b"\n")
    try:
        entry = json.loads(first)
    except ValueError:
        return bool(newline) and rest.startswith(b"{")
    return not isinstance(entry, dict) or "alerts" not in entry


def _goes_on_lined(head: bytes) -> bool:
    """Whether the second line of *head* is an entry: then the first is a broken one.

    Never so of a CSV file: it doubles the quotes of what is quoted.
    """
    second = b"".join(head.splitlines()[1:2])
    try:
        return bool(_decoder.decode(second).sid)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False


Block = tuple[Callable[[], int], bytes]
"""Whole lines, and the number of the first."""


def _blocks(file: io.BufferedReader, lines: _Lines, tell: Tell) -> Iterator[Block]:
    place, rest = file.tell(), b""
    try:
        for block in iter(partial(file.read1, _BLOCK), b""):
            whole = rest + block if rest else block
            cut = whole.rfind(b"\n") + 1
            rest = whole[cut:]
            if cut:
                yield partial(lines.at, place), whole[:cut]
                place += cut
            if len(rest) > _LONGEST:
                tell(lines.at(place), f"longer than {_LONGEST >> 20} MB")
                place, rest = place + len(rest), b""
    except EOFError:
        tell(lines.at(place), "the file ends in the middle: it was cut off")
        return
    if rest.strip():
        yield partial(lines.at, place), rest


def lined(blocks: Iterable[Block], tell: Tell) -> Iterator[Portion]:
    """Yield the entries of *blocks*."""
    for first, block in blocks:
        try:
            entries = _decoder.decode_lines(block)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            yield _one_by_one(first, block, tell)
        else:
            yield Portion(entries, partial(_filled, first, block))


def _filled(first: Callable[[], int], block: bytes) -> list[int]:
    return [line for line, raw in enumerate(block.split(b"\n"), first()) if raw.strip()]


def _one_by_one(first: Callable[[], int], block: bytes, tell: Tell) -> Portion:
    entries, lines = [], []
    for line, raw in enumerate(block.split(b"\n"), first()):
        if not raw.strip():
            continue
        try:
            entry = _decoder.decode(raw)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            found = rescued(raw)
            if found is None:
                tell(line, "not JSON, or cut short")
                continue
            entry = found
        entries.append(entry)
        lines.append(line)
    return Portion(entries, lambda: lines)


def rescued(raw: bytes) -> Entry | None:
    """Return what can be had of an entry with values of odd types; None: it is none."""
    try:
        found = json.loads(raw.decode("utf-8", "replace"), parse_int=float, strict=False)
    except (ValueError, RecursionError):
        return None
    return salvaged(found, Entry()) if isinstance(found, dict) else None
