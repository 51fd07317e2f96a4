"""incident.io's status page JSON in, `core.live` values out.

Knows shapes, not requests. Lenient where the API reserves the right to change (unknown fields, new
enum words, nulls), strict where a guess could publish twice: an incident or update without an id,
or an answer without its list, is no answer. Shapes: the official OpenAPI, tag "Status Pages V2".
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, TypeAlias, TypeVar

import msgspec

from statusbridge.core.live import Component, Impact, Incident, Maintenance, Structure, Update
from statusbridge.core.model import ComponentId, IncidentId, Instant, PageId, UpdateId

T = TypeVar("T")


class Malformed(ValueError):  # noqa: N818 - named for what is then true
    """An answer that isn't what was asked for."""


@dataclass(frozen=True, slots=True)
class PageEntry:
    """A status page of the account. *public_url* None: not said."""

    id: PageId
    name: str
    public_url: str | None


@dataclass(frozen=True, slots=True)
class Identity:
    """Who the API key is, and its roles, as the API names them."""

    name: str
    roles: tuple[str, ...]


_Id: TypeAlias = Annotated[str, msgspec.Meta(max_length=200, pattern="^[!-~]+$")]
"""Ids are stored, shown, and part of the next request's address: the API's have 26 characters."""


class _Line(msgspec.Struct):
    component_id: str | None = None
    component_status: str | None = None


class _Stretch(_Line):
    start_at: str | None = None
    end_at: str | None = None


class _Update(msgspec.Struct):
    id: _Id
    status_page_incident_id: _Id | None = None
    message: str | None = None
    incident_status: str | None = None
    published_at: str | None = None
    component_statuses: list[_Line] | None = None


class _Incident(msgspec.Struct):
    id: _Id
    status_page_id: _Id
    name: str | None = None
    incident_status: str | None = None
    updates: list[_Update] | None = None
    component_impacts: list[_Stretch] | None = None


class _Maintenance(msgspec.Struct):
    id: _Id
    status_page_id: _Id
    name: str | None = None
    maintenance_status: str | None = None
    component_maintenance_periods: list[_Stretch] | None = None


class _Node(msgspec.Struct):
    """A component, a group or a sub-page."""

    name: str | None = None
    component_id: str | None = None
    hidden: bool | None = None
    components: list[_Node] | None = None
    items: list[_Item] | None = None


class _Item(msgspec.Struct):
    component: _Node | None = None
    group: _Node | None = None
    sub_page: _Node | None = None


class _Root(msgspec.Struct):
    items: list[_Item] | None


class _Page(msgspec.Struct):
    id: _Id
    name: str | None = None
    public_url: str | None = None


class _Key(msgspec.Struct):
    name: str | None = None
    roles: list[Any] | None = None


class _Cursor(msgspec.Struct):
    after: str | None = None


def incident(body: bytes) -> Incident:
    """Return the incident of a show, create or retrospective answer. Raises `Malformed`."""
    return _incident(_part(body, "status_page_incident", _Incident))


def incidents(body: bytes) -> tuple[Incident, ...]:
    """Return one page of a listing, in the order served. Raises `Malformed`."""
    return tuple(_incident(i) for i in _parts(body, "status_page_incidents", _Incident))


def posted_update(body: bytes) -> tuple[IncidentId | None, Update]:
    """Return the update of a write's answer, and the incident it says it is of, if it does.

    Raises `Malformed`.
    """
    wire = _part(body, "status_page_incident_update", _Update)
    owner = wire.status_page_incident_id
    return (IncidentId(owner) if owner else None), _update(wire)


def maintenances(body: bytes) -> tuple[tuple[PageId, Maintenance], ...]:
    """Return the windows of one page of a listing, each with its status page. Raises `Malformed`.

    A window says times per component only: it comes as one value for each stretch of time in it.
    """
    listed = _parts(body, "status_page_maintenances", _Maintenance)
    return tuple((PageId(w.status_page_id), m) for w in listed for m in _windows(w))


def structure(body: bytes, page: PageEntry) -> Structure:
    """Return what *page* is made of. Raises `Malformed`.

    In page order; of a component that stands in several places the first counts. Hidden: itself, or
    its group.
    """
    # `{}` must not read as a page that every component has gone from.
    root = _Node(items=_part(body, "current_structure", _Root).items)
    found: dict[ComponentId, Component] = {}
    try:
        for component in _components(root, (), hidden=False):
            found.setdefault(component.id, component)
    except RecursionError as error:
        raise Malformed("the structure is nested too deeply to be a page's") from error
    return Structure(page.id, page.name, tuple(found.values()), page.public_url)


def page(body: bytes) -> PageEntry:
    """Return the status page of a show answer. Raises `Malformed`."""
    return _page(_part(body, "status_page", _Page))


def pages(body: bytes) -> tuple[PageEntry, ...]:
    """Return one page of the listing of status pages. Raises `Malformed`."""
    return tuple(_page(p) for p in _parts(body, "status_pages", _Page))


def identity(body: bytes) -> Identity:
    """Return who the key is. Raises `Malformed`."""
    key = _part(body, "identity", _Key)
    return Identity(key.name or "", tuple(r for r in key.roles or () if isinstance(r, str)))


def next_cursor(body: bytes) -> str | None:
    """Return what to pass as `after` for the next page of a listing; None: this was the last."""
    meta = _envelope(body).get("pagination_meta", _NULL)
    return None if meta == _NULL else decoded(meta, _Cursor).after or None


_NULL = msgspec.Raw(b"null")


def _envelope(body: bytes) -> dict[str, msgspec.Raw]:
    return decoded(body, dict[str, msgspec.Raw])


def _part(body: bytes, name: str, of: type[T]) -> T:
    part = _envelope(body).get(name)
    if part is None:
        raise Malformed(f"the answer has no {name}")
    return decoded(part, of)


def _parts(body: bytes, name: str, of: type[T]) -> list[T]:
    # null is an empty list of Go; no list at all is no answer: `{}` must not read as an empty page.
    part = _part(body, name, msgspec.Raw)
    return [] if part == _NULL else decoded(part, list[of])  # type: ignore[valid-type]


def decoded(body: bytes | msgspec.Raw, of: type[T]) -> T:
    """Return *body* as a value of type *of*. Raises `Malformed`, and nothing else."""
    try:
        return msgspec.json.decode(body, type=of)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Malformed(f"the answer can't be read: {error}") from error


def _incident(wire: _Incident) -> Incident:
    updates = sorted(
        (_update(u) for u in wire.updates or ()), key=lambda u: (u.published_at or 0, u.id)
    )
    return Incident(
        IncidentId(wire.id),
        PageId(wire.status_page_id),
        wire.name or "",
        wire.incident_status or "",
        tuple(updates),
        tuple(
            Impact(ComponentId(i.component_id), i.component_status or "", *_bounds(i))
            for i in wire.component_impacts or ()
            if i.component_id
        ),
    )


def _update(wire: _Update) -> Update:
    return Update(
        UpdateId(wire.id),
        wire.message or "",
        wire.incident_status or "",
        _instant(wire.published_at),
        tuple(
            (ComponentId(line.component_id), line.component_status or "")
            for line in wire.component_statuses or ()
            if line.component_id
        ),
    )


def _windows(wire: _Maintenance) -> Iterator[Maintenance]:
    stretches: dict[tuple[Instant | None, Instant | None], set[ComponentId]] = {}
    for period in wire.component_maintenance_periods or ():
        if period.component_id:
            stretches.setdefault(_bounds(period), set()).add(ComponentId(period.component_id))
    for (start, end), components in stretches.items():
        yield Maintenance(
            wire.id,
            wire.name or "",
            wire.maintenance_status or "",
            start,
            end,
            frozenset(components),
        )


def _components(node: _Node, path: tuple[str, ...], *, hidden: bool) -> Iterator[Component]:
    for leaf in node.components or ():
        yield from _leaf(leaf, path, hidden=hidden)
    for item in node.items or ():
        if item.component:
            yield from _leaf(item.component, path, hidden=hidden)
        for branch in (item.group, item.sub_page):
            if branch:
                below = (*path, branch.name) if branch.name else path
                yield from _components(branch, below, hidden=hidden or bool(branch.hidden))


def _leaf(node: _Node, path: tuple[str, ...], *, hidden: bool) -> Iterator[Component]:
    if node.component_id:
        id_ = ComponentId(node.component_id)
        yield Component(id_, node.name or id_, path, hidden or bool(node.hidden))


def _page(wire: _Page) -> PageEntry:
    return PageEntry(PageId(wire.id), wire.name or "", wire.public_url or None)


def _bounds(stretch: _Stretch) -> tuple[Instant | None, Instant | None]:
    return _instant(stretch.start_at), _instant(stretch.end_at)


def _instant(text: str | None) -> Instant | None:
    try:
        moment = datetime.fromisoformat(text or "")
        # Raises OverflowError where the offset leads out of the years 1 to 9999.
        utc = moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None
    if utc.year < 1970:
        return None  # Go's zero time, its way of saying nothing
    return int(utc.timestamp())
