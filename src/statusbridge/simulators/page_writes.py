"""The writes to incidents: create, update, rename, retrospective."""

from __future__ import annotations

from dataclasses import replace

from statusbridge.simulators.page_call import Call, Done, missing
from statusbridge.simulators.page_checks import (
    check_components,
    check_ending,
    check_notify,
    check_open,
    check_past,
    check_room,
)
from statusbridge.simulators.page_layout import Page
from statusbridge.simulators.page_payloads import (
    ComponentLine,
    CreateIncident,
    CreateRetrospective,
    CreateUpdate,
    PastUpdate,
    Refusal,
    Rename,
    read,
)
from statusbridge.simulators.page_state import (
    RESOLVED,
    ComponentStatuses,
    Incident,
    Post,
    World,
    posted,
)
from statusbridge.simulators.page_wire import incident_json, update_json


def create_incident(call: Call) -> Done:
    """Open an incident with its first update."""
    body = read(CreateIncident, call.request.body)
    page = call.page(body.status_page_id)
    if body.incident_status == RESOLVED and call.switches.create_resolved == "refuse":
        raise Refusal(422, "invalid_value", "an incident can't begin resolved", "incident_status")
    check_ending(body.incident_status, body.component_statuses)
    check_notify(body.notify_subscribers, page.entry.subscribers, call.switches)
    lines = _lines(call, page, body.component_statuses)
    incident = Incident(next(call.ids), page.entry.id, body.name, call.now, body.incident_status)
    post = Post(
        id=next(call.ids),
        at=call.now,
        message=body.message,
        status=body.incident_status,
        components=lines,
        notified=body.notify_subscribers,
    )
    return _incident_done(call, posted(incident, post), 201)


def create_update(call: Call) -> Done:
    """Post an update; with status "resolved" it ends the incident."""
    body = read(CreateUpdate, call.request.body)
    incident = find_incident(call.world, body.status_page_incident_id)
    page = call.page(incident.page)
    check_open(incident, call.switches)
    check_room(incident, call.switches)
    check_ending(body.incident_status, body.component_statuses)
    check_notify(body.notify_subscribers, page.entry.subscribers, call.switches)
    post = Post(
        id=next(call.ids),
        at=call.now,
        message=body.message,
        status=body.incident_status or incident.status,
        components=_lines(call, page, body.component_statuses),
        notified=body.notify_subscribers,
    )
    replaces = call.switches.partial_components == "replace"
    after = posted(incident, post, replaces=replaces)
    shown = update_json(after.posts[-1], incident.id, call.switches)
    world = call.world.with_incident(after)
    return Done({"status_page_incident_update": shown}, 201, world, post.id)


def rename_incident(call: Call) -> Done:
    """Give an incident another name."""
    body = read(Rename, call.request.body)
    incident = find_incident(call.world, call.args[0])
    return _incident_done(call, replace(incident, name=body.name), 200)


def create_retrospective(call: Call) -> Done:
    """Record an incident that is over; nobody is notified."""
    body = read(CreateRetrospective, call.request.body)
    page = call.page(body.status_page_id)
    check_past(body.updates, call.now)
    first = body.updates[0]
    incident = Incident(
        id=next(call.ids),
        page=page.entry.id,
        name=body.name,
        at=first.published_at.timestamp(),
        status=first.incident_status,
    )
    for update in body.updates:
        incident = posted(incident, _past_post(call, page, update))
    return _incident_done(call, incident, 201)


def find_incident(world: World, wanted: str) -> Incident:
    """Return the incident of that id. Raises `Refusal`: 404."""
    if wanted not in world.incidents:
        raise missing("status page incident", wanted)
    return world.incidents[wanted]


def _past_post(call: Call, page: Page, update: PastUpdate) -> Post:
    return Post(
        id=next(call.ids),
        at=update.published_at.timestamp(),
        message=update.message,
        status=update.incident_status,
        components=_lines(call, page, update.component_statuses),
    )


def _incident_done(call: Call, incident: Incident, status: int) -> Done:
    shown = incident_json(incident, call.switches)
    world = call.world.with_incident(incident)
    return Done({"status_page_incident": shown}, status, world, incident.id)


def _lines(call: Call, page: Page, lines: tuple[ComponentLine, ...] | None) -> ComponentStatuses:
    known = page.known
    wanted = {line.component_id: line.component_status for line in lines or ()}
    check_components(wanted, known, call.switches)
    return tuple((component, status) for component, status in wanted.items() if component in known)
