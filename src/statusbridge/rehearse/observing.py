"""What can be expected of a rehearsal at one time: what the public reads, and what waits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from statusbridge.core.model import IncidentStatus, Phase, Stage
from statusbridge.core.plan import Case
from statusbridge.core.structure import resolve
from statusbridge.rehearse.page import Publication, RememberedPage
from statusbridge.rehearse.tables import ExpectTable
from statusbridge.rehearse.world import Rehearsal
from statusbridge.simulators.page_state import OPERATIONAL, SEVERITY, Incident
from statusbridge.status import frozen_by

_NONE = "(none)"


@dataclass(frozen=True, slots=True)
class Check:
    """One key of an expectation, and what it turned out to be. Values as a person writes them."""

    key: str
    expected: str
    actual: str
    right: bool


@dataclass(frozen=True, slots=True)
class Scene:
    """Where one incident key, or a page without one, stands. *shown*: its newest incident."""

    world: Rehearsal
    page: RememberedPage
    name: str
    incident: str | None
    case: Case | None
    """The newest outage that is open, of rules that may publish."""
    shown: Incident | None


def scene(world: Rehearsal, name: str, incident: str | None) -> Scene:
    """Return what there is of *incident* on the page *name* now."""
    page = world.pages[name]
    cases = [
        case
        for case in world.store.cases()
        if (case.episode.group.page, case.episode.group.incident) == (name, incident)
        and case.episode.group.stage is not Stage.SHADOW
    ]
    case = cases[-1] if cases else None
    opened = page.opened_for(incident) if incident is not None else ()
    newest = case.ledger.incident_id if case is not None and case.ledger.incident_id else None
    wanted = newest or (opened[-1] if opened else None)
    shown = page.world.incidents.get(wanted) if wanted else None
    return Scene(world, page, name, incident, case, shown)


def checks(found: Scene, wanted: ExpectTable) -> tuple[Check, ...]:
    """Return every key that *wanted* has, held against *found*, in the order of the reference."""
    made = []
    for key in type(wanted).model_fields:
        value = getattr(wanted, key)
        if value is not None and key not in {"at", "incident", "page"}:
            made += _check(found, key, value)
    return tuple(made)


def _check(found: Scene, key: str, wanted: object) -> list[Check]:
    match key, wanted:
        case "statuses", dict():
            return [
                _compared(f"statuses.{name}", status, _status_of(found, name))
                for name, status in wanted.items()
            ]
        case "text_contains", list():
            text = _text(found)
            return [Check(key, part, _written(text), part in text) for part in wanted]
        case "held", _:
            held = _held(found)
            right = wanted in held if wanted else not held
            return [Check(key, _written(wanted), ", ".join(held) or "false", right)]
    return [_compared(key, wanted, _ACTUAL[key](found))]


def _compared(key: str, wanted: object, actual: object) -> Check:
    return Check(key, _written(wanted), _written(actual), wanted == actual)


def _written(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value) or _NONE


def _state(found: Scene) -> str:
    case = found.case
    if case is not None and case.ledger.incident_id is None:
        if any(held.episode == case.episode.id for _, held, _ in found.world.store.held()):
            return "held"
        if case.episode.status is IncidentStatus.INVESTIGATING:
            return "pending"
    if case is None and _is_pending(found):
        return "pending"
    return found.shown.status if found.shown is not None else "none"


def _is_pending(found: Scene) -> bool:
    return any(
        standing.detector.phase is Phase.PENDING
        for standing in found.world.bridge.standings
        if (standing.rule.page, standing.rule.incident) == (found.name, found.incident)
    )


def _status(found: Scene) -> str:
    held = found.shown.held.values() if found.shown is not None else ()
    return max(held, key=SEVERITY.index, default=OPERATIONAL)


def _status_of(found: Scene, name: str) -> str:
    component = str(resolve(name, found.page.made_of))
    held = found.shown.held if found.shown is not None else {}
    return held.get(component, OPERATIONAL)


def _title(found: Scene) -> str:
    return found.shown.name if found.shown is not None else ""


def _text(found: Scene) -> str:
    return found.shown.posts[-1].message if found.shown is not None and found.shown.posts else ""


def _frozen(found: Scene) -> bool:
    return found.case is not None and bool(frozen_by(found.case, found.world.bridge))


def _held(found: Scene) -> list[str]:
    return [
        str(held.reason)
        for page, held, _ in found.world.store.held()
        if page == found.name and found.incident in {None, held.incident}
    ]


def _said(found: Scene) -> list[Publication]:
    said = found.page.publications
    return [one for one in said if found.incident in {None, one.draft.incident}]


def _posts(found: Scene) -> int:
    return sum(one.posts for one in _said(found))


def _notified(found: Scene) -> int:
    return sum(one.draft.notify for one in _said(found))


def _incidents(found: Scene) -> int:
    return len({one.incident_id for one in _said(found)})


_ACTUAL: dict[str, Callable[[Scene], object]] = {
    "state": _state,
    "status": _status,
    "title": _title,
    "text": _text,
    "frozen": _frozen,
    "posts": _posts,
    "notified": _notified,
    "incidents": _incidents,
}
