"""The page as it was just read, as values. What it says, not what it means.

Words that the page may extend (an incident's status, a maintenance's) stay plain text: a new one
must not break a read.
"""

from __future__ import annotations

from dataclasses import dataclass

from statusbridge.core.model import ComponentId, IncidentId, Instant, PageId, UpdateId


@dataclass(frozen=True, slots=True)
class Component:
    """A component of the page's structure. *path*: names of the sub-page and group above it."""

    id: ComponentId
    name: str
    path: tuple[str, ...] = ()
    hidden: bool = False

    @property
    def full_name(self) -> str:
        """ "Group / Name", as configuration and output write it."""
        return " / ".join((*self.path, self.name))


@dataclass(frozen=True, slots=True)
class Structure:
    """What the page is called and made of. A component id stands once, where it first appeared."""

    page: PageId
    name: str
    components: tuple[Component, ...]
    public_url: str | None = None


@dataclass(frozen=True, slots=True)
class Update:
    """One post of an incident. A person may back-date *published_at*: order by it lightly."""

    id: UpdateId
    message: str
    incident_status: str
    published_at: Instant | None
    components: tuple[tuple[ComponentId, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Impact:
    """A stretch in which an incident held a component in a status. *end* None: it lasts."""

    component: ComponentId
    status: str
    start: Instant | None
    end: Instant | None


@dataclass(frozen=True, slots=True)
class Incident:
    """An incident with all its updates, oldest first by (published_at, id)."""

    id: IncidentId
    page: PageId
    name: str
    incident_status: str
    updates: tuple[Update, ...]
    impacts: tuple[Impact, ...] = ()

    @property
    def resolved(self) -> bool:
        return self.incident_status == "resolved"


@dataclass(frozen=True, slots=True)
class Maintenance:
    """A maintenance window on the page. *status* as the page says it."""

    id: str
    name: str
    status: str
    start: Instant | None
    end: Instant | None
    components: frozenset[ComponentId]

    def covers(self, component: ComponentId, now: Instant) -> bool:
        """Whether *component* is in the window at *now*: start ≤ now < end and not complete."""
        return (
            component in self.components
            and self.status != "maintenance_complete"
            and (self.start is None or self.start <= now)
            and (self.end is None or now < self.end)
        )
