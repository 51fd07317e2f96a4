"""What became of one write to the page: the table that every decision after a write rests on.

A write ends in exactly one of these. The adapter decides which; what to do then is decided in
`core.delivery`. `Unknown` is not an error to be retried: the write may have been applied, or may
still be.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from statusbridge.core.live import Incident, Update
from statusbridge.core.model import Seconds


@dataclass(frozen=True, slots=True)
class Applied:
    """201 with a well-formed answer. *incident* after a create, *update* after an update."""

    incident: Incident | None = None
    update: Update | None = None


@dataclass(frozen=True, slots=True)
class NotSent:
    """The request never left: no connection, no TLS, no free slot. Safe to send again."""

    reason: str


@dataclass(frozen=True, slots=True)
class Limited:
    """429: not applied. *retry_after* None: the page did not say."""

    reason: str
    retry_after: Seconds | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """A definite no to this request (400, 413, 422 and the like): not applied, never will be."""

    status: int
    reason: str


@dataclass(frozen=True, slots=True)
class Unauthorized:
    """401 or 403: not applied, and neither will the next be until the key is right."""

    status: int
    reason: str


@dataclass(frozen=True, slots=True)
class Gone:
    """404: the incident or the page is not there (any more)."""

    reason: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """Applied, not applied, or going to be: wait, read back, only then decide."""

    reason: str


Outcome: TypeAlias = Applied | NotSent | Limited | Refused | Unauthorized | Gone | Unknown
