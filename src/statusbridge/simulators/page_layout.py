"""What a page is made of: its structure as scenarios write it, and as the API tells it.

Ids that are not given follow from the page and the names above them, so that a scenario stays the
same from run to run.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from statusbridge.simulators.notation import NotationError, build, digest

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


class Component(Struct, frozen=True):
    """A component as the API's structure shows it."""

    component_id: str
    name: str
    hidden: bool
    display_uptime: bool = True


class Group(Struct, frozen=True):
    """A group as the API's structure shows it."""

    id: str
    name: str
    hidden: bool
    components: tuple[Component, ...]
    display_aggregated_uptime: bool = True


class SubPage(Struct, frozen=True):
    """A sub-page as the API's structure shows it."""

    id: str
    name: str
    items: tuple[Item, ...]


class Item(Struct, frozen=True, omit_defaults=True):
    """One of the three."""

    component: Component | None = None
    group: Group | None = None
    sub_page: SubPage | None = None


class Placed(NamedTuple):
    """A component where it stands. *above*: ids of the sub-page and group around it."""

    component: Component
    above: tuple[str, ...]


class ComponentItem(Struct, frozen=True, forbid_unknown_fields=True):
    """A component. The same *id* may stand in several places, a name in several groups."""

    component: str
    id: str = ""
    hidden: bool = False


class GroupItem(Struct, frozen=True, forbid_unknown_fields=True):
    """A group; its components are names or `ComponentItem` tables."""

    group: str
    components: tuple[str | ComponentItem, ...] = ()
    id: str = ""
    hidden: bool = False


class SubPageItem(Struct, frozen=True, forbid_unknown_fields=True):
    """A sub-page of groups and components."""

    sub_page: str
    items: tuple[Mapping[str, object], ...] = ()
    id: str = ""


class PageEntry(Struct, frozen=True, forbid_unknown_fields=True):
    """One status page, as a scenario writes it. *key*: its name in the bridge's configuration."""

    id: str = "01FA4E0000000000000000PAGE"
    name: str = "Example Status"
    key: str = "public"
    public_url: str | None = None
    subscribers: int = 240
    structure: tuple[Mapping[str, object], ...] = ({"component": "API"},)


@dataclass(frozen=True, slots=True)
class Page:
    """A page as it is now."""

    entry: PageEntry
    items: tuple[Item, ...]

    @property
    def known(self) -> frozenset[str]:
        """The ids of its components."""
        return frozenset(placed.component.component_id for placed in components(self.items))

    def component(self, wanted: str) -> str:
        """Return the id of the component of that id or name. Raises `NotationError`."""
        for placed in components(self.items):
            if wanted in (placed.component.component_id, placed.component.name):
                return placed.component.component_id
        raise NotationError(f'no component "{wanted}" on the page {self.entry.name}')


def numbered_id(at: float, number: int) -> str:
    """Return an id in the shape of incident.io's ULIDs, in order of *at*, then *number*."""
    chance = int(digest("id", number), 16) % 2**50
    return _base32(int(at * 1000), 10) + _base32(number, 6) + _base32(chance, 10)


def named_id(*names: str) -> str:
    """Return the id of the part of a page that *names* lead to."""
    return "01FA4E" + _base32(int(digest(*names), 16) % 2**100, 20)


def layout(page: PageEntry) -> tuple[Item, ...]:
    """Return the structure of *page*, as the API tells it. Raises `NotationError`."""
    return tuple(_item(page.id, table) for table in page.structure)


def components(items: Iterable[Item], above: tuple[str, ...] = ()) -> Iterator[Placed]:
    """Yield each component of *items* where it stands, in reading order."""
    for item in items:
        if item.component is not None:
            yield Placed(item.component, above)
        if item.group is not None:
            inside = (*above, item.group.id)
            yield from (Placed(component, inside) for component in item.group.components)
        if item.sub_page is not None:
            yield from components(item.sub_page.items, (*above, item.sub_page.id))


def without(items: Iterable[Item], gone: str) -> tuple[Item, ...]:
    """Return *items* without the component of id *gone*, wherever it stood."""
    kept = []
    for item in items:
        if item.component is not None and item.component.component_id != gone:
            kept.append(item)
        if item.group is not None:
            left = tuple(c for c in item.group.components if c.component_id != gone)
            kept.append(Item(group=replace(item.group, components=left)))
        if item.sub_page is not None:
            inner = without(item.sub_page.items, gone)
            kept.append(Item(sub_page=replace(item.sub_page, items=inner)))
    return tuple(kept)


def _item(parent: str, table: Mapping[str, object]) -> Item:
    place = "structure"
    if "sub_page" in table:
        entry = build(SubPageItem, table, place)
        own = entry.id or named_id(parent, entry.sub_page)
        items = tuple(_item(own, inner) for inner in entry.items)
        return Item(sub_page=SubPage(own, entry.sub_page, items))
    if "group" in table:
        return Item(group=_group(parent, build(GroupItem, table, place)))
    if "component" in table:
        return Item(component=_component(parent, build(ComponentItem, table, place)))
    raise NotationError(f"{place}: {dict(table)!r} names no component, group or sub_page")


def _group(parent: str, group: GroupItem) -> Group:
    own = group.id or named_id(parent, group.group)
    inner = [c if isinstance(c, ComponentItem) else ComponentItem(c) for c in group.components]
    return Group(own, group.group, group.hidden, tuple(_component(own, c) for c in inner))


def _component(parent: str, component: ComponentItem) -> Component:
    own = component.id or named_id(parent, component.component)
    return Component(own, component.component, component.hidden)


def _base32(number: int, length: int) -> str:
    digits = ""
    for _ in range(length):
        number, rest = divmod(number, 32)
        digits = _ALPHABET[rest] + digits
    return digits
