"""Why an outage counts, in numbers: what its rules measure, what they need, which codes.

Made from the store and the last evaluation. Knows neither pages nor how it is printed.
"""

from __future__ import annotations

from collections.abc import Iterable

from statusbridge.bridge.parts import Bridge
from statusbridge.core.evaluate import Standing
from statusbridge.core.model import Instant
from statusbridge.core.review import Evidence
from statusbridge.core.rules import Rule, Threshold, Trigger, matches

MEASURES = ("count", "distinct_resources", "distinct_accounts")


def heard_until(bridge: Bridge) -> Instant:
    """Return up to when any account was heard of; 0 where none ever was."""
    return max((c.heard_until or 0 for c in bridge.store.coverage().values()), default=0)


def evidence(bridge: Bridge, rules: Iterable[str]) -> tuple[Evidence, ...]:
    """Return the evidence of each of *rules*, by id, that the last evaluation knew."""
    standings = {standing.rule.id: standing for standing in bridge.standings}
    heard = heard_until(bridge)
    return tuple(_of(bridge, standings[id_], heard) for id_ in rules if id_ in standings)


def _of(bridge: Bridge, standing: Standing, heard: Instant) -> Evidence:
    rule = standing.rule
    asked = [name for name in MEASURES if name in rule.measures]
    threshold = _reached(rule.triggers, standing)
    needed = ((name, getattr(threshold, name)) for name in MEASURES)
    return Evidence(
        rule=rule.id,
        window=rule.window,
        measured=tuple((name, getattr(standing.measures, name)) for name in asked),
        needed=tuple((name, number) for name, number in needed if number is not None),
        codes=_codes(bridge, rule, heard),
    )


def _codes(bridge: Bridge, rule: Rule, heard: Instant) -> tuple[tuple[int | None, int], ...]:
    counts: dict[int | None, int] = {}
    for alert in bridge.store.alerts_between(heard - rule.window, heard):
        if matches(rule, alert):
            counts[alert.code] = counts.get(alert.code, 0) + 1
    return tuple(sorted(counts.items(), key=lambda item: -item[1]))


def _reached(triggers: tuple[Trigger, ...], standing: Standing) -> Threshold:
    """Return the threshold of the worst trigger that is met, or else of the first."""
    met = [t for t in triggers if standing.measures.reach(t.threshold)]
    return max(met, key=lambda t: t.status).threshold if met else triggers[0].threshold
