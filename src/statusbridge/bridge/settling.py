"""Settle what was sent with unknown outcome: read back after a wait, only then decide.

Writes nothing to a page. What a read-back means is decided in `core.delivery`.
"""

from __future__ import annotations

from dataclasses import replace

import structlog

from statusbridge.bridge.parts import Bridge
from statusbridge.bridge.sighting import (
    forgotten_by,
    openings_in_doubt,
    recall_on,
    structure_of,
)
from statusbridge.core.delivery import after_read_back, is_due, recovered
from statusbridge.core.errors import Unauthorized, Unavailable
from statusbridge.core.live import Incident, Update
from statusbridge.core.operations import Action, Ledger, Operation, OperationState, Owner
from statusbridge.core.ownership import lacking, posted, recognised, shows_all
from statusbridge.core.plan import Case
from statusbridge.core.readback import (
    Absent,
    Foreign,
    Forgotten,
    Found,
    ReadBack,
    Removed,
    read_back_open,
    read_back_update,
)
from statusbridge.core.receipts import adopted, parked

log = structlog.get_logger()

ECHO_DRIFTS = "echo_drifts"
"""The fact that a page gave back a text of ours with other letters or digits than it was sent."""


async def settle(bridge: Bridge) -> list[Operation]:
    """Read back every doubtful operation that has waited long enough; return the applied ones."""
    done = []
    for case in bridge.store.cases():
        page = case.episode.group.page
        if case.operation is None or page not in bridge.pages:
            continue
        operation = _recovered(bridge, page, case.operation)
        if operation.unknowns == 0 or not is_due(
            operation, bridge.clock.mark(), bridge.policy.doubt_wait
        ):
            continue
        try:
            settled = await _settle_one(bridge, case, operation)
        except (Unavailable, Unauthorized) as error:
            bridge.note_trouble(f"page {page}", error)
            continue
        if settled.state is OperationState.DONE:
            done.append(settled)
    return done


def _recovered(bridge: Bridge, page: str, operation: Operation) -> Operation:
    """Return *operation*, in doubt if a process or a failing disk left it on its way."""
    found = recovered(operation, bridge.clock.mark())
    if found == operation:
        return operation
    return bridge.store.commit_operation(page, found, None, bridge.clock.now())


async def _settle_one(bridge: Bridge, case: Case, operation: Operation) -> Operation:
    """Read *operation* back, take the step that follows. Raises Unavailable, Unauthorized."""
    page = case.episode.group.page
    structure = await structure_of(bridge, page, bridge.pages[page])
    forgotten = forgotten_by(case, recall_on(bridge, structure))
    found, ledger = await _read_back(bridge, case, operation, forgotten)
    if found is None:
        bridge.store.commit_ledger(ledger)
        return operation
    readable = bridge.store.fact(ECHO_DRIFTS) is None
    after = after_read_back(operation, found, bridge.clock.mark(), readable=readable)
    given_up = after.state is OperationState.PARKED
    incident = operation.draft.incident
    match found:
        case Found(live, _, twice):
            if twice:
                bridge.duplicates += 1
                log.error("duplicate.seen", incident=incident, incident_id=live.id)
            log.info("operation.adopted", incident=incident, incident_id=live.id)
            told = adopted(ledger, operation, found)
            after = replace(after, receipt=tuple(sorted(told.updates - ledger.updates)))
            ledger = _at_once(bridge, told, live, forgotten)
        case Foreign(update):
            ledger = _touched(ledger, incident, update)
        case Removed():
            log.warning("incident.touched", incident=incident, why=ledger.why)
        case Absent() if given_up:
            log.error("operation.parked", incident=incident, why=after.why)
            ledger = parked(ledger, after)
    return bridge.store.commit_operation(page, after, ledger, bridge.clock.now())


def _touched(ledger: Ledger, incident: str, update: Update) -> Ledger:
    if ledger.owner is Owner.THEIRS:
        return ledger
    why = posted(update)
    log.warning("incident.touched", incident=incident, why=why)
    return replace(ledger, owner=Owner.THEIRS, why=why)


def _at_once(bridge: Bridge, ledger: Ledger, live: Incident, forgotten: Forgotten) -> Ledger:
    """Return *ledger* with what the read that found its operation shows of people besides.

    Seen once is enough: the next read may not show it any more.
    """
    given_up = bridge.store.given_up(ledger.episode)
    seen = recognised(ledger, live, given_up, bridge.clock.now(), forgotten).ledger
    if seen.owner is not ledger.owner:
        log.warning("incident.touched", incident_id=live.id, why=seen.why)
    return seen


async def _read_back(
    bridge: Bridge, case: Case, operation: Operation, forgotten: Forgotten
) -> tuple[ReadBack | None, Ledger]:
    """Look for *operation* on the page; None: the read is too old to say anything.

    With it the ledger as the read leaves it, which has to be committed.
    """
    ledger, page = case.ledger, case.episode.group.page
    if operation.draft.action is Action.OPEN:
        incidents = await bridge.pages[page].incidents()
        others = (
            other
            for other in bridge.store.cases()
            if other.episode.group.page == page and other.episode.id != case.episode.id
        )
        rivals, own = openings_in_doubt(others), bridge.store.own_incidents(page)
        return read_back_open(operation, incidents, own, rivals), ledger
    if ledger.incident_id is None:
        raise AssertionError(f"an {operation.draft.action} of no incident was sent")
    live = await bridge.pages[page].incident(ledger.incident_id)
    if live is None or not shows_all(live, ledger):
        sight = lacking(ledger, live, bridge.clock.now())
        lost = sight.ledger.owner is not ledger.owner
        return (Removed() if lost else None), sight.ledger
    given_up = bridge.store.given_up(operation.draft.episode)
    return read_back_update(operation, ledger, live, given_up, forgotten), ledger
