"""Tell whoever operates the bridge: note what there is to tell, and carry it to each receiver.

Noting ends a cycle and only stores. Carrying is done by tasks of their own, one a receiver, for
which nothing waits: a receiver that hangs delays itself alone. Knows neither what receivers are nor
what stores; what there is to tell is `noticing`'s.
"""

from __future__ import annotations

import asyncio
from collections.abc import Container, Iterable
from dataclasses import dataclass, field, replace
from typing import Protocol

import structlog

from statusbridge.bridge.noticing import knowledge
from statusbridge.bridge.parts import Bridge
from statusbridge.bridge.protocols import Clock
from statusbridge.core.hearing import Entry, Heard, noted, to_tell
from statusbridge.core.model import Seconds
from statusbridge.core.notice_texts import Message, worded
from statusbridge.core.notices import Event, Notice, Stop, notices, unclear
from statusbridge.core.outcome import (
    Applied,
    Gone,
    Limited,
    Outcome,
    Refused,
    Unauthorized,
    Unknown,
)

log = structlog.get_logger()

LONGEST_BACKOFF: Seconds = 300
REFUSED_AGAIN: Seconds = 600
"""After a definite no a receiver is tried again after so long; after a reload at once."""

_UNWRITABLE = Notice(
    "paused-state-file",
    Event.PAUSED,
    Stop.STATE,
    "as the state file can't be written",
    subject="everything",
)


class Receiver(Protocol):
    """Something that takes messages for people."""

    @property
    def name(self) -> str: ...

    async def tell(self, message: Message) -> Outcome:
        """Send *message* once, within a deadline; `Applied` where it was taken. Raises nothing."""
        ...


class Notebook(Protocol):
    """What each receiver was told. Each method is one transaction."""

    def of(self, receiver: str) -> tuple[Entry, ...]: ...
    def note(self, receiver: str, entries: Iterable[Entry]) -> None: ...
    def hear(self, receiver: str, key: str, heard: Heard) -> None: ...


@dataclass(slots=True)
class Line:
    """One receiver, and how telling it goes. Times are the event loop's."""

    receiver: Receiver
    told: int = 0
    failed: int = 0
    failures: int = 0
    """In a row."""
    complaint: str = ""
    """How its failing was said, which is not said again until it takes a message."""
    due: float = 0.0
    """Not to be told before."""
    refused: dict[str, float] = field(default_factory=dict)
    """By id: when a message that it would not take goes again. Others pass meanwhile."""
    task: asyncio.Task[None] | None = None
    timer: asyncio.TimerHandle | None = None

    @property
    def name(self) -> str:
        return self.receiver.name


class Teller:
    """Tells each of *receivers* at least once what it should know. *grace* as in `to_tell`."""

    def __init__(
        self, receivers: Iterable[Receiver], notebook: Notebook, clock: Clock, grace: Seconds
    ) -> None:
        self.lines = tuple(Line(receiver) for receiver in receivers)
        self._clock = clock
        self._grace = grace
        self._stored = notebook
        self._unstored = _Memory()
        self._ending = False
        self._unwritable = False

    def remember(self, other: Teller) -> None:
        """Take over what *other*, before a reload, knew that is in no notebook."""
        self._unstored = other._unstored
        counted = {line.name: line for line in other.lines}
        for line in self.lines:
            if (before := counted.get(line.name)) is not None:
                line.told, line.failed = before.told, before.failed

    def note(self, bridge: Bridge, patience: Seconds) -> None:
        """Store what there is to tell after a cycle. *patience* as in `knowledge`."""
        if not self.lines:
            return
        known = knowledge(bridge, patience)
        present, unsure = notices(known), unclear(known)
        for line in self.lines:
            self._note(self._stored, line, present, unsure)
            self._note(self._unstored, line, (), ())
        self._unwritable = False

    def note_unwritable(self) -> None:
        """Remember to tell that nothing can be stored, which itself can't be stored.

        Until a cycle is noted again nothing else is told: it could not be known as told.
        """
        self._unwritable = True
        for line in self.lines:
            self._note(self._unstored, line, (_UNWRITABLE,), ())

    def _note(
        self, book: Notebook, line: Line, present: Iterable[Notice], unsure: Container[str]
    ) -> None:
        book.note(line.name, noted(book.of(line.name), present, unsure, self._clock.now()))

    def waiting(self, line: Line) -> list[tuple[Notebook, Entry]]:
        """Return what is still to be told on *line*, with where that is noted."""
        now = self._clock.now()
        return [
            (book, entry)
            for book in ((self._unstored,) if self._unwritable else (self._unstored, self._stored))
            for entry in to_tell(book.of(line.name), now, self._grace)
        ]

    def wake(self) -> None:
        """Begin to tell what waits, where that is not under way. Returns at once."""
        for line in self.lines:
            self._start(line)

    async def finish(self, seconds: float) -> None:
        """Begin nothing more; give what is under way *seconds* to end.

        What is then cut off counts as maybe heard, and goes again at the next start.
        """
        self._ending = True
        for line in self.lines:
            if line.timer is not None:
                line.timer.cancel()
        tasks = [line.task for line in self.lines if line.task is not None]
        if tasks:
            _, left = await asyncio.wait(tasks, timeout=seconds)
            for task in left:
                task.cancel()
            await asyncio.gather(*left, return_exceptions=True)

    async def tell_all(self, seconds: float) -> None:
        """Tell what waits now, once, in *seconds* at most; for whoever does not stay."""
        self.wake()
        tasks = [line.task for line in self.lines if line.task is not None]
        if tasks:
            await asyncio.wait(tasks, timeout=seconds)
        await self.finish(0)

    def _start(self, line: Line) -> None:
        loop = asyncio.get_running_loop()
        busy = line.task is not None and not line.task.done()
        if self._ending or busy or loop.time() < line.due:
            return
        line.task = asyncio.create_task(self._carry(line))
        line.task.add_done_callback(lambda task: _note_defect(line, task))

    def _start_again(self, line: Line, wait: float) -> None:
        def start() -> None:
            line.due = 0.0
            self._start(line)

        if line.timer is not None:
            line.timer.cancel()
        line.timer = asyncio.get_running_loop().call_later(wait, start)

    async def _carry(self, line: Line) -> None:
        """Tell what waits, one after the other, until nothing does or the receiver fails."""
        clock = asyncio.get_running_loop().time
        while not self._ending and (found := self._next(line)) is not None:
            book, entry = found
            outcome = await self._tell(line, book, entry)
            if isinstance(outcome, Applied):
                continue
            if isinstance(outcome, Refused):
                line.refused[entry.id] = clock() + REFUSED_AGAIN
                self._start_again(line, REFUSED_AGAIN)
                continue
            wait = _wait(line, outcome)
            line.due = clock() + wait
            self._start_again(line, wait)
            return

    def _next(self, line: Line) -> tuple[Notebook, Entry] | None:
        now = asyncio.get_running_loop().time()
        waiting = self.waiting(line)
        ids = {entry.id for _, entry in waiting}
        line.refused = {id_: due for id_, due in line.refused.items() if id_ in ids and now < due}
        return next((one for one in waiting if one[1].id not in line.refused), None)

    async def _tell(self, line: Line, book: Notebook, entry: Entry) -> Outcome:
        """Send *entry* with its note first: whatever happens, it is known as maybe heard."""
        key = entry.notice.key
        if entry.heard is not Heard.MAYBE:
            book.hear(line.name, key, Heard.MAYBE)
        outcome = await line.receiver.tell(worded(entry))
        match outcome:
            case Applied():
                book.hear(line.name, key, Heard.NO if entry.over else Heard.YES)
            case Unknown():
                pass
            case _:
                book.hear(line.name, key, entry.heard)
        _count(line, entry, outcome)
        return outcome


def _wait(line: Line, outcome: Outcome) -> Seconds:
    """Return how long a receiver is left alone that failed for whatever it is told."""
    match outcome:
        case Limited(_, asked) if asked is not None:
            return max(1, asked)
        case Unauthorized() | Gone():
            return REFUSED_AGAIN
        case _:
            return min(LONGEST_BACKOFF, int(2**line.failures))


def _count(line: Line, entry: Entry, outcome: Outcome) -> None:
    """Count how telling ended; log what was told, and of failures what was not said before."""
    facts = {"receiver": line.name, "notice": str(entry.notice.event)}
    if isinstance(outcome, Applied):
        line.told += 1
        line.failures = 0
        log.info("notice.told", **facts, over=entry.over, incident=entry.notice.incident)
        if line.complaint:
            line.complaint = ""
            log.info("receiver.recovered", receiver=line.name)
        return
    line.failed += 1
    line.failures = min(line.failures + 1, 10)
    for_good = isinstance(outcome, Refused | Unauthorized | Gone)
    complaint = "refused" if for_good else "delayed"
    if line.complaint == complaint:
        return
    line.complaint = complaint
    if for_good:
        log.error("notice.refused", **facts, why=outcome.reason, again_in_seconds=REFUSED_AGAIN)
    else:
        log.warning("notice.delayed", **facts, why=outcome.reason)


def _note_defect(line: Line, task: asyncio.Task[None]) -> None:
    """Say what ended *task*: publishing goes on without it, and the next cycle tries anew."""
    if not task.cancelled() and (error := task.exception()) is not None:
        log.error("receiver.failed", receiver=line.name, exc_info=error)


class _Memory:
    """A notebook that ends with the process."""

    def __init__(self) -> None:
        self._entries: dict[str, tuple[Entry, ...]] = {}

    def of(self, receiver: str) -> tuple[Entry, ...]:
        return self._entries.get(receiver, ())

    def note(self, receiver: str, entries: Iterable[Entry]) -> None:
        self._entries[receiver] = tuple(entries)

    def hear(self, receiver: str, key: str, heard: Heard) -> None:
        self._entries[receiver] = tuple(
            replace(entry, heard=heard) if entry.notice.key == key else entry
            for entry in self.of(receiver)
        )
