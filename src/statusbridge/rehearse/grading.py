"""A replay against what people posted in the same time: hits, misses, false opens.

People's incident and ours are about the same where they share a component and overlap, or lie no
further apart than `NEAR`. What no rule speaks of is no miss; what was held was not opened.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from statusbridge.core.model import Instant, Seconds
from statusbridge.core.rules import Rule
from statusbridge.rehearse.result import Grades, Hit, Outage, Posted, Result, RuleScore

NEAR: Seconds = 1800

Name = Callable[[str, str], str]
"""The full name of a component on a page, as a rule or a person refers to it."""


def graded(result: Result, posted: Iterable[Posted], rules: Iterable[Rule], name: Name) -> Result:
    """Return *result* with its grades; of *posted*, what is of its time counts."""
    inside = tuple(sorted(filter(lambda one: _is_of(one, result), posted), key=_posted_at))
    ours = [outage for outage in result.outages if outage.posts]
    pairs = [(p, o) for p in inside for o in ours if _same(p, o, result.end, name)]
    covered = {rule.id: _covers(rule, name) for rule in rules}
    spoken = [p for p in inside if any(_on(p, covers) for covers in covered.values())]
    found = {posted.id for posted, _ in pairs}
    right = {outage.id for _, outage in pairs}
    grades = Grades(
        posted=inside,
        hits=tuple(_hits(pairs)),
        misses=tuple(p for p in spoken if p.id not in found),
        false_opens=tuple(o for o in ours if o.id not in right),
        uncovered=tuple(p for p in inside if p not in spoken and p.id not in found),
        scores=tuple(_score(rule, covers, inside, ours, pairs) for rule, covers in covered.items()),
    )
    return replace(result, grades=grades)


def ended(outage: Outage, end: Instant) -> Instant:
    """Return when *outage* was over, *end* where that was not seen."""
    return end if outage.ended_at is None else outage.ended_at


def _posted_at(posted: Posted) -> tuple[Instant, str]:
    return posted.posted_at, posted.id


def _is_of(posted: Posted, result: Result) -> bool:
    over = posted.ended_at is not None and posted.ended_at <= result.start
    return not over and posted.started_at <= result.end


def _same(posted: Posted, outage: Outage, end: Instant, name: Name) -> bool:
    theirs = {(posted.page, name(posted.page, c)) for c in posted.components}
    ours = {(outage.page, name(outage.page, c)) for c in outage.components}
    if theirs.isdisjoint(ours):
        return False
    begun = outage.posts[0].at
    until = end if posted.ended_at is None else posted.ended_at
    return begun <= until + NEAR and posted.started_at <= ended(outage, end) + NEAR


def _covers(rule: Rule, name: Name) -> frozenset[tuple[str, str]]:
    return frozenset((rule.page, name(rule.page, component)) for component in rule.components)


def _on(posted: Posted, covers: frozenset[tuple[str, str]]) -> bool:
    return any((posted.page, component) in covers for component in posted.components)


def _hits(pairs: list[tuple[Posted, Outage]]) -> Iterable[Hit]:
    """Yield the first outage that goes with each incident of people."""
    first: dict[str, tuple[Posted, Outage]] = {}
    for posted, outage in pairs:
        first.setdefault(posted.id, (posted, outage))
    for posted, outage in first.values():
        yield Hit(posted, outage, posted.posted_at - outage.posts[0].at)


def _score(
    rule: str,
    covers: frozenset[tuple[str, str]],
    inside: tuple[Posted, ...],
    ours: list[Outage],
    pairs: list[tuple[Posted, Outage]],
) -> RuleScore:
    mine = [(posted, outage) for posted, outage in pairs if rule in outage.rules]
    return RuleScore(
        rule,
        opened=sum(rule in outage.rules for outage in ours),
        right=len({outage.id for _, outage in mine}),
        posted=sum(_on(posted, covers) for posted in inside),
        found=len({posted.id for posted, _ in mine}),
    )
