"""What a rule measures over its sliding window, at any time.

A measure over (t - window, t] is a step function of t: an alert at `a` adds to it from `a` on and
stops adding at `a + window`. `Series` keeps the steps, not the alerts. So adding an alert costs the
same whether it comes first, last or an hour late, and no step depends on the order of arrival: the
property that polls, pages and restarts rest on.

Knows no rule, no phase, no clock.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from typing import NamedTuple

from statusbridge.core.model import Instant, Seconds
from statusbridge.core.rules import Threshold

_BITS = 30
_MOST = (1 << _BITS) - 1
_COUNT, _RESOURCES, _ACCOUNTS, _BLIND = (1 << _BITS * place for place in range(4))
# The four measures side by side in one number, so that a step is one addition and takes a third of
# the memory. Steps down borrow from the next measure; in a sum, which has no negative one, none is
# left over.


class Measures(NamedTuple):
    """The measures of one rule at one time."""

    count: int = 0  # type: ignore[assignment]  # named as in the file; tuple.count is not missed
    distinct_resources: int = 0
    distinct_accounts: int = 0
    blind: int = 0
    """How many recorded gaps reach into the window: over 0, absence proves nothing."""

    def reach(self, threshold: Threshold) -> bool:
        """Whether every number that *threshold* asks for is reached."""
        return all(
            wanted is None or got >= wanted
            for got, wanted in zip(self, _numbers(threshold), strict=False)
        )

    def within(self, threshold: Threshold) -> bool:
        """Whether every number is at or under *threshold*, and the whole window could be read."""
        return not self.blind and all(
            wanted is None or got <= wanted
            for got, wanted in zip(self, _numbers(threshold), strict=False)
        )


def _numbers(threshold: Threshold) -> tuple[int | None, int | None, int | None]:
    return threshold.count, threshold.distinct_resources, threshold.distinct_accounts


class Series:
    """The measures of one rule, from a base time on, as steps. Times before the base are folded in.

    Distinct resources and accounts are followed only where *measures* names them: they cost memory
    for each one in the window.
    """

    def __init__(self, window: Seconds, measures: frozenset[str]) -> None:
        self._window = window
        self._base_at: Instant | None = None
        self._base = 0
        self._steps: dict[Instant, int] = {}
        self._times: list[Instant] = []
        self._unsorted: list[Instant] = []
        self._resources = _Spans(window) if "distinct_resources" in measures else None
        self._accounts = _Spans(window) if "distinct_accounts" in measures else None
        self.last_from: dict[str, Instant] = {}
        """Newest event time by account that gave evidence."""

    def add(self, at: Instant, resource: str | None, account: str) -> None:
        """Count an alert at *at*. Each alert must be added once: dedupe by SID before."""
        end = at + self._window
        if at > self.last_from.get(account, -1):
            self.last_from[account] = at
        if self._base_at is not None and end <= self._base_at:
            return
        step = _COUNT
        if self._resources is not None and resource is not None:
            uncovered = self._resources.cover(resource, at, end)
            if uncovered == (at, end):
                step += _RESOURCES
            else:
                self._shift(_RESOURCES, *uncovered)
        if self._accounts is not None:
            self._shift(_ACCOUNTS, *self._accounts.cover(account, at, end))
        self._change(at, step)
        self._change(end, -step)

    def blind(self, lo: Instant, hi: Instant) -> None:
        """Mark (lo, hi] as never read: windows that reach into it can't prove absence."""
        self._shift(_BLIND, lo + 1, hi + self._window)

    def at(self, time: Instant) -> Measures:
        """Return the measures over (time - window, time]. *time* must not be before the base."""
        return _unpacked(self._sum(self._until(time)))

    def changes(self, after: Instant, until: Instant) -> Iterator[tuple[Instant, Measures]]:
        """Yield (*after*, measures), then every time in (after, until] at which one changes."""
        first, last = self._until(after), self._until(until)
        packed = self._sum(first)
        yield after, _unpacked(packed)
        for moment in self._times[first:last]:
            packed += self._steps[moment]
            yield moment, _unpacked(packed)

    def forget(self, before: Instant) -> None:
        """Fold all steps up to *before* into the base: nobody will ask for an earlier time."""
        if self._base_at is not None and before <= self._base_at:
            return
        done = self._until(before)
        self._base = self._sum(done)
        for moment in self._times[:done]:
            del self._steps[moment]
        del self._times[:done]
        self._base_at = before
        for spans in (self._resources, self._accounts):
            if spans is not None:
                spans.forget(before)

    def _until(self, time: Instant) -> int:
        """Return how many of the steps, which are in order after this, are at or before *time*."""
        if self._unsorted:
            # All at once: put in its place one by one, each would move all that are later.
            self._times += self._unsorted
            self._times.sort()
            self._unsorted.clear()
        return bisect_right(self._times, time)

    def _sum(self, steps: int) -> int:
        return sum(map(self._steps.__getitem__, self._times[:steps]), self._base)

    def _shift(self, measure: int, start: Instant, end: Instant) -> None:
        if start < end:
            self._change(start, measure)
            self._change(end, -measure)

    def _change(self, moment: Instant, by: int) -> None:
        if moment in self._steps:
            self._steps[moment] += by
        elif self._base_at is not None and moment <= self._base_at:
            self._base += by
        else:
            self._steps[moment] = by
            self._unsorted.append(moment)


def _unpacked(packed: int) -> Measures:
    return Measures(
        packed & _MOST, packed >> _BITS & _MOST, packed >> 2 * _BITS & _MOST, packed >> 3 * _BITS
    )


class _Spans:
    """When each key is inside the window: merged stretches [start, end) by key.

    Most keys come once, as the id of a message does: of those only the start is kept, a number that
    is shared with the steps.
    """

    def __init__(self, window: Seconds) -> None:
        self._window = window
        self._by_key: dict[str, Instant | tuple[tuple[Instant, Instant], ...]] = {}
        self._sweep_at = 1024

    def cover(self, key: str, start: Instant, end: Instant) -> tuple[Instant, Instant]:
        """Add [start, end), as long as the window, for *key*; return what of it is new.

        All stretches are at least as long as it, so what was uncovered is one piece; start ≥ end of
        it means nothing was.
        """
        known = self._by_key.get(key)
        if known is None:
            self._by_key[key] = start
            return start, end
        spans = self._spans(known)
        apart = [span for span in spans if span[1] < start or span[0] > end]
        touching = [span for span in spans if span[1] >= start and span[0] <= end]
        merged = (min([start, *(s for s, _ in touching)]), max([end, *(e for _, e in touching)]))
        self._by_key[key] = tuple(sorted([*apart, merged]))
        left = max([e for s, e in touching if s <= start], default=start)
        right = min([s for s, e in touching if e >= end], default=end)
        return max(start, left), min(end, right)

    def forget(self, before: Instant) -> None:
        """Drop keys that left. Sweeps only when the keys have doubled: amortised constant."""
        if len(self._by_key) < self._sweep_at:
            return
        kept = {
            key: known for key, known in self._by_key.items() if self._spans(known)[-1][1] > before
        }
        self._by_key = kept
        self._sweep_at = max(1024, 2 * len(kept))

    def _spans(
        self, known: Instant | tuple[tuple[Instant, Instant], ...]
    ) -> tuple[tuple[Instant, Instant], ...]:
        return ((known, known + self._window),) if isinstance(known, int) else known
