"""Detectors sent ahead: at which cycles of a stretch something will happen.

A fold to one time and on to a later one finds what a fold there at once finds, so a stretch can be
folded before its cycles are run, and those in which no rule changes be left out. The scouts' finds
are thrown away: what happens is decided by the cycles.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from statusbridge.core.coverage import Gap
from statusbridge.core.detectors import Bounds, Detector, fold, lookback
from statusbridge.core.model import Alert, Instant, Phase, Seconds
from statusbridge.core.rules import Rule
from statusbridge.core.windows import Series

Placed = tuple[Alert, tuple[int, ...]]
"""An alert, and the places of the rules that it matches."""


def horizon(rules: Iterable[Rule]) -> Seconds:
    """Return how long before a decided time alerts can still matter to *rules*."""
    return max((rule.window + max(lookback(rule, p) for p in Phase) for rule in rules), default=0)


class Scouts:
    """A detector for each rule, and its measures."""

    def __init__(self, rules: tuple[Rule, ...], detectors: Mapping[str, Detector]) -> None:
        self._rules = rules
        self.detectors = dict(detectors)
        self._series = tuple(Series(rule.window, rule.measures) for rule in rules)

    @property
    def at_rest(self) -> bool:
        """Whether no rule has anything under way."""
        return all(one.phase is Phase.INACTIVE for one in self.detectors.values())

    def add(self, alerts: Iterable[Placed]) -> None:
        """Count *alerts*, none of which was counted before."""
        for alert, places in alerts:
            for place in places:
                self._series[place].add(alert.at, alert.resource, alert.account)

    def blind(self, gaps: Iterable[tuple[str, Gap]]) -> None:
        """Mark what could not be read, for every rule that listens to its account."""
        for account, gap in gaps:
            for rule, series in zip(self._rules, self._series, strict=True):
                if account in (rule.match.accounts or (account,)):
                    series.blind(gap.lo, gap.hi)

    def go(self, until: Instant) -> list[Instant]:
        """Step every detector to *until*; return the times at which any changed."""
        times: list[Instant] = []
        for rule, series in zip(self._rules, self._series, strict=True):
            found = fold(rule, series, self.detectors[rule.id], Bounds(until, until))
            self.detectors[rule.id] = found.detector
            times += [transition.at for transition in found.transitions]
            series.forget(until - max(lookback(rule, phase) for phase in Phase))
        return times

    def standing_at(self, time: Instant) -> dict[str, Detector]:
        """Return the detectors, of which none has anything under way, as decided up to *time*."""
        return {name: replace(one, position=time) for name, one in self.detectors.items()}
