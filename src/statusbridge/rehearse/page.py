"""A status page that remembers: what the bridge posts, what people do, what is under maintenance.

The world of the simulated status page (`simulators.page_state`, `simulators.people`) seen as a
`bridge.Page`, without requests between them. Every write is applied.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from statusbridge.adapters.incidentio_bodies import compose
from statusbridge.bridge.protocols import Clock
from statusbridge.core import live
from statusbridge.core.live import Structure
from statusbridge.core.model import (
    ComponentId,
    IncidentId,
    IncidentStatus,
    Instant,
    PageId,
    UpdateId,
)
from statusbridge.core.operations import Draft, Operation, Said
from statusbridge.core.outcome import Applied, Gone, Outcome
from statusbridge.simulators import page_layout
from statusbridge.simulators.page_state import Incident, Post, Window, World, posted
from statusbridge.simulators.people import Act, perform


@dataclass(frozen=True, slots=True)
class Publication:
    """One write of the bridge, and the incident that it made or changed."""

    at: Instant
    incident_id: IncidentId
    draft: Draft

    @property
    def posts(self) -> int:
        """How many updates it put on the page: several where it told a whole outage afterwards."""
        return len(self.draft.retrospective) or 1


class RememberedPage:
    """The page of *structure* while a rehearsal lasts. Times are those of *clock*."""

    def __init__(self, structure: Structure, clock: Clock) -> None:
        self.world = World({}, {})
        self.publications: list[Publication] = []
        """All that the bridge wrote, in order."""
        self.made_of = structure
        self._clock = clock
        self._ids = self._numbered()
        self._keys: dict[str, IncidentId] = {}

    @property
    def page(self) -> PageId:
        return self.made_of.page

    async def structure(self) -> Structure:
        return self.made_of

    async def incidents(self) -> tuple[live.Incident, ...]:
        return tuple(map(_incident, self.world.incidents.values()))

    async def incident(self, id: IncidentId) -> live.Incident | None:  # noqa: A002
        found = self.world.incidents.get(id)
        return None if found is None else _incident(found)

    async def maintenances(self) -> tuple[live.Maintenance, ...]:
        return tuple(map(_maintenance, self.world.windows.values()))

    def compose(self, draft: Draft, key: str) -> bytes:
        return compose(self.page, draft, key)

    async def send(self, operation: Operation) -> Outcome:
        draft = operation.draft
        if draft.incident_id is None:
            return self._open(draft, operation.key)
        before = self.world.incidents.get(draft.incident_id)
        if before is None:
            return Gone("the incident is not there")
        post = self._post(draft.said, draft.message, self._clock.now(), notify=draft.notify)
        self._keep(posted(before, post), draft)
        return Applied(update=_update(post))

    def act(self, act: Act) -> None:
        """Do what a person does. Raises `NotationError` where nothing is there to do it to."""
        self.world = perform(act, self.world, self._pages(), self._clock.now(), self._ids)

    def opened_for(self, key: str) -> tuple[IncidentId, ...]:
        """Return the incidents that the bridge opened for the incident *key*, oldest first."""
        found = (one.incident_id for one in self.publications if one.draft.incident == key)
        return tuple(dict.fromkeys(found))

    def _open(self, draft: Draft, key: str) -> Outcome:
        if key in self._keys:
            return Applied(incident=_incident(self.world.incidents[self._keys[key]]))
        now = self._clock.now()
        told = draft.retrospective or ((now, draft.said, draft.message),)
        incident = Incident(next(self._ids), self.page, draft.name, now, "")
        for at, said, message in told:
            notify = draft.notify and not draft.retrospective
            incident = posted(incident, self._post(said, message, at, notify=notify))
        self._keys[key] = IncidentId(incident.id)
        self._keep(incident, draft)
        return Applied(incident=_incident(incident))

    def _post(self, said: Said, message: str, at: Instant, *, notify: bool) -> Post:
        resolved = said.incident_status is IncidentStatus.RESOLVED
        lines = () if resolved else tuple((c.component, c.status.wire) for c in said.components)
        return Post(next(self._ids), at, message, str(said.incident_status), lines, "api", notify)

    def _keep(self, incident: Incident, draft: Draft) -> None:
        self.world = self.world.with_incident(incident)
        now = self._clock.now()
        self.publications.append(Publication(now, IncidentId(incident.id), draft))

    def _numbered(self) -> Iterator[str]:
        number = 0
        while True:
            number += 1
            yield page_layout.numbered_id(self._clock.now(), number)

    def _pages(self) -> dict[str, page_layout.Page]:
        """Return this page as people's acts look at it: its components by id."""
        entry = page_layout.PageEntry(id=self.page, name=self.made_of.name)
        parts = (page_layout.Component(c.id, c.name, False) for c in self.made_of.components)
        items = tuple(page_layout.Item(component=part) for part in parts)
        return {self.page: page_layout.Page(entry, items)}


def _incident(incident: Incident) -> live.Incident:
    updates = sorted(map(_update, incident.posts), key=lambda u: (u.published_at or 0, u.id))
    return live.Incident(
        IncidentId(incident.id),
        PageId(incident.page),
        incident.name,
        incident.status,
        tuple(updates),
        tuple(
            live.Impact(
                ComponentId(impact.component),
                impact.status,
                int(impact.start),
                None if impact.end is None else int(impact.end),
            )
            for impact in incident.impacts
        ),
    )


def _update(post: Post) -> live.Update:
    lines = tuple((ComponentId(component), status) for component, status in post.components)
    return live.Update(UpdateId(post.id), post.message, post.status, int(post.at), lines)


def _maintenance(window: Window) -> live.Maintenance:
    return live.Maintenance(
        window.id,
        window.name,
        window.status,
        int(window.start),
        int(window.end),
        frozenset(map(ComponentId, window.components)),
    )
