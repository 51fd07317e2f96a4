"""A state file that is put back as it once was: every copy of a short life, at every later time.

A life is played once, and after each of its commits the state file is copied. Then the life is
gone on with from each of its cycles, with each copy that was made before. Page, feed and
clock go on from where they were; only the memory is older.
"""

from __future__ import annotations

import copy
import itertools
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from builders import T0, TEXTS, a_rule, a_trigger
from fakes import MemoryPage, lost_after, lost_before
from statusbridge.adapters import sqlite_file
from statusbridge.adapters.sqlite import SqliteStore
from statusbridge.core.live import Incident, Update
from statusbridge.core.model import Status
from statusbridge.core.plan import Manners
from statusbridge.core.rules import Texts
from world import World

PLAIN = Texts(
    title="Delays sending SMS",
    investigating="Some text messages are failing.",
    worsened="More text messages are failing.",
    returned="Text messages are failing again.",
    monitoring="Delivery is normal.",
    resolved="Delivery is back to normal.",
)
"""Texts without a time: two of one kind read the same."""

BY_A_PERSON = "A person wrote this."
STEP = 10
END = 480
AFTER = 120
"""Seconds that a life goes on after its last restore, to come to rest."""
Act = Callable[[World], None]


def posts(world: World) -> None:
    """A person posts on the newest incident."""
    if world.page.incidents_:
        world.page.post([*world.page.incidents_][-1], BY_A_PERSON, "identified")


def resolves(world: World) -> None:
    """A person resolves the newest incident."""
    if world.page.incidents_:
        world.page.post([*world.page.incidents_][-1], BY_A_PERSON, "resolved")


def renames(world: World) -> None:
    """A person gives the newest incident another name."""
    for incident in [*world.page.incidents_.values()][-1:]:
        renamed = replace(incident, name="Trouble with messages")
        world.page.incidents_[incident.id] = renamed


@dataclass(frozen=True)
class Life:
    """One outage that worsens, quiets, returns and ends; what disturbs it."""

    texts: Texts = TEXTS
    acts: Mapping[int, Act] = field(default_factory=dict)
    missed: str = "skip"
    forgets_keys: bool = False
    answers: tuple[Any, ...] = ()

    def world(self) -> World:
        """Return the world before anything has happened."""
        rule = a_rule(
            texts=self.texts, triggers=(a_trigger(), a_trigger(Status.PARTIAL_OUTAGE, count=8))
        )
        world = World(rule, manners=Manners(self.missed), doubt_wait=20)
        world.page.answers = list(self.answers)
        world.storm(4)
        world.storm(8, at=30)
        world.storm(4, at=190)
        return world

    async def live(self, world: World, start: int, end: int = END) -> None:
        """Go on from T0 + *start* to the *end*, a cycle each `STEP`."""
        for at in range(start, end + 1, STEP):
            if at in self.acts:
                self.acts[at](world)
            if self.forgets_keys:
                world.page.keys.clear()
            await world.cycle(at)


class Copied(sqlite3.Connection):
    """A connection that copies its file after every commit."""

    copies: list[bytes]

    def execute(self, sql: str, *parameters: Any) -> sqlite3.Cursor:
        cursor = super().execute(sql, *parameters)
        if sql == "COMMIT":
            self.copies.append(self.serialize())
        return cursor


def store_of(image: bytes) -> tuple[SqliteStore, list[bytes]]:
    """Return a store on *image*, and the list that its later copies go to."""
    connection = sqlite3.connect(":memory:", isolation_level=None, factory=Copied)
    connection.copies = []
    connection.deserialize(image)
    connection.executescript(sqlite_file._PRAGMAS)
    return SqliteStore(connection, Path("state.db")), connection.copies


def blank() -> bytes:
    """Return a state file in which nothing is."""
    connection = sqlite_file.connect_copy(Path("/nonexistent/state.db"))
    image = connection.serialize()
    connection.close()
    return image


BLANK = 2
"""So many of the first copies are from before any rule was stepped: as good as no file."""


@dataclass(frozen=True)
class Moment:
    """Between two cycles: what is on the page, and how many copies there are by then."""

    at: int
    page: MemoryPage
    copies: int


async def record(life: Life) -> tuple[list[Moment], list[bytes]]:
    """Return the moments of *life*, undisturbed by restoring, and its copies, a blank one first."""
    world = life.world()
    world.store, later = store_of(blank())
    world.restart()
    moments = []
    for at in range(0, END + 1, STEP):
        await life.live(world, at, at)
        moments.append(Moment(at, copy.deepcopy(world.page), len(later) + 1))
    world.store.close()
    return moments, [blank(), *later]


async def restored(life: Life, moment: Moment, image: bytes) -> World:
    """Return the world after *life* went on from *moment* with the state file *image*."""
    world = put_back(life, moment, image)
    await life.live(world, moment.at + STEP, END + AFTER)
    return world


def put_back(life: Life, moment: Moment, image: bytes) -> World:
    """Return the world of *moment* where the bridge starts with the state file *image*."""
    world = life.world()
    world.page = copy.deepcopy(moment.page)
    world.page.clock = world.clock
    world.store, _ = store_of(image)
    world.clock.time = T0 + moment.at
    world.restart()
    return world


def pairs(moments: list[Moment], stride: int = 1, offset: int = 0) -> Iterator[tuple[int, Moment]]:
    """Yield the number of a copy and a moment after it, every *stride*-th of all such pairs."""
    every = ((n, moment) for moment in moments for n in range(moment.copies))
    yield from itertools.islice(every, offset, None, stride)


def posts_of(page: MemoryPage) -> list[tuple[str, str]]:
    """Return what the public reads, in order."""
    incidents = page.incidents_.values()
    return [(u.incident_status, u.message) for i in incidents for u in i.updates]


def wrong(world: World, *, lost: bool = False) -> list[str]:
    """Return what must never be seen on the page of one outage.

    *lost*: nothing of it was known any more. Then what a person had ended may begin anew.
    """
    incidents = [*world.page.incidents_.values()]
    repeated = [i for i in incidents[:-1] if not (lost and _ended_by_a_person(i))]
    found = [f"{len(incidents)} incidents"] if repeated else []
    for incident in incidents:
        found += _twice(incident)
        found += _over_a_person(incident)
    return found


def _ended_by_a_person(incident: Incident) -> bool:
    return incident.resolved and incident.updates[-1].message == BY_A_PERSON


def _ours(incident: Incident) -> list[Update]:
    return [update for update in incident.updates if update.message != BY_A_PERSON]


def _twice(incident: Incident) -> Iterator[str]:
    said = [(u.incident_status, u.message, u.components) for u in _ours(incident)]
    for one, next_ in itertools.pairwise(said):
        if one == next_:
            yield f"twice in a row: {one[:2]}"
        if one[0] == "resolved":
            yield f"after the resolve: {next_[:2]}"


def _over_a_person(incident: Incident) -> Iterator[str]:
    by_us = [update.message != BY_A_PERSON for update in incident.updates]
    if by_us != sorted(by_us, reverse=True):
        yield f"over a person: {[u.message for u in incident.updates]}"


LIVES = {
    "plain": Life(PLAIN),
    "with times": Life(),
    "keys forgotten": Life(PLAIN, forgets_keys=True),
    "told afterwards": Life(PLAIN, missed="retrospective", forgets_keys=True),
    "answers lost": Life(PLAIN, answers=(lost_after, lost_before, lost_after)),
    "a person posts": Life(PLAIN, {120: posts}, forgets_keys=True),
    "a person resolves": Life(PLAIN, {60: resolves}, forgets_keys=True),
    "a person renames": Life(PLAIN, {60: renames}, forgets_keys=True),
    "a person resolves at last": Life(
        PLAIN, {250: resolves}, forgets_keys=True, missed="retrospective"
    ),
}
