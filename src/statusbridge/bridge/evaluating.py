"""From what is stored to detectors and episodes.

A long past is read newest first. Until its watermark moves, only what can matter now is measured;
then the rules are stepped through the rest in portions, read from the store in order of time. So a
month of alerts is held at once only where an account that a rule hears was refused all the while:
its absence keeps the rule from moving on.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import replace
from itertools import islice, takewhile

import structlog

from statusbridge.bridge.parts import Bridge
from statusbridge.bridge.reviewing import decide_overdue
from statusbridge.core.catching_up import left_out, ready, wanted
from statusbridge.core.coverage import Coverage
from statusbridge.core.detectors import Detector
from statusbridge.core.episodes import Episode, Group, admitted, group_of, orphans, refitted
from statusbridge.core.evaluate import Detection, Evaluation
from statusbridge.core.keeping import measured_from
from statusbridge.core.model import Alert, Instant, Phase, Stage, iso
from statusbridge.core.operations import OperationState
from statusbridge.core.plan import Case
from statusbridge.core.rules import Rule, matches

log = structlog.get_logger()

_PORTION = 5_000
"""Alerts that rules are stepped through at once: some 3 MB, and the thirtieth part of a second."""


def load(bridge: Bridge) -> Detection:
    """Return the measures of all rules, taken anew from the store.

    What the bridge's present ones have counted since the last evaluation is counted on.
    """
    policy, store = bridge.policy, bridge.store
    detection = Detection(policy.rules, policy.pages)
    heard = _heard(store.coverage().values())
    if heard is not None and policy.rules:
        stored, coverage = known_detectors(bridge), _coverage(bridge)
        left = left_out(policy.rules, stored, _episodes(bridge), coverage, heard)
        detection = Detection(policy.rules, policy.pages, left)
        *past, (since, _) = wanted(policy.rules, stored, left, heard)
        for after, until in past:
            detection.add(_listened(bridge, store.alerts_between(after, until)))
        detection.add(_listened(bridge, store.alerts_after(since)))
        detection.blind(store.gaps(min([since, *(after for after, _ in past)])))
        detection.begin_count()
    if bridge.detection is not None:
        detection.count_on(bridge.detection)
    return detection


def leave_out(bridge: Bridge, detection: Detection) -> None:
    """Let *detection* leave to the store, from now on, what can wait of a past being read."""
    coverage = _coverage(bridge)
    heard = _heard(coverage.values())
    if heard is not None:
        rules, known = bridge.policy.rules, known_detectors(bridge)
        detection.left = left_out(rules, known, _episodes(bridge), coverage, heard)


def _listened(bridge: Bridge, alerts: Iterable[Alert]) -> Iterable[Alert]:
    # The store still has the alerts of accounts that were removed or renamed; nobody counts them.
    accounts = {source.account for source in bridge.sources}
    return (alert for alert in alerts if alert.account in accounts)


def _heard(coverage: Iterable[Coverage]) -> Instant | None:
    return max((c.heard_until for c in coverage if c.heard_until is not None), default=None)


def known_detectors(bridge: Bridge) -> dict[str, Detector]:
    """Return the stored detectors of rules that still speak for the same incident and stage.

    Of a rule that was let into a public outage also where it became auto, or went back to review.
    """
    stored = bridge.store.detectors()
    return {
        rule.id: stored[rule.id][1]
        for rule in bridge.policy.rules
        if rule.id in stored and _still_speaks(bridge, rule, stored[rule.id][0])
    }


def _still_speaks(bridge: Bridge, rule: Rule, before: Group) -> bool:
    now = group_of(rule)
    if now == before:
        return True
    if now._replace(stage=before.stage) != before or Stage.SHADOW in (now.stage, before.stage):
        return False
    going = (case.episode for case in bridge.store.cases() if case.episode.goes_on)
    parts = (member for episode in going if episode.takes(rule) for member in episode.members)
    return any(member.rule == rule.id and member.approved for member in parts)


async def evaluate(bridge: Bridge) -> int:
    """Step the detectors over what is stored; return how many transitions there were."""
    detection = bridge.detection or load(bridge)
    bridge.detection = detection
    decide_overdue(bridge)
    coverage = _coverage(bridge)
    moved = 0
    lacking = [rule for rule in bridge.policy.rules if rule.id in detection.lacking]
    failing = {account for account in coverage if f"account {account}" in bridge.trouble}
    if ends := ready(lacking, known_detectors(bridge), _episodes(bridge), coverage, failing):
        moved = await _catch_up(bridge, ends, coverage)
        bridge.detection = detection = load(bridge)
    found = _step(bridge, detection, coverage)
    bridge.standings = found.standings
    bridge.note_counts(detection)
    return moved + len(found.transitions)


async def _catch_up(
    bridge: Bridge, ends: Mapping[str, Instant], coverage: Mapping[str, Coverage]
) -> int:
    """Step the rules of *ends*, by id, up to there; return how many transitions there were.

    Lets others work between two portions.
    """
    rules = tuple(rule for rule in bridge.policy.rules if rule.id in ends)
    stored = known_detectors(bridge)
    detection = Detection(rules, bridge.policy.pages)
    at = min(measured_from(rule, stored[rule.id], stored[rule.id].position) for rule in rules)
    end = max(ends.values())
    detection.blind(bridge.store.gaps(at))
    transitions = 0
    while at < end:
        portion = _portion(bridge, at, end)
        at = portion[-1].at if len(portion) >= _PORTION else end
        detection.add(_listened(bridge, portion))
        detection.begin_count()
        known = {account: _up_to(at, one) for account, one in coverage.items()}
        transitions += len(_step(bridge, detection, known).transitions)
        bridge.portions += 1
        await asyncio.sleep(0)
    return transitions


def _portion(bridge: Bridge, after: Instant, until: Instant) -> list[Alert]:
    """Return the next alerts in (after, until], all or none of each second."""
    alerts = bridge.store.alerts_between(after, until)
    found = list(islice(alerts, _PORTION))
    if found:
        last = found[-1].at
        found += takewhile(lambda alert: alert.at == last, alerts)
    return found


def _up_to(time: Instant, coverage: Coverage) -> Coverage:
    """Return *coverage* as it was when nothing later than *time* was read."""
    covered, heard = coverage.covered_until, coverage.heard_until
    return Coverage(
        None if covered is None else min(covered, time), None if heard is None else min(heard, time)
    )


def _episodes(bridge: Bridge) -> list[Episode]:
    return [case.episode for case in bridge.store.cases()]


def _coverage(bridge: Bridge) -> dict[str, Coverage]:
    accounts = {source.account for source in bridge.sources}
    return {a: c for a, c in bridge.store.coverage().items() if a in accounts}


def _step(bridge: Bridge, detection: Detection, coverage: Mapping[str, Coverage]) -> Evaluation:
    """Step the rules of *detection* as far as *coverage* allows, in one transaction."""
    store = bridge.store
    cases = store.cases()
    before = {case.episode.id: case.episode for case in cases}
    approved = {case.episode.id for case in cases if case.ledger.approved}
    found = detection.evaluate(
        known_detectors(bridge),
        admitted((_as_configured(case, bridge) for case in cases), approved),
        coverage,
        lambda rule, after, until: _oldest(bridge, rule, after, until),
    )
    detectors = {s.rule.id: (group_of(s.rule), s.detector) for s in found.standings}
    changed = [e for e in found.episodes if before.get(e.id) != e]
    gone = store.detectors().keys() - {rule.id for rule in bridge.policy.rules}
    store.commit_evaluation(detectors, gone, changed, detection.matched)
    for transition in found.transitions:
        log.info(
            f"rule.{_PAST[transition.phase]}",
            rule=transition.rule,
            status=transition.level.wire,
            at=iso(transition.at),
        )
    return found


_PAST = {Phase.FIRING: "fired", Phase.RECOVERING: "quieted", Phase.INACTIVE: "ended"}


def _as_configured(case: Case, bridge: Bridge) -> Episode:
    """Return the case's episode, by the present configuration where nothing was published yet.

    Where the configuration no longer carries it, that is noted for good.
    """
    rules = bridge.policy.rules
    accounts = frozenset(source.account for source in bridge.sources)
    tried = case.operation is not None and case.operation.state is not OperationState.READY
    published = tried or case.ledger.incident_id is not None
    episode = case.episode if published else refitted(case.episode, rules, accounts)
    why = episode.orphaned or orphans(episode, rules, accounts)
    return replace(episode, orphaned=why) if why else episode


def _oldest(bridge: Bridge, rule: Rule, after: Instant, until: Instant) -> Alert | None:
    alerts = _listened(bridge, bridge.store.alerts_between(after, until))
    return next((alert for alert in alerts if matches(rule, alert)), None)
