"""incident.io's incidents and maintenances as JSON in, `core.live` values out.

Knows shapes, not requests. Lenient where the API reserves the right to change (unknown fields, new
enum words, nulls), strict where a guess could publish twice: an incident or update without an id,
or an answer without its list, is no answer. Shapes: the official OpenAPI, tag "Status Pages V2".
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import msgspec

from statusbridge.adapters.incidentio_answer import WireId, part, parts
from statusbridge.core.live import Impact, Incident, Maintenance, Update
from statusbridge.core.model import ComponentId, IncidentId, Instant, PageId, UpdateId


class _Line(msgspec.Struct):
    component_id: str | None = None
    component_status: str | None = None


class _Stretch(_Line):
    start_at: str | None = None
    end_at: str | None = None


class _Update(msgspec.Struct):
    id: WireId
    status_page_incident_id: WireId | None = None
    message: str | None = None
    incident_status: str | None = None
    published_at: str | None = None
    component_statuses: list[_Line] | None = None


class _Incident(msgspec.Struct):
    id: WireId
    status_page_id: WireId
    name: str | None = None
    incident_status: str | None = None
    updates: list[_Update] | None = None
    component_impacts: list[_Stretch] | None = None


class _Maintenance(msgspec.Struct):
    id: WireId
    status_page_id: WireId
    name: str | None = None
    maintenance_status: str | None = None
    component_maintenance_periods: list[_Stretch] | None = None


def incident(body: bytes) -> Incident:
    """Return the incident of a show, create or retrospective answer. Raises `Malformed`."""
    return _incident(part(body, "status_page_incident", _Incident))


def incidents(body: bytes) -> tuple[Incident, ...]:
    """Return one page of a listing, in the order served. Raises `Malformed`."""
    return tuple(_incident(i) for i in parts(body, "status_page_incidents", _Incident))


def posted_update(body: bytes) -> tuple[IncidentId | None, Update]:
    """Return the update of a write's answer, and the incident it says it is of, if it does.

    Raises `Malformed`.
    """
    wire = part(body, "status_page_incident_update", _Update)
    owner = wire.status_page_incident_id
    return (IncidentId(owner) if owner else None), _update(wire)


def maintenances(body: bytes) -> tuple[tuple[PageId, Maintenance], ...]:
    """Return the windows of one page of a listing, each with its status page. Raises `Malformed`.

    A window says times per component only: it comes as one value for each stretch of time in it.
    """
    listed = parts(body, "status_page_maintenances", _Maintenance)
    return tuple((PageId(w.status_page_id), m) for w in listed for m in _windows(w))


def _incident(wire: _Incident) -> Incident:
    updates = sorted(
        (_update(u) for u in wire.updates or ()), key=lambda u: (u.published_at or 0, u.id)
    )
    return Incident(
        IncidentId(wire.id),
        PageId(wire.status_page_id),
        wire.name or "",
        wire.incident_status or "",
        tuple(updates),
        tuple(
            Impact(ComponentId(i.component_id), i.component_status or "", *_bounds(i))
            for i in wire.component_impacts or ()
            if i.component_id
        ),
    )


def _update(wire: _Update) -> Update:
    return Update(
        UpdateId(wire.id),
        wire.message or "",
        wire.incident_status or "",
        _instant(wire.published_at),
        tuple(
            (ComponentId(line.component_id), line.component_status or "")
            for line in wire.component_statuses or ()
            if line.component_id
        ),
    )


def _windows(wire: _Maintenance) -> Iterator[Maintenance]:
    stretches: dict[tuple[Instant | None, Instant | None], set[ComponentId]] = {}
    for period in wire.component_maintenance_periods or ():
        if period.component_id:
            stretches.setdefault(_bounds(period), set()).add(ComponentId(period.component_id))
    for (start, end), components in stretches.items():
        yield Maintenance(
            wire.id,
            wire.name or "",
            wire.maintenance_status or "",
            start,
            end,
            frozenset(components),
        )


def _bounds(stretch: _Stretch) -> tuple[Instant | None, Instant | None]:
    return _instant(stretch.start_at), _instant(stretch.end_at)


def _instant(text: str | None) -> Instant | None:
    try:
        moment = datetime.fromisoformat(text or "")
        # Raises OverflowError where the offset leads out of the years 1 to 9999.
        utc = moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None
    if utc.year < 1970:
        return None  # Go's zero time, its way of saying nothing
    return int(utc.timestamp())
