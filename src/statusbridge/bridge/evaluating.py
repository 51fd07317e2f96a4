"""From what is stored to detectors and episodes, in one transaction."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import structlog

from statusbridge.bridge.parts import Bridge
from statusbridge.bridge.reviewing import decide_overdue
from statusbridge.core.coverage import Coverage
from statusbridge.core.detectors import Detector
from statusbridge.core.episodes import Episode, Group, admitted, group_of, orphans, refitted
from statusbridge.core.evaluate import Detection
from statusbridge.core.keeping import measured_from
from statusbridge.core.model import Alert, Instant, Phase, Stage, iso
from statusbridge.core.operations import OperationState
from statusbridge.core.plan import Case
from statusbridge.core.rules import Rule, matches

log = structlog.get_logger()


def load(bridge: Bridge) -> Detection:
    """Return the measures of all rules, counted anew from the store."""
    policy, store = bridge.policy, bridge.store
    detection = Detection(policy.rules, policy.pages)
    heard = _heard(store.coverage().values())
    if heard is not None and policy.rules:
        stored = known_detectors(bridge)
        since = min(measured_from(rule, stored.get(rule.id), heard) for rule in policy.rules)
        accounts = {source.account for source in bridge.sources}
        detection.add(alert for alert in store.alerts_after(since) if alert.account in accounts)
        detection.blind(store.gaps(since))
        detection.begin_count()
    return detection


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


def evaluate(bridge: Bridge) -> int:
    """Step the detectors over what is stored; return how many transitions there were."""
    store, detection = bridge.store, bridge.detection or load(bridge)
    bridge.detection = detection
    decide_overdue(bridge)
    accounts = {source.account for source in bridge.sources}
    coverage = {a: c for a, c in store.coverage().items() if a in accounts}
    cases = store.cases()
    before = {case.episode.id: case.episode for case in cases}
    approved = {case.episode.id for case in cases if case.ledger.approved}
    found = detection.evaluate(
        known_detectors(bridge),
        admitted((_as_configured(case, bridge) for case in cases), approved),
        coverage,
        lambda rule, after, until: _oldest(bridge, rule, after, until),
    )
    bridge.standings = found.standings
    detectors = {s.rule.id: (group_of(s.rule), s.detector) for s in found.standings}
    changed = [e for e in found.episodes if before.get(e.id) != e]
    gone = store.detectors().keys() - {rule.id for rule in bridge.policy.rules}
    store.commit_evaluation(detectors, gone, changed, detection.matched)
    bridge.note_counts(detection)
    for transition in found.transitions:
        log.info(
            f"rule.{_PAST[transition.phase]}",
            rule=transition.rule,
            status=transition.level.wire,
            at=iso(transition.at),
        )
    return len(found.transitions)


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
    # The store still has the alerts of accounts that were removed or renamed; nobody counts them.
    accounts = {source.account for source in bridge.sources}
    alerts = bridge.store.alerts_between(after, until)
    return next((a for a in alerts if a.account in accounts and matches(rule, a)), None)
