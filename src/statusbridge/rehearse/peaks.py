"""The most that each rule measured, at any second and not only when somebody looked."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from statusbridge.core.model import Alert, Instant
from statusbridge.core.rules import Matcher, Rule
from statusbridge.core.windows import Measures, Series


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
        oldest = self._until
        for alert in alerts:
            oldest = min(oldest, alert.at)
            for place in self._matcher.matching(alert):
                self._series[place].add(alert.at, alert.resource, alert.account)
        for rule, series in zip(self._rules, self._series, strict=True):
            found = Peak(now, series.at(now))
            for moment, measures in series.changes(oldest - 1, now):
                if measures > found.measures:
                    found = Peak(moment, measures)
            self.lately[rule.id] = found
            if found.measures > self.ever[rule.id].measures:
                self.ever[rule.id] = found
        self._until = now
