"""What a person does on the page past the API: in the dashboard, or in Slack.

Each act is a value; `perform` returns the world after it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TypeAlias, TypeVar, assert_never

from msgspec import Struct

from statusbridge.simulators.notation import NotationError, Span, build, choose
from statusbridge.simulators.page_layout import Page
from statusbridge.simulators.page_state import (
    COMPLETE,
    IN_PROGRESS,
    RESOLVED,
    ComponentStatuses,
    Incident,
    Post,
    Window,
    World,
    maintained,
    posted,
    unposted,
)

V = TypeVar("V")


class OpenIncident(Struct, frozen=True):
    """A person opens an incident. *components*: id or name → status. *page* None: the first."""

    name: str = "Opened by a person"
    message: str = "We are looking into it."
    status: str = "investigating"
    components: dict[str, str] = {}
    page: str | None = None


class PostUpdate(Struct, frozen=True):
    """A person posts an update. *incident*: an id or "latest"; *status* None: as it was."""

    incident: str = "latest"
    message: str = "A person says hello."
    status: str | None = None
    components: dict[str, str] = {}
    backdated: Span = Span(0)


class ResolveIncident(Struct, frozen=True):
    """A person resolves an incident."""

    incident: str = "latest"
    message: str = "Resolved by a person."


class RenameIncident(Struct, frozen=True):
    """A person renames an incident."""

    incident: str = "latest"
    name: str = "Renamed by a person"


class DeleteUpdate(Struct, frozen=True):
    """A person deletes an update: an id, or "latest" of the incident."""

    incident: str = "latest"
    update: str = "latest"


class DeleteIncident(Struct, frozen=True):
    """A person deletes an incident, which the API can't."""

    incident: str = "latest"


class OpenMaintenance(Struct, frozen=True):
    """A person opens a maintenance window from now on. *components*: ids or names."""

    components: tuple[str, ...] = ()
    name: str = "Planned work"
    message: str = "Planned work."
    lasts: Span = Span(3600)
    page: str | None = None


class CompleteMaintenance(Struct, frozen=True):
    """A person completes a maintenance window: an id, or "latest"."""

    maintenance: str = "latest"


class RemoveComponent(Struct, frozen=True):
    """A person takes a component, by id or name, out of the page's structure."""

    component: str
    page: str | None = None


class Subscribers(Struct, frozen=True):
    """The page has so many subscribers from now on."""

    count: int
    page: str | None = None


Act: TypeAlias = (
    OpenIncident
    | PostUpdate
    | ResolveIncident
    | RenameIncident
    | DeleteUpdate
    | DeleteIncident
    | OpenMaintenance
    | CompleteMaintenance
)
"""What changes incidents and maintenances."""

PageAct: TypeAlias = RemoveComponent | Subscribers
"""What changes the page itself."""

ACTS: dict[str, type[Act] | type[PageAct]] = {
    "open": OpenIncident,
    "post": PostUpdate,
    "resolve": ResolveIncident,
    "rename": RenameIncident,
    "delete_update": DeleteUpdate,
    "delete_incident": DeleteIncident,
    "open_maintenance": OpenMaintenance,
    "complete_maintenance": CompleteMaintenance,
    "remove_component": RemoveComponent,
    "subscribers": Subscribers,
}


def perform(
    act: Act, world: World, pages: Mapping[str, Page], now: float, ids: Iterator[str]
) -> World:
    """Return *world* after *act* at *now*. Raises `NotationError`: nothing is there."""
    match act:
        case OpenIncident():
            return world.with_incident(_opened(act, _page(pages, act.page), now, ids))
        case OpenMaintenance():
            return world.with_window(_planned(act, _page(pages, act.page), now, ids))
        case CompleteMaintenance(maintenance=wanted):
            window = pick(world.windows, wanted, "maintenance")
            post = Post(next(ids), now, "", COMPLETE, by="person")
            return world.with_window(maintained(window, post))
        case DeleteIncident(incident=wanted):
            return world.without_incident(pick(world.incidents, wanted, "incident").id)
        case PostUpdate() | ResolveIncident() | RenameIncident() | DeleteUpdate():
            incident = pick(world.incidents, act.incident, "incident")
            page = _page(pages, incident.page)
            return world.with_incident(_changed(act, incident, page, now, ids))
        case _:
            assert_never(act)


def pick(found: Mapping[str, V], wanted: str, what: str) -> V:
    """Return the one that *wanted* names, or the newest. Raises `NotationError`."""
    if wanted == "latest" and found:
        return list(found.values())[-1]
    if wanted not in found:
        raise NotationError(f'people: no {what} "{wanted}" on the page')
    return found[wanted]


def _opened(act: OpenIncident, page: Page, now: float, ids: Iterator[str]) -> Incident:
    incident = Incident(next(ids), page.entry.id, act.name, now, act.status)
    post = Post(next(ids), now, act.message, act.status, _lines(act.components, page), "person")
    return posted(incident, post)


def _planned(act: OpenMaintenance, page: Page, now: float, ids: Iterator[str]) -> Window:
    window = Window(
        id=next(ids),
        page=page.entry.id,
        name=act.name,
        at=now,
        status=IN_PROGRESS,
        components=tuple(page.component(wanted) for wanted in act.components),
        start=now,
        end=now + act.lasts,
    )
    return maintained(window, Post(next(ids), now, act.message, IN_PROGRESS, by="person"))


def _changed(
    act: PostUpdate | ResolveIncident | RenameIncident | DeleteUpdate,
    incident: Incident,
    page: Page,
    now: float,
    ids: Iterator[str],
) -> Incident:
    match act:
        case PostUpdate(message=message, status=status, backdated=backdated):
            lines = _lines(act.components, page)
            status = status or incident.status
            post = Post(next(ids), now - backdated, message, status, lines, "person", True)
            return posted(incident, post)
        case ResolveIncident(message=message):
            return posted(incident, Post(next(ids), now, message, RESOLVED, (), "person", True))
        case RenameIncident(name=name):
            return replace(incident, name=name)
        case DeleteUpdate(update=wanted):
            posts = {post.id: post for post in incident.posts}
            return unposted(incident, pick(posts, wanted, "update").id)
        case _:
            assert_never(act)


def _page(pages: Mapping[str, Page], wanted: str | None) -> Page:
    return pick(pages, wanted or next(iter(pages)), "page")


def _lines(components: Mapping[str, str], page: Page) -> ComponentStatuses:
    return tuple((page.component(wanted), status) for wanted, status in components.items())


def read_act(table: Mapping[str, object], place: str) -> Act | PageAct:
    """Return the act that *table* writes: its name under `act`. Raises `NotationError`."""
    rest = dict(table)
    return build(choose(ACTS, rest.pop("act", None), place), rest, place)
