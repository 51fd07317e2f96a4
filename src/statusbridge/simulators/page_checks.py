"""What the API refuses of a body that is well formed: the page, its components, its limits."""

from __future__ import annotations

from collections.abc import Iterable

from statusbridge.simulators.page_payloads import (
    ComponentLine,
    MaintenanceLine,
    PageSwitches,
    PastUpdate,
    Refusal,
)
from statusbridge.simulators.page_state import COMPLETE, RESOLVED, Incident, Window


def check_components(ids: Iterable[str], known: frozenset[str], switches: PageSwitches) -> None:
    """Raise `Refusal` if one of *ids* is not on the page."""
    for component in ids:
        if component not in known and switches.unknown_component:
            told = f"component {component} is not on this status page"
            raise Refusal(switches.unknown_component, "not_found", told, "component_statuses")


def check_ending(
    status: str | None, lines: tuple[ComponentLine | MaintenanceLine, ...] | None
) -> None:
    """Raise `Refusal` if a post that ends something also lists components."""
    if status in (RESOLVED, COMPLETE) and lines is not None:
        told = f"component_statuses must not be set when the status is {status}"
        raise Refusal(422, "must_not_be_set", told, "component_statuses")


def check_notify(notify: bool, subscribers: int, switches: PageSwitches) -> None:
    """Raise `Refusal` if a post may not mail that many *subscribers*."""
    if notify and subscribers > switches.notify_limit:
        told = f"notify_subscribers must be false above {switches.notify_limit} subscribers"
        raise Refusal(switches.notify_refused, "too_many_subscribers", told, "notify_subscribers")


def check_room(subject: Incident | Window, switches: PageSwitches) -> None:
    """Raise `Refusal` if *subject* has as many updates as it may have."""
    counted = len(subject.posts) - (0 if switches.creation_counts else 1)
    if counted >= switches.update_cap:
        told = f"at most {switches.update_cap} updates can be posted"
        raise Refusal(switches.update_cap_status, "too_many_updates", told)


def check_open(incident: Incident, switches: PageSwitches) -> None:
    """Raise `Refusal` if *incident* is resolved and takes no more updates."""
    if incident.status == RESOLVED and switches.after_resolved == "refuse":
        raise Refusal(422, "invalid_state", "the incident is resolved", "status_page_incident_id")


def check_past(updates: tuple[PastUpdate, ...], now: float) -> None:
    """Raise `Refusal` unless *updates* lie in the past, in order, and end resolved."""
    times = [update.published_at.timestamp() for update in updates]
    if times != sorted(times) or times[-1] > now:
        told = "updates must be in the past and in chronological order"
        raise Refusal(422, "invalid_value", told, "updates")
    if updates[-1].incident_status != RESOLVED:
        raise Refusal(422, "invalid_value", "the last update must be resolved", "updates")
    for update in updates:
        check_ending(update.incident_status, update.component_statuses)
