"""What a rule measures over its sliding window, at any time.

A measure over (t - window, t] is a step function of t: an alert at `a` adds to it from `a` on and
stops adding at `a + window`. `Series` keeps the steps, not the alerts. So adding an alert costs the
same whether it comes first, last or an hour late, and no step depends on the order of arrival: the
property that polls, pages and restarts rest on.

Knows no rule, no phase, no clock.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Iterator
from typing import NamedTuple

from statusbridge.core.model import Instant, Seconds
from statusbridge.core.rules import Threshold

_COUNT, _RESOURCES, _ACCOUNTS, _BLIND = range(4)


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
        self._base = [0, 0, 0, 0]
        self._steps: dict[Instant, list[int]] = {}
        self._times: list[Instant] = []
        self._resources = _Spans() if "distinct_resources" in measures else None
        self._accounts = _Spans() if "distinct_accounts" in measures else None
        self.last_from: dict[str, Instant] = {}
        """Newest event time by account that gave evidence."""

    def add(self, at: Instant, resource: str | None, account: str) -> None:
        """Count an alert at *at*. Each alert must be added once: dedupe by SID before."""
        end = at + self._window
        self._shift(_COUNT, at, end)
        if self._resources is not None and resource is not None:
            self._shift(_RESOURCES, *self._resources.cover(resource, at, end))
        if self._accounts is not None:
            self._shift(_ACCOUNTS, *self._accounts.cover(account, at, end))
        if at > self.last_from.get(account, at - 1):
            self.last_from[account] = at

    def blind(self, lo: Instant, hi: Instant) -> None:
        """Mark (lo, hi] as never read: windows that reach into it can't prove absence."""
        self._shift(_BLIND, lo + 1, hi + self._window)

    def at(self, time: Instant) -> Measures:
        """Return the measures over (time - window, time]. *time* must not be before the base."""
        values = list(self._base)
        for moment in self._times[: bisect_right(self._times, time)]:
            _accumulate(values, self._steps[moment])
        return Measures(*values)

    def changes(self, after: Instant, until: Instant) -> Iterator[tuple[Instant, Measures]]:
        """Yield (*after*, measures), then every time in (after, until] at which one changes."""
        values = list(self._base)
        first = bisect_right(self._times, after)
        for moment in self._times[:first]:
            _accumulate(values, self._steps[moment])
        yield after, Measures(*values)
        for moment in self._times[first : bisect_right(self._times, until)]:
            _accumulate(values, self._steps[moment])
            yield moment, Measures(*values)

    def forget(self, before: Instant) -> None:
        """Fold all steps up to *before* into the base: nobody will ask for an earlier time."""
        if self._base_at is not None and before <= self._base_at:
            return
        done = bisect_right(self._times, before)
        for moment in self._times[:done]:
            _accumulate(self._base, self._steps.pop(moment))
        del self._times[:done]
        self._base_at = before
        for spans in (self._resources, self._accounts):
            if spans is not None:
                spans.forget(before)

    def _shift(self, measure: int, start: Instant, end: Instant) -> None:
        if start < end:
            self._change(measure, start, 1)
            self._change(measure, end, -1)

    def _change(self, measure: int, moment: Instant, by: int) -> None:
        step = self._steps.get(moment)
        if step is None:
            if self._base_at is not None and moment <= self._base_at:
                self._base[measure] += by
                return
            step = self._steps[moment] = [0, 0, 0, 0]
            insort(self._times, moment)
        step[measure] += by


def _accumulate(values: list[int], step: list[int]) -> None:
    for measure, by in enumerate(step):
        values[measure] += by


class _Spans:
    """When each key is inside the window: merged stretches [start, end) by key."""

    def __init__(self) -> None:
        self._by_key: dict[str, tuple[tuple[Instant, Instant], ...]] = {}
        self._sweep_at = 1024

    def cover(self, key: str, start: Instant, end: Instant) -> tuple[Instant, Instant]:
        """Add [start, end) for *key*; return the part of it that was not covered yet.

        All stretches are at least as long as [start, end), so what was uncovered is one piece;
        start ≥ end of it means nothing was.
        """
        known = self._by_key.get(key)
        if known is None:
            self._by_key[key] = ((start, end),)
            return start, end
        apart = [span for span in known if span[1] < start or span[0] > end]
        touching = [span for span in known if span[1] >= start and span[0] <= end]
        merged = (min([start, *(s for s, _ in touching)]), max([end, *(e for _, e in touching)]))
        self._by_key[key] = tuple(sorted([*apart, merged]))
        left = max([e for s, e in touching if s <= start], default=start)
        right = min([s for s, e in touching if e >= end], default=end)
        return max(start, left), min(end, right)

    def forget(self, before: Instant) -> None:
        """Drop stretches that ended. Sweeps only when the keys have doubled: amortised constant."""
        if len(self._by_key) < self._sweep_at:
            return
        kept = {
            key: spans
            for key, known in self._by_key.items()
            if (spans := tuple(span for span in known if span[1] > before))
        }
        self._by_key = kept
        self._sweep_at = max(1024, 2 * len(kept))
