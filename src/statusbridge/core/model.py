"""The nouns of the bridge, as values.

First in the core's reading order: imports nothing of the project. Times are whole seconds since
the epoch (UTC), durations whole seconds: Twilio's own resolution, exact to add and to compare, and
what the store keeps. They become datetimes only where a person or a wire reads them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import IntEnum, StrEnum
from typing import NamedTuple, NewType, TypeAlias

Instant: TypeAlias = int
"""Whole seconds since 1970-01-01T00:00:00Z."""
Seconds: TypeAlias = int
"""A duration in whole seconds."""

ComponentId = NewType("ComponentId", str)
IncidentId = NewType("IncidentId", str)
UpdateId = NewType("UpdateId", str)
PageId = NewType("PageId", str)


def iso(at: Instant) -> str:
    """Return *at* as RFC 3339 in UTC, to the second."""
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%dT%H:%M:%SZ}"


def time_of_day(at: float) -> str:
    """Return *at*, in seconds since the epoch, as "12:03:40Z"."""
    return f"{datetime.fromtimestamp(at, UTC):%H:%M:%SZ}"


_AGES = ((172_800, 86_400, "d"), (7_200, 3_600, "h"), (120, 60, "min"), (0, 1, "s"))


def aged(seconds: Seconds) -> str:
    """Return how long ago something was, in one unit, of which there are two at least."""
    past = max(0, seconds)
    return next(f"{past // size} {unit} ago" for least, size, unit in _AGES if past >= least)


class Status(IntEnum):
    """A component's status in an incident, in order of badness.

    The page knows no others in incidents: no maintenance, no "major outage".
    """

    OPERATIONAL = 0
    DEGRADED_PERFORMANCE = 1
    PARTIAL_OUTAGE = 2
    FULL_OUTAGE = 3

    @property
    def wire(self) -> str:
        """The page's word for it."""
        return self.name.lower()


class IncidentStatus(StrEnum):
    """The stages of an incident that the bridge publishes."""

    INVESTIGATING = "investigating"
    MONITORING = "monitoring"
    RESOLVED = "resolved"


class Phase(StrEnum):
    """Where a detector stands in the life of an outage."""

    INACTIVE = "inactive"
    PENDING = "pending"
    FIRING = "firing"
    RECOVERING = "recovering"


class Stage(StrEnum):
    """How far a rule is trusted."""

    SHADOW = "shadow"
    REVIEW = "review"
    AUTO = "auto"


class Fault(StrEnum):
    """Whose fault an error is at the usual."""

    TWILIO = "twilio"
    CARRIER = "carrier"
    APPLICATION = "application"
    RECIPIENT = "recipient"
    UNKNOWN = "unknown"


class Notify(StrEnum):
    """Which posts of a rule mail the page's subscribers."""

    NEVER = "never"
    OPEN = "open"
    OPEN_AND_CLOSE = "open-and-close"
    ALL = "all"


class Alert(NamedTuple):
    """One entry of Twilio Monitor, reduced to what rules may see.

    A tuple, so that a page of a thousand goes into the store as it is. Twilio's free text, URLs and
    request bodies are not here: they hold phone numbers and tokens, and never leave the adapter.
    """

    account: str
    """The configured account's name."""
    sid: str
    at: Instant
    """Event time: generated, else created; never after the server's clock when it was read."""
    code: int | None
    """None where Twilio gave none (billing notices) or something that is no number."""
    level: str
    """Twilio's lower-case word; "" where it gave none."""
    resource: str | None
    service: str | None
    host: str | None
    """Host of the request URL, lower case."""
    traits: tuple[str, ...]
    """The rules' text conditions that held for the alert's text (see `rules.Probe`), sorted."""


@dataclass(frozen=True, slots=True)
class ComponentStatus:
    """One line of an incident's `component_statuses`."""

    component: ComponentId
    status: Status
