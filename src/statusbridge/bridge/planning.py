"""A plan without its execution, and the execution of a plan that was looked at.

`plan` runs the steps of a cycle up to the survey, on a copy of the state. `apply` runs them for
real, and publishes only where the operations are still those that a person saw.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import msgspec

from statusbridge.bridge.evaluating import evaluate
from statusbridge.bridge.parts import Bridge
from statusbridge.bridge.polling import poll
from statusbridge.bridge.publishing import publish
from statusbridge.bridge.settling import settle
from statusbridge.bridge.survey import Survey, survey
from statusbridge.core.model import Stage, iso
from statusbridge.core.operations import Action, Draft, Held, Ledger
from statusbridge.documents import Document


def plan_document(surveys: Iterable[Survey]) -> Document:
    """Return the plan as `plan --json` prints it, version 1.

    With more than one page the top level names them all, and each entry says its own. `as_of` is
    null where no page could be read.
    """
    found = list(surveys)
    operations = [_operation(d, s.page) for s in found for d in s.plan.drafts]
    held = [_held(h, s.page) for s in found for h in s.plan.held]
    return {
        "version": 1,
        "page": ", ".join(survey.page for survey in found),
        "as_of": iso(max(survey.now for survey in found)) if found else None,
        "operations": operations,
        "held": held,
        "shadow": [_operation(d, s.page) for s in found for d in s.plan.shadow],
        "summary": {
            **{a: sum(o["action"] == a for o in operations) for a in map(str, Action)},
            "held": len(held),
        },
    }


def _operation(draft: Draft, page: str) -> Document:
    return {
        "page": page,
        "action": str(draft.action),
        "incident": draft.incident,
        "incident_id": draft.incident_id,
        "rules": list(draft.rules),
        "name": draft.name,
        "incident_status": str(draft.said.incident_status),
        "component_statuses": [
            {"component_id": line.component, "component_status": line.status.wire}
            for line in draft.said.components
        ],
        "message": draft.message,
        "notify_subscribers": draft.notify,
        "reason": str(draft.reason),
    }


def _held(held: Held, page: str) -> Document:
    return {
        "page": page,
        "incident": held.incident,
        "reason": str(held.reason),
        "detail": held.detail,
    }


class _Line(msgspec.Struct, frozen=True):
    component_id: str
    component_status: str


class _Essence(msgspec.Struct, frozen=True):
    """What of an operation must be as it was saved. Not its message, which may name its time."""

    page: str
    action: str
    incident: str
    incident_id: str | None
    rules: tuple[str, ...]
    name: str
    incident_status: str
    component_statuses: tuple[_Line, ...]
    notify_subscribers: bool
    reason: str


def essences(operations: object) -> list[_Essence]:
    """Return what is compared of a plan's *operations*. Raises ValueError: they are none."""
    return msgspec.convert(operations, list[_Essence])


async def draw(bridge: Bridge) -> list[Survey]:
    """Poll, evaluate and survey; write nothing to any page.

    What rules on trial said before is forgotten on the copy, so that it is shown again.
    """
    await poll(bridge)
    await evaluate(bridge)
    for case in bridge.store.cases():
        if case.episode.group.stage is Stage.SHADOW:
            bridge.store.commit_ledger(Ledger(case.episode.id))
    return await survey(bridge)


@dataclass(frozen=True, slots=True)
class Difference:
    """How the plan of now differs from a saved one, in lines that begin with + or -."""

    lines: tuple[str, ...]


async def carry_out(bridge: Bridge, saved: list[Document]) -> int | Difference:
    """Publish the plan of now if its operations are *saved*; return how many were applied.

    Raises neither Unavailable nor Unauthorized: what can't be read is in the bridge's trouble, and
    differs from what was saved. Raises ValueError before anything is done where *saved* are no
    operations of a plan.
    """
    then = essences(saved)
    await poll(bridge)
    await evaluate(bridge)
    await settle(bridge)
    surveys = await survey(bridge)
    now = essences(plan_document(surveys)["operations"])
    if now != then:
        return Difference(
            (
                *(f"- {_line(o)}" for o in then if o not in now),
                *(f"+ {_line(o)}" for o in now if o not in then),
            )
        )
    return len(await publish(bridge, surveys))


def _line(operation: _Essence) -> str:
    components = ", ".join(
        f"{line.component_id} {line.component_status}" for line in operation.component_statuses
    )
    return (
        f"{operation.action} {operation.incident} on {operation.page}: "
        f"{operation.incident_status} {components}".rstrip()
    )
