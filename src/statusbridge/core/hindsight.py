"""Where a rule stood at a past time, found again from the alerts of then.

The same fold as the daemon's, begun where nothing was going on yet. It knows all that was stored
since, also what came too late for the daemon to know then.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from statusbridge.core.coverage import Gap
from statusbridge.core.detectors import Bounds, Detector, fold
from statusbridge.core.evaluate import Standing
from statusbridge.core.model import Alert, Instant, Seconds
from statusbridge.core.rules import Matcher, Rule
from statusbridge.core.windows import Series


def span(rules: Iterable[Rule]) -> Seconds:
    """Return how long before a time what leads to it begins, where no outage is under way.

    A trigger has to be reached and held, and an outage that ended later than this before is over.
    """
    return max((_span(rule) for rule in rules), default=0)


def _span(rule: Rule) -> Seconds:
    return rule.reach + rule.recovery.after + rule.recovery.settle


def standings_at(
    rules: tuple[Rule, ...],
    alerts: Iterable[Alert],
    gaps: Sequence[tuple[str, Gap]],
    begin: Instant,
    at: Instant,
) -> tuple[Standing, ...]:
    """Return where *rules* stood at *at*, had none of them been under way at *begin*.

    *alerts*: those from the longest window before *begin* on, each once; later ones than *at* are
    left out.
    """
    series = tuple(Series(rule.window, rule.measures) for rule in rules)
    matching = Matcher(rules).matching
    for alert in alerts:
        if alert.at <= at:
            for place in matching(alert):
                series[place].add(alert.at, alert.resource, alert.account)
    for rule, measured in zip(rules, series, strict=True):
        for account, gap in gaps:
            if account in (rule.match.accounts or (account,)):
                measured.blind(gap.lo, gap.hi)
    return tuple(
        _standing(rule, measured, begin, at) for rule, measured in zip(rules, series, strict=True)
    )


def _standing(rule: Rule, measured: Series, begin: Instant, at: Instant) -> Standing:
    found = fold(rule, measured, Detector.fresh(begin, begin - rule.window), Bounds(at, at))
    return Standing(rule, found.detector, found.measures, found.met, found.below)
