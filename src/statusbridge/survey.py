"""Look at the pages: what is due on each, and what of that must wait. Writes nothing to a page.

`plan` ends here; `publishing` carries out what this found.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from statusbridge.bridge import Bridge, Page
from statusbridge.core.backlog import Unread, undecided, unread
from statusbridge.core.delivery import is_due, is_still_true, superseded
from statusbridge.core.errors import Unauthorized, Unavailable
from statusbridge.core.evaluate import Standing
from statusbridge.core.live import Incident, Maintenance, Structure
from statusbridge.core.model import ComponentId, IncidentId, Instant, Seconds, Stage
from statusbridge.core.operations import (
    Action,
    Held,
    HeldReason,
    Ledger,
    Operation,
    OperationState,
    Owner,
)
from statusbridge.core.ownership import Sight, appeared, is_finished, may_want_resolve, recognised
from statusbridge.core.plan import Case, Plan, Planner
from statusbridge.core.restrain import Situation, restrain

STRUCTURE_LASTS: Seconds = 600
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
    return found


async def survey_page(bridge: Bridge, name: str, page: Page, cases: list[Case]) -> Survey:
    """Return what is due on *page* for its open episodes *cases*.

    Raises Unavailable and Unauthorized: then nothing may be decided about the page.
    """
    now = bridge.clock.now()
    structure = await structure_of(bridge, name, page)
    incidents: tuple[Incident, ...] = ()
    windows: tuple[Maintenance, ...] = ()
    if any(case.episode.group.stage is Stage.AUTO for case in cases):
        incidents, windows = await asyncio.gather(page.incidents(), page.maintenances())
    bridge.clear_trouble(f"page {name}")
    seen, stale = _sight(bridge, cases, incidents, now)
    planner = Planner(
        {rule.id: rule for rule in bridge.policy.rules},
        structure,
        now,
        bridge.policy.render,
        bridge.policy.manners,
        _maintained(bridge, windows, now),
    )
    plan = planner.plan(_free(case, bridge) for case in seen if case.episode.id not in stale)
    situation = Situation(
        now=now,
        guards=bridge.policy.guards,
        incidents=incidents,
        maintenances=windows,
        components=structure.components,
        ours=_ours(seen),
        opens=bridge.store.opens_since(name, now - 3600),
        doubted=sum(1 for case in seen if _may_open(case)),
        notified=bridge.store.notified_since(name, now - 86_400),
        newest_evidence={case.episode.id: case.episode.newest_at for case in seen},
        backlog=_backlog(bridge, seen, now),
    )
    plan = restrain(_without_stale(plan, seen, stale), situation)
    bridge.note_held(name, plan.held)
    return Survey(name, now, structure, tuple(seen), incidents, plan)


async def structure_of(bridge: Bridge, name: str, page: Page) -> Structure:
    """Return the page's structure, at most `STRUCTURE_LASTS` old."""
    now = bridge.clock.now()
    known = bridge.structures.get(name)
    if known is None or not 0 <= now - known[0] < STRUCTURE_LASTS:
        known = bridge.structures[name] = (now, await page.structure())
    return known[1]


def _sight(
    bridge: Bridge, cases: Iterable[Case], incidents: Iterable[Incident], now: Instant
) -> tuple[list[Case], frozenset[str]]:
    """Hold each case against the page; return those still open, and the ids of those not to judge.

    What is found out about ownership is committed here, once, whatever is published later.
    """
    live = {incident.id: incident for incident in incidents}
    open_cases: list[Case] = []
    stale: set[str] = set()
    for case in cases:
        sight = _look_at(bridge, case, live, now)
        if sight.live is None and _should_be_shown(case, sight.ledger):
            stale.add(case.episode.id)
        seen = _given_up(bridge, replace(case, ledger=_disowned(case, sight.ledger)))
        seen = replace(seen, ledger=_closed(bridge, seen, sight.live))
        if seen.ledger != case.ledger:
            bridge.note_owner(case, seen.ledger)
            bridge.store.commit_ledger(seen.ledger)
        if not seen.ledger.closed:
            open_cases.append(seen)
    return open_cases, frozenset(stale)


def _look_at(
    bridge: Bridge, case: Case, live: Mapping[IncidentId, Incident], now: Instant
) -> Sight:
    """Hold one case against the page. In doubt, new posts are for reading back to judge."""
    given_up = bridge.store.given_up(case.episode.id)
    ledger = case.ledger
    if ledger.stuck:
        own = bridge.store.own_incidents(case.episode.group.page)
        ledger = appeared(ledger, given_up, live.values(), own)
    if ledger.incident_id is None or _in_doubt(case):
        return Sight(ledger, None)
    return recognised(ledger, live.get(ledger.incident_id), given_up, now)


def _should_be_shown(case: Case, ledger: Ledger) -> bool:
    published = ledger.incident_id is not None and ledger.owner is Owner.OURS
    return published and not _in_doubt(case)


def _disowned(case: Case, ledger: Ledger) -> Ledger:
    """Return *ledger*, orphaned where the configuration no longer carries its episode."""
    why = case.episode.orphaned
    if not why or ledger.owner is not Owner.OURS or _in_doubt(case):
        return ledger
    return replace(ledger, owner=Owner.ORPHANED, why=why, closed=ledger.incident_id is None)


def _given_up(bridge: Bridge, case: Case) -> Case:
    """Return *case* without an operation that waits to be sent, where it must not be any more."""
    operation, ledger = case.operation, case.ledger
    if operation is None or _in_doubt(case):
        return case
    # What tells of an outage afterwards is due because it is over.
    untold = ledger.said is None and not operation.draft.retrospective
    if ledger.owner is Owner.OURS and not (untold and case.episode.ended):
        return case
    now, page = bridge.clock.now(), case.episode.group.page
    bridge.store.commit_operation(page, superseded(operation, bridge.clock.mark()), None, now)
    return replace(case, operation=None)


def _closed(bridge: Bridge, case: Case, shown: Incident | None) -> Ledger:
    """Return the case's ledger, closed where nothing is left to say."""
    ledger = case.ledger
    retrospective = bridge.policy.manners.missed == "retrospective" and ledger.said is None
    if case.operation is not None or (retrospective and _may_tell(case)):
        return ledger
    resolves = bridge.policy.manners.after_touch == "resolve_only"
    if resolves and may_want_resolve(ledger, shown, bridge.clock.now()):
        return ledger
    return replace(ledger, closed=ledger.closed or is_finished(case.episode, ledger, shown))


def _may_tell(case: Case) -> bool:
    """Whether an outage that was missed may still be told of afterwards."""
    untried = case.ledger.parked is None
    return case.episode.group.stage is Stage.AUTO and case.episode.known_rule and untried


def _free(case: Case, bridge: Bridge) -> Case:
    """Let a case be planned whose operation is known not to be applied, and is due.

    One that got lost is said again as it was, while it is true; others give way to what is due now.
    """
    operation = case.operation
    if operation is None or not replaceable(operation, bridge):
        return case
    lost = operation.unknowns > 0 and is_still_true(operation, case.episode)
    return replace(case, operation=None, again=operation.draft if lost else None)


def replaceable(operation: Operation, bridge: Bridge) -> bool:
    """Whether *operation* is known not to be applied and may go, or give way, now."""
    ready = operation.state is OperationState.READY
    return ready and is_due(operation, bridge.clock.mark(), bridge.policy.doubt_wait)


def _in_doubt(case: Case) -> bool:
    """Whether new posts on its incident may be its own operation: reading back judges those."""
    return case.operation is not None and case.operation.state is not OperationState.READY


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
    return operation is not None and operation.draft.action is Action.OPEN and _in_doubt(case)


def _without_stale(plan: Plan, cases: Iterable[Case], stale: frozenset[str]) -> Plan:
    """A page that lacks what we know of is an old picture: nothing is opened on it."""
    if not stale:
        return plan
    why = "the page does not show what was posted before; it may be a stale read"
    held = [
        Held(case.episode.group.incident, case.episode.id, HeldReason.STALE_READ, why)
        for case in cases
        if case.episode.id in stale
    ]
    opens = [draft for draft in plan.drafts if draft.action is Action.OPEN]
    held += [Held(d.incident, d.episode, HeldReason.STALE_READ, why) for d in opens]
    kept = tuple(draft for draft in plan.drafts if draft.action is not Action.OPEN)
    return Plan(kept, (*plan.held, *held), plan.shadow)


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
