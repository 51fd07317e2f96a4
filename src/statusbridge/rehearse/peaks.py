"""The most that each rule measured, at any second and not only when somebody looked."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from statusbridge.core.model import Alert, Instant, Seconds
from statusbridge.core.rules import Matcher, Rule
from statusbridge.core.windows import Measures, Series

_KEPT: Seconds = 3600
"""How far back an alert may still raise a peak; later ones count from then on."""


@dataclass(frozen=True, slots=True)
class Peak:
    """What a rule measured when it counted most alerts, and when that was first so."""

    at: Instant
    measures: Measures = Measures()  # noqa: RUF009 - a tuple


class Peaks:
    """The peaks of *rules* from *start* on, as far as alerts were told of."""

    def __init__(self, rules: tuple[Rule, ...], start: Instant) -> None:
        self._rules = rules
        self._matcher = Matcher(rules)
        self._series = tuple(Series(rule.window, rule.measures) for rule in rules)
        self._until = start
        self.ever = {rule.id: Peak(start) for rule in rules}
        self.lately = dict(self.ever)
        """Those since the call of `advance` before the last."""

    def advance(self, alerts: Iterable[Alert], now: Instant) -> None:
        """Count *alerts*, which were never told of before and may have come late, up to *now*."""
        oldest, floor = self._until, self._until - _KEPT
        for alert in alerts:
            oldest = min(oldest, max(alert.at, floor))
            for place in self._matcher.matching(alert):
                self._series[place].add(alert.at, alert.resource, alert.account)
        for rule, series in zip(self._rules, self._series, strict=True):
            # max keeps the first of equals.
            found = max(
                (Peak(*change) for change in series.changes(oldest, now)),
                key=lambda peak: peak.measures,
            )
            self.lately[rule.id] = found
            if found.measures > self.ever[rule.id].measures:
                self.ever[rule.id] = found
            series.forget(now - _KEPT - 1)
        self._until = now
