"""One cycle, from alerts to posts. This list is what `run_cycle` does, in its order:

1. poll      every account's alerts since the last poll, and a stretch before, into the store
2. evaluate  match, measure, step every detector, tell the episodes; one transaction
3. settle    what was sent with unknown outcome: read back after a wait, only then decide
4. survey    the live page: what is due on it, and what of that must wait
5. publish   one operation at a time an incident: intent, write, receipt
6. report    one value with all counts

`run`, `run --once`, `run --dry-run`, `plan` and `demo` are this cycle with other parts plugged in.
A step that fails leaves the next ones to work with what is stored.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from contextlib import aclosing
from dataclasses import asdict, dataclass, replace

import structlog

from statusbridge.bridge.parts import Bridge
from statusbridge.bridge.protocols import Source
from statusbridge.bridge.publishing import publish
from statusbridge.bridge.reviewing import decide_overdue
from statusbridge.bridge.settling import settle
from statusbridge.bridge.survey import survey
from statusbridge.core.coverage import Batch, Coverage, Gap, joined
from statusbridge.core.detectors import Detector
from statusbridge.core.episodes import Episode, Group, admitted, group_of, orphans, refitted
from statusbridge.core.errors import Unauthorized, Unavailable
from statusbridge.core.evaluate import Detection
from statusbridge.core.keeping import measured_from
from statusbridge.core.model import Alert, Instant, Phase, Stage, iso
from statusbridge.core.operations import Action, OperationState
from statusbridge.core.plan import Case
from statusbridge.core.rules import Rule, matches

log = structlog.get_logger()

_PORTION = 10
"""Answers stored in one transaction. To bring each to the disk costs as much as storing it."""


@dataclass(frozen=True, slots=True)
class CycleReport:
    """What one cycle did."""

    alerts: int = 0
    malformed: int = 0
    transitions: int = 0
    opened: int = 0
    updated: int = 0
    resolved: int = 0
    held: int = 0
    doubts: int = 0
    trouble: int = 0

    @property
    def published(self) -> int:
        return self.opened + self.updated + self.resolved

    def facts(self) -> dict[str, int]:
        """Return the counts by name, as the cycle's log line has them."""
        return asdict(self)


async def run_cycle(bridge: Bridge) -> CycleReport:
    """Run the steps of this module's list once."""
    bridge.note_pauses()
    alerts, malformed = await poll(bridge)
    transitions = evaluate(bridge)
    settled = await settle(bridge)
    surveys = await survey(bridge)
    published = await publish(bridge, surveys)
    done = [operation.draft.action for operation in (*settled, *published)]
    return CycleReport(
        alerts=alerts,
        malformed=malformed,
        transitions=transitions,
        opened=done.count(Action.OPEN),
        updated=done.count(Action.UPDATE),
        resolved=done.count(Action.RESOLVE),
        held=sum(len(each.plan.held) for each in surveys),
        doubts=bridge.note_doubts(),
        trouble=len(bridge.trouble),
    )


async def poll(bridge: Bridge) -> tuple[int, int]:
    """Read all accounts at once into the store; return how many alerts were new and malformed."""
    if bridge.detection is None:
        bridge.detection = load(bridge)
    coverage = bridge.store.coverage()
    polls = [asyncio.create_task(_poll_one(bridge, s, coverage)) for s in bridge.sources]
    if polls:
        # All end before a failure of one is heard of: none may go on behind the next step's back.
        await asyncio.wait(polls)
    failures = [task.exception() for task in polls]
    for failure in filter(None, failures):
        raise failure
    counts = [task.result() for task in polls]
    return sum(new for new, _ in counts), sum(bad for _, bad in counts)


async def _poll_one(
    bridge: Bridge, source: Source, coverage: dict[str, Coverage]
) -> tuple[int, int]:
    new = malformed = 0
    waiting: list[Batch] = []
    name = f"account {source.account}"
    try:
        begun = bridge.clock.mark()
        known = coverage.get(source.account, Coverage())
        async with aclosing(source.poll(known, bridge.budget)) as batches:
            async for batch in batches:
                waiting.append(batch)
                malformed += batch.malformed
                if len(waiting) == _PORTION:
                    new += _take(bridge, source.account, joined(waiting))
                    waiting.clear()
                spent = bridge.clock.mark().since(begun)
                only_deep = all(hole.deep for hole in batch.coverage.holes)
                if batch.rest and only_deep and (spent is None or spent >= bridge.deep_seconds):
                    break
    except (Unavailable, Unauthorized) as error:
        bridge.note_trouble(name, error)
    else:
        bridge.clear_trouble(name)
        bridge.note_read(name)
    if waiting:
        new += _take(bridge, source.account, joined(waiting))
    return new, malformed


def _take(bridge: Bridge, account: str, batch: Batch) -> int:
    """Store *batch* and count what is new in it; return how many alerts that is."""
    batch = replace(batch, gaps=_unknown(bridge, account, batch.gaps))
    fresh, changed = bridge.store.record(account, batch)
    bridge.gaps_recorded[account] += len(batch.gaps)
    _tell(account, batch)
    if changed or bridge.detection is None:
        bridge.detection = load(bridge)
    else:
        bridge.detection.add(fresh)
        bridge.detection.blind((account, gap) for gap in batch.gaps)
    return len(fresh)


def _unknown(bridge: Bridge, account: str, gaps: tuple[Gap, ...]) -> tuple[Gap, ...]:
    """Return those of *gaps* that are not recorded yet: each poll's overlap finds them again."""
    if not gaps:
        return gaps
    known = bridge.store.gaps(min(gap.lo for gap in gaps))
    return tuple(gap for gap in dict.fromkeys(gaps) if (account, gap) not in known)


def _tell(account: str, batch: Batch) -> None:
    for note in batch.notes:
        log.warning("poll.noted", account=account, note=note)
    for gap in batch.gaps:
        log.error(
            "gap.recorded", account=account, after=iso(gap.lo), until=iso(gap.hi), why=gap.reason
        )


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
