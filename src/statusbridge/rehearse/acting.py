"""Acts of a rule test, done in its world: by people on the page, and by whoever operates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from msgspec.structs import replace

from statusbridge.bridge.acting import carry
from statusbridge.core.structure import resolve
from statusbridge.rehearse.act_tables import ActTable, act_of
from statusbridge.rehearse.order_tables import OrderTable, order_of
from statusbridge.rehearse.page import RememberedPage
from statusbridge.rehearse.world import Rehearsal
from statusbridge.simulators.notation import NotationError
from statusbridge.simulators.people import CompleteMaintenance, OpenIncident, OpenMaintenance

LATEST = "latest"


@dataclass(frozen=True, slots=True)
class _Place:
    """The page on which an act is done, and the id of what it is done to."""

    page: RememberedPage
    id: str = LATEST


async def perform(world: Rehearsal, table: ActTable) -> bool:
    """Do what *table* says, now; return whether a cycle was run for it, as the daemon does at once.

    Raises `NotationError` where nothing is there to do it to, `Refused` where an order can't be
    carried out.
    """
    if isinstance(table, OrderTable):
        carry(world.bridge, order_of(table), "a person")
        return await world.wake()
    _touch(world, table)
    return False


def _touch(world: Rehearsal, table: ActTable) -> None:
    act: Any = act_of(table)
    match act:
        case OpenIncident() | OpenMaintenance():
            page = world.pages[act.page] if act.page else next(iter(world.pages.values()))
            place, act = _Place(page), replace(act, page=page.page)
        case CompleteMaintenance():
            pages = [page for page in world.pages.values() if page.world.windows]
            place = _Place(pages[0] if pages else next(iter(world.pages.values())))
        case _:
            place = _find(world, act.incident)
            act = replace(act, incident=place.id)
    if components := getattr(act, "components", None):
        act = replace(act, components=_by_id(components, place.page))
    place.page.act(act)


def _find(world: Rehearsal, wanted: str) -> _Place:
    """Return the newest incident that *wanted* names: ours by key, any by title, or the newest."""
    found = []
    for page in world.pages.values():
        ours = set(page.opened_for(wanted))
        for incident in page.world.incidents.values():
            if wanted == LATEST or incident.id in ours or incident.name == wanted:
                found.append((incident.id, page))
    if not found:
        which = "no incident" if wanted == LATEST else f'no incident "{wanted}"'
        raise NotationError(f"there is {which} on the page at that time")
    newest, page = max(found, key=lambda one: one[0])
    return _Place(page, newest)


def _by_id(components: Any, page: RememberedPage) -> Any:
    if isinstance(components, dict):
        return {str(resolve(name, page.made_of)): word for name, word in components.items()}
    return tuple(str(resolve(name, page.made_of)) for name in components)


def told(table: ActTable) -> str:
    """Return *table* as a line of a timeline."""
    keys = table.model_dump(exclude={"at", "act"}, exclude_none=True, by_alias=True)
    words = [str(getattr(table, "act", "")).replace("_", " ")]
    words += [f"{key} {_written(value)}" for key, value in keys.items()]
    return ", ".join(words)


def _written(value: object) -> str:
    match value:
        case dict():
            return " · ".join(f"{name} {word}" for name, word in value.items())
        case list():
            return " · ".join(map(str, value))
        case _:
            return f"“{value}”"
