"""How the page's values look on incident.io's wire, under the switches."""

from __future__ import annotations

import re
from typing import TypeAlias, assert_never

from statusbridge.simulators.notation import timestamp
from statusbridge.simulators.page_payloads import ERROR_TYPES, PageSwitches, Refusal
from statusbridge.simulators.page_state import Impact, Incident, Post, Window

Json: TypeAlias = dict[str, object]

_SPECIAL = re.compile(r"([*_`\[\]#>~|])")


def incident_json(incident: Incident, switches: PageSwitches) -> Json:
    """Return *incident* as the API shows it."""
    posts = incident.posts if switches.updates_order == "oldest_first" else incident.posts[::-1]
    return {
        "id": incident.id,
        "status_page_id": incident.page,
        "name": _name(incident.name, switches),
        "published_at": timestamp(incident.at),
        "incident_status": incident.status,
        "updates": [update_json(post, incident.id, switches) for post in posts],
        "component_impacts": [_impact_json(impact, switches) for impact in incident.impacts],
    }


def update_json(post: Post, incident_id: str, switches: PageSwitches) -> Json:
    """Return one update of an incident as the API shows it."""
    return {
        "id": post.id,
        "status_page_incident_id": incident_id,
        "published_at": timestamp(post.at),
        "message": _message(post.message, switches),
        "incident_status": post.status,
        "component_statuses": _lines(post),
    }


def window_json(window: Window, switches: PageSwitches) -> Json:
    """Return a maintenance as the API shows it."""
    posts = window.posts if switches.updates_order == "oldest_first" else window.posts[::-1]
    start, end = timestamp(window.start), timestamp(window.end)
    return {
        "id": window.id,
        "status_page_id": window.page,
        "name": _name(window.name, switches),
        "published_at": timestamp(window.at),
        "maintenance_status": window.status,
        "automate_maintenance_status": window.automatic,
        "updates": [window_update_json(post, window.id, switches) for post in posts],
        "component_maintenance_periods": [
            {"component_id": component, "start_at": start, "end_at": end}
            for component in window.components
        ],
    }


def window_update_json(post: Post, window_id: str, switches: PageSwitches) -> Json:
    """Return one update of a maintenance as the API shows it."""
    return {
        "id": post.id,
        "status_page_maintenance_id": window_id,
        "published_at": timestamp(post.at),
        "message": _message(post.message, switches),
        "maintenance_status": post.status,
        "component_statuses": _lines(post),
    }


def error_json(refusal: Refusal, request_id: str, switches: PageSwitches) -> Json:
    """Return *refusal* in incident.io's error shape."""
    error: Json = {"code": refusal.code, "message": refusal.message}
    if refusal.field is not None:
        source = {"field": refusal.field}
        pointer = {"pointer": f"/{refusal.field}"} if switches.error_pointer else {}
        error["source"] = source | pointer
    return {
        "type": ERROR_TYPES.get(refusal.status, "api_error"),
        "status": refusal.status,
        "request_id": request_id,
        "errors": [error],
    }


def _impact_json(impact: Impact, switches: PageSwitches) -> Json:
    shown: Json = {
        "component_id": impact.component,
        "component_status": impact.status,
        "start_at": timestamp(impact.start),
    }
    if impact.end is not None:
        shown["end_at"] = timestamp(impact.end)
    elif switches.end_at == "null":
        shown["end_at"] = None
    return shown


def _lines(post: Post) -> list[Json]:
    return [{"component_id": c, "component_status": status} for c, status in post.components]


def _message(text: str, switches: PageSwitches) -> str:
    match switches.echo:
        case "verbatim":
            return text
        case "rerendered":
            return _rerendered(text)
        case "lossy":
            return re.sub(r"\d+", "", _rerendered(text))
        case _:
            assert_never(switches.echo)


def _rerendered(text: str) -> str:
    """Return *text* as a Markdown serialiser might write it back: same words, other characters."""
    paragraphs = [" ".join(line.split()) for line in text.splitlines() if line.strip()]
    return "\n\n".join(_SPECIAL.sub(r"\\\1", paragraph) for paragraph in paragraphs) + "\n"


def _name(text: str, switches: PageSwitches) -> str:
    if switches.name_echo == "verbatim":
        return text
    return " ".join(text.split()).replace("'", "’")
