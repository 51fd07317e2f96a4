"""The real program on real disks that fail: nothing is sent twice, and it says what is wrong."""

from __future__ import annotations

import asyncio
import resource
import shutil
import signal
import sqlite3
import subprocess
from contextlib import closing, suppress
from functools import cache
from pathlib import Path

import pytest

from outside import OPENED, PROGRAM, RESOLVED, WATCHED, Outside, each_in_its_own
from programs import PATIENCE, Daemon, Ended, get, until

pytestmark = pytest.mark.process

STORY = [OPENED, WATCHED, RESOLVED]
IN_A_SMALL_ROOM = """
mount -t tmpfs -o size=1m,mode=0700 none "$0"
head -c 700000 /dev/zero > "$0/ballast"
exec "$@"
"""
READ_ONLY = """
mount --bind "$0" "$0"
mount -o remount,bind,ro "$0"
exec "$@"
"""


@cache
def unmountable() -> str:
    """Return why no file system can be mounted here; "" where one can be."""
    if shutil.which("unshare") is None:
        return "unshare is not installed"
    tried = subprocess.run(
        ("unshare", "-rm", "mount", "-t", "tmpfs", "none", "/mnt"), capture_output=True, check=False
    )
    return "" if tried.returncode == 0 else "no file system may be mounted here"


def mounted(outside: Outside, script: str) -> None:
    """Let *outside*'s program see its state folder as *script* makes it."""
    outside.state.parent.mkdir(mode=0o700, exist_ok=True)
    folder = str(outside.state.parent)
    outside.program = ("unshare", "-rm", "sh", "-ec", script, folder, *PROGRAM)


def polls(outside: Outside) -> int:
    return outside.world.twilio.journal.last


async def woken(daemon: Daemon) -> None:
    """Let the daemon begin a cycle, and another one, so that the first is over."""
    for _ in range(2):
        before = reloads(daemon)
        daemon.process.send_signal(signal.SIGHUP)
        await until(lambda before=before: reloads(daemon) > before)


def reloads(daemon: Daemon) -> int:
    return sum(event["event"] == "config.reloaded" for event in daemon.events())


async def pause(outside: Outside, daemon: Daemon) -> str:
    """Wait until the daemon has paused, hold it to what that means, and return why."""
    failed = await until(lambda: daemon.event("cycle.failed"))
    before = polls(outside), outside.writes()
    await woken(daemon)
    url = await daemon.url()
    status, reasons = await get(f"{url}/readyz")
    _, metrics = await get(f"{url}/metrics")
    failures = sum(event["event"] == "cycle.failed" for event in daemon.events())

    assert (polls(outside), outside.writes()) == before
    assert (status, failures) == (503, 1)
    assert reasons.startswith("the last cycle failed: The state file ")
    assert "statusbridge_paused 1.0" in metrics
    return str(failed["why"])


async def told_once(outside: Outside, daemon: Daemon) -> None:
    """Wait until the daemon has gone on, and hold it to having told the outage once."""
    await until(lambda: daemon.event("cycle.recovered"))
    await until(outside.posts)
    await daemon.cycle()

    assert outside.texts() == STORY[: len(outside.texts())]
    assert await daemon.end() == 0


def of(ended: Ended) -> tuple[int, str]:
    """Return how a command ended that was to say one sentence; hold it to that."""
    (sentence,) = [x for x in ended.err.splitlines() if not x.startswith("{")]
    return ended.code, sentence


async def test_a_disk_that_takes_no_writes_is_waited_for() -> None:
    await each_in_its_own(a_file_that_may_not_grow, a_file_that_is_locked)


async def a_file_that_may_not_grow(outside: Outside) -> None:
    async with outside.daemon() as daemon:
        await daemon.cycle()
        pid, unlimited = daemon.process.pid, resource.RLIM_INFINITY
        size = max(f.stat().st_size for f in outside.state.parent.iterdir())
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, unlimited))
        async with outside.storm():
            why = await pause(outside, daemon)
            status = await outside("status")
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (unlimited, unlimited))
            await told_once(outside, daemon)

    assert "its disk takes no writes: look at the disk, quotas and limits" in why
    assert (status.code, "its disk takes no writes" in status.out) == (0, True)


async def a_file_that_is_locked(outside: Outside) -> None:
    async with outside.daemon() as daemon:
        await daemon.cycle()
        async with outside.storm():
            with closing(sqlite3.connect(outside.state, isolation_level=None)) as other:
                other.execute("BEGIN IMMEDIATE")
                why = await pause(outside, daemon)
            await told_once(outside, daemon)

    assert "another program has locked it: end that one" in why


@pytest.mark.skipif(unmountable() != "", reason=unmountable())
async def test_a_file_system_that_is_full_is_waited_for_and_one_to_read_is_told() -> None:
    await each_in_its_own(a_small_file_system, a_read_only_file_system)


async def a_small_file_system(outside: Outside) -> None:
    mounted(outside, IN_A_SMALL_ROOM)
    async with outside.daemon() as daemon:
        await daemon.cycle()
        inside = Path(f"/proc/{daemon.process.pid}/root{outside.state.parent}")
        with (inside / "filling").open("wb", buffering=0) as filling, suppress(OSError):
            while filling.write(bytes(4096)):
                pass
        async with outside.storm():
            why = await pause(outside, daemon)
            for taken in ("ballast", "filling"):
                (inside / taken).unlink()
            await told_once(outside, daemon)

    assert "its disk is full: it goes on once there is room" in why


async def a_read_only_file_system(outside: Outside) -> None:
    await outside("run", "--once")
    mounted(outside, READ_ONLY)
    outside.alerts(4)

    code, sentence = of(await outside("run", "--once"))

    assert (code, outside.posts()) == (1, [])
    assert "Read-only file system" in sentence


async def test_a_file_that_is_not_to_be_relied_on_ends_the_program_with_a_sentence() -> None:
    await each_in_its_own(a_damaged_file, a_file_that_is_deleted_while_it_is_open)


async def a_damaged_file(outside: Outside) -> None:
    async with outside.storm():
        await outside("run", "--once")
    writes = outside.writes()
    with outside.state.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * (outside.state.stat().st_size - 4096))

    ended = [of(await outside(*args)) for args in (("run",), ("run", "--once"), ("status",))]

    assert {code for code, _ in ended} == {1}
    assert all("Restore it from a backup" in sentence for _, sentence in ended)
    assert outside.writes() == writes == 1


async def a_file_that_is_deleted_while_it_is_open(outside: Outside) -> None:
    async with outside.daemon() as daemon:
        await daemon.cycle()
        shutil.rmtree(outside.state.parent)
        async with outside.storm():
            code = await asyncio.wait_for(daemon.process.wait(), PATIENCE)
            nothing_posted = outside.posts() == []
            once = await outside("run", "--once")
    (sentence,) = [x for x in daemon.err.read_text().splitlines() if not x.startswith("{")]

    assert (code, nothing_posted, once.code) == (1, True, 0)
    assert "was moved, replaced or deleted while statusbridge ran" in sentence
    assert outside.texts() == [OPENED]


async def test_a_state_file_that_is_put_back_or_lost_repeats_nothing() -> None:
    await each_in_its_own(an_older_copy_of_each_step, a_lost_file)


async def an_older_copy_of_each_step(outside: Outside) -> None:
    copy = outside.folder / "copy.db"
    await outside("run", "--once")
    async with outside.storm():
        for posted in (1, 1):
            shutil.copyfile(outside.state, copy)
            async with outside.daemon():
                await until(lambda posted=posted: len(outside.posts()) >= posted)
            put_back(copy, outside.state)
        async with outside.daemon() as daemon:
            await until(lambda: daemon.event("incident.recalled"))
    put_back(copy, outside.state)
    async with outside.daemon():
        await until(lambda: len(outside.posts()) >= 2)
    put_back(copy, outside.state)
    async with outside.daemon():
        await until(lambda: len(outside.posts()) >= 3)
    put_back(copy, outside.state)
    after = await outside("run", "--once")

    assert after.code == 0
    assert outside.texts() == STORY
    assert outside.writes() == 3


def put_back(copy: Path, state: Path) -> None:
    """Make *state* what *copy* is, as the operations manual says."""
    for suffix in ("-wal", "-shm"):
        state.with_name(state.name + suffix).unlink(missing_ok=True)
    shutil.copyfile(copy, state)


async def a_lost_file(outside: Outside) -> None:
    async with outside.storm():
        async with outside.daemon():
            await until(outside.posts)
        shutil.rmtree(outside.state.parent)
        outside.world.incidentio.set_switches({"keys": "ignored"})
        async with outside.daemon() as daemon:
            await until(lambda: daemon.event("incident.recalled"))
    async with outside.daemon():
        await until(lambda: len(outside.posts()) >= 3)

    assert outside.texts() == STORY
    assert outside.writes() == 3
