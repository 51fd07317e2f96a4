"""The ledger after an operation: what we know of an incident once it was written to, or not.

A receipt is kept only for what the page has answered or shown.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from statusbridge.core.canonical import same_text
from statusbridge.core.model import IncidentId, UpdateId
from statusbridge.core.operations import Action, Ledger, Operation
from statusbridge.core.readback import Found, is_ours


def receipted(
    ledger: Ledger,
    operation: Operation,
    incident: IncidentId,
    updates: Iterable[UpdateId],
    name: str | None = None,
) -> Ledger:
    """Return *ledger* after *operation* was applied to *incident* as *updates*.

    *name*: the incident's, where it was read with them.
    """
    opening = operation.draft.action is Action.OPEN
    return replace(
        ledger,
        incident_id=incident,
        name=ledger.name or name,
        said=operation.draft.said,
        updates=ledger.updates | set(updates),
        notified=operation.draft.notify if opening else ledger.notified,
        parked=None,
        parked_why="",
        stuck=False,
        lacking_since=None,
    )


def adopted(ledger: Ledger, operation: Operation, found: Found) -> Ledger:
    """Return *ledger* after *operation* was found applied, as *found*.

    With the name that an opening gave, unless the page only writes it another way: another one is a
    person's.
    """
    draft, incident = operation.draft, found.incident
    name = incident.name if same_text(incident.name, draft.name) else draft.name
    if draft.action is not Action.OPEN:
        return receipted(ledger, operation, incident.id, (found.update.id,))
    posts = (update.id for update in incident.updates if is_ours(operation, update))
    return receipted(ledger, operation, incident.id, posts, name)


def parked(ledger: Ledger, operation: Operation) -> Ledger:
    """Return *ledger* after *operation* was given up: the same is not tried again.

    Where it was an opening of unknown outcome nothing is: the incident may be there after all.
    """
    lost = operation.draft.action is Action.OPEN and operation.unknowns > 0
    return replace(
        ledger,
        parked=operation.draft.said,
        parked_why=operation.why,
        stuck=ledger.stuck or lost,
    )


def unopened(ledger: Ledger) -> Ledger:
    """Return *ledger* after its incident was found to be another outage's: nothing was said yet."""
    return Ledger(ledger.episode, verdict=ledger.verdict)
