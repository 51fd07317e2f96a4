"""Recorded alerts in order of time, whatever the order of the file.

A file in order, or nearly so, is read once and never held. Another one is first brought into order
by way of a temporary file, which nobody else can open and which holds no texts and no URLs.
"""

from __future__ import annotations

import heapq
import tempfile
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise
from operator import attrgetter
from typing import IO

import msgspec

from statusbridge.adapters.recorded_alerts import Sift, Wanted
from statusbridge.adapters.recording import Block, lined
from statusbridge.adapters.recording_entries import Entry, Portion, Tell
from statusbridge.core.model import Alert, Instant, iso

_RUN = 50_000
"""Entries sorted in memory at once."""
_STAMP = 20
"""Characters of a time, which each sorted line begins with."""
_LINES = 200

_encode = msgspec.json.Encoder().encode

Stretch = tuple[list[Alert], Instant]
"""Alerts in order of time, and up to when they are all that there is."""
Read = Callable[[Tell], Iterator[Portion]]
"""Reads a recording from its beginning."""


def in_order(portions: Iterable[Portion], sift: Sift) -> Iterator[Stretch]:
    """Yield the alerts of *portions* that rules may want. Raises DisorderedError."""
    waiting: list[Alert] = []
    told = sift.settled
    for portion in portions:
        waiting += sift.read(portion)
        if sift.settled > told:
            waiting.sort(key=attrgetter("at"))
            told = sift.settled
            ripe = bisect_right(waiting, told, key=attrgetter("at"))
            yield waiting[:ripe], told
            del waiting[:ripe]
    sift.finish()
    waiting.sort(key=attrgetter("at"))
    yield waiting, sift.settled


def sorted_portions(read: Read, wanted: Wanted, tell: Tell) -> Iterator[Portion]:
    """Yield all that *read* reads, in order of time, without what no rule asks for."""
    sift = Sift(wanted, tell)
    with tempfile.TemporaryFile() as file:
        ends = [0]
        run: list[bytes] = []
        for portion in read(tell):
            run += [_line(at, entry) for at, entry in sift.reduced(portion)]
            if len(run) >= _RUN:
                ends.append(_written(file, run))
                run = []
        ends.append(_written(file, run))
        runs = [_lines_of(file, begin, end) for begin, end in pairwise(ends)]
        yield from lined(joined(heapq.merge(*runs)), tell)


def _line(at: Instant, entry: Entry) -> bytes:
    return iso(at).encode() + _encode(entry) + b"\n"


def _written(file: IO[bytes], run: list[bytes]) -> int:
    """Write *run* in order; return where it ends."""
    run.sort()
    file.seek(0, 2)
    file.writelines(run)
    return file.tell()


def _lines_of(file: IO[bytes], begin: int, end: int) -> Iterator[bytes]:
    while begin < end:
        file.seek(begin)
        lines = file.readlines(1 << 14)
        for line in lines:
            if begin >= end:
                return
            begin += len(line)
            yield line


def joined(lines: Iterable[bytes]) -> Iterator[Block]:
    """Yield *lines*, each behind its time as `iso` writes it, without those times."""
    block: list[bytes] = []
    for line in lines:
        block.append(line[_STAMP:])
        if len(block) == _LINES:
            yield int, b"".join(block)
            block = []
    yield int, b"".join(block)
