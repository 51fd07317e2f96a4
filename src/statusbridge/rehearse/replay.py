"""A source that shows alerts that are known beforehand, each from the time on at which it arrived.

Reads what production reads and no more: each poll its overlap, now and then a longer stretch. So an
alert that was stored too late for one poll is seen by the next that reads so far back.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterable
from dataclasses import dataclass, replace
from typing import NamedTuple

from statusbridge.bridge.protocols import Clock
from statusbridge.core.coverage import (
    LONG_EVERY,
    LONG_SWEEP,
    SHORT_EVERY,
    Batch,
    Budget,
    Coverage,
    Gap,
    Lookback,
    begin,
    heard,
    settled,
)
from statusbridge.core.errors import Unauthorized, Unavailable
from statusbridge.core.model import Alert, Instant


class Arrival(NamedTuple):
    """An alert, and when it was stored: no poll before *seen*, ≥ `alert.at`, shows it."""

    seen: Instant
    alert: Alert


@dataclass(frozen=True, slots=True)
class Failure:
    """Polls of an account fail with *error*, since ≤ t < until; *until* None: for good."""

    since: Instant
    until: Instant | None
    error: Unavailable | Unauthorized

    def strikes(self, now: Instant) -> bool:
        return self.since <= now and (self.until is None or now < self.until)


class Replay:
    """One account's alerts from *arrivals*, which come in order of `seen`. A `bridge.Source`.

    Takes one arrival more than was shown, so that *arrivals* may be read from a file of any length.
    """

    def __init__(
        self,
        account: str,
        clock: Clock,
        lookback: Lookback,
        arrivals: Iterable[Arrival] = (),
        failures: Iterable[Failure] = (),
    ) -> None:
        self.account = account
        self._clock = clock
        self._lookback = lookback
        self._coming = iter(arrivals)
        self._next = next(self._coming, None)
        self._failures = tuple(failures)
        self.fresh: tuple[Alert, ...] = ()
        """What the last poll showed for the first time."""
        self._unread: list[Alert] = []
        """Stored by now, but longer ago than any poll since has read back."""

    def rests_until(self, now: Instant) -> Instant | None:
        """Return until when polls after *now* show nothing and end alike; None: for ever.

        The time itself is no longer rest. *now*: there is none.
        """
        if self._unread or any(failure.strikes(now) for failure in self._failures):
            return now
        times = [failure.since for failure in self._failures if failure.since > now]
        if self._next is not None:
            times.append(self._next.seen)
        return min(times, default=None)

    async def poll(self, coverage: Coverage, budget: Budget) -> AsyncGenerator[Batch, None]:
        """Yield in one batch all that a poll at the clock's time reads. Never leaves holes."""
        now = self._clock.now()
        self.fresh = ()
        for failure in self._failures:
            if failure.strikes(now):
                # The same value each time, without the last time's way here.
                raise failure.error.with_traceback(None)
        begun, gaps = begin(coverage, now, self._lookback)
        self.fresh = tuple(self._shown(begun, now))
        yield Batch(self.fresh, _read(begun, now), gaps)

    def idle(self, coverage: Coverage, times: range) -> tuple[Coverage, list[Gap]]:
        """Return *coverage*, and what can't be read, after polls at *times* that show nothing.

        Between two re-reads such a poll only moves the watermark: of those the last one is enough.
        """
        found: list[Gap] = []
        place = 0
        while place < len(times):
            if place:
                before = times[place - 1]
                coverage = replace(
                    coverage, covered_until=before, heard_until=before, asked_until=before
                )
            begun, gaps = begin(coverage, times[place], self._lookback)
            coverage = _read(begun, times[place])
            found += gaps
            sweep = -((times.start - _next_sweep(coverage)) // times.step)
            place = max(place + 1, min(sweep, len(times) - 1))
        return coverage, found

    def _shown(self, begun: Coverage, now: Instant) -> list[Alert]:
        while self._next is not None and self._next.seen <= now:
            self._unread.append(self._next.alert)
            self._next = next(self._coming, None)
        stretches = [(hole.lo, hole.hi) for hole in begun.holes]
        shown = [a for a in self._unread if any(lo <= a.at <= hi for lo, hi in stretches)]
        if len(shown) < len(self._unread):
            known = {alert.sid for alert in shown}
            oldest = now - LONG_SWEEP
            self._unread = [a for a in self._unread if a.sid not in known and a.at >= oldest]
        else:
            self._unread = []
        return shown


def _next_sweep(coverage: Coverage) -> Instant:
    """Return when a poll next re-reads more than its overlap, polls being closer to each other."""
    return min((coverage.swept_short or 0) + SHORT_EVERY, (coverage.swept_long or 0) + LONG_EVERY)


def _read(begun: Coverage, now: Instant) -> Coverage:
    return settled(replace(heard(begun, now), holes=()))
