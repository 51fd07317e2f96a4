"""What each receiver has heard of the notices, and what it is to be told next.

Level-triggered: what is the case is held against what was told, whatever happened in between. Knows
neither receivers nor words.
"""

from __future__ import annotations

from collections.abc import Container, Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

from statusbridge.core.model import Instant, Seconds
from statusbridge.core.notices import Event, Notice
from statusbridge.core.operations import HeldReason

FOR_A_PERSON = frozenset(
    {
        HeldReason.REVIEW,
        HeldReason.TOO_MANY_OPEN,
        HeldReason.UNSAFE_TEXT,
        HeldReason.UPDATE_BUDGET,
        HeldReason.MANUAL,
        HeldReason.NO_COMPONENT,
    }
)
"""Reasons that do not pass by themselves: told at once."""


class Heard(StrEnum):
    """Whether a receiver believes that a notice holds."""

    NO = "no"
    MAYBE = "maybe"
    """It was sent something, and may have got it."""
    YES = "yes"


@dataclass(frozen=True, slots=True)
class Entry:
    """A notice as one receiver knows of it. One that is over and was not heard is done with."""

    notice: Notice
    since: Instant
    heard: Heard = Heard.NO
    over: bool = False

    @property
    def id(self) -> str:
        """Names this one time that the notice holds: receivers drop what they know by it."""
        return f"{self.notice.key}-{self.since}"


def noted(
    known: Iterable[Entry], present: Iterable[Notice], unsure: Container[str], now: Instant
) -> tuple[Entry, ...]:
    """Return a receiver's entries after looking: *present* is the case, all else is over.

    What came and went before it was told is forgotten. *unsure*: episodes of which what was held
    stays as it was. A receiver that may have heard that something is over hears that out, before
    the same begins anew.
    """
    before = tuple(known)
    true = {notice.key: notice for notice in present}
    carried = (_carried(entry, entry.notice.key in true, unsure) for entry in before)
    kept = tuple(entry for entry in carried if entry is not None)
    there = {entry.notice.key for entry in kept}
    again = {entry.notice.key for entry in before if entry.over}
    begun = (
        Entry(notice, now if key in again else _since(notice, now))
        for key, notice in true.items()
        if key not in there
    )
    return (*kept, *begun)


def _since(notice: Notice, now: Instant) -> Instant:
    return now if notice.since is None else min(now, notice.since)


def _carried(entry: Entry, still: bool, unsure: Container[str]) -> Entry | None:
    if entry.over and entry.heard is Heard.NO:
        return None
    if still:
        return replace(entry, over=False) if entry.heard is Heard.YES else entry
    as_held = entry.notice.event in (Event.HELD, Event.REVIEW)
    if as_held and entry.notice.episode in unsure and not entry.over:
        return entry
    return None if entry.heard is Heard.NO else replace(entry, over=True)


def to_tell(entries: Iterable[Entry], now: Instant, grace: Seconds) -> tuple[Entry, ...]:
    """Return those of *entries* that the receiver is to be told now, the oldest first."""
    due = (entry for entry in entries if _is_due(entry, now, grace))
    return tuple(sorted(due, key=lambda entry: (entry.since, entry.notice.key)))


def _is_due(entry: Entry, now: Instant, grace: Seconds) -> bool:
    if entry.over:
        return entry.heard is not Heard.NO
    wait = grace if may_pass(entry.notice) else 0
    # A clock that was set back must not put off for as long what was noted before.
    return entry.heard is not Heard.YES and not 0 <= now - entry.since < wait


def may_pass(notice: Notice) -> bool:
    """Whether *notice* may be over by itself within minutes: then it is not told at once."""
    if notice.event is Event.HELD:
        return notice.reason not in FOR_A_PERSON
    return notice.event is Event.BLIND
