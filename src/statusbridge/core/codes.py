"""Whose fault an error is at the usual: the code table, read.

Knows codes, not alerts, rules or time. Asked of every alert, so answers are remembered; of a code
that the table does not hold it says "unknown", never nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from statusbridge.core.code_ranges import RANGES
from statusbridge.core.code_singles import SINGLES
from statusbridge.core.model import Fault

FIRST_CODE, LAST_CODE = 100, 999_999
"""Twilio's codes have 3 to 6 digits (error dictionary, 2026)."""
UNLISTED = "unlisted"
"""The family of a code that no range holds."""


@dataclass(frozen=True, slots=True)
class CodeInfo:
    """What the table says of one code. *known* False: no range holds it, so *fault* is unknown."""

    code: int
    family: str
    fault: Fault
    title: str | None
    """In our words; None: the table has none for this code."""
    known: bool


@dataclass(frozen=True, slots=True)
class CodeEntry:
    """One line of the table: codes *first* to *last*, both included; a single code has both equal.

    An entry within another one speaks for its codes instead of it.
    """

    first: int
    last: int
    family: str
    fault: Fault
    title: str | None = None

    @property
    def width(self) -> int:
        return self.last - self.first


_RANGES = tuple(CodeEntry(*line) for line in RANGES)
_SINGLES = {code: (fault, title) for fault, own in SINGLES.items() for code, title in own.items()}


@lru_cache(maxsize=4096)  # bounded: codes come from outside
def describe(code: int) -> CodeInfo:
    """Return what the table says of *code*; any integer has an answer."""
    around = min(
        (r for r in _RANGES if r.first <= code <= r.last), key=lambda r: r.width, default=None
    )
    if around is None:
        return CodeInfo(code, UNLISTED, Fault.UNKNOWN, None, known=False)
    fault, title = _SINGLES.get(code, (around.fault, None))
    return CodeInfo(code, around.family, fault, title, known=True)


def fault_of(code: int | None) -> Fault:
    """Return whose fault *code* is at the usual; unknown for None and for what is not listed."""
    return Fault.UNKNOWN if code is None else describe(code).fault


def entries(first: int = FIRST_CODE, last: int = LAST_CODE) -> tuple[CodeEntry, ...]:
    """Return the table's ranges and single codes that touch *first* to *last*.

    Ordered by first code, a wider entry before those within it.
    """
    touching = [r for r in _RANGES if r.first <= last and first <= r.last]
    touching += [
        CodeEntry(code, code, describe(code).family, fault, title)
        for code, (fault, title) in _SINGLES.items()
        if first <= code <= last
    ]
    # Stable: where a range holds one code only, it stays before the single.
    return tuple(sorted(touching, key=lambda e: (e.first, -e.last)))


def faults_between(first: int, last: int) -> frozenset[Fault]:
    """Return every fault that a code from *first* to *last* can have; none where last < first."""
    return frozenset(describe(code).fault for code in _turns(first, last))


def _turns(first: int, last: int) -> Iterator[int]:
    """Yield *first* and each code up to *last* from which on the table may say something else."""
    if first <= last:
        yield first
    for entry in entries(first, last):
        yield from (code for code in (entry.first, entry.last + 1) if first < code <= last)
