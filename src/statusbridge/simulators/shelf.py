"""One account's alerts: which are visible yet, and slices of them, newest first.

Built for speed: alerts are encoded once, kept sorted, cut by bisection and joined as bytes, so that
a page of a thousand costs little more than copying it.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeAlias

from statusbridge.simulators.feed import FeedAlert

Date: TypeAlias = Literal["generated", "created"]


class _Entry(NamedTuple):
    """Compares by date, then by arrival; *arrival* is unique."""

    date: int
    arrival: int
    alert: FeedAlert


@dataclass(frozen=True, slots=True)
class Listing:
    """A filtered view, newest first, as of one moment. Position 0 is the newest."""

    _entries: list[_Entry]
    _low: int
    _high: int

    def __len__(self) -> int:
        return self._high - self._low

    def rows(self, start: int, end: int) -> list[FeedAlert]:
        """Return the alerts at positions *start* to *end*, the last not included."""
        low = max(self._low, self._high - end)
        high = max(low, self._high - start)
        return [entry.alert for entry in reversed(self._entries[low:high])]

    def position(self, entry: tuple[int, int]) -> int:
        """Return where the entry of that date and arrival stands, or would stand."""
        return self._high - 1 - bisect_left(self._entries, entry, key=_place)


class Shelf:
    """The alerts of one account. *by*: the date that listings filter and sort by."""

    def __init__(self, by: Date = "generated") -> None:
        self._by = by
        self._waiting: list[tuple[float, int, FeedAlert]] = []
        self._arrived: dict[str, tuple[int, FeedAlert]] = {}
        self._sorted: dict[str | None, list[_Entry]] = {None: []}
        self._count = 0

    def put(self, alerts: Iterable[FeedAlert], lag: float = 0.0) -> list[str]:
        """Add *alerts*, visible *lag* seconds after they are stored; return their SIDs."""
        sids = []
        for alert in alerts:
            self._count += 1
            self._waiting.append((alert.created + lag, self._count, alert))
            sids.append(alert.sid)
        self._waiting.sort()
        return sids

    def listing(self, now: float, level: str | None, low: float, high: float) -> Listing:
        """Return what is visible at *now* of *level*, dated *low* to *high*, both included."""
        self._show(now)
        if level not in self._sorted:
            everything = self._sorted[None]
            self._sorted[level] = [e for e in everything if e.alert.level == level]
        entries = self._sorted[level]
        start = bisect_left(entries, low, key=_date)
        return Listing(entries, start, max(start, bisect_right(entries, high, key=_date)))

    def find(self, sid: str, now: float) -> FeedAlert | None:
        """Return the alert *sid* if it is visible at *now*."""
        self._show(now)
        found = self._arrived.get(sid)
        return found and found[1]

    def key(self, sid: str) -> tuple[int, int] | None:
        """Return date and arrival of a visible alert, for `Listing.position`."""
        found = self._arrived.get(sid)
        return found and (self._date(found[1]), found[0])

    def sort_by(self, by: Date) -> None:
        """Filter and sort by that date from now on."""
        if by == self._by:
            return
        self._by = by
        entries = [_Entry(self._date(a), arrival, a) for arrival, a in self._arrived.values()]
        self._sorted = {None: sorted(entries)}

    def delay(self, lag: float) -> None:
        """Let what is still waiting become visible *lag* seconds after it is stored."""
        self._waiting = [(a.created + lag, arrival, a) for _, arrival, a in self._waiting]
        self._waiting.sort()

    def _date(self, alert: FeedAlert) -> int:
        return alert.generated if self._by == "generated" else alert.created

    def _show(self, now: float) -> None:
        due = bisect_right(self._waiting, now, key=_due)
        if not due:
            return
        fresh = []
        for _, arrival, alert in self._waiting[:due]:
            self._arrived[alert.sid] = (arrival, alert)
            fresh.append(_Entry(self._date(alert), arrival, alert))
        del self._waiting[:due]
        fresh.sort()
        for level, entries in self._sorted.items():
            joining = [e for e in fresh if level in (None, e.alert.level)]
            in_order = not entries or not joining or entries[-1] < joining[0]
            entries.extend(joining)
            if not in_order:
                entries.sort()


def _due(waiting: tuple[float, int, FeedAlert]) -> float:
    return waiting[0]


def _date(entry: _Entry) -> float:
    return entry.date


def _place(entry: _Entry) -> tuple[int, int]:
    return entry.date, entry.arrival
