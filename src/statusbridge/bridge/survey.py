"""Look at the pages: what is due on each, and what of that must wait. Writes nothing to a page.

`plan` ends here; `publishing` carries out what this found.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Set
from dataclasses import dataclass, replace

from statusbridge.bridge.parts import Bridge
from statusbridge.bridge.protocols import Page
from statusbridge.bridge.reviewing import Outlook, propose
from statusbridge.bridge.sighting import (
    Sighted,
    in_doubt,
    openings_in_doubt,
    recall_on,
    sight,
    structure_of,
    unexplained,
    unseen,
)
from statusbridge.core.backlog import Unread, undecided, unread
from statusbridge.core.delivery import is_due, is_still_true
from statusbridge.core.drafting import held_back
from statusbridge.core.errors import Unauthorized, Unavailable
from statusbridge.core.evaluate import Standing
from statusbridge.core.live import Incident, Maintenance, Structure
from statusbridge.core.model import ComponentId, IncidentId, Instant, Seconds, Stage
from statusbridge.core.operations import (
    Action,
    Draft,
    Held,
    HeldReason,
    Operation,
    OperationState,
    Owner,
)
from statusbridge.core.plan import Case, Plan, Planner
from statusbridge.core.restrain import Situation, components_of, named_by, restrain

BACKLOG_WAIT: Seconds = 300
"""Openings wait at most so long for the past to be read."""


@dataclass(frozen=True, slots=True)
class Survey:
    """What one page showed and what follows from it."""

    page: str
    now: Instant
    structure: Structure
    cases: tuple[Case, ...]
    incidents: tuple[Incident, ...]
    plan: Plan


async def survey(bridge: Bridge) -> list[Survey]:
    """Survey every page that has an open episode. A page that can't be read is left out."""
    cases = bridge.store.cases()
    found = []
    for name, page in bridge.pages.items():
        here = [case for case in cases if case.episode.group.page == name]
        try:
            found.append(await survey_page(bridge, name, page, here))
        except (Unavailable, Unauthorized) as error:
            bridge.note_trouble(f"page {name}", error)
    _note_unseen(bridge, cases)
    return found


def _note_unseen(bridge: Bridge, cases: Iterable[Case]) -> None:
    """Leave to people what is open on pages that were taken out of the configuration."""
    by_page: dict[str, list[Case]] = {page: [] for page, _, _ in bridge.store.held()}
    for case in cases:
        by_page.setdefault(case.episode.group.page, []).append(case)
    for page in by_page.keys() - bridge.pages.keys():
        left = unseen(bridge, by_page[page])
        orphans = [case for case in left if case.ledger.owner is Owner.ORPHANED]
        reason = HeldReason.ORPHANED
        bridge.note_held(page, [held_back(c.episode, reason, c.ledger.why) for c in orphans])


async def survey_page(bridge: Bridge, name: str, page: Page, cases: list[Case]) -> Survey:
    """Return what is due on *page* for its open episodes *cases*.

    Raises Unavailable and Unauthorized: then nothing may be decided about the page.
    """
    now = bridge.clock.now()
    shown = await _read(bridge, name, page, cases)
    sighted = sight(bridge, cases, shown.incidents, recall_on(bridge, shown.structure))
    seen = sighted.cases
    planner = Planner(
        {rule.id: rule for rule in bridge.policy.rules},
        shown.structure,
        now,
        bridge.policy.render,
        bridge.policy.manners,
        _maintained(bridge, shown.windows, now),
    )
    unclear = sighted.stale | sighted.behind
    clear = [_free(case, bridge) for case in seen if case.episode.id not in unclear]
    situation = _situation(bridge, name, shown, seen, now)
    plan = restrain(_with_undecided(planner.plan(clear), sighted), situation)
    hidden = {case.episode.group[:2] for case in seen if case.episode.id in unclear}
    plan = propose(bridge, Outlook(clear, hidden, planner, situation), plan)
    bridge.note_held(name, plan.held)
    return Survey(name, now, shown.structure, seen, shown.incidents, plan)


async def is_taken(bridge: Bridge, name: str, draft: Draft, known: Set[str]) -> bool:
    """Whether a person has an incident open on what *draft*, an opening on page *name*, names.

    Looks at those that are not among *known*; a page that can't be read may show one.
    """
    try:
        incidents = await bridge.pages[name].incidents()
    except (Unavailable, Unauthorized) as error:
        bridge.note_trouble(f"page {name}", error)
        return True
    ours = known | bridge.store.own_incidents(name)
    cases = (case for case in bridge.store.cases() if case.episode.group.page == name)
    new = tuple(incident for incident in incidents if incident.id not in ours)
    return any(
        not incident.resolved and named_by(draft) & components_of(incident)
        for incident in unexplained(new, openings_in_doubt(cases))
    )


@dataclass(frozen=True, slots=True)
class _Shown:
    """What a page shows; of rules on trial alone no more than its structure is asked for."""

    structure: Structure
    incidents: tuple[Incident, ...] = ()
    windows: tuple[Maintenance, ...] = ()


async def _read(bridge: Bridge, name: str, page: Page, cases: list[Case]) -> _Shown:
    shown = _Shown(await structure_of(bridge, name, page))
    if any(case.episode.group.stage is not Stage.SHADOW for case in cases):
        incidents, windows = await asyncio.gather(page.incidents(), page.maintenances())
        shown = _Shown(shown.structure, incidents, windows)
        bridge.note_read(f"page {name}")
    bridge.clear_trouble(f"page {name}")
    return shown


def _situation(
    bridge: Bridge, name: str, shown: _Shown, cases: tuple[Case, ...], now: Instant
) -> Situation:
    """Return what guards look at on page *name*."""
    return Situation(
        now=now,
        guards=bridge.policy.guards,
        incidents=shown.incidents,
        maintenances=shown.windows,
        components=shown.structure.components,
        ours=_ours(cases),
        opens=bridge.store.opens_since(name, now - 3600),
        doubted=sum(1 for case in cases if _may_open(case)),
        notified=bridge.store.notified_since(name, now - 86_400),
        newest_evidence={case.episode.id: case.episode.newest_at for case in cases},
        backlog=_backlog(bridge, cases, now),
        page=name,
        pauses=bridge.pauses(),
    )


def _free(case: Case, bridge: Bridge) -> Case:
    """Let a case be planned whose operation is known not to be applied, and is due.

    One that got lost is said again as it was, while it is true; others give way to what is due now,
    in the words of now.
    """
    operation = case.operation
    if operation is None or not replaceable(operation, bridge):
        return case
    now = bridge.clock.now()
    lost = operation.unknowns > 0 and is_still_true(operation, case.episode, now)
    return replace(case, operation=None, again=operation.draft if lost else None)


def replaceable(operation: Operation, bridge: Bridge) -> bool:
    """Whether *operation* is known not to be applied and may go, or give way, now."""
    ready = operation.state is OperationState.READY
    return ready and is_due(operation, bridge.clock.mark(), bridge.policy.doubt_wait)


def _maintained(
    bridge: Bridge, windows: Iterable[Maintenance], now: Instant
) -> frozenset[ComponentId]:
    """Return the components that openings leave out, for now."""
    if not bridge.policy.guards.hold_in_maintenance:
        return frozenset()
    return frozenset(c for w in windows for c in w.components if w.covers(c, now))


def _may_open(case: Case) -> bool:
    """Whether an opening of *case* may be on the page already, or still come."""
    operation = case.operation
    return operation is not None and operation.draft.action is Action.OPEN and in_doubt(case)


def _with_undecided(plan: Plan, sighted: Sighted) -> Plan:
    """Return *plan* with what can't be judged now as held.

    A page that lacks what we know of is an old picture: nothing is opened on it.
    """
    episodes = [case.episode for case in sighted.cases]
    behind = [held_back(e, HeldReason.BEHIND, _BEHIND) for e in episodes if e.id in sighted.behind]
    plan = replace(plan, held=(*plan.held, *behind))
    if not sighted.stale:
        return plan
    held = [held_back(e, HeldReason.STALE_READ, _STALE) for e in episodes if e.id in sighted.stale]
    opens = [draft for draft in plan.drafts if draft.action is Action.OPEN]
    held += [Held(d.incident, d.episode, HeldReason.STALE_READ, _STALE) for d in opens]
    kept = tuple(draft for draft in plan.drafts if draft.action is not Action.OPEN)
    return Plan(kept, (*plan.held, *held), plan.shadow)


_STALE = "the page does not show what was posted before; it may be a stale read"
_BEHIND = "the page tells of a later time than alerts were read up to: the state file is older"


def _ours(cases: Iterable[Case]) -> frozenset[IncidentId]:
    return frozenset(
        case.ledger.incident_id
        for case in cases
        if case.ledger.incident_id is not None and case.ledger.owner is Owner.OURS
    )


def _backlog(bridge: Bridge, cases: Iterable[Case], now: Instant) -> frozenset[str]:
    """Return the episodes that older alerts, being read now, could still change."""
    accounts = _behind(bridge, now)
    if not accounts:
        return frozenset()
    rules = {rule.id: rule for rule in bridge.policy.rules}
    reached = frozenset(standing.rule.id for standing in bridge.standings if _reaches_now(standing))
    return undecided((case.episode for case in cases), rules, reached, accounts)


def _reaches_now(standing: Standing) -> bool:
    return any(standing.measures.reach(t.threshold) for t in standing.rule.triggers)


def _behind(bridge: Bridge, now: Instant) -> dict[str, Unread]:
    """Return the accounts whose past is being read, by name.

    Not those that can't be read at all, nor those that took longer than openings may wait.
    """
    waiting = {}
    accounts = {source.account for source in bridge.sources}
    for account, coverage in bridge.store.coverage().items():
        if account not in accounts:
            continue
        past = unread(coverage)
        behind = past is not None and f"account {account}" not in bridge.trouble
        since = _behind_since(bridge, account, now if behind else None)
        if past is not None and since is not None and now - since < BACKLOG_WAIT:
            waiting[account] = past
    return waiting


def _behind_since(bridge: Bridge, account: str, now: Instant | None) -> Instant | None:
    """Return since when *account* has had a past to catch up with. *now* None: it has none.

    Kept in the store: a process that runs once a minute must not wait anew each time.
    """
    name = f"backlog of {account}"
    known = bridge.store.fact(name) or ""
    since = "" if now is None else known or str(now)
    if since != known:
        bridge.store.note_fact(name, since)
    return int(since) if since else None
