"""The states of an operation: what to do after a write, and after reading back a doubtful one.

An update has no idempotency key, no edit and no delete: a second one is there for good. So an
operation moves only along these tables, and from `DOUBT` only on what the page shows after a wait.
"""

from __future__ import annotations

from dataclasses import replace
from typing import assert_never

from statusbridge.core.episodes import Episode
from statusbridge.core.model import IncidentStatus, Instant, Seconds, Status
from statusbridge.core.operations import QUIET, Action, Draft, Mark, Operation, OperationState
from statusbridge.core.outcome import (
    Applied,
    Gone,
    Limited,
    NotSent,
    Outcome,
    Refused,
    Unauthorized,
    Unknown,
)
from statusbridge.core.readback import Absent, Foreign, Found, ReadBack, Removed

UNKNOWNS_BEFORE_PARKING = 3
LONGEST_BACKOFF = 300
REPEATED_FOR: Seconds = 3600
"""The attempts before parking fit in it, also at the longest `doubt_wait`, 10 minutes. A pause or a
refused key may hold one for days."""


def sent(operation: Operation, now: Mark) -> Operation:
    """Return *operation* as it is to be committed right before its write."""
    return replace(operation, state=OperationState.SENT, since=now, due=None)


def after_write(operation: Operation, outcome: Outcome, now: Mark) -> Operation:
    """Return *operation* after a write that ended in *outcome*: a row of the outcome table each."""
    match outcome:
        case Applied():
            return _close(operation, OperationState.DONE, now, "")
        case NotSent(reason) | Unauthorized(_, reason):
            return _again(operation, now, _backoff(operation), reason)
        case Limited(reason, retry_after):
            wait = _backoff(operation) if retry_after is None else retry_after
            return _again(operation, now, wait, reason)
        case Refused(_, reason) | Gone(reason):
            return _close(operation, OperationState.PARKED, now, reason)
        case Unknown(reason):
            return in_doubt(operation, now, reason)
        case _:
            assert_never(outcome)


def in_doubt(operation: Operation, now: Mark, reason: str) -> Operation:
    """Return *operation* with its outcome unknown from *now* on."""
    return replace(
        operation,
        state=OperationState.DOUBT,
        since=now,
        unknowns=operation.unknowns + 1,
        absences=0,
        why=reason,
    )


def recovered(operation: Operation, now: Mark) -> Operation:
    """Return *operation* as a start finds it: one that was on its way is in doubt from now on.

    A doubt of another boot begins anew, for nobody knows how long ago it began.
    """
    if operation.state is OperationState.SENT:
        return in_doubt(operation, now, "the bridge ended while the request was on its way")
    if operation.since is not None and now.since(operation.since) is None:
        return replace(operation, since=now, due=None)
    return operation


def wants_silent_twin(operation: Operation, outcome: Outcome) -> bool:
    """Whether the page may have refused only to mail: over 1,000 subscribers it does."""
    return isinstance(outcome, Refused) and outcome.status in (400, 422) and operation.draft.notify


def is_silent_twin(waiting: Operation, draft: Draft) -> bool:
    """Whether the page has refused to mail what *draft* says, and *waiting* says it without."""
    told, due = ((d.action, d.said, d.quiet_since) for d in (waiting.draft, draft))
    return waiting.key.endswith(QUIET) and told == due


def is_due(operation: Operation, now: Mark, doubt_wait: Seconds) -> bool:
    """Whether the next step of an open *operation* may be taken at *now*."""
    if operation.state is OperationState.DOUBT:
        passed = None if operation.since is None else now.since(operation.since)
        return passed is not None and passed >= doubt_wait
    left = None if operation.due is None else now.since(operation.due)
    return operation.state is OperationState.READY and (left is None or left >= 0)


def after_read_back(
    operation: Operation, found: ReadBack, now: Mark, *, readable: bool = True
) -> Operation:
    """Return *operation* after a read-back that came no sooner than the wait allows.

    Not found twice, a wait apart: it was not applied and won't be. So it may go again or give way,
    or is over where a person has the incident now.
    *readable* False: the page has shown that it changes even our letters and digits, so that not
    finding the text proves nothing; a person must look.
    """
    match found:
        case Found():
            return _close(operation, OperationState.DONE, now, "read back")
        case Absent() if operation.state is OperationState.READY:
            return operation
        case Absent() | Foreign() if _seen_first(operation):
            return replace(operation, absences=1, since=now)
        case Foreign():
            return _close(operation, OperationState.ABANDONED, now, "a person posted meanwhile")
        case Removed():
            why = "a person removed what it was to follow"
            return _close(operation, OperationState.ABANDONED, now, why)
        case Absent():
            return _after_absence(operation, now, readable=readable)
        case _:
            assert_never(found)


def _seen_first(operation: Operation) -> bool:
    return operation.state is OperationState.DOUBT and operation.absences == 0


def _after_absence(operation: Operation, now: Mark, *, readable: bool) -> Operation:
    if not readable:
        why = f"outcome unknown and the page changes our text: {operation.why}"
        return _close(operation, OperationState.PARKED, now, why)
    if operation.unknowns >= UNKNOWNS_BEFORE_PARKING:
        why = f"{operation.unknowns} attempts with unknown outcome: {operation.why}"
        return _close(operation, OperationState.PARKED, now, why)
    return replace(operation, state=OperationState.READY, absences=0, since=now)


def is_still_true(operation: Operation, episode: Episode, now: Instant) -> bool:
    """Whether the public may be told by *operation* now, as late as it is.

    What got lost goes again with the same bytes, but not that something fails when it no longer
    does, nor that it recovered when it fails again, nor that it fails worse than it does by now;
    and not as news what was written longer than `REPEATED_FOR` ago, since texts tell times.
    """
    if now - operation.composed_at > REPEATED_FOR:
        return False
    said = operation.draft.said
    if said.incident_status is IncidentStatus.MONITORING:
        same_quiet = operation.draft.quiet_since == episode.quiet_since
        return same_quiet and episode.status is not IncidentStatus.INVESTIGATING
    if operation.draft.action is Action.UPDATE:
        asked = max((member.asked for member in episode.members), default=Status.OPERATIONAL)
        worst = max((line.status for line in said.components), default=Status.OPERATIONAL)
        return said.incident_status is episode.status and worst <= asked
    return said.incident_status is episode.status


def superseded(operation: Operation, now: Mark) -> Operation:
    """Return *operation*, known not to be applied, closed because something newer is due."""
    return _close(operation, OperationState.ABANDONED, now, "something newer is due")


def mistaken(operation: Operation) -> Operation:
    """Return *operation*, taken for applied, after what it was read back as was found another's."""
    why = "what was read back is another opening's"
    return replace(operation, state=OperationState.ABANDONED, receipt=(), why=why)


def _close(operation: Operation, state: OperationState, now: Mark, why: str) -> Operation:
    return replace(operation, state=state, since=now, due=None, why=why)


def _again(operation: Operation, now: Mark, wait: float, why: str) -> Operation:
    due = Mark(now.clock, now.seconds + wait)
    return replace(
        operation,
        state=OperationState.READY,
        since=now,
        due=due,
        retries=operation.retries + 1,
        why=why,
    )


def _backoff(operation: Operation) -> float:
    return float(min(LONGEST_BACKOFF, 2**operation.retries))
