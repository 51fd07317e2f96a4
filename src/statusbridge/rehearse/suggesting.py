"""Thresholds that fit a past: above what a rule measured in quiet time, below its outages' peaks.

Says no more than the past shows: how long that was, of how many outages, and nothing at all where
an outage measured no more than noise.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from math import ceil, floor, log10, sqrt

from statusbridge.core.model import Instant, Seconds
from statusbridge.core.rules import Rule, Threshold, Trigger
from statusbridge.rehearse.grading import NEAR, Name, ended
from statusbridge.rehearse.meters import Peaks
from statusbridge.rehearse.result import Result

_MARGIN = 1.5
"""How far above the noise a threshold is put where no outage says how high it may be."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What one rule's lowest trigger should ask of one measure. *new* None: *why* there is none."""

    rule: str
    status: str
    measure: str
    old: int
    new: int | None
    quiet_most: int
    """The highest value outside of outages; *quiet_usual*: 99.9 % of the time it was no higher."""
    quiet_usual: int
    outages: int
    seen: int
    """Outages in which it was higher than ever in quiet time; *least_peak*: the lowest of those."""
    least_peak: int | None
    why: str = ""


@dataclass(frozen=True, slots=True)
class Basis:
    """What suggestions rest on."""

    seconds: Seconds
    outages: int
    by_people: bool
    """False: people's incidents are not known; what the present rules publish counts as outages."""
    unlisted: int
    """Outages that the present rules publish and people posted nothing of: they count as quiet."""


def basis(result: Result) -> Basis:
    """Return what the past of *result* can tell of outages."""
    grades = result.grades
    count = sum(bool(o.posts) for o in result.outages) if grades is None else len(grades.posted)
    unlisted = 0 if grades is None else len(grades.false_opens)
    return Basis(result.end - result.start, count, grades is not None, unlisted)


def suggestions(
    result: Result, rules: Iterable[Rule], peaks: Sequence[dict[str, Peaks]], name: Name
) -> tuple[Suggestion, ...]:
    """Return a suggestion for each measure that the lowest trigger of each rule asks for.

    *peaks*: of each rule, as its meter found them. A rule that nothing matched gets none.
    """
    found: list[Suggestion] = []
    for rule, measured in zip(rules, peaks, strict=True):
        stretches = _outages(result, rule, name)
        lowest = _lowest(rule)
        for measure, one in measured.items():
            old = getattr(lowest.threshold, measure)
            if old is not None and any(one.values):
                asked = rule.id, lowest, measure, old
                found.append(_suggestion(asked, one, stretches, result.end))
    return tuple(found)


def _lowest(rule: Rule) -> Trigger:
    return min(rule.triggers, key=lambda trigger: trigger.status)


def _outages(result: Result, rule: Rule, name: Name) -> list[tuple[Instant, Instant]]:
    """Return when the rule's components had an outage, with the time around that is not quiet."""
    if result.grades is None:
        mine = [o for o in result.outages if rule.id in o.rules and o.posts]
        return [(o.started_at - rule.window, ended(o, result.end) + rule.window) for o in mine]
    covered = {name(rule.page, component) for component in rule.components}
    return [
        (p.started_at - NEAR, (p.ended_at or result.end) + NEAR + rule.window)
        for p in result.grades.posted
        if p.page == rule.page and not covered.isdisjoint(p.components)
    ]


def _suggestion(
    of: tuple[str, Trigger, str, int],
    peaks: Peaks,
    stretches: list[tuple[Instant, Instant]],
    end: Instant,
) -> Suggestion:
    rule, trigger, measure, old = of
    quiet = _quiet(peaks, stretches, end)
    most = max(quiet, default=0)
    highs = [max(peaks.between(after, until), default=0) for after, until in stretches]
    seen = [high for high in highs if high > most]
    least = min(seen, default=None)
    why, new = "", None
    if least is not None:
        new = _between(most, least)
    elif highs:
        why = "no outage stands out from noise"
    else:
        new = _rounded(ceil(most * _MARGIN) + 1, most + 1, None)
    return Suggestion(
        rule=rule,
        status=trigger.status.wire,
        measure=measure,
        old=old,
        new=new,
        quiet_most=most,
        quiet_usual=_share(quiet, 0.999),
        outages=len(highs),
        seen=len(seen),
        least_peak=least,
        why=why,
    )


def _quiet(peaks: Peaks, stretches: list[tuple[Instant, Instant]], end: Instant) -> Counter[int]:
    """Return how many buckets outside of *stretches* had which value."""
    values = [*peaks.values]
    values += [0] * ((end - peaks.start) // peaks.width + 1 - len(values))
    noisy: set[int] = set()
    for after, until in stretches:
        first, last = ((t - peaks.start) // peaks.width for t in (after, until))
        noisy.update(range(max(0, first), min(len(values), last + 1)))
    return Counter(value for place, value in enumerate(values) if place not in noisy)


def _share(values: Counter[int], share: float) -> int:
    """Return the value that *share* of all are not above; 0 where there is none."""
    left = ceil(values.total() * share)
    for value in sorted(values):
        left -= values[value]
        if left <= 0:
            return value
    return 0


def _between(most: int, least: int) -> int:
    """Return a threshold above *most* and at most *least*, as far from one as from the other."""
    return _rounded(ceil(sqrt((most + 1) * least)), most + 1, least)


def _rounded(value: int, low: int, high: int | None) -> int:
    """Return *value* to two digits, from *low* to *high*."""
    unit = 10 ** max(0, floor(log10(max(1, value))) - 1)
    near = round(value / unit) * unit
    return near if near >= low and (high is None or near <= high) else value


def applied(rules: tuple[Rule, ...], found: Iterable[Suggestion]) -> tuple[Rule, ...]:
    """Return *rules* with the suggested numbers; higher triggers keep their distance in proportion.

    Where recovery would no longer lie below, it comes down to half of the threshold.
    """
    by_rule: dict[str, dict[str, float]] = {}
    for one in found:
        if one.new is not None:
            by_rule.setdefault(one.rule, {})[one.measure] = one.new / one.old
    return tuple(_applied(rule, by_rule.get(rule.id, {})) for rule in rules)


def _applied(rule: Rule, factors: dict[str, float]) -> Rule:
    triggers = tuple(
        replace(trigger, threshold=_scaled(trigger.threshold, factors)) for trigger in rule.triggers
    )
    lowest = min(triggers, key=lambda trigger: trigger.status).threshold
    below = rule.recovery.below
    for name in factors:
        limit, asked = getattr(lowest, name), getattr(below, name)
        if asked is not None and asked >= limit:
            below = replace(below, **{name: limit // 2})
    return replace(rule, triggers=triggers, recovery=replace(rule.recovery, below=below))


def _scaled(threshold: Threshold, factors: dict[str, float]) -> Threshold:
    numbers = {
        name: max(1, round(getattr(threshold, name) * factor))
        for name, factor in factors.items()
        if getattr(threshold, name) is not None
    }
    return replace(threshold, **numbers)
