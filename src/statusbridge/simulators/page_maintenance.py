"""The writes to maintenance windows: create, update, change, delete."""

from __future__ import annotations

from dataclasses import replace

from statusbridge.simulators.page_call import Call, Done, missing
from statusbridge.simulators.page_checks import (
    check_components,
    check_ending,
    check_notify,
    check_room,
)
from statusbridge.simulators.page_payloads import (
    ChangeMaintenance,
    CreateMaintenance,
    CreateMaintenanceUpdate,
    Refusal,
    read,
)
from statusbridge.simulators.page_state import Post, Window, World, maintained
from statusbridge.simulators.page_wire import window_json, window_update_json


def create_maintenance(call: Call) -> Done:
    """Announce a maintenance window."""
    body = read(CreateMaintenance, call.request.body)
    page = call.page(body.status_page_id)
    check_components(body.affected_component_ids, page.known, call.switches)
    check_notify(body.notify_subscribers, page.entry.subscribers, call.switches)
    window = Window(
        id=next(call.ids),
        page=page.entry.id,
        name=body.name,
        at=call.now,
        status=body.maintenance_status,
        components=body.affected_component_ids,
        start=body.start_at.timestamp(),
        end=_end(body.start_at.timestamp(), body.end_at.timestamp()),
        automatic=body.automate_maintenance_status,
    )
    post = Post(
        id=next(call.ids),
        at=call.now,
        message=body.message,
        status=body.maintenance_status,
        notified=body.notify_subscribers,
    )
    return _window_done(call, maintained(window, post), 201)


def create_maintenance_update(call: Call) -> Done:
    """Post an update of a maintenance; a status of one's own ends its automation."""
    body = read(CreateMaintenanceUpdate, call.request.body)
    window = find_window(call.world, body.status_page_maintenance_id)
    page = call.page(window.page)
    check_room(window, call.switches)
    check_ending(body.maintenance_status, body.component_statuses)
    check_notify(body.notify_subscribers, page.entry.subscribers, call.switches)
    lines = {line.component_id: line.component_status for line in body.component_statuses or ()}
    check_components(lines, page.known, call.switches)
    post = Post(
        id=next(call.ids),
        at=call.now,
        message=body.message,
        status=body.maintenance_status or window.status,
        components=tuple(lines.items()),
        notified=body.notify_subscribers,
    )
    automatic = window.automatic and body.maintenance_status is None
    after = maintained(replace(window, automatic=automatic), post)
    shown = window_update_json(post, window.id, call.switches)
    world = call.world.with_window(after)
    return Done({"status_page_maintenance_update": shown}, 201, world, post.id)


def change_maintenance(call: Call) -> Done:
    """Change name and times; nothing is posted."""
    body = read(ChangeMaintenance, call.request.body)
    window = find_window(call.world, call.args[0])
    start = body.start_at.timestamp()
    after = replace(window, name=body.name, start=start, end=_end(start, body.end_at.timestamp()))
    return _window_done(call, after, 200)


def delete_maintenance(call: Call) -> Done:
    """Delete a window for good."""
    window = find_window(call.world, call.args[0])
    return Done({}, 204, call.world.without_window(window.id), window.id)


def find_window(world: World, wanted: str) -> Window:
    """Return the maintenance of that id. Raises `Refusal`: 404."""
    if wanted not in world.windows:
        raise missing("status page maintenance", wanted)
    return world.windows[wanted]


def _end(start: float, end: float) -> float:
    if end <= start:
        raise Refusal(422, "invalid_value", "end_at must be after start_at", "end_at")
    return end


def _window_done(call: Call, window: Window, status: int) -> Done:
    shown = window_json(window, call.switches)
    world = call.world.with_window(window)
    return Done({"status_page_maintenance": shown}, status, world, window.id)
