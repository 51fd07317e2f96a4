"""What waits for a person's word: noted with each look at a page, and decided by the clock where
its rule says so. Knows the core and the bridge; not who asks, nor how it is shown.
"""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import dataclass, replace

import structlog

from statusbridge.bridge.evidence import evidence
from statusbridge.bridge.parts import Bridge
from statusbridge.core.acts import Act, ActKind, covering, told
from statusbridge.core.model import IncidentStatus, Instant, Stage, iso
from statusbridge.core.operations import HeldReason, Verdict
from statusbridge.core.plan import Case, Plan, Planner
from statusbridge.core.restrain import Situation
from statusbridge.core.review import UNTIMED, Evidence, Proposal, proposals
from statusbridge.documents import Document

log = structlog.get_logger()

BY_TIMEOUT = "the rule's timeout"
"""Who decided, where nobody did in time."""


@dataclass(frozen=True, slots=True)
class Outlook:
    """What it takes to say of one page what would follow from an approval."""

    cases: Sequence[Case]
    """Those of which something may be decided now."""
    hidden: Set[tuple[str, ...]]
    """Page and incident of those of which nothing may."""
    planner: Planner
    situation: Situation


def propose(bridge: Bridge, outlook: Outlook, plan: Plan) -> Plan:
    """Note what waits for review by *plan*; return it with what is muted as rejected.

    What would join an incident that can't be judged now stays proposed as it was.
    """
    situation, store = outlook.situation, bridge.store
    mutes = store.acts.mutes(situation.now)
    held = []
    for one in plan.held:
        mute = covering(mutes, situation.page, one.incident)
        if one.reason is HeldReason.REVIEW and mute is not None:
            held.append(replace(one, reason=HeldReason.REJECTED, detail=told(mute)))
        else:
            held.append(one)
    due = {one.episode for one in held if one.reason is HeldReason.REVIEW}
    clear = due - {c.episode.id for c in outlook.cases if c.episode.group[:2] in outlook.hidden}
    found = proposals(outlook.cases, frozenset(clear), outlook.planner, situation)
    proven = (replace(one, evidence=evidence(bridge, one.rules)) for one in found)
    before = (one for one, _ in store.acts.proposals() if one.episode in due - clear)
    store.acts.note_proposals(situation.page, (*proven, *before), situation.now)
    return replace(plan, held=tuple(held))


def decide_overdue(bridge: Bridge) -> None:
    """Approve or reject what has waited for as long as its rule lets it."""
    now = bridge.clock.now()
    for proposal, since, case in waiting(bridge):
        timeout = proposal.expires.timeout
        if timeout is not None and now - since >= timeout:
            _decide(bridge, case, proposal, now)


def waiting(bridge: Bridge) -> list[tuple[Proposal, Instant, Case]]:
    """Return what waits for review, since when, and its case; not what is over or decided."""
    found = bridge.store.acts.proposals()
    cases = {case.episode.id: case for case in bridge.store.cases()} if found else {}
    return [
        (_as_configured(bridge, proposal, case), since, case)
        for proposal, since in found
        if (case := cases.get(proposal.episode)) is not None and awaits_word(case)
    ]


def _as_configured(bridge: Bridge, proposal: Proposal, case: Case) -> Proposal:
    """Return *proposal* with how long it waits by the rules of now, which a reload may change."""
    opener = next((r for r in bridge.policy.rules if r.id == case.episode.opened_by), None)
    return replace(proposal, expires=UNTIMED if opener is None else opener.review)


def awaits_word(case: Case) -> bool:
    """Whether a person may still decide on *case*: what recovers is opened no more."""
    return case.ledger.verdict is None and is_firing_in_review(case)


def is_firing_in_review(case: Case) -> bool:
    episode = case.episode
    investigating = episode.status is IncidentStatus.INVESTIGATING
    return episode.group.stage is Stage.REVIEW and episode.goes_on and investigating


def _decide(bridge: Bridge, case: Case, proposal: Proposal, now: Instant) -> None:
    publishes = proposal.expires.publishes
    act = Act(
        kind=ActKind.APPROVE if publishes else ActKind.REJECT,
        page=proposal.page,
        incident=proposal.incident,
        at=now,
        who=BY_TIMEOUT,
        episode=proposal.episode,
    )
    verdict = Verdict(publishes, told(act))
    keep(bridge, act, case, verdict)


def keep(bridge: Bridge, act: Act, case: Case, verdict: Verdict) -> None:
    """Commit *act* and what it means for *case*; say so."""
    bridge.store.acts.record(act, [replace(case.ledger, verdict=verdict)])
    note(act)


def note(act: Act) -> None:
    """Log that *act* was recorded."""
    log.info("act.recorded", act=str(act.kind), key=act.key, who=act.who, why=act.reason)


def review_document(bridge: Bridge, most: int = 50) -> Document:
    """Return what `review --json` prints, version 1: what waits, and the last *most* acts."""
    acts = bridge.store.acts
    return {
        "version": 1,
        "now": iso(bridge.clock.now()),
        "waiting": [_proposal(bridge, one, since) for one, since, _ in waiting(bridge)],
        "acts": [_act(act) for act in acts.history(most)],
    }


def _proposal(bridge: Bridge, one: Proposal, since: Instant) -> Document:
    timeout = one.expires.timeout
    stopped = {"reason": str(one.stopped_by), "detail": one.stopped}
    return {
        "key": shortest(bridge, one.page, one.incident),
        "page": one.page,
        "incident": one.incident,
        "rules": list(one.rules),
        "joins": one.joins,
        "since": iso(since),
        "expires": None if timeout is None else iso(since + timeout),
        "on_timeout": "publish" if one.expires.publishes else "drop",
        "name": one.title,
        "incident_status": one.status or None,
        "component_statuses": [
            {
                "component_id": line.component,
                "component": line.name,
                "component_status": line.status.wire,
                "before": line.before.wire,
            }
            for line in one.components
        ],
        "message": one.message,
        "notify_subscribers": one.notify,
        "stopped": None if one.stopped_by is None else stopped,
        "evidence": [_evidence(each) for each in one.evidence],
        "seen": one.look,
    }


def _evidence(found: Evidence) -> Document:
    return {
        "rule": found.rule,
        "window_seconds": found.window,
        "measured": dict(found.measured),
        "needed": dict(found.needed),
        "codes": [{"code": code, "count": count} for code, count in found.codes],
    }


def _act(act: Act) -> Document:
    return {
        "at": iso(act.at),
        "act": str(act.kind),
        "page": act.page or None,
        "incident": act.incident or None,
        "who": act.who,
        "detail": act.detail,
        "reason": act.reason,
        "until": None if act.until is None else iso(act.until),
    }


def shortest(bridge: Bridge, page: str, incident: str) -> str:
    """Return the least that names *incident* of *page* to a command."""
    pages = {rule.page for rule in bridge.policy.rules if rule.incident == incident}
    return incident if pages <= {page} else f"{page}/{incident}"
