"""Whose an incident is, and whether anything is left to say: our ledger against the page as read.

What the page shows and the ledger does not know was done by a person, unless it is a post of ours
that was given up. Knows the ledger and one read; what is then due is the plan's business.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from statusbridge.core.canonical import same_text
from statusbridge.core.episodes import Episode
from statusbridge.core.live import Incident, Update
from statusbridge.core.model import (
    ComponentStatus,
    IncidentId,
    IncidentStatus,
    Instant,
    Seconds,
    Stage,
    Status,
)
from statusbridge.core.operations import Ledger, Operation, Owner, Said
from statusbridge.core.readback import Forgotten, Found, is_ours, none_forgotten, read_back_open
from statusbridge.core.receipts import adopted

REMOVED_AFTER: Seconds = 600
"""A read that lacks what we know of is stale; lacking it this long, a person removed it."""


def is_finished(episode: Episode, ledger: Ledger, live: Incident | None) -> bool:
    """Whether nothing is left to say or to show of *episode*, whose incident was read as *live*.

    An incident that is a person's now is shown until they resolve it, and may so long want our
    resolve (`after_touch`).
    """
    if not episode.ended and not episode.orphaned:
        return False
    said = ledger.said
    if said is None or episode.group.stage is Stage.REVIEW or ledger.owner is Owner.DETACHED:
        return True
    if ledger.owner is Owner.OURS:
        return said.incident_status is IncidentStatus.RESOLVED
    return live is not None and live.resolved


def appeared(
    ledger: Ledger,
    given_up: Iterable[Operation],
    incidents: Iterable[Incident],
    owned: frozenset[IncidentId],
) -> Ledger:
    """Return *ledger* with our incident, where one of *given_up*, openings, is there after all."""
    shown = tuple(incidents)
    for operation in given_up:
        found = read_back_open(operation, shown, owned)
        if isinstance(found, Found):
            return adopted(ledger, operation, found)
    return ledger


@dataclass(frozen=True, slots=True)
class Sight:
    """What a read of our incident means. *live* None: nothing may be decided on this read."""

    ledger: Ledger
    live: Incident | None


def recognised(
    ledger: Ledger,
    live: Incident | None,
    given_up: Iterable[Operation],
    now: Instant,
    forgotten: Forgotten = none_forgotten,
) -> Sight:
    """Hold what the page shows of our incident against what we know.

    What the ledger does not know was done by a person, unless it is a post of ours that we gave up
    (*given_up*: this episode's operations that are not open but once were in doubt, or that wait to
    go again), or that we forgot; where such a post is the last one, it is what the public reads
    now. Only for an incident with no operation in doubt: there, new posts are judged by reading
    back.
    """
    if live is None or not shows_all(live, ledger):
        return lacking(ledger, live, now)
    unknown = [update for update in live.updates if update.id not in ledger.updates]
    attempts = tuple(given_up)
    late = {
        update.id: operation.draft.said
        for update in unknown
        for operation in attempts
        if is_ours(operation, update)
    }
    for update in unknown:
        # What is shown counts, not what an older state file meant to say in the same words.
        if said := forgotten(update):
            late[update.id] = said
            told = max(ledger.told_until or 0, update.published_at or 0)
            ledger = replace(ledger, told_until=told)
    if live.updates and (said := late.get(live.updates[-1].id)):
        ledger = replace(ledger, said=said, parked=None, parked_why="")
    known = ledger.updates | late.keys()
    ledger = replace(ledger, updates=known, lacking_since=None, name=ledger.name or live.name)
    if why := _touched(ledger, live):
        ledger = replace(ledger, owner=Owner.THEIRS, why=why)
    ended = ledger.ended_by_person or _ended_by_person(ledger, live)
    return Sight(replace(ledger, ended_by_person=ended), live)


def _ended_by_person(ledger: Ledger, live: Incident) -> bool:
    posted = (update for update in live.updates if update.id not in ledger.updates)
    if any(update.incident_status == IncidentStatus.RESOLVED for update in posted):
        return True
    said = ledger.said
    return live.resolved and said is not None and said.incident_status != "resolved"


def taken_up(ledger: Ledger, live: Incident) -> Ledger:
    """Return *ledger* of an incident that a person hands back: ours as it is, all of it known.

    What the public reads now is what they made it read; what is due then is the plan's business.
    """
    return replace(
        ledger,
        owner=Owner.OURS,
        why="",
        released=False,
        name=live.name,
        said=_shown(live, ledger.said),
        updates=frozenset(update.id for update in live.updates),
        ended_by_person=False,
        lacking_since=None,
        parked=None,
        parked_why="",
    )


_STAGES = {
    "investigating": IncidentStatus.INVESTIGATING,
    "identified": IncidentStatus.INVESTIGATING,
    "monitoring": IncidentStatus.MONITORING,
}


def _shown(live: Incident, said: Said | None) -> Said:
    """Return what *live* makes the public read, as far as the bridge has words for it."""
    by_word = {status.wire: status for status in Status}
    lines = {line.component: line.status for line in said.components} if said else {}
    for update in live.updates:
        lines |= {c: by_word[word] for c, word in update.components if word in by_word}
    stage = said.incident_status if said else IncidentStatus.INVESTIGATING
    components = (ComponentStatus(c, status) for c, status in sorted(lines.items()))
    return Said(_STAGES.get(live.incident_status, stage), tuple(components))


def _touched(ledger: Ledger, live: Incident) -> str:
    if ledger.owner is not Owner.OURS:
        return ""
    foreign = [update for update in live.updates if update.id not in ledger.updates]
    if foreign:
        return posted(foreign[-1])
    if _ended_by_person(ledger, live):
        return "a person resolved it"
    if ledger.name is not None and not same_text(ledger.name, live.name):
        return "a person renamed it"
    return ""


def posted(update: Update) -> str:
    """Return in words that a person posted *update*, with its stage where that is a plain word."""
    stage = update.incident_status
    return f"a person posted “{stage}” on it" if _WORD.fullmatch(stage) else "a person posted on it"


_WORD = re.compile("[a-z_]{1,30}")
"""A stage as the page names them: it goes into logs and notices, and people's text must not."""


def shows_all(live: Incident, ledger: Ledger) -> bool:
    """Whether *live* has every post that we know to be on it; else the read is old, or worse."""
    return ledger.updates <= {update.id for update in live.updates}


def lacking(ledger: Ledger, live: Incident | None, now: Instant) -> Sight:
    """Return what a read means that lacks our incident or a post of ours on it.

    For a while nothing: it is old. After `REMOVED_AFTER` a person took away what it lacks.
    """
    # A clock that was set back must not put the verdict off for as long.
    since = min(now, now if ledger.lacking_since is None else ledger.lacking_since)
    ledger = replace(ledger, lacking_since=since)
    if now - since < REMOVED_AFTER:
        return Sight(ledger, None)
    if live is None:
        why = "it is gone from the page"
        # Nobody can resolve what is not there: an orphan would wait for that for ever.
        over = ledger.closed or ledger.owner is Owner.ORPHANED
        return Sight(replace(ledger, owner=Owner.DETACHED, why=why, closed=over), None)
    shown = frozenset(update.id for update in live.updates)
    ledger = replace(ledger, updates=ledger.updates & shown, lacking_since=None)
    if ledger.owner is Owner.OURS:
        ledger = replace(ledger, owner=Owner.THEIRS, why="a person removed an update of it")
    return Sight(ledger, live)
