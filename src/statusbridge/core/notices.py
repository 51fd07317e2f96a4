"""What the operator should know, as values: what is the case now.

A notice is made of public words, keys and reasons alone; nothing of an alert, and no text of a
server goes into one. Knows no receiver; who has heard of it is `core.hearing`, the words are
`core.notice_texts`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from statusbridge.core.acts import BY_FILE, Act
from statusbridge.core.model import IncidentStatus, Instant, Stage, iso
from statusbridge.core.operations import (
    Held,
    HeldReason,
    Ledger,
    Owner,
)
from statusbridge.core.plan import Case

LONGEST_DETAIL = 300
"""Characters of what a person wrote as the reason of a pause, and by whom."""


class Event(StrEnum):
    """What a notice is about."""

    OPENED = "opened"
    REVIEW = "awaits_review"
    HELD = "held"
    THEIRS = "theirs"
    ORPHANED = "orphaned"
    DETACHED = "detached"
    PARKED = "parked"
    PAUSED = "paused"
    BLIND = "blind"
    TEST = "test"


class Blindness(StrEnum):
    """Why an account or a page can't be relied on."""

    REFUSED = "credentials_refused"
    UNREADABLE = "unreadable"
    BEHIND = "not_read_whole"


class Stop(StrEnum):
    """What keeps everything, or a key, from being published."""

    PERSON = "a_person"
    FILE = "a_file"
    """In the state folder, which no command takes away."""
    STATE = "state_file"
    """It can't be written."""


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that the operator should know while it is the case."""

    key: str
    """The same for as long as the same thing is the case."""
    event: Event
    reason: str = ""
    """A word of a set that the program bounds; "" where the event says it all."""
    detail: str = ""
    """More of it, in the program's own words."""
    page: str = ""
    incident: str = ""
    name: str = ""
    """The incident as commands take it: its key, with its page where several pages have it."""
    title: str = ""
    """Of the public incident; "" where there is none that may be shown."""
    subject: str = ""
    """What is blind, as "account prod", or paused, as "public/sms" or "everything"."""
    episode: str = ""
    since: Instant | None = None
    """Since when it has been the case; None: nobody knows, take it from now on."""


@dataclass(frozen=True, slots=True)
class Knowledge:
    """What notices are made from."""

    cases: tuple[Case, ...] = ()
    held: tuple[tuple[str, Held, Instant], ...] = ()
    """With its page and since when, as the store has it."""
    titles: Mapping[str, str] = field(default_factory=dict)
    """By episode: the public title, fit to be shown."""
    shared: frozenset[str] = frozenset()
    """Incident keys that more than one page has."""
    blind: Mapping[str, Blindness] = field(default_factory=dict)
    """By "account NAME", "page NAME" and the like."""
    pauses: tuple[Act, ...] = ()
    """Who stopped publishing, of what, and why."""


_OWNERS = {
    Owner.THEIRS: Event.THEIRS,
    Owner.ORPHANED: Event.ORPHANED,
    Owner.DETACHED: Event.DETACHED,
}

TOLD_OTHERWISE = frozenset(
    {HeldReason.THEIRS, HeldReason.ORPHANED, HeldReason.DETACHED, HeldReason.PARKED}
)
"""Reasons of which another event tells."""

DECIDED = frozenset({HeldReason.REJECTED})
"""Reasons of which nobody is told: a person would have it so."""

PASSING = frozenset(
    {
        HeldReason.BACKLOG,
        HeldReason.DOUBT,
        HeldReason.WAITING,
        HeldReason.STALE_READ,
        HeldReason.BEHIND,
    }
)
"""Reasons that say nothing of whether what was held before, for another, still is."""


def notices(known: Knowledge) -> tuple[Notice, ...]:
    """Return what the operator should know, each key once. Rules on trial tell nothing."""
    held = {one.episode: (one, since) for _, one, since in known.held}
    found: list[Notice] = []
    for case in known.cases:
        if case.episode.group.stage is not Stage.SHADOW:
            found += _of_case(case, held.get(case.episode.id), known)
    found += (
        Notice(f"blind-{subject}".replace(" ", "-"), Event.BLIND, str(why), subject=subject)
        for subject, why in sorted(known.blind.items())
    )
    found += (_of_pause(pause, known.shared) for pause in known.pauses)
    return tuple(found)


def _of_pause(pause: Act, shared: frozenset[str]) -> Notice:
    until = "" if pause.until is None else f" until {iso(pause.until)}"
    why = f": {pause.reason}" if pause.reason else ""
    by_file = pause.who == BY_FILE
    return Notice(
        key=f"paused-{'file' if by_file else pause.key}",
        event=Event.PAUSED,
        reason=str(Stop.FILE if by_file else Stop.PERSON),
        detail=" ".join(f"by {pause.who}{until}{why}".split())[:LONGEST_DETAIL],
        page=pause.page,
        incident=pause.incident,
        name=pause.key if pause.incident in shared else pause.incident,
        subject=pause.key,
        since=pause.at or None,
    )


def unclear(known: Knowledge) -> frozenset[str]:
    """Return the episodes of which what was told as held is neither true nor over now."""
    return frozenset(one.episode for _, one, _ in known.held if one.reason in PASSING)


def _of_case(case: Case, held: tuple[Held, Instant] | None, known: Knowledge) -> Iterator[Notice]:
    episode, ledger = case.episode, case.ledger
    page, incident, _ = episode.group

    def notice(event: Event, since: Instant | None = None, reason: str = "") -> Notice:
        return Notice(
            key="-".join(filter(None, (episode.id, event, reason))),
            event=event,
            reason=reason,
            page=page,
            incident=incident,
            name=f"{page}/{incident}" if incident in known.shared else incident,
            title=known.titles.get(episode.id, ""),
            episode=episode.id,
            since=since,
        )

    if _is_open(ledger):
        yield notice(Event.OPENED, episode.opened_at)
    if ledger.owner is not Owner.OURS:
        yield replace(notice(_OWNERS[ledger.owner]), detail=ledger.why)
    if ledger.parked is not None or ledger.stuck:
        yield notice(Event.PARKED)
    if held is None or held[0].reason in TOLD_OTHERWISE | DECIDED:
        return
    reason, since = held[0].reason, held[1]
    if reason is HeldReason.REVIEW:
        yield notice(Event.REVIEW, since)
    else:
        yield notice(Event.HELD, since, str(reason))


def _is_open(ledger: Ledger) -> bool:
    """Whether the public reads of an incident that we opened, whoever has it now."""
    if ledger.incident_id is None or ledger.said is None or ledger.owner is Owner.DETACHED:
        return False
    return ledger.said.incident_status is not IncidentStatus.RESOLVED and not ledger.ended_by_person
