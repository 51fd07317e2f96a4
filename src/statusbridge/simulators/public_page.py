"""The page at "/": what a customer would see, for looking at in a browser."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import TypeVar

from jinja2 import Environment, StrictUndefined, Template

from statusbridge.simulators.exchange import Reply
from statusbridge.simulators.notation import timestamp
from statusbridge.simulators.page_layout import Item, Page
from statusbridge.simulators.page_state import OPERATIONAL, Incident, Window, World, shown

V = TypeVar("V", Incident, Window)

_RECENT = 20


def public_page(pages: Mapping[str, Page], world: World, now: float) -> Reply:
    """Return all *pages* as HTML: components with their status, the newest incidents, works."""
    views = [
        {
            "name": page.entry.name,
            "components": _components(page, shown(world, page.entry.id)),
            "incidents": _newest(i for i in world.incidents.values() if i.page == page.entry.id),
            "windows": _newest(w for w in world.windows.values() if w.page == page.entry.id),
        }
        for page in pages.values()
    ]
    text = _template().render(pages=views, now=now, timestamp=timestamp)
    return Reply(200, text.encode(), content_type="text/html; charset=utf-8")


def _components(page: Page, down: Mapping[str, str]) -> list[dict[str, object]]:
    """Return the visible components in order, each with the heading that it stands under."""
    return [
        {"heading": heading, "name": name, "status": down.get(component, OPERATIONAL)}
        for heading, name, component in visible(page.items)
    ]


def visible(items: Iterable[Item], heading: str = "") -> Iterator[tuple[str, str, str]]:
    """Yield heading, name and id of each component that customers see, in reading order."""
    for item in items:
        if item.component is not None and not item.component.hidden:
            yield heading, item.component.name, item.component.component_id
        if item.group is not None and not item.group.hidden:
            inner = [Item(component=component) for component in item.group.components]
            yield from visible(inner, _joined(heading, item.group.name))
        if item.sub_page is not None:
            yield from visible(item.sub_page.items, _joined(heading, item.sub_page.name))


def _joined(above: str, name: str) -> str:
    return f"{above} / {name}" if above else name


def _newest(found: Iterable[V]) -> list[V]:
    return sorted(found, key=lambda one: (one.at, one.id), reverse=True)[:_RECENT]


@cache
def _template() -> Template:
    text = files(__package__).joinpath("public_page.html").read_text(encoding="utf-8")
    return Environment(autoescape=True, undefined=StrictUndefined).from_string(text)
