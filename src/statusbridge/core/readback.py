"""Look for our own words on the page: what became of an operation whose outcome is unknown.

Knows an operation and what a read showed; what follows from it is decided in `core.delivery`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeAlias

from statusbridge.core.canonical import same_text
from statusbridge.core.live import Incident, Update
from statusbridge.core.model import IncidentId, IncidentStatus
from statusbridge.core.operations import Ledger, Operation, Said


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


Forgotten = Callable[[Update], Said | None]
"""What a post says that we made and do not know of any more; None: we did not (`core.recall`)."""


def none_forgotten(update: Update) -> Said | None:
    """Know of everything that we posted."""
    return None


def read_back_update(
    operation: Operation,
    ledger: Ledger,
    live: Incident,
    given_up: Iterable[Operation] = (),
    forgotten: Forgotten = none_forgotten,
) -> ReadBack:
    """Look for *operation*, an update or a resolve, among the new posts of its incident.

    What operations that were *given_up* were to say is ours too, should it appear only now, and
    what we have forgotten.
    """
    ours = ledger.updates
    new = [u for u in live.updates if u.id not in operation.baseline and u.id not in ours]
    matching = [update for update in new if is_ours(operation, update)]
    if matching:
        return Found(live, matching[0], twice=len(matching) > 1)
    earlier = list(given_up)
    foreign = [
        update
        for update in new
        if not any(is_ours(op, update) for op in earlier) and forgotten(update) is None
    ]
    return Foreign(foreign[0]) if foreign else Absent()


def read_back_open(
    operation: Operation,
    incidents: Iterable[Incident],
    owned: frozenset[IncidentId],
    rivals: Iterable[Operation] = (),
) -> ReadBack:
    """Look for *operation*, an open, among the page's *incidents*. *owned*: known as ours already.

    Other new incidents are people's and say nothing about ours, or one of the *rivals* made them:
    other opens in doubt, which may say the same, so that each may own one that reads like ours. A
    person may have posted on ours meanwhile, before our text even if back-dated, or renamed it.
    """
    others = list(rivals)
    found = sorted(
        (
            (incident, fit.update)
            for incident in incidents
            if incident.id not in owned
            if (fit := _fit(operation, incident)) is not None
            and all((other := _fit(o, incident)) is None or fit.good >= other.good for o in others)
        ),
        key=lambda pair: pair[0].id,
    )
    if not found:
        return Absent()
    alike = sum(any(_fit(rival, incident) for incident, _ in found) for rival in others)
    return Found(*found[0], twice=len(found) > 1 + alike)


@dataclass(frozen=True, slots=True)
class _Fit:
    """The first post by which an operation may have opened an incident, and how *good* a fit.

    The best has our name, our components and their statuses; the name counts most.
    """

    update: Update
    good: int


def _fit(operation: Operation, incident: Incident) -> _Fit | None:
    """Return how *operation* may have opened *incident*; None: it did not.

    Rules may share a name and a text, but not the components too: those must be ours where the name
    is another one, and must not be others' where it is the same.
    """
    if incident.id in operation.baseline:
        return None
    draft = operation.draft
    said = draft.retrospective[0][1] if draft.retrospective else draft.said
    posts = [update for update in incident.updates if is_ours(operation, update)]
    over = any(update.incident_status == IncidentStatus.RESOLVED for update in incident.updates)
    if not posts or (draft.retrospective and not over):
        return None
    ours = {line.component for line in said.components}
    shown = {component for component, _ in posts[0].components}
    named, exact = same_text(incident.name, draft.name), shown == ours
    possible = not shown or shown & ours if named else ours and exact
    lines = {(line.component, line.status.wire) for line in said.components}
    good = 4 * named + 2 * exact + (lines == set(posts[0].components))
    return _Fit(posts[0], good) if possible else None


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
