"""What a status page holds, as frozen values, and what a post does to an incident or a maintenance.

Pure: the world before in, the world after out. Old worlds stay as they were, which is how stale
reads are played. Times are epoch seconds with a fraction; lists are oldest first.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Literal, TypeAlias

By: TypeAlias = Literal["api", "person", "automation"]
ComponentStatuses: TypeAlias = tuple[tuple[str, str], ...]

OPERATIONAL = "operational"
RESOLVED = "resolved"
SCHEDULED = "maintenance_scheduled"
IN_PROGRESS = "maintenance_in_progress"
COMPLETE = "maintenance_complete"

SEVERITY = (
    OPERATIONAL,
    "under_maintenance",
    "degraded_performance",
    "partial_outage",
    "full_outage",
)
"""Component statuses, the better before the worse."""


@dataclass(frozen=True, slots=True)
class Post:
    """One update of an incident or a maintenance. *notified*: subscribers were mailed."""

    id: str
    at: float
    message: str
    status: str
    components: ComponentStatuses = ()
    by: By = "api"
    notified: bool = False


@dataclass(frozen=True, slots=True)
class Impact:
    """A stretch in which an incident held a component in a status. *end* None: it lasts."""

    component: str
    status: str
    start: float
    end: float | None = None


@dataclass(frozen=True, slots=True)
class Incident:
    """An incident of a page."""

    id: str
    page: str
    name: str
    at: float
    status: str
    posts: tuple[Post, ...] = ()
    impacts: tuple[Impact, ...] = ()

    @property
    def held(self) -> dict[str, str]:
        """The components that it holds down now, and how far."""
        return {i.component: i.status for i in self.impacts if i.end is None}

    @property
    def touched(self) -> tuple[str, ...]:
        """Every component that it ever named, once each."""
        return tuple(dict.fromkeys(c for post in self.posts for c, _ in post.components))


@dataclass(frozen=True, slots=True)
class Window:
    """A maintenance window of a page."""

    id: str
    page: str
    name: str
    at: float
    status: str
    components: tuple[str, ...]
    start: float
    end: float
    automatic: bool = False
    posts: tuple[Post, ...] = ()


@dataclass(frozen=True, slots=True)
class Alert:
    """What the events of one deduplication key have made. *events*: how many there were."""

    key: str
    source: str
    title: str
    status: str
    events: int = 0


@dataclass(frozen=True, slots=True)
class World:
    """All incidents and maintenances of the organisation, by id, oldest first.

    And what its alert sources were told, by deduplication key.
    """

    incidents: dict[str, Incident]
    windows: dict[str, Window]
    alerts: dict[str, Alert] = field(default_factory=dict)

    def with_incident(self, incident: Incident) -> World:
        """Return the world with *incident* new or changed."""
        return replace(self, incidents={**self.incidents, incident.id: incident})

    def without_incident(self, incident_id: str) -> World:
        """Return the world with that incident gone."""
        left = {key: value for key, value in self.incidents.items() if key != incident_id}
        return replace(self, incidents=left)

    def with_window(self, window: Window) -> World:
        """Return the world with *window* new or changed."""
        return replace(self, windows={**self.windows, window.id: window})

    def without_window(self, window_id: str) -> World:
        """Return the world with that maintenance gone."""
        left = {key: value for key, value in self.windows.items() if key != window_id}
        return replace(self, windows=left)


def posted(incident: Incident, post: Post, *, replaces: bool = False) -> Incident:
    """Return *incident* after *post*.

    Resolving ends every impact, and the post says so of each component. *replaces*: components that
    the post leaves out are operational again; otherwise they keep what they have. A post that names
    no component changes none.
    """
    wanted = dict(post.components)
    if post.status == RESOLVED:
        wanted = dict.fromkeys((*incident.touched, *wanted), OPERATIONAL)
        post = replace(post, components=tuple(wanted.items()))
    elif replaces and wanted:
        wanted = dict.fromkeys(incident.held, OPERATIONAL) | wanted
    return replace(
        incident,
        status=post.status,
        posts=(*incident.posts, post),
        impacts=_impacts(incident.impacts, wanted, post.at),
    )


def unposted(incident: Incident, post_id: str) -> Incident:
    """Return *incident* without that post; its status is then what the last one left says."""
    posts = tuple(post for post in incident.posts if post.id != post_id)
    status = posts[-1].status if posts else incident.status
    return replace(incident, posts=posts, status=status)


def maintained(window: Window, post: Post) -> Window:
    """Return *window* after *post*."""
    return replace(window, status=post.status, posts=(*window.posts, post))


def automated(world: World, now: float, ids: Iterable[str]) -> World:
    """Return *world* with automatic maintenances moved on, forwards only, to what *now* asks.

    *ids* gives the ids of the posts that this takes.
    """
    fresh = iter(ids)
    for window in world.windows.values():
        due = COMPLETE if now >= window.end else IN_PROGRESS if now >= window.start else SCHEDULED
        order = (SCHEDULED, IN_PROGRESS, COMPLETE)
        if window.automatic and order.index(due) > order.index(window.status):
            at = window.end if due == COMPLETE else window.start
            under = OPERATIONAL if due == COMPLETE else "under_maintenance"
            components = tuple((component, under) for component in window.components)
            post = Post(next(fresh), at, "", due, components, "automation")
            world = world.with_window(maintained(window, post))
    return world


def shown(world: World, page: str) -> dict[str, str]:
    """Return the components of *page* that are not operational, each with its worst status."""
    found = [
        impact
        for incident in world.incidents.values()
        if incident.page == page
        for impact in incident.held.items()
    ]
    found += [
        (component, "under_maintenance")
        for window in world.windows.values()
        if window.page == page and window.status == IN_PROGRESS
        for component in window.components
    ]
    return dict(sorted(found, key=lambda pair: SEVERITY.index(pair[1])))


def _impacts(impacts: tuple[Impact, ...], wanted: dict[str, str], at: float) -> tuple[Impact, ...]:
    held = {i.component: i.status for i in impacts if i.end is None}
    changed = {c: status for c, status in wanted.items() if held.get(c, OPERATIONAL) != status}
    ended = tuple(
        replace(i, end=at) if i.end is None and i.component in changed else i for i in impacts
    )
    begun = tuple(Impact(c, status, at) for c, status in changed.items() if status != OPERATIONAL)
    return ended + begun
