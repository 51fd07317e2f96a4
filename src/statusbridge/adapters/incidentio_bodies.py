"""Posts in, the exact bytes of incident.io requests out.

Knows the shapes and limits of three requests (the official OpenAPI, tag "Status Pages V2"), not how
they are sent. Equal arguments give equal bytes: what was committed can be written again unchanged.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from statusbridge.core.model import (
    ComponentStatus,
    IncidentId,
    IncidentStatus,
    Instant,
    PageId,
    iso,
)
from statusbridge.core.operations import Action, Draft

LONGEST_NAME = 200
LONGEST_MESSAGE = 4096
LONGEST_KEY = 64
"""Ours: the API declares no limit of an idempotency key."""


@dataclass(frozen=True, slots=True)
class Post:
    """What one update says. *components* are left out of a resolve, as the API demands."""

    message: str
    status: IncidentStatus
    components: tuple[ComponentStatus, ...] = ()


def compose(page: PageId, draft: Draft, key: str) -> bytes:
    """Return the exact request that says *draft* on *page*. Raises as the functions below."""
    said = draft.said
    post = Post(draft.message, said.incident_status, said.components)
    if draft.retrospective:
        timeline = [
            (at, Post(message, then.incident_status, then.components))
            for at, then, message in draft.retrospective
        ]
        return retrospective_body(page, draft.name, timeline, key)
    if draft.action is Action.OPEN:
        return create_body(page, draft.name, post, key, notify=draft.notify)
    if draft.incident_id is None:
        raise ValueError(f"an {draft.action} needs an incident")
    return update_body(draft.incident_id, post, notify=draft.notify)


def create_body(page: PageId, name: str, post: Post, key: str, *, notify: bool) -> bytes:
    """Return the request that opens an incident.

    Raises ValueError where a limit of the API is passed.
    """
    return msgspec.json.encode(
        {
            "status_page_id": page,
            "name": _within(name, LONGEST_NAME, "name"),
            "idempotency_key": _checked_key(key),
            **_said(post),
            "notify_subscribers": notify,
        }
    )


def update_body(incident: IncidentId, post: Post, *, notify: bool) -> bytes:
    """Return the request that updates or resolves *incident*. Raises as `create_body`."""
    return msgspec.json.encode(
        {"status_page_incident_id": incident, **_said(post), "notify_subscribers": notify}
    )


def retrospective_body(
    page: PageId, name: str, posts: Sequence[tuple[Instant, Post]], key: str
) -> bytes:
    """Return the request that records an outage already over; it never notifies.

    *posts* are chronological and end in resolved. Raises as `create_body`, and where they don't.
    """
    times = [at for at, _ in posts]
    if not posts or times != sorted(times) or posts[-1][1].status != IncidentStatus.RESOLVED:
        raise ValueError("the posts of a past outage must be in order of time and end in resolved")
    return msgspec.json.encode(
        {
            "status_page_id": page,
            "name": _within(name, LONGEST_NAME, "name"),
            "idempotency_key": _checked_key(key),
            "updates": [{**_said(post), "published_at": iso(at)} for at, post in posts],
        }
    )


def _said(post: Post) -> dict[str, object]:
    said: dict[str, object] = {
        "incident_status": post.status.value,
        "message": _within(post.message, LONGEST_MESSAGE, "message"),
    }
    if post.status != IncidentStatus.RESOLVED and post.components:
        said["component_statuses"] = [
            {"component_id": line.component, "component_status": line.status.wire}
            for line in sorted(post.components, key=lambda line: line.component)
        ]
    return said


def _within(text: str, longest: int, what: str) -> str:
    if not text.strip() or len(text) > longest:
        raise ValueError(f"a {what} has 1 to {longest} characters: this one has {len(text)}")
    return text


def _checked_key(key: str) -> str:
    if not (0 < len(key) <= LONGEST_KEY and key.isascii() and key.isprintable()):
        raise ValueError(f"an idempotency key has 1 to {LONGEST_KEY} printable ASCII characters")
    return key
