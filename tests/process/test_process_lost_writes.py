from __future__ import annotations

import asyncio
import os
import signal

import pytest

from outside import OPENED, RESOLVED, WATCHED, WORSENED, Outside, each_in_its_own
from programs import Daemon, until
from statusbridge.simulators.exchange import Written

pytestmark = pytest.mark.process

ALL = [OPENED, WORSENED, WATCHED, RESOLVED]


async def play_an_outage(outside: Outside) -> None:
    """Let an outage begin, worsen and end, each once the page shows what came before."""
    async with outside.storm(per_second=10):
        await until(lambda: len(outside.posts()) >= 1)
        async with outside.storm(per_second=60):
            await until(lambda: len(outside.posts()) >= 2)
    await until(lambda: len(outside.posts()) >= 4)


async def test_no_write_is_repeated_or_lost_however_each_one_ends() -> None:
    await each_in_its_own(
        write_whose_answer_is_always_lost_is_not_sent_again,
        write_that_never_arrived_is_sent_again_with_the_same_bytes,
        daemon_killed_between_every_write_and_its_answer_repeats_none,
    )


async def write_whose_answer_is_always_lost_is_not_sent_again(outside: Outside) -> None:
    outside.fault("incidentio", method="POST", kind="lost_after")

    async with outside.daemon() as daemon:
        await play_an_outage(outside)
        adopted = await until(lambda: adoptions(daemon, 4))

    assert (outside.texts(), outside.writes(), adopted) == (ALL, 4, 4)


async def write_that_never_arrived_is_sent_again_with_the_same_bytes(
    outside: Outside,
) -> None:
    outside.fault("incidentio", method="POST", kind="lost_before", nth=[1, 3, 5, 7])

    async with outside.daemon() as daemon:
        await play_an_outage(outside)
        await daemon.cycle()

    bodies = [r.body for r in outside.world.incidentio.journal.received if r.method == "POST"]
    assert outside.texts() == ALL
    assert bodies[::2] == bodies[1::2]
    assert len(bodies) == 8


async def daemon_killed_between_every_write_and_its_answer_repeats_none(
    outside: Outside,
) -> None:
    running: list[Daemon] = []
    killed: list[int] = []

    def kill(_: Written) -> None:
        killed.append(running[-1].process.pid)
        os.kill(killed[-1], signal.SIGKILL)

    outside.world.incidentio.journal.on_write = kill
    playing = asyncio.create_task(play_an_outage(outside))
    while not playing.done():
        async with outside.daemon() as daemon:
            running.append(daemon)
            await asyncio.wait(
                (playing, asyncio.create_task(daemon.process.wait())),
                return_when=asyncio.FIRST_COMPLETED,
            )
    await playing
    await until_settled(outside)

    assert (outside.texts(), outside.writes(), len(set(killed))) == (ALL, 4, 4)


async def test_daemon_killed_while_a_write_hangs_sends_it_after_reading_back(
    outside: Outside,
) -> None:
    outside.fault("incidentio", method="POST", kind="hang", nth=1)
    async with outside.storm():
        async with outside.daemon() as daemon:
            await until(lambda: outside.writes() == 1)
            await daemon.end(signal.SIGKILL)
        async with outside.daemon() as daemon:
            await until(outside.posts)
            repeated = await until(lambda: daemon.event("operation.repeated"))
            await daemon.cycle()

    assert outside.texts() == [OPENED]
    assert outside.writes() == 2
    assert repeated["why"] == "the bridge ended while the request was on its way"


async def test_request_that_arrives_long_after_it_was_given_up_is_recognised(
    outside: Outside,
) -> None:
    outside.configure(doubt_wait='"3s"')
    outside.fault("incidentio", method="POST", kind="applied_late", seconds="2s", nth=1)

    async with outside.storm(), outside.daemon() as daemon:
        await until(lambda: adoptions(daemon, 1))

    assert (outside.texts(), outside.writes()) == ([OPENED], 1)


def adoptions(daemon: Daemon, wanted: int) -> int:
    """Return how often *daemon* found on the page what it had sent; 0 for less than *wanted*."""
    found = sum(e["event"] == "operation.adopted" for e in daemon.events())
    return found if found >= wanted else 0


async def until_settled(outside: Outside) -> None:
    """Run single cycles until nothing is in doubt."""
    while '"doubts": 0' not in (await outside("run", "--once")).err:
        continue
