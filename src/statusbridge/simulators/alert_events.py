"""incident.io's HTTP alert sources: events in, an alert for each deduplication key."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Literal

from msgspec import Meta, Struct

from statusbridge.simulators.page_call import Call, Done
from statusbridge.simulators.page_payloads import read
from statusbridge.simulators.page_state import Alert

CREATE = "alert_events.create"


class AlertSource(Struct, frozen=True, forbid_unknown_fields=True):
    """An HTTP alert source; its secret lets events in, the API key does not."""

    id: str = "01FA4ESOURCE"
    secret: str = "fa4e-not-a-real-secret-0000000001"


class _Event(Struct, frozen=True):
    # The key is required of sources that are made now (OpenAPI, AlertEventsCreateHTTPPayloadV2).
    title: str
    status: Literal["firing", "resolved"]
    deduplication_key: Annotated[str, Meta(min_length=1)]
    description: str | None = None
    source_url: str | None = None
    metadata: dict[str, object] | None = None


def create_event(call: Call) -> Done:
    """Take an event: the first of its key makes the alert, later ones change its status."""
    event = read(_Event, call.request.body)
    (source,) = call.args
    key = event.deduplication_key
    before = call.world.alerts.get(key, Alert(key, source, event.title, event.status))
    alert = replace(before, status=event.status, events=before.events + 1)
    world = replace(call.world, alerts={**call.world.alerts, key: alert})
    body: dict[str, object] = {
        "status": "success",
        "message": "Event accepted for processing",
        "deduplication_key": key,
    }
    return Done(body, 202, world, wrote=key)
