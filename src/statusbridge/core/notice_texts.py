"""What a notice says, for the person who was just woken: what is wrong, with what, and what to run.

The first line stands alone, since a telephone shows no more of it. Its words are the program's
own, the configuration's keys, and the public title.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from statusbridge.core.hearing import Entry
from statusbridge.core.model import Instant, iso
from statusbridge.core.notices import Blindness, Event, Notice, Stop
from statusbridge.core.operations import HeldReason


@dataclass(frozen=True, slots=True)
class Message:
    """A notice in words. *id*: by it a receiver knows again what it was told before."""

    id: str
    notice: Notice
    over: bool
    since: Instant
    head: str
    """One line; a command in it stands in backticks."""
    more: str
    command: str
    """What to run next; "" where there is nothing to do."""

    @property
    def state(self) -> str:
        """The word of those who take such messages."""
        return "resolved" if self.over else "firing"


HELD_AS = {
    HeldReason.TOO_MANY_OPEN: "as many incidents are open as [guards] allow",
    HeldReason.TOO_MANY_OPENS: "as many incidents were opened within an hour as [guards] allow",
    HeldReason.STALE_EVIDENCE: "its newest alert is older than [guards] stale_after",
    HeldReason.MAINTENANCE: "a component of it is under maintenance",
    HeldReason.PERSON_ACTIVE: "a person has an open incident on the same component",
    HeldReason.PAUSED: "publishing is paused",
    HeldReason.BACKLOG: "older alerts are still being read",
    HeldReason.UNSAFE_TEXT: "its text can't be rendered, is too long, or would publish something "
    "private",
    HeldReason.UPDATE_BUDGET: "it has nearly as many updates as the page takes; the rest is for "
    "its resolve",
    HeldReason.EARLIER_OUTAGE: "the outage before it is not resolved on the page yet",
    HeldReason.MANUAL: "the outage is over, and its rule leaves the resolve to a person",
    HeldReason.LATER_OUTAGE: "an outage after it is still being told",
    HeldReason.NO_COMPONENT: "no component of its rules is on the page any more",
    HeldReason.DOUBT: "nobody knows yet whether its last post got through",
    HeldReason.WAITING: "its last post did not get through and will be tried again",
    HeldReason.STALE_READ: "the page shows less than was posted",
    HeldReason.BEHIND: "the page tells of a later time than alerts were read up to",
}
"""Why something is held, as a clause; of the other reasons an event of their own tells."""

BLIND_AS = {
    Blindness.REFUSED: "its credentials are refused",
    Blindness.UNREADABLE: "it does not answer as it should",
    Blindness.BEHIND: "it was last read whole too long ago",
}
"""Why something can't be relied on, as a clause."""


@dataclass(frozen=True, slots=True)
class _Words:
    """What is said of an event: templates of `_values`. *command* "": there is nothing to run."""

    begun: str
    over: str
    command: str = ""
    more: str = ""


_UNTOUCHED = "statusbridge posts nothing more on it."
_SETTLED = "Over: {which} asks nothing of a person any more."

WORDS = {
    Event.OPENED: _Words(
        "Opened: {which}.",
        "Over: {which} is no longer open there.",
        "statusbridge explain {name}",
        "The public reads it.",
    ),
    Event.REVIEW: _Words(
        "Waits for your approval: {which}.",
        "Over: {which} no longer waits for approval.",
        "statusbridge approve {name}",
        "Nothing of it is published before. `statusbridge review` shows the text and the evidence, "
        "`statusbridge reject {name}` drops it.",
    ),
    Event.HELD: _Words(
        "Held: {which}: {why}.",
        "Over: {which} is no longer held for this: {why}.",
        "statusbridge explain {name}",
    ),
    Event.THEIRS: _Words(
        "A person's now: {which}: {why}.",
        _SETTLED,
        "statusbridge release {name}",
        f"{_UNTOUCHED} Finish it on the page, or release it.",
    ),
    Event.ORPHANED: _Words(
        "Orphaned: {which}: {why}.",
        _SETTLED,
        "statusbridge release {name}",
        f"{_UNTOUCHED} Resolve it on the page, or release it.",
    ),
    Event.DETACHED: _Words(
        "Gone from the page: {which}.",
        _SETTLED,
        "statusbridge explain {name}",
        "It was deleted there, and is not opened again in this outage.",
    ),
    Event.PARKED: _Words(
        "Given up: a post about {which}.",
        "Over: nothing that was given up of {which} is left to say.",
        "statusbridge explain {name}",
        "It is not tried again. Look at the page, and post by hand what is missing.",
    ),
    Event.PAUSED: _Words(
        "Paused: publishing of {subject}, {why}.",
        "Over: this pause of {subject}, {why}.",
        "statusbridge {resume}",
        "What is due meanwhile is held, and none of it is lost.",
    ),
    Event.BLIND: _Words(
        "Blind: {subject}: {why}.",
        "Over: {subject} can be read again.",
        "statusbridge check",
        "Nothing recovers on the strength of what can't be read; what is open stays open.",
    ),
    Event.TEST: _Words(
        "Test: whoever operates statusbridge is told here.", "Over: the test. Nothing was wrong."
    ),
}
"""Every event in words."""


def worded(entry: Entry) -> Message:
    """Return *entry* in words: that it is the case, or that it is over."""
    notice, words = entry.notice, WORDS[entry.notice.event]
    values = _values(notice)
    since = f"Since {iso(entry.since)}."
    if entry.over:
        head = words.over.format_map(values)
        return Message(entry.id, notice, True, entry.since, head, since, "")
    command = words.command.format_map(values)
    head = f"{words.begun.format_map(values)}{f' Run `{command}`.' if command else ''}"
    more = f"{words.more.format_map(values)} {since}".strip()
    return Message(entry.id, notice, False, entry.since, head, more, command)


def trial(now: Instant) -> tuple[Message, Message]:
    """Return a message about nothing and the one that it is over, to see whether they arrive."""
    entry = Entry(Notice("test", Event.TEST), now)
    return worded(entry), worded(replace(entry, over=True))


def _values(notice: Notice) -> dict[str, str]:
    shown = f"“{notice.title}” ({notice.incident})" if notice.title else notice.incident
    return {
        "which": f"{shown} on page {notice.page}",
        "name": notice.name,
        "subject": notice.subject,
        "why": _why(notice),
        "resume": f"resume {notice.name}".strip() if notice.reason == Stop.PERSON else "status",
    }


def _why(notice: Notice) -> str:
    match notice.event:
        case Event.HELD:
            return HELD_AS[HeldReason(notice.reason)]
        case Event.BLIND:
            return BLIND_AS[Blindness(notice.reason)]
        case _:
            return notice.detail
