"""The reads of the status page API: pages, structure, incidents, maintenances, identity."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from math import inf
from typing import TypeVar

from statusbridge.simulators.page_call import Call, Done
from statusbridge.simulators.page_layout import Page, components
from statusbridge.simulators.page_maintenance import find_window
from statusbridge.simulators.page_payloads import Refusal
from statusbridge.simulators.page_state import Incident, Window
from statusbridge.simulators.page_wire import Json, incident_json, window_json
from statusbridge.simulators.page_writes import find_incident

V = TypeVar("V", Incident, Window, Page)

_DEFAULT_SIZE = 25
_MAX_SIZE = 250


def list_pages(call: Call) -> Done:
    """Return the organisation's pages."""
    found, meta = _cut(call, tuple(call.pages.values()), lambda page: page.entry.id)
    return Done({"status_pages": [_page_json(page) for page in found], "pagination_meta": meta})


def show_page(call: Call) -> Done:
    """Return one page."""
    return Done({"status_page": _page_json(call.page(call.args[0]))})


def show_structure(call: Call) -> Done:
    """Return what a page is made of."""
    page = call.page(call.args[0])
    return Done(
        {
            "current_structure": {"items": page.items},
            "display_uptime_mode": "chart_and_percentage",
            "management_meta": {"annotations": {}, "managed_by": "dashboard"},
        }
    )


def list_incidents(call: Call) -> Done:
    """Return incidents of a page, newest first. Filters select by what they did to components."""
    page = _asked_page(call)
    wanted = _filtered(call, page)
    found = [
        incident
        for incident in call.seen.incidents.values()
        if incident.page == page.entry.id
        and wanted((i.component, i.start, i.end) for i in incident.impacts)
    ]
    found.sort(key=lambda incident: (incident.at, incident.id), reverse=True)
    shown, meta = _cut(call, tuple(found), lambda incident: incident.id)
    rows = [incident_json(incident, call.switches) for incident in shown]
    return Done({"status_page_incidents": rows, "pagination_meta": meta})


def show_incident(call: Call) -> Done:
    """Return one incident."""
    incident = find_incident(call.seen, call.args[0])
    return Done({"status_page_incident": incident_json(incident, call.switches)})


def list_maintenances(call: Call) -> Done:
    """Return maintenances of a page, newest first, filtered as incidents are."""
    page = _asked_page(call)
    wanted = _filtered(call, page)
    found = [
        window
        for window in call.seen.windows.values()
        if window.page == page.entry.id
        and wanted((component, window.start, window.end) for component in window.components)
    ]
    found.sort(key=lambda window: (window.at, window.id), reverse=True)
    shown, meta = _cut(call, tuple(found), lambda window: window.id)
    rows = [window_json(window, call.switches) for window in shown]
    return Done({"status_page_maintenances": rows, "pagination_meta": meta})


def show_maintenance(call: Call) -> Done:
    """Return one maintenance."""
    window = find_window(call.seen, call.args[0])
    return Done({"status_page_maintenance": window_json(window, call.switches)})


def show_identity(call: Call) -> Done:
    """Return what the key may do."""
    identity = {
        "name": "statusbridge simulator",
        "roles": call.roles,
        "dashboard_url": "https://app.incident.io/example",
        "teams": (),
        "team_roles": (),
    }
    return Done({"identity": identity})


def _page_json(page: Page) -> Json:
    shown: Json = {"id": page.entry.id, "name": page.entry.name}
    return shown if page.entry.public_url is None else shown | {"public_url": page.entry.public_url}


def _asked_page(call: Call) -> Page:
    wanted = call.request.query.get("status_page_id")
    if not wanted:
        raise Refusal(422, "is_required", "status_page_id is required", "status_page_id")
    return call.page(wanted)


def _filtered(
    call: Call, page: Page
) -> Callable[[Iterable[tuple[str, float, float | None]]], bool]:
    """Return whether stretches (component, start, end) are what the query's filters ask for."""
    query = call.request.query
    asked = [query[k] for k in ("component_id", "group_id", "sub_page_id") if query.get(k)]
    start, end = _moment(query, "start_at", -inf), _moment(query, "end_at", inf)
    if not asked and start == -inf and end == inf:
        return lambda _: True
    inside = {
        placed.component.component_id
        for placed in components(page.items)
        if set(asked) <= {placed.component.component_id, *placed.above}
    }
    return lambda stretches: any(
        component in inside and began <= end and (ended is None or ended >= start)
        for component, began, ended in stretches
    )


def _moment(query: Mapping[str, str], name: str, default: float) -> float:
    try:
        return datetime.fromisoformat(query[name]).timestamp() if query.get(name) else default
    except ValueError:
        raise Refusal(422, "invalid_value", f"{name} is no RFC 3339 time", name) from None


def _cut(call: Call, rows: tuple[V, ...], key: Callable[[V], str]) -> tuple[tuple[V, ...], Json]:
    """Return the page of *rows* that the query asks for, and its `pagination_meta`."""
    query = call.request.query
    size = query.get("page_size") or str(_DEFAULT_SIZE)
    if not size.isdecimal() or not 1 <= int(size) <= _MAX_SIZE:
        raise Refusal(422, "invalid_value", f"page_size must be 1 to {_MAX_SIZE}", "page_size")
    start, after = 0, query.get("after")
    if after:
        places = [n for n, row in enumerate(rows) if key(row) == after]
        if not places:
            raise Refusal(422, "invalid_value", f"no such cursor: {after}", "after")
        start = places[0] + 1
    found = rows[start : start + int(size)]
    meta: Json = {"page_size": int(size)}
    if start + int(size) < len(rows):
        meta["after"] = key(found[-1])
    return found, meta
