"""A page as the public sees it now, from what was read of it last."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from statusbridge.bridge.parts import Bridge
from statusbridge.core.live import Incident
from statusbridge.server.console.lookout import Seen
from statusbridge.web.words import STATUS, lasting

_LIVE_STATUS = {status.wire: words for status, words in STATUS.items()}
_ORDER = [status.wire for status in STATUS]


@dataclass(frozen=True, slots=True)
class Place:
    """A component as the public sees it. *kind* is the page's word, *status* ours."""

    name: str
    status: str
    kind: str


@dataclass(frozen=True, slots=True)
class Open:
    """An incident that is not resolved. *whose*: "ours", "a person's", or how it came to be so."""

    id: str
    name: str
    stage: str
    whose: str
    kind: str
    components: tuple[Place, ...]
    text: str


@dataclass(frozen=True, slots=True)
class PageView:
    """One page. *read*: how long ago, "" where it was not read yet; *trouble*: why not now."""

    name: str
    title: str
    url: str
    read: str
    trouble: str
    components: tuple[Place, ...]
    incidents: tuple[Open, ...]


def page_view(bridge: Bridge, name: str, seen: Seen | None, trouble: str) -> PageView:
    """Return page *name* as it was last read; *trouble* why it can't be now."""
    trouble = trouble or bridge.trouble.get(f"page {name}", "")
    if seen is None:
        return PageView(name, name, "", "", trouble, (), ())
    now, names = bridge.clock.now(), component_names((seen,))
    going_on = [one for one in seen.incidents if not one.resolved]
    lines = [_lines(one) for one in going_on]
    under_work = {c for w in seen.maintenances for c in w.components if w.covers(c, now)}

    def place(id_: str, status: str) -> Place:
        words = _LIVE_STATUS.get(status, status.replace("_", " "))
        return Place(names.get(id_, id_), words, status)

    components = []
    for component in seen.structure.components:
        said = [found[component.id] for found in lines if component.id in found]
        status = max(said, key=_badness, default="operational")
        if status == "operational" and component.id in under_work:
            status = "under_maintenance"
        if not component.hidden:
            components.append(place(component.id, status))
    own, owners = bridge.store.own_incidents(name), _owners(bridge)
    incidents = tuple(
        Open(
            id=one.id,
            name=one.name,
            stage=one.incident_status,
            whose=owners.get(one.id, "ours") if one.id in own else "a person’s",
            kind=max(found.values(), key=_badness, default="operational"),
            components=tuple(place(id_, status) for id_, status in found.items()),
            text=one.updates[-1].message if one.updates else "",
        )
        for one, found in zip(going_on, lines, strict=True)
    )
    url = seen.structure.public_url or ""
    title = seen.structure.name or name
    read = lasting(max(0, now - seen.at))
    return PageView(name, title, url, read, trouble, tuple(components), incidents)


def component_names(seen: Iterable[Seen]) -> dict[str, str]:
    """Return the full name of each component of the pages *seen*, by id."""
    return {str(c.id): c.full_name for one in seen for c in one.structure.components}


def _lines(incident: Incident) -> dict[str, str]:
    """Return by component what *incident* makes the public read of it now."""
    found: dict[str, str] = {}
    for update in incident.updates:
        found.update(update.components)
    for impact in incident.impacts:
        if impact.end is None:
            found[impact.component] = impact.status
    return found


def _badness(status: str) -> int:
    return _ORDER.index(status) if status in _ORDER else 1


def _owners(bridge: Bridge) -> dict[str, str]:
    """Return by incident how one that we opened is ours no more."""
    words = {"theirs": "taken over by a person", "orphaned": "orphaned", "detached": "let go of"}
    return {
        case.ledger.incident_id: words[case.ledger.owner]
        for case in bridge.store.cases()
        if case.ledger.incident_id is not None and case.ledger.owner in words
    }
