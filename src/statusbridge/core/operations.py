"""What is said to the public, as values: operations, and the ledger of what was said.

An operation is committed before it is carried out and never changed in what it says. The ledger is
what we know of an episode's incident on the page: the only ground on which anything there is ours.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import NamedTuple

from statusbridge.core.model import (
    ComponentStatus,
    IncidentId,
    IncidentStatus,
    Instant,
    Stage,
    Status,
    UpdateId,
)


class Action(StrEnum):
    OPEN = "open"
    UPDATE = "update"
    RESOLVE = "resolve"


class Reason(StrEnum):
    """Why an operation is due."""

    BEGAN = "outage_began"
    WORSENED = "outage_worsened"
    RETURNED = "outage_returned"
    QUIETED = "outage_quieted"
    ENDED = "outage_ended"
    MISSED = "outage_missed"


class HeldReason(StrEnum):
    """Why something that is due is not done."""

    TOO_MANY_OPEN = "too_many_open_incidents"
    TOO_MANY_OPENS = "too_many_opens_this_hour"
    STALE_EVIDENCE = "stale_evidence"
    MAINTENANCE = "maintenance"
    PERSON_ACTIVE = "person_has_open_incident"
    THEIRS = "touched_by_a_person"
    ORPHANED = "orphaned"
    DETACHED = "gone_from_page"
    REVIEW = "awaits_review"
    REJECTED = "rejected"
    PAUSED = "paused"
    BACKLOG = "reading_backlog"
    UNSAFE_TEXT = "unsafe_text"
    UPDATE_BUDGET = "update_budget"
    PARKED = "parked"
    EARLIER_OUTAGE = "earlier_outage_not_resolved"
    MANUAL = "only_a_person_resolves"
    LATER_OUTAGE = "later_outage_not_over"
    NO_COMPONENT = "no_component"
    DOUBT = "outcome_unknown"
    WAITING = "waiting_to_retry"
    STALE_READ = "stale_read"
    BEHIND = "behind_the_page"


class Owner(StrEnum):
    """Whose an incident that we opened is now."""

    OURS = "ours"
    THEIRS = "theirs"
    ORPHANED = "orphaned"
    DETACHED = "detached"


class Mark(NamedTuple):
    """A moment on a clock that no one can set. Comparable only with marks of the same *clock*."""

    clock: str
    """Names the boot: another boot's marks say nothing about this one's."""
    seconds: float

    def since(self, earlier: Mark) -> float | None:
        """Return the seconds passed since *earlier*; None: it is of another clock."""
        return self.seconds - earlier.seconds if self.clock == earlier.clock else None


@dataclass(frozen=True, slots=True)
class Said:
    """What the public reads: the incident's stage and its components. None while resolved."""

    incident_status: IncidentStatus
    components: tuple[ComponentStatus, ...] = ()


@dataclass(frozen=True, slots=True)
class Draft:
    """Something due on the page, complete but for what only the moment of writing knows."""

    action: Action
    reason: Reason
    episode: str
    incident: str
    incident_id: IncidentId | None
    rules: tuple[str, ...]
    name: str
    said: Said
    message: str
    notify: bool
    retrospective: tuple[tuple[Instant, Said, str], ...] = ()
    """The whole timeline, oldest first, for an outage that was missed; empty otherwise."""
    stage: Stage = Stage.AUTO
    """Of its rules: in shadow it is only shown."""
    quiet_since: Instant | None = None
    """The quiet that it speaks of: of another one the same words would be false."""
    simplified: str = ""
    """Why its texts name nothing of the page's; "" where they say all they should."""


@dataclass(frozen=True, slots=True)
class Held:
    """Something due that is not done, and why. *detail* names what a person would look for."""

    incident: str
    episode: str
    reason: HeldReason
    detail: str


class OperationState(StrEnum):
    READY = "ready"
    """Committed, and known not to be applied: to be sent when it is due."""
    SENT = "sent"
    """On its way. Found so at a start, its outcome is unknown."""
    DOUBT = "doubt"
    """Its outcome is unknown: wait, read back."""
    DONE = "done"
    PARKED = "parked"
    """Closed without success and shown to the operator."""
    ABANDONED = "abandoned"
    """Closed without success because something else is now right to say."""


@dataclass(frozen=True, slots=True)
class Operation:
    """A draft on its way, with the exact bytes and the baseline it was committed with."""

    draft: Draft
    key: str
    """Idempotency key of a create; "" for what the page takes no key for."""
    body: bytes
    baseline: frozenset[str]
    """Ids on the page at the first attempt: of updates, for an open of incidents. Never renewed."""
    state: OperationState = OperationState.READY
    id: int | None = None
    """The store's number; None before the first commit."""
    since: Mark | None = None
    """When the state began."""
    due: Mark | None = None
    """Not to be sent before; None: at once."""
    retries: int = 0
    unknowns: int = 0
    """Attempts that ended unknown."""
    absences: int = 0
    """Read-backs in a row that did not find it."""
    why: str = ""
    receipt: tuple[UpdateId, ...] = ()
    """Ids of the updates that it made, as the page answered or showed."""
    composed_at: Instant = 0
    """When its words were chosen; 0: nobody knows, so long ago."""

    def numbered(self, id: int) -> Operation:  # noqa: A002
        return replace(self, id=id)


QUIET = "-quiet"
"""Ends the key of an operation that repeats a refused one without mailing anyone."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a proposal, for the rest of its episode.

    *why*: by whom and when, for people. *judged*: the worst status that was asked for when it was
    looked at; up to that one it is called *status*, None: as it is. *title* and *text* are said as
    they stand, in place of the rule's; "" leaves the rule's.
    """

    approved: bool
    why: str
    judged: Status = Status.OPERATIONAL
    status: Status | None = None
    title: str = ""
    text: str = ""

    def called(self, asked: Status, worst: Status) -> Status:
        """Return how *asked* is called in public, *worst* being asked for of any component."""
        if self.status is None or not Status.OPERATIONAL < worst <= self.judged:
            return asked
        return self.status if asked is worst else min(asked, self.status)


@dataclass(frozen=True, slots=True)
class Ledger:
    """What we know of an episode's incident on the page, and what a person has said of it."""

    episode: str
    incident_id: IncidentId | None = None
    name: str | None = None
    """As first read back; None: not read back yet."""
    owner: Owner = Owner.OURS
    why: str = ""
    """Why it is no longer ours."""
    ended_by_person: bool = False
    """A person has told the public that it is over; they may tell otherwise since."""
    said: Said | None = None
    """What we last made the public read; None: nothing yet."""
    updates: frozenset[UpdateId] = frozenset()
    """Ids of our own posts."""
    notified: bool = False
    """The opening mailed the subscribers."""
    parked: Said | None = None
    """What we last failed to say: not tried again until something else is due."""
    parked_why: str = ""
    stuck: bool = False
    """An opening was given up that may have been applied: only a person can tell."""
    lacking_since: Instant | None = None
    """Reads have lacked something we know of since then: stale, or removed by a person."""
    closed: bool = False
    """Nothing is left to say."""
    told_until: Instant | None = None
    """When the newest post was made that was found on the page and not known here, but ours: the
    state file is older than that (`core.recall`). None: there was none."""
    verdict: Verdict | None = None
    """What became of its proposal; None: nothing yet, or it needed none."""
    released: bool = False
    """A person hands the incident back: to be taken up as the next read shows it."""

    @property
    def approved(self) -> bool:
        return self.verdict is not None and self.verdict.approved
