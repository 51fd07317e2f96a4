"""A rule as written → a rule as the core knows it, every default filled in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from statusbridge.config import codes, durations, texts
from statusbridge.config.rule_settings import (
    MatchTable,
    RecoverTable,
    ReviewTable,
    RuleTable,
    threshold,
)
from statusbridge.core.model import Fault, Notify, Seconds, Stage, Status
from statusbridge.core.rules import Match, Probe, Recovery, Review, Rule, Threshold, Trigger

Lists = Mapping[str, list[int | str]]


def rule(table: RuleTable, order: int, pages: tuple[str, ...], lists: Lists) -> Rule:
    """Return the rule of *table*, which the checks have passed.

    *order*: its place in the file. A rule that names no page is about the only one of *pages*.
    """
    return Rule(
        id=table.id,
        page=table.page or pages[0],
        components=tuple(dict.fromkeys(table.component)),
        incident=table.incident or table.id,
        window=durations.parse(table.window),
        stage=Stage(table.stage),
        match=_match(table.match, lists),
        triggers=tuple(_triggers(table)),
        recovery=_recovery(table.recover, durations.parse(table.window)),
        texts=texts.texts(table.text),
        notify=Notify(table.publish.notify),
        max_status=Status[table.publish.max_status.upper()],
        review=_review(table.review),
        summary=table.summary,
        order=order,
    )


def _match(table: MatchTable, lists: Lists) -> Match:
    return Match(
        codes=codes.ranges(table.codes or (), lists),
        codes_not=codes.ranges(table.codes_not or (), lists),
        levels=frozenset(table.levels or ()),
        faults=frozenset(Fault(name) for name in table.faults or ()),
        accounts=frozenset(table.accounts or ()),
        services=frozenset(table.services or ()),
        resource_prefixes=tuple(table.resource_prefix or ()),
        request_hosts=frozenset(table.request_hosts or ()),
        texts=tuple(_probes(table)),
    )


def _probes(table: MatchTable) -> Iterator[tuple[Probe, ...]]:
    if table.text_contains:
        yield tuple(Probe(needle) for needle in table.text_contains)
    for key, values in (table.fields or {}).items():
        yield tuple(Probe(value, key) for value in values)


def _triggers(table: RuleTable) -> Iterator[Trigger]:
    for status in (Status.DEGRADED_PERFORMANCE, Status.PARTIAL_OUTAGE, Status.FULL_OUTAGE):
        for level in getattr(table.trigger, status.wire) or ():
            yield Trigger(status, threshold(level), durations.parse(level.hold))


def _review(table: ReviewTable) -> Review:
    timeout = None if table.timeout is None else durations.parse(table.timeout)
    return Review(timeout, publishes=table.on_timeout == "publish")


def _recovery(table: RecoverTable, window: Seconds) -> Recovery:
    return Recovery(
        after=window if table.after is None else durations.parse(table.after),
        settle=durations.parse(table.settle),
        below=Threshold(count=0) if table.below is None else threshold(table.below),
        manual=table.manual,
    )
