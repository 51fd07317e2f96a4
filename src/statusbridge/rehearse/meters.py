"""What a rule measured over a whole past: its highest values over time, and when a trigger was met.

A meter is told every matching alert once, in order of time, and keeps only what lies in the window.
It decides nothing: `core.windows` measures for the detectors, at any time and in any order; this
says at a fraction of the cost that for a long stretch they had nothing to decide.
"""

from __future__ import annotations

from array import array
from collections import deque
from collections.abc import Sequence

from statusbridge.core.model import Instant, Seconds
from statusbridge.core.rules import Rule, Threshold
from statusbridge.rehearse.result import Curve

MEASURES = tuple(Threshold.__slots__)
"""count, distinct_resources, distinct_accounts."""
_FINEST = 100_000
"""Buckets at most, before each is made twice as long."""


class Peaks:
    """The highest value of a measure in each bucket from *start* on."""

    def __init__(self, start: Instant, width: Seconds) -> None:
        self.start = start
        self.width = width
        self.values = array("L")

    def note(self, at: Instant, value: int) -> None:
        """Note that the measure was *value* at *at*, not before `start`."""
        place = (at - self.start) // self.width
        if place >= len(self.values):
            while place >= _FINEST:
                self._halve()
                place = (at - self.start) // self.width
            self.values.extend([0] * (place + 1 - len(self.values)))
        self.values[place] = max(self.values[place], value)

    def between(self, after: Instant, until: Instant) -> Sequence[int]:
        """Return the values of the buckets that reach into (after, until]."""
        first = max(0, (after + 1 - self.start) // self.width)
        return self.values[first : (until - self.start) // self.width + 1]

    def curve(self, measure: str, end: Instant, points: int) -> Curve:
        """Return the peaks up to *end* in at most *points* buckets."""
        count = (end - self.start) // self.width + 1
        joined = -(-count // points)
        values = [*self.values, *[0] * (count - len(self.values))]
        merged = [max(values[n : n + joined]) for n in range(0, count, joined)]
        peak = max(self.values, default=0)
        at = self.start + self.values.index(peak) * self.width if peak else None
        return Curve(measure, joined * self.width, tuple(merged), peak, at)

    def _halve(self) -> None:
        values = self.values
        self.values = array("L", (max(values[n : n + 2]) for n in range(0, len(values), 2)))
        self.width *= 2


class Meter:
    """The measures of one rule as time goes on."""

    def __init__(self, rule: Rule, start: Instant, width: Seconds) -> None:
        self.matched = 0
        self.peaks = {name: Peaks(start, width) for name in MEASURES if name in rule.measures}
        self._window = rule.window
        self._wanted = [
            tuple(getattr(t.threshold, n) or 0 for n in MEASURES) for t in rule.triggers
        ]
        self._inside: deque[tuple[Instant, str | None, str]] = deque()
        self._resources: dict[str, Instant] = {}
        self._accounts: dict[str, Instant] = {}
        self._by_resource = "distinct_resources" in rule.measures
        self._by_account = "distinct_accounts" in rule.measures
        self._turn = start + width

    def add(self, at: Instant, resource: str | None, account: str) -> bool:
        """Count an alert at *at*, not earlier than the last; return whether a trigger is met."""
        if at >= self._turn:
            self._decay(at)
        self._leave(at)
        self.matched += 1
        self._inside.append((at, resource, account))
        if self._by_resource and resource is not None:
            self._resources[resource] = at
        if self._by_account:
            self._accounts[account] = at
        count, resources, accounts = len(self._inside), len(self._resources), len(self._accounts)
        self._note(at)
        return any(count >= c and resources >= r and accounts >= a for c, r, a in self._wanted)

    def finish(self, end: Instant) -> None:
        """Let time pass to *end*."""
        self._decay(end)

    def _leave(self, at: Instant) -> None:
        inside, out = self._inside, at - self._window
        while inside and inside[0][0] <= out:
            then, resource, account = inside.popleft()
            if self._by_resource and resource is not None and self._resources.get(resource) == then:
                del self._resources[resource]
            if self._by_account and self._accounts.get(account) == then:
                del self._accounts[account]

    def _decay(self, until: Instant) -> None:
        """Note with what each bucket that begins up to *until* begins."""
        peaks = self.peaks["count"]
        width, start = peaks.width, peaks.start
        begin = start + ((self._turn - start) // width) * width
        while begin <= until and self._inside:
            self._leave(begin)
            self._note(begin)
            begin += peaks.width
        self._turn = start + ((until - start) // peaks.width + 1) * peaks.width

    def _note(self, at: Instant) -> None:
        self.peaks["count"].note(at, len(self._inside))
        if self._by_resource:
            self.peaks["distinct_resources"].note(at, len(self._resources))
        if self._by_account:
            self.peaks["distinct_accounts"].note(at, len(self._accounts))
