"""The status page API's switches, and the bodies that it takes, read as strictly as it reads them.

Fields that it does not know pass unseen, as in the real API. What is wrong becomes a `Refusal`: the
answer in incident.io's error shape.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated, Literal, TypeAlias, TypeVar

import msgspec
from msgspec import Meta, Struct

from statusbridge.simulators.notation import Span

P = TypeVar("P", bound=Struct)

Name: TypeAlias = Annotated[str, Meta(max_length=200)]
Message: TypeAlias = Annotated[str, Meta(max_length=4096)]
Moment: TypeAlias = Annotated[datetime, Meta(tz=True)]
IncidentStatus: TypeAlias = Literal["investigating", "identified", "monitoring", "resolved"]
ComponentStatus: TypeAlias = Literal[
    "operational", "degraded_performance", "partial_outage", "full_outage"
]
MaintenanceStatus: TypeAlias = Literal[
    "maintenance_scheduled", "maintenance_in_progress", "maintenance_complete"
]

_FIELD = re.compile(r"field `(\w+)`|`\$\.(\w+)")

ERROR_TYPES: dict[int, str] = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "resource_forbidden",
    404: "not_found",
    405: "method_not_allowed",
    406: "not_acceptable",
    408: "request_timeout",
    409: "conflict",
    412: "precondition_failed",
    413: "payload_too_large",
    422: "validation_error",
    429: "too_many_requests",
}
"""The `type` of incident.io's errors, by status; anything else is "api_error"."""


class PageSwitches(Struct, frozen=True, forbid_unknown_fields=True):
    """What incident.io leaves open, each with its variants, and what may be set to order."""

    updates_order: Literal["newest_first", "oldest_first"] = "newest_first"
    echo: Literal["verbatim", "rerendered", "lossy"] = "verbatim"
    """How a message comes back: as sent, as re-serialised Markdown, or not even with its digits."""
    name_echo: Literal["verbatim", "retouched"] = "verbatim"
    partial_components: Literal["patch", "replace"] = "patch"
    """Whether components that an update leaves out keep their status or become operational."""
    after_resolved: Literal["allow", "refuse"] = "refuse"
    """What an update of a resolved incident gets: it is posted, or 422."""
    create_resolved: Literal["allow", "refuse"] = "allow"
    unknown_component: int = 422
    """The status that a component that is not on the page gets; 0: it is accepted."""
    notify_limit: int = 1000
    notify_refused: Literal[400, 422] = 422
    """The status that notifying more subscribers than *notify_limit* gets."""
    update_cap: int = 100
    update_cap_status: int = 422
    creation_counts: bool = True
    """Whether the message of the creation is one of the updates that the cap counts."""
    keys: Literal["honoured", "ignored"] = "honoured"
    keys_forgotten_after: Span | None = None
    key_scope: Literal["organisation", "page", "endpoint"] = "organisation"
    key_other_body: Literal["replay", "conflict"] = "replay"
    """What a known key with another body gets: the original answer, or 409."""
    key_max_length: int | None = None
    end_at: Literal["absent", "null"] = "absent"
    """How an impact that lasts shows that it has no end."""
    error_pointer: bool = True
    """Whether errors carry `source.pointer`, which the official schema asks for."""
    stale_reads: Span = Span(0)
    """How far reads are behind the writes."""
    rate_limit: int = 1200
    """Requests a minute; 0: no limit, and no header that tells of one."""
    date_skew: Span = Span(0)
    """How far the `Date` header is ahead of the clock."""


class Refusal(Exception):  # noqa: N818  (an answer, not a failure of ours)
    """An error answer in incident.io's terms; *field* is what it is about."""

    def __init__(self, status: int, code: str, message: str, field: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.field = field


class Keyed(Struct, frozen=True):
    """What every body that carries an idempotency key has."""

    status_page_id: str
    idempotency_key: str


class ComponentLine(Struct, frozen=True):
    component_id: str
    component_status: ComponentStatus


class MaintenanceLine(Struct, frozen=True):
    component_id: str
    component_status: Literal["operational", "under_maintenance"]


class CreateIncident(Struct, frozen=True):
    status_page_id: str
    name: Name
    incident_status: IncidentStatus
    idempotency_key: str
    message: Message
    notify_subscribers: bool
    component_statuses: tuple[ComponentLine, ...] | None = None


class CreateUpdate(Struct, frozen=True):
    status_page_incident_id: str
    message: Message
    notify_subscribers: bool
    incident_status: IncidentStatus | None = None
    component_statuses: tuple[ComponentLine, ...] | None = None


class Rename(Struct, frozen=True):
    name: Name


class PastUpdate(Struct, frozen=True):
    incident_status: IncidentStatus
    message: Message
    published_at: Moment
    component_statuses: tuple[ComponentLine, ...] | None = None


class CreateRetrospective(Struct, frozen=True):
    status_page_id: str
    name: Name
    idempotency_key: str
    updates: Annotated[tuple[PastUpdate, ...], Meta(min_length=1)]


class CreateMaintenance(Struct, frozen=True):
    status_page_id: str
    name: Name
    maintenance_status: MaintenanceStatus
    idempotency_key: str
    affected_component_ids: tuple[str, ...]
    start_at: Moment
    end_at: Moment
    message: Message
    notify_subscribers: bool
    automate_maintenance_status: bool = False


class ChangeMaintenance(Struct, frozen=True):
    name: Name
    start_at: Moment
    end_at: Moment


class CreateMaintenanceUpdate(Struct, frozen=True):
    status_page_maintenance_id: str
    message: Message
    notify_subscribers: bool
    maintenance_status: MaintenanceStatus | None = None
    component_statuses: tuple[MaintenanceLine, ...] | None = None


def read(kind: type[P], body: bytes) -> P:
    """Return the JSON *body* as *kind*. Raises `Refusal`: 400 not JSON, 422 not what is asked."""
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.ValidationError as error:
        found = _FIELD.search(str(error))
        field = found and (found[1] or found[2])
        code = "is_required" if found and found[1] else "invalid_value"
        raise Refusal(422, code, str(error), field) from None
    except msgspec.DecodeError as error:
        raise Refusal(400, "invalid_json", str(error)) from None
