"""Status pages, what they are made of, and whose the key is: incident.io's JSON in, values out.

Knows shapes, not requests. Shapes: the official OpenAPI, tag "Status Pages V2", and /v1/identity.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import msgspec

from statusbridge.adapters.incidentio_answer import Malformed, WireId, part, parts
from statusbridge.core.live import Component, Structure
from statusbridge.core.model import ComponentId, PageId


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
    id: WireId
    name: str | None = None
    public_url: str | None = None


class _Key(msgspec.Struct):
    name: str | None = None
    roles: list[Any] | None = None


def structure(body: bytes, page: PageEntry) -> Structure:
    """Return what *page* is made of. Raises `Malformed`.

    In page order; of a component that stands in several places the first counts. Hidden: itself, or
    its group.
    """
    # `{}` must not read as a page that every component has gone from.
    root = _Node(items=part(body, "current_structure", _Root).items)
    found: dict[ComponentId, Component] = {}
    try:
        for component in _components(root, (), hidden=False):
            found.setdefault(component.id, component)
    except RecursionError as error:
        raise Malformed("the structure is nested too deeply to be a page's") from error
    return Structure(page.id, page.name, tuple(found.values()), page.public_url)


def page(body: bytes) -> PageEntry:
    """Return the status page of a show answer. Raises `Malformed`."""
    return _page(part(body, "status_page", _Page))


def pages(body: bytes) -> tuple[PageEntry, ...]:
    """Return one page of the listing of status pages. Raises `Malformed`."""
    return tuple(_page(p) for p in parts(body, "status_pages", _Page))


def identity(body: bytes) -> Identity:
    """Return who the key is. Raises `Malformed`."""
    key = part(body, "identity", _Key)
    return Identity(key.name or "", tuple(r for r in key.roles or () if isinstance(r, str)))


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
