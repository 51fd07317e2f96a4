"""What became of an incident key's outages in public: posts, receipts, what is held and why."""

from __future__ import annotations

from statusbridge.adapters.sqlite_lookups import Outage, operations_of, outages_of
from statusbridge.core.model import IncidentStatus, Instant, Stage, Status
from statusbridge.core.operations import Held, Operation, OperationState, Owner
from statusbridge.documents import Document
from statusbridge.explain.view import View, stamp
from statusbridge.status import frozen_by, state_of

_FOREVER: Instant = 2**62


def _until(view: View) -> Instant:
    """Return up to when is looked: of now also at what a clock that was set back puts later."""
    return view.as_of if view.past and view.as_of is not None else _FOREVER


def outages(view: View, page: str, incident: str) -> list[Outage]:
    """Return the outages that are of interest: those that last, and else the newest one."""
    found = outages_of(view.store, page, incident, _until(view))
    lasting = [one for one in found if _lasts(one, view)]
    return lasting or found[:1]


def _lasts(outage: Outage, view: View) -> bool:
    ended_at = outage.case.episode.ended_at
    if view.past and view.as_of is not None:
        return ended_at is None or ended_at >= view.as_of
    return not outage.closed


def held_of(view: View, episode: str) -> tuple[Held, Instant] | None:
    """Return what of *episode* is held now, and since when. Of the past that is not kept."""
    if view.past:
        return None
    found = ((held, since) for _, held, since in view.store.held() if held.episode == episode)
    return next(found, None)


def incident_document(outage: Outage, view: View) -> Document:
    """Return all that is known of one outage's incident."""
    episode, ledger = outage.case.episode, outage.case.ledger
    operations = operations_of(view.store, episode.id, _until(view))
    held = held_of(view, episode.id)
    receipts = {update for operation, _ in operations for update in operation.receipt}
    return {
        "incident": episode.group.incident,
        "page": episode.group.page,
        "stage": str(episode.group.stage),
        "incident_id": ledger.incident_id,
        "name": ledger.name,
        "state": _state(outage, view, operations, held),
        "status": _status(outage, view, operations),
        "owner": str(ledger.owner),
        "owner_why": ledger.why or None,
        "started_at": stamp(episode.started_at),
        "fired_at": stamp(episode.opened_at),
        "ended_at": stamp(episode.ended_at) if _is_over(outage, view) else None,
        "opened_by": episode.opened_by,
        "rules": [
            {"id": m.rule, "phase": str(m.phase), "asked": m.asked.wire} for m in episode.members
        ],
        "accounts": sorted(episode.accounts),
        "frozen_by": [] if view.past or outage.closed else frozen_by(outage.case, view.bridge),
        "held": _held(held),
        "operations": [_operation(operation, at, view) for operation, at in operations],
        "other_receipts": sorted(ledger.updates - receipts) if not view.past else [],
    }


def _is_over(outage: Outage, view: View) -> bool:
    ended_at = outage.case.episode.ended_at
    return ended_at is not None and not (view.past and ended_at > (view.as_of or 0))


def _state(
    outage: Outage,
    view: View,
    operations: list[tuple[Operation, Instant]],
    held: tuple[Held, Instant] | None,
) -> str:
    """Return the incident's public state, as rule tests and `status` name it."""
    said = [o.draft.said for o, _ in operations if o.state is OperationState.DONE]
    if said:
        return str(said[-1].incident_status)
    if view.past or outage.case.episode.group.stage is Stage.SHADOW:
        return "none"
    return state_of(outage.case, () if held is None else (held[0],))


def _status(outage: Outage, view: View, operations: list[tuple[Operation, Instant]]) -> str | None:
    """Return the worst status that the public reads; None: nothing was published."""
    said = [o.draft.said for o, _ in operations if o.state is OperationState.DONE]
    if not said:
        # Of an incident that was found again on the page only the ledger tells.
        known = outage.case.ledger.said
        if known is None or view.past or outage.case.episode.group.stage is Stage.SHADOW:
            return None
        said = [known]
    return max((line.status for line in said[-1].components), default=Status.OPERATIONAL).wire


def _held(held: tuple[Held, Instant] | None) -> Document | None:
    if held is None:
        return None
    return {"reason": str(held[0].reason), "detail": held[0].detail, "since": stamp(held[1])}


def _operation(operation: Operation, at: Instant, view: View) -> Document:
    draft = operation.draft
    return {
        "at": stamp(at),
        "state": str(operation.state),
        "action": str(draft.action),
        "reason": str(draft.reason),
        "rules": list(draft.rules),
        "incident_status": str(draft.said.incident_status),
        "components": [
            {"component": _name(line.component, view), "status": line.status.wire}
            for line in draft.said.components
        ],
        "message": draft.message,
        "notified": draft.notify,
        "receipt": list(operation.receipt),
        "attempts_unknown": operation.unknowns,
        "why": operation.why or None,
    }


def _name(component: str, view: View) -> str:
    """Return the component's name, where its page was read."""
    known = (s.components for _, s in view.bridge.structures.values())
    names = {c.id: c.full_name for components in known for c in components}
    return {str(key): name for key, name in names.items()}.get(component, component)


def verdict(outage: Outage, document: Document) -> str | None:
    """Return what there is to say first of an outage; None: the public knows nothing of it."""
    case = outage.case
    name = case.ledger.name or case.episode.group.incident
    if document["state"] not in tuple(IncidentStatus):
        return None
    shown = f"Incident “{name}”"
    if document["state"] == IncidentStatus.RESOLVED:
        return f"{shown} is resolved"
    public = f"{document['state']}, {document['status']}"
    if document["owner"] == Owner.OURS:
        return f"{shown} is open: {public}"
    why = f"{document['owner']}: {document['owner_why']}"
    return f"{shown} is not ours any more ({why}); what we last posted is {public}"
