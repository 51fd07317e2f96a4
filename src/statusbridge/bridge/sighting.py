"""Hold each open episode against the page as it was read: whose its incident is, what is over.

What is found out about ownership is committed here, once, whatever is published later. Writes
nothing to a page.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import structlog

from statusbridge.bridge.parts import Bridge
from statusbridge.bridge.protocols import Page
from statusbridge.core.delivery import superseded
from statusbridge.core.live import Incident, Structure
from statusbridge.core.model import IncidentId, IncidentStatus, Instant, Phase, Seconds, Stage
from statusbridge.core.operations import Action, Ledger, Operation, OperationState, Owner
from statusbridge.core.ownership import (
    Sight,
    appeared,
    is_finished,
    recognised,
    taken_up,
)
from statusbridge.core.plan import Case
from statusbridge.core.readback import Forgotten, Found, read_back_open
from statusbridge.core.recall import Recall, found_again, is_behind

log = structlog.get_logger()

STRUCTURE_LASTS: Seconds = 600


@dataclass(frozen=True, slots=True)
class Sighted:
    """The episodes of a page that are still open, and of which nothing may be decided now."""

    cases: tuple[Case, ...]
    stale: frozenset[str]
    """Ids of episodes of which the page shows less than was posted."""
    behind: frozenset[str]
    """Ids of episodes of which the page tells more than was read."""


async def structure_of(bridge: Bridge, name: str, page: Page) -> Structure:
    """Return the page's structure, at most `STRUCTURE_LASTS` old."""
    now = bridge.clock.now()
    known = bridge.structures.get(name)
    if known is None or not 0 <= now - known[0] < STRUCTURE_LASTS:
        known = bridge.structures[name] = (now, await page.structure())
        bridge.note_read(f"page {name}")
    return known[1]


def recall_on(bridge: Bridge, structure: Structure) -> Recall:
    """Return what it takes to know our own words again on the page of *structure*."""
    rules = {rule.id: rule for rule in bridge.policy.rules}
    zone = bridge.policy.manners.zone
    # By then a request that the last process had sent has come, or never will.
    until = bridge.began + 2 * bridge.policy.doubt_wait
    return Recall(rules, structure, bridge.policy.render, zone, until)


def forgotten_by(case: Case, recall: Recall) -> Forgotten:
    """Return how a post is known again that *case* does not know of any more."""
    return lambda update: recall.said(case.episode, update, case.ledger.verdict)


def in_doubt(case: Case) -> bool:
    """Whether new posts on its incident may be its own operation: reading back judges those."""
    return case.operation is not None and case.operation.state is not OperationState.READY


def openings_in_doubt(cases: Iterable[Case]) -> tuple[Operation, ...]:
    """Return the openings of *cases* that may be on the page, or not."""
    on_their_way = (case.operation for case in cases if in_doubt(case))
    return tuple(op for op in on_their_way if op is not None and op.draft.action is Action.OPEN)


def sight(
    bridge: Bridge, cases: Iterable[Case], incidents: Iterable[Incident], recall: Recall
) -> Sighted:
    """Hold each of *cases*, oldest first, against the page; those that are over are left out."""
    waiting = list(cases)
    live = {incident.id: incident for incident in incidents}
    shown = _Shown(live, openings_in_doubt(waiting), recall)
    coverage = bridge.store.coverage()
    open_cases: list[Case] = []
    stale: set[str] = set()
    behind: set[str] = set()
    for number, case in enumerate(waiting):
        before = _next_opening(case, waiting[number + 1 :])
        seen = _handed_back(bridge, case, _look_at(bridge, case, shown, before))
        if seen.live is None and _should_be_shown(case, seen.ledger):
            stale.add(case.episode.id)
        # An account that was removed is read no further: waiting for that would have no end.
        carried = not case.episode.orphaned
        late = carried and is_behind(case.episode, seen.ledger, coverage)
        if late and case.ledger.incident_id is None:
            # Found just now, and maybe a later outage's, of which no alert was read yet.
            open_cases.append(case)
            behind.add(case.episode.id)
            continue
        ledger = _disowned(case, seen.ledger if late else _sealed(case, seen.ledger))
        judged = _given_up(bridge, case, ledger)
        judged = replace(judged, ledger=_closed(bridge, judged, seen.live))
        _commit(bridge, case, judged.ledger)
        if not judged.ledger.closed:
            open_cases.append(judged)
            behind |= {case.episode.id} if late else set()
    return Sighted(tuple(open_cases), frozenset(stale), frozenset(behind))


def unseen(bridge: Bridge, cases: Iterable[Case]) -> tuple[Case, ...]:
    """Return *cases*, of a page that was taken out of the configuration, but for those let go of.

    Nobody looks at their incidents any more: what a person says of them is all there is.
    """
    left = []
    for case in cases:
        ledger = _disowned(case, case.ledger)
        ledger = replace(ledger, closed=ledger.closed or (ledger.released and not in_doubt(case)))
        _commit(bridge, case, ledger)
        left += [] if ledger.closed else [replace(case, ledger=ledger)]
    return tuple(left)


def _commit(bridge: Bridge, case: Case, ledger: Ledger) -> None:
    if ledger == case.ledger:
        return
    if ledger.told_until != case.ledger.told_until:
        log.warning(
            "incident.recalled",
            incident=case.episode.group.incident,
            incident_id=ledger.incident_id,
        )
    bridge.note_owner(case, ledger)
    bridge.store.commit_ledger(ledger)


def _next_opening(case: Case, later: Iterable[Case]) -> Instant | None:
    """Return when the next outage of the same rules was opened; None: there was none."""
    openings = (one.episode.opened_at for one in later if one.episode.group == case.episode.group)
    return min(openings, default=None)


@dataclass(frozen=True, slots=True)
class _Shown:
    """What a page showed, and what it takes to find our own on it."""

    live: Mapping[IncidentId, Incident]
    doubted: tuple[Operation, ...]
    """Openings that may be on it: what reads like one is for its read-back to find."""
    recall: Recall

    def unknown(self, own: frozenset[IncidentId]) -> list[Incident]:
        """Return the incidents that are not among *own*, nor may be any doubted opening's."""
        left = (incident for incident in self.live.values() if incident.id not in own)
        return unexplained(left, self.doubted)


def unexplained(incidents: Iterable[Incident], doubted: Iterable[Operation]) -> list[Incident]:
    """Return those of *incidents* that none of *doubted*, openings, may have made."""
    openings = tuple(doubted)
    return [i for i in incidents if not any(_opened(op, i) for op in openings)]


def _opened(operation: Operation, incident: Incident) -> bool:
    return isinstance(read_back_open(operation, (incident,), frozenset()), Found)


def _look_at(bridge: Bridge, case: Case, shown: _Shown, before: Instant | None) -> Sight:
    """Hold one case against the page. In doubt, new posts are for reading back to judge."""
    if in_doubt(case):
        return Sight(case.ledger, None)
    given_up = bridge.store.given_up(case.episode.id)
    # An older state file may still wait to send what was sent long ago, in these words or others.
    waiting = [] if case.operation is None else [case.operation]
    ledger = case.ledger
    if ledger.incident_id is None and case.episode.group.stage is Stage.AUTO:
        own = bridge.store.own_incidents(case.episode.group.page)
        unknown = shown.unknown(own)
        ledger = found_again(ledger, case.episode, unknown, shown.recall, before)
        if ledger.incident_id is None:
            ledger = appeared(ledger, given_up if ledger.stuck else waiting, unknown, own)
    if ledger.incident_id is None:
        return Sight(ledger, None)
    live, attempts = shown.live.get(ledger.incident_id), (*given_up, *waiting)
    return recognised(ledger, live, attempts, bridge.clock.now(), forgotten_by(case, shown.recall))


def _handed_back(bridge: Bridge, case: Case, seen: Sight) -> Sight:
    """Return *seen* with what a person's release makes of it.

    An incident that is open is ours again. One that is resolved or gone ends its outage, and one of
    rules that are no longer there is let go of.
    """
    ledger = seen.ledger
    if not ledger.released or in_doubt(case):
        return seen
    if ledger.owner is Owner.OURS:
        return replace(seen, ledger=replace(ledger, released=False))
    if ledger.owner is Owner.THEIRS and seen.live is None:
        return seen
    carried = not case.episode.orphaned
    if carried and ledger.owner is Owner.THEIRS and seen.live and not seen.live.resolved:
        log.info(
            "incident.taken_up", incident=case.episode.group.incident, incident_id=seen.live.id
        )
        return replace(seen, ledger=taken_up(ledger, seen.live))
    # It may have ended before: of a process that died then, or by itself. Its rules may by now have
    # begun another one, and those of an orphan may speak elsewhere.
    if carried and not case.episode.ended:
        _end(bridge, case)
    return Sight(replace(ledger, closed=True), None)


def _end(bridge: Bridge, case: Case) -> None:
    """End the case's outage: what its rules find of later alerts is another one."""
    heard = max((c.heard_until or 0 for c in bridge.store.coverage().values()), default=0)
    stored = bridge.store.detectors()
    detectors = {
        member.rule: (group, detector.ended(heard))
        for member in case.episode.members
        if member.phase is not Phase.INACTIVE and member.rule in stored
        for group, detector in (stored[member.rule],)
    }
    over = replace(case.episode, status=IncidentStatus.RESOLVED, ended_at=heard)
    bridge.store.commit_evaluation(detectors, (), [over], 0)


def _should_be_shown(case: Case, ledger: Ledger) -> bool:
    published = ledger.incident_id is not None and ledger.owner is Owner.OURS
    return published and not in_doubt(case)


def _sealed(case: Case, ledger: Ledger) -> Ledger:
    """Return *ledger*; a person's where the page tells of an end that is found no more.

    Alerts that came late may tell the past otherwise when it is read anew. What the public was told
    to be over stays so.
    """
    if ledger.told_until is None or ledger.owner is not Owner.OURS or ledger.said is None:
        return ledger
    if case.episode.ended or ledger.said.incident_status is not IncidentStatus.RESOLVED:
        return ledger
    return replace(ledger, owner=Owner.THEIRS, why="it was resolved before the state file knew")


def _disowned(case: Case, ledger: Ledger) -> Ledger:
    """Return *ledger*, orphaned where the configuration no longer carries its episode."""
    why = case.episode.orphaned
    if not why or ledger.owner is not Owner.OURS or in_doubt(case):
        return ledger
    return replace(ledger, owner=Owner.ORPHANED, why=why, closed=ledger.incident_id is None)


def _given_up(bridge: Bridge, case: Case, ledger: Ledger) -> Case:
    """Return *case* with *ledger*, without what waits to be sent where it must not be any more."""
    seen = replace(case, ledger=ledger)
    operation = case.operation
    if operation is None or in_doubt(case):
        return seen
    # What tells of an outage afterwards is due because it is over.
    untold = ledger.said is None and not operation.draft.retrospective
    # Found on the page, its incident or another post: with either the ledger says something new.
    found = ledger.said != case.ledger.said
    wanted = ledger.owner is Owner.OURS and not (untold and case.episode.ended)
    if wanted and not found:
        return seen
    now, page = bridge.clock.now(), case.episode.group.page
    bridge.store.commit_operation(page, superseded(operation, bridge.clock.mark()), None, now)
    return replace(seen, operation=None)


def _closed(bridge: Bridge, case: Case, shown: Incident | None) -> Ledger:
    """Return the case's ledger, closed where nothing is left to say."""
    ledger = case.ledger
    retrospective = bridge.policy.manners.missed == "retrospective" and ledger.said is None
    if case.operation is not None or (retrospective and _may_tell(case)):
        return ledger
    return replace(ledger, closed=ledger.closed or is_finished(case.episode, ledger, shown))


def _may_tell(case: Case) -> bool:
    """Whether an outage that was missed may still be told of afterwards."""
    untried = case.ledger.parked is None
    return case.episode.group.stage is Stage.AUTO and case.episode.known_rule and untried
