"""A disk that fails at any commit of a life: nothing leaves unrecorded, nothing is said twice.

`STATUSBRIDGE_DISK_WHOLE=1` lets every commit fail in every way.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator, Callable, Iterator
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from daemons import a_config, a_daemon
from disk.faulty import FULL, LOCKED, UNSYNCED, UNWRITTEN, Faulty, faulty_store
from disk.restoring import AFTER, END, LIVES, STEP, Life, posts_of, record, wrong
from fakes import Feed, MemoryPage
from statusbridge.adapters.sqlite import SqliteStore
from statusbridge.adapters.sqlite_errors import StoreBroken, StoreError
from statusbridge.core.coverage import Batch, Budget, Coverage
from statusbridge.core.operations import Operation, OperationState
from statusbridge.core.outcome import Outcome
from world import World

WHOLE = os.environ.get("STATUSBRIDGE_DISK_WHOLE") == "1"
STRIDE = 1 if WHOLE else 37
COMMITS = 160
"""Of the undisturbed life; a test holds it to that."""


class WatchedPage(MemoryPage):
    """A page that looks into the state file whenever something is sent to it."""

    path: Path
    unrecorded: int = 0

    async def send(self, operation: Operation) -> Outcome:
        copy = SqliteStore.copy(self.path)
        recorded = [case.operation for case in copy.cases() if case.operation]
        copy.close()
        known = any(o.body == operation.body and o.state is OperationState.SENT for o in recorded)
        self.unrecorded += not known
        return await super().send(operation)


async def lived(life: Life, path: Path, faulty: Faulty) -> World:
    """Return the world after *life* on a disk that fails, and is mended some minutes later."""
    world = life.world()
    page = WatchedPage(clock=world.clock, answers=list(life.answers))
    page.path = path
    world.page = page
    world.store = faulty_store(path, faulty)
    world.restart()
    failing_since = None
    for at in range(0, END + AFTER, STEP):
        if failing_since is not None and at - failing_since > 60:
            faulty.first = 10**9
        try:
            await life.live(world, at, at)
        except StoreBroken:
            failing_since = failing_since or at
            world.store.close()
            world.store = faulty_store(path, faulty)
            world.restart()
        except StoreError:
            failing_since = failing_since or at
            world.bridge.forget()
    assert page.unrecorded == 0
    world.store.close()
    return world


def ways() -> Iterator[tuple[int, int, bool]]:
    """Yield kind, number and duration of every failure to try."""
    everything = (
        (code, number, once)
        for code in (FULL, UNSYNCED, UNWRITTEN, LOCKED)
        for number in range(1, COMMITS + 1)
        for once in (True, False)
    )
    return (way for n, way in enumerate(everything) if n % STRIDE == 0)


async def test_the_life_has_as_many_commits_as_are_let_fail() -> None:
    _, copies = await record(LIVES["plain"])

    assert len(copies) == COMMITS + 1


async def test_a_disk_that_fails_at_any_commit_makes_the_story_late_and_not_wrong(
    tmp_path: Path,
) -> None:
    moments, _ = await record(LIVES["plain"])
    ends = posts_of(moments[-1].page)[-1]
    found = []
    for number, (code, first, once) in enumerate(ways()):
        world = await lived(LIVES["plain"], tmp_path / f"{number}.db", Faulty(code, first, once))
        found += [f"{code} at {first}, once {once}: {what}" for what in wrong(world)]
        if posts_of(world.page)[-1:] != [ends]:
            found.append(f"{code} at {first}, once {once}: told {posts_of(world.page)}")

    assert found == []


class CountedFeed(Feed):
    """A feed that knows how often it was asked."""

    asked: int = 0

    def poll(self, coverage: Coverage, budget: Budget) -> AsyncGenerator[Batch, None]:
        self.asked += 1
        return super().poll(coverage, budget)


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110 - what is awaited sets no event
            await asyncio.sleep(0)


async def test_a_daemon_that_can_not_store_reads_nothing_and_goes_on_by_itself(
    tmp_path: Path,
) -> None:
    world = World()
    faulty = Faulty(FULL, 1)
    world.store = faulty_store(tmp_path / "state.db", faulty)
    feed = CountedFeed(world.clock)
    world.feed, world.feeds = feed, [feed]
    world.restart()
    world.storm(4, at=-10)
    daemon = a_daemon(world, a_config(tmp_path))

    with capture_logs() as logs:
        running = asyncio.create_task(daemon.run())
        await until(lambda: daemon.failed)
        for _ in range(3):
            before = faulty.commits
            daemon.ask_reload()
            await until(lambda before=before: faulty.commits > before)
        reasons, polled = daemon.liveness().reasons, feed.asked
        faulty.first = 10**9
        daemon.ask_reload()
        await until(lambda: daemon.cycles == 1)
        daemon.stop()
        await running

    world.store.close()
    assert polled == 1
    assert "its disk is full: it goes on once there is room" in reasons[0]
    assert [e["event"] for e in logs if e["event"].startswith("cycle.")] == [
        "cycle.failed",
        "cycle.recovered",
        "cycle.finished",
    ]
    assert world.posts == ["Some text messages are failing."]


async def test_a_daemon_whose_file_can_not_be_relied_on_ends_and_says_why(tmp_path: Path) -> None:
    world = World()
    world.store = faulty_store(tmp_path / "state.db", Faulty(UNSYNCED, 1))
    world.restart()
    daemon = a_daemon(world, a_config(tmp_path))

    with capture_logs() as logs, pytest.raises(StoreBroken, match="can't be relied on any more"):
        await asyncio.wait_for(daemon.run(), 10)

    world.store.close()
    assert [entry["event"] for entry in logs] == ["daemon.failed"]


async def test_a_file_found_broken_between_two_cycles_ends_the_daemon(tmp_path: Path) -> None:
    world = World()
    daemon = a_daemon(world, a_config(tmp_path))

    async def apply() -> None:
        raise StoreBroken("The sync failed.")

    running = asyncio.create_task(daemon.run())
    await until(lambda: daemon.cycles == 1)
    with pytest.raises(StoreBroken):
        await daemon.between_cycles(apply)

    with pytest.raises(StoreBroken, match="The sync failed"):
        await asyncio.wait_for(running, 10)
    assert daemon.cycles == 1


async def test_two_accounts_that_can_not_be_stored_are_one_failure(tmp_path: Path) -> None:
    world = World()
    world.store = faulty_store(tmp_path / "state.db", Faulty(FULL, 1))
    world.account("other")
    unheard: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: unheard.append(context))

    with pytest.raises(StoreError, match="disk is full"):
        await world.cycle(0)

    world.store.close()
    assert unheard == []
