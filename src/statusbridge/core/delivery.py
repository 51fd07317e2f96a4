"""What to do after a write, and after reading back one whose outcome is unknown.

An update has no idempotency key, no edit and no delete: a second one is there for good. So an
operation moves only along these tables, and from `DOUBT` only on what the page shows after a wait.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TypeAlias, assert_never

from statusbridge.core.canonical import same_text
from statusbridge.core.episodes import Episode
from statusbridge.core.live import Incident, Update
from statusbridge.core.model import IncidentId, IncidentStatus, Seconds, Status, UpdateId
from statusbridge.core.operations import (
    Action,
    Ledger,
    Mark,
    Operation,
    OperationState,
)
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

UNKNOWNS_BEFORE_PARKING = 3
LONGEST_BACKOFF = 300


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


def is_due(operation: Operation, now: Mark, doubt_wait: Seconds) -> bool:
    """Whether the next step of an open *operation* may be taken at *now*."""
    if operation.state is OperationState.DOUBT:
        passed = None if operation.since is None else now.since(operation.since)
        return passed is not None and passed >= doubt_wait
    left = None if operation.due is None else now.since(operation.due)
    return operation.state is OperationState.READY and (left is None or left >= 0)


@dataclass(frozen=True, slots=True)
class Found:
    """The page shows our operation. *twice*: more than once, which only a person can mend."""

    incident: Incident
    update: Update
    twice: bool = False


@dataclass(frozen=True, slots=True)
class Foreign:
    """Somebody else posted since the baseline."""

    update: Update


@dataclass(frozen=True, slots=True)
class Absent:
    """Nothing on the page came from our operation."""


@dataclass(frozen=True, slots=True)
class Removed:
    """A person took away what our operation was to follow, or the incident itself."""


ReadBack: TypeAlias = Found | Foreign | Absent | Removed


def read_back_update(
    operation: Operation, ledger: Ledger, live: Incident, given_up: Iterable[Operation] = ()
) -> ReadBack:
    """Look for *operation*, an update or a resolve, among the new posts of its incident.

    What operations that were *given_up* were to say is ours too, should it appear only now.
    """
    ours = ledger.updates
    new = [u for u in live.updates if u.id not in operation.baseline and u.id not in ours]
    matching = [update for update in new if is_ours(operation, update)]
    if matching:
        return Found(live, matching[0], twice=len(matching) > 1)
    earlier = list(given_up)
    foreign = [update for update in new if not any(is_ours(op, update) for op in earlier)]
    return Foreign(foreign[0]) if foreign else Absent()


def read_back_open(
    operation: Operation, incidents: Iterable[Incident], owned: frozenset[IncidentId]
) -> ReadBack:
    """Look for *operation*, an open, among the page's *incidents*. *owned*: known as ours already.

    Other new incidents are people's and say nothing about ours. A person may have posted on ours
    meanwhile, before our text even if back-dated, or given it another name.
    """
    found = sorted(
        (
            (incident, update)
            for incident in incidents
            if incident.id not in operation.baseline and incident.id not in owned
            if (update := _opening(operation, incident)) is not None
        ),
        key=lambda pair: pair[0].id,
    )
    if not found:
        return Absent()
    return Found(*found[0], twice=len(found) > 1)


def _opening(operation: Operation, incident: Incident) -> Update | None:
    """Return the first post by which *operation* opened *incident*; None: it did not.

    Rules may share a name and a text, but not the components too: those must be ours where the name
    is another one, and must not be others' where it is the same.
    """
    draft = operation.draft
    said = draft.retrospective[0][1] if draft.retrospective else draft.said
    posts = [update for update in incident.updates if is_ours(operation, update)]
    over = any(update.incident_status == IncidentStatus.RESOLVED for update in incident.updates)
    if not posts or (draft.retrospective and not over):
        return None
    ours = {line.component for line in said.components}
    shown = {component for component, _ in posts[0].components}
    if same_text(incident.name, draft.name):
        return posts[0] if not shown or shown & ours else None
    return posts[0] if ours and shown == ours else None


def is_ours(operation: Operation, update: Update) -> bool:
    """Whether *update* says exactly what *operation* was to say, however the page renders it.

    What is told afterwards says when it happened: two such outages may read the same.
    """
    draft = operation.draft
    said = draft.retrospective or ((None, draft.said, draft.message),)
    return any(
        update.incident_status == then.incident_status
        and same_text(update.message, text)
        and (at is None or update.published_at in (None, at))
        for at, then, text in said
    )


def not_new(operation: Operation, answer: Incident) -> str:
    """Return why *answer*, to the create *operation*, is not the incident it made; "": it is.

    A page that knows the key answers as it did before, even where the body was another one. Texts
    are not compared: the page may have changed them.
    """
    draft = operation.draft
    said = [then for _, then, _ in draft.retrospective] or [draft.said]
    if answer.id in operation.baseline:
        return f"the page answered with incident {answer.id}, which was there before"
    if [u.incident_status for u in answer.updates] != [then.incident_status for then in said]:
        return f"the page answered with incident {answer.id}, which tells something else"
    return ""


def after_read_back(
    operation: Operation, found: ReadBack, now: Mark, *, readable: bool = True
) -> Operation:
    """Return *operation* after a read-back that came no sooner than the wait allows.

    Absent twice, a wait apart: it was not applied and won't be, so it may go again, or give way.
    *readable* False: the page has shown that it changes even our letters and digits, so that not
    finding the text proves nothing; a person must look.
    """
    match found:
        case Found():
            return _close(operation, OperationState.DONE, now, "read back")
        case Foreign():
            return _close(operation, OperationState.ABANDONED, now, "a person posted meanwhile")
        case Removed():
            why = "a person removed what it was to follow"
            return _close(operation, OperationState.ABANDONED, now, why)
        case Absent() if operation.state is OperationState.READY:
            return operation
        case Absent():
            return _after_absence(operation, now, readable=readable)
        case _:
            assert_never(found)


def _after_absence(operation: Operation, now: Mark, *, readable: bool) -> Operation:
    if operation.absences == 0:
        return replace(operation, absences=1, since=now)
    if not readable:
        why = f"outcome unknown and the page changes our text: {operation.why}"
        return _close(operation, OperationState.PARKED, now, why)
    if operation.unknowns >= UNKNOWNS_BEFORE_PARKING:
        why = f"{operation.unknowns} attempts with unknown outcome: {operation.why}"
        return _close(operation, OperationState.PARKED, now, why)
    return replace(operation, state=OperationState.READY, absences=0, since=now, due=None)


def is_still_true(operation: Operation, episode: Episode) -> bool:
    """Whether the public may be told by *operation* now, as late as it is.

    What got lost goes again with the same bytes, but not that something fails when it no longer
    does, nor that it recovered when it fails again, nor that it fails worse than it does by now.
    """
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


def receipted(
    ledger: Ledger,
    operation: Operation,
    incident: IncidentId,
    updates: Iterable[UpdateId],
    name: str | None = None,
) -> Ledger:
    """Return *ledger* after *operation* was applied to *incident* as *updates*.

    *name*: the incident's, where it was read with them.
    """
    opening = operation.draft.action is Action.OPEN
    return replace(
        ledger,
        incident_id=incident,
        name=ledger.name or name,
        said=operation.draft.said,
        updates=ledger.updates | set(updates),
        notified=operation.draft.notify if opening else ledger.notified,
        parked=None,
        parked_why="",
        stuck=False,
        lacking_since=None,
    )


def adopted(ledger: Ledger, operation: Operation, found: Found) -> Ledger:
    """Return *ledger* after *operation* was found applied, as *found*.

    With the name that an opening gave, unless the page only writes it another way: another one is a
    person's.
    """
    draft, incident = operation.draft, found.incident
    name = incident.name if same_text(incident.name, draft.name) else draft.name
    if draft.action is not Action.OPEN:
        return receipted(ledger, operation, incident.id, (found.update.id,))
    posts = (update.id for update in incident.updates if is_ours(operation, update))
    return receipted(ledger, operation, incident.id, posts, name)


def parked(ledger: Ledger, operation: Operation) -> Ledger:
    """Return *ledger* after *operation* was given up: the same is not tried again.

    Where it was an opening of unknown outcome nothing is: the incident may be there after all.
    """
    lost = operation.draft.action is Action.OPEN and operation.unknowns > 0
    return replace(
        ledger,
        parked=operation.draft.said,
        parked_why=operation.why,
        stuck=ledger.stuck or lost,
    )


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
