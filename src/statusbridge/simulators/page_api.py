"""The table of the status page API: which request is which endpoint, and what carries it out."""

from __future__ import annotations

from collections.abc import Callable

from statusbridge.simulators import alert_events, page_maintenance, page_reads, page_writes
from statusbridge.simulators.page_call import Call, Done

_INCIDENTS = "/v2/status_page_incidents"
_MAINTENANCES = "/v2/status_page_maintenances"

_TABLE: tuple[tuple[str, str, str, Callable[[Call], Done]], ...] = (
    ("GET", "/v1/identity", "identity.show", page_reads.show_identity),
    ("GET", "/v2/status_pages", "pages.list", page_reads.list_pages),
    ("GET", "/v2/status_pages/{}", "pages.show", page_reads.show_page),
    ("GET", "/v2/status_page_structures/{}", "structure.show", page_reads.show_structure),
    ("GET", _INCIDENTS, "incidents.list", page_reads.list_incidents),
    ("POST", _INCIDENTS, "incidents.create", page_writes.create_incident),
    ("GET", f"{_INCIDENTS}/{{}}", "incidents.show", page_reads.show_incident),
    ("PUT", f"{_INCIDENTS}/{{}}", "incidents.rename", page_writes.rename_incident),
    ("POST", "/v2/status_page_incident_updates", "updates.create", page_writes.create_update),
    (
        "POST",
        "/v2/status_page_retrospective_incidents",
        "retrospective.create",
        page_writes.create_retrospective,
    ),
    ("GET", _MAINTENANCES, "maintenances.list", page_reads.list_maintenances),
    ("POST", _MAINTENANCES, "maintenances.create", page_maintenance.create_maintenance),
    ("GET", f"{_MAINTENANCES}/{{}}", "maintenances.show", page_reads.show_maintenance),
    ("PUT", f"{_MAINTENANCES}/{{}}", "maintenances.change", page_maintenance.change_maintenance),
    ("DELETE", f"{_MAINTENANCES}/{{}}", "maintenances.delete", page_maintenance.delete_maintenance),
    (
        "POST",
        "/v2/status_page_maintenance_updates",
        "maintenance_updates.create",
        page_maintenance.create_maintenance_update,
    ),
    ("POST", "/v2/alert_events/http/{}", alert_events.CREATE, alert_events.create_event),
)

CARRIED_OUT: dict[str, Callable[[Call], Done]] = {name: act for _, _, name, act in _TABLE}

PUBLIC = "public.show"
"""The page that customers see, at "/"."""
UNKNOWN = "unknown"
WRONG_METHOD = "wrong_method"

ENDPOINTS = frozenset({*CARRIED_OUT, PUBLIC, UNKNOWN, WRONG_METHOD})

KEYED = frozenset({"incidents.create", "retrospective.create", "maintenances.create"})
"""Endpoints whose body carries an idempotency key."""


def route(method: str, path: str) -> tuple[str, tuple[str, ...]]:
    """Return the endpoint's name and the ids in *path*."""
    if path == "/":
        return (PUBLIC if method == "GET" else WRONG_METHOD), ()
    found = UNKNOWN
    for known_method, pattern, name, _ in _TABLE:
        args = _arguments(pattern, path)
        if args is not None and method == known_method:
            return name, args
        if args is not None:
            found = WRONG_METHOD
    return found, ()


def _arguments(pattern: str, path: str) -> tuple[str, ...] | None:
    wanted, given = pattern.split("/"), path.split("/")
    if len(wanted) != len(given):
        return None
    pairs = list(zip(wanted, given, strict=True))
    if any(w not in ("{}", g) for w, g in pairs):
        return None
    return tuple(g for w, g in pairs if w == "{}")
