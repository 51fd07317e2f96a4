"""A page that only remembers: reads are real, writes stay in memory and are shown.

What was "posted" is laid over what the page really shows, so that the next cycle finds it there and
has nothing left to say. Satisfies `bridge.Page`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from statusbridge.bridge.protocols import Clock, Page
from statusbridge.core.live import Incident, Maintenance, Structure, Update
from statusbridge.core.model import IncidentId, PageId, UpdateId
from statusbridge.core.operations import Draft, Operation
from statusbridge.core.outcome import Applied, Outcome


class RehearsalPage:
    """*page*, as it would look had the bridge written to it. *tell* is called for every write."""

    def __init__(
        self, page: Page, clock: Clock, tell: Callable[[Draft, Structure | None], None]
    ) -> None:
        self._page = page
        self._clock = clock
        self._tell = tell
        self._structure: Structure | None = None
        self._opened: dict[IncidentId, Incident] = {}
        self._posts: dict[IncidentId, tuple[Update, ...]] = {}
        self._number = 0

    def remember(self, other: RehearsalPage) -> None:
        """Take over what was written to *other*, the same page before a reload."""
        self._opened, self._posts, self._number = other._opened, other._posts, other._number

    @property
    def page(self) -> PageId:
        return self._page.page

    async def structure(self) -> Structure:
        self._structure = await self._page.structure()
        return self._structure

    async def maintenances(self) -> tuple[Maintenance, ...]:
        return await self._page.maintenances()

    async def incidents(self) -> tuple[Incident, ...]:
        real = await self._page.incidents()
        return (*map(self._overlaid, real), *self._opened.values())

    async def incident(self, id: IncidentId) -> Incident | None:  # noqa: A002
        if id in self._opened:
            return self._opened[id]
        real = await self._page.incident(id)
        return None if real is None else self._overlaid(real)

    def compose(self, draft: Draft, key: str) -> bytes:
        return self._page.compose(draft, key)

    async def send(self, operation: Operation) -> Outcome:
        draft = operation.draft
        self._tell(draft, self._structure)
        update = self._update(draft)
        if draft.incident_id is None:
            incident = Incident(
                IncidentId(f"rehearsed-{self._number}"),
                self.page,
                draft.name,
                draft.said.incident_status,
                (update,),
            )
            self._opened[incident.id] = incident
            return Applied(incident=incident)
        if draft.incident_id in self._opened:
            before = self._opened[draft.incident_id]
            self._opened[before.id] = _with(before, (update,))
        else:
            known = self._posts.get(draft.incident_id, ())
            self._posts[draft.incident_id] = (*known, update)
        return Applied(update=update)

    def _update(self, draft: Draft) -> Update:
        self._number += 1
        return Update(
            UpdateId(f"rehearsed-{self._number}"),
            draft.message,
            draft.said.incident_status,
            self._clock.now(),
            tuple((line.component, line.status.wire) for line in draft.said.components),
        )

    def _overlaid(self, incident: Incident) -> Incident:
        posts = self._posts.get(incident.id, ())
        return _with(incident, posts) if posts else incident


def _with(incident: Incident, posts: tuple[Update, ...]) -> Incident:
    status = posts[-1].incident_status
    return replace(incident, incident_status=status, updates=(*incident.updates, *posts))
