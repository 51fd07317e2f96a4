from __future__ import annotations

import asyncio
import os
import re
import signal
import socket
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from builders import T0, an_alert
from daemons import a_config, a_daemon
from ears import Deaf, Ear
from fakes import MemoryPage
from statusbridge import daemon as module
from statusbridge import pulse
from statusbridge.adapters import notify
from statusbridge.adapters.exchanges import Exchanges
from statusbridge.adapters.notify import tell, watchdog_interval
from statusbridge.adapters.sqlite_errors import StoreError
from statusbridge.adapters.sqlite_lookups import first_alert
from statusbridge.bridge import evaluating
from statusbridge.bridge.telling import Teller
from statusbridge.core.coverage import DAY, Batch, Coverage
from statusbridge.core.hearing import Heard
from statusbridge.core.model import Alert
from statusbridge.core.operations import Operation
from statusbridge.core.outcome import Outcome, Unknown
from statusbridge.daemon import Daemon
from statusbridge.signals import on_signals
from world import World


@pytest.fixture
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="sb-") as name:
        yield Path(name)


@asynccontextmanager
async def running(daemon: Daemon) -> AsyncIterator[asyncio.Task[None]]:
    """Run *daemon* until the block ends, and wait for its orderly end."""
    task = asyncio.create_task(daemon.run())
    try:
        yield task
    finally:
        daemon.stop()
        await asyncio.wait_for(task, 10)


async def until(condition: Callable[[], Any]) -> None:
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110 - what is awaited sets no event
            await asyncio.sleep(0)


async def test_first_cycle_begins_at_once_and_stop_ends_the_daemon(folder: Path) -> None:
    world = World()
    world.storm(4, at=-10)
    daemon = a_daemon(world, a_config(folder))
    assert daemon.liveness().reasons == ("the first cycle is not finished yet",)

    async with running(daemon):
        await until(lambda: daemon.cycles == 1)

    assert daemon.liveness().reasons == ()
    assert world.posts == ["Some text messages are failing."]


async def test_next_cycle_comes_by_the_interval(folder: Path) -> None:
    daemon = a_daemon(World(), a_config(folder, poll_interval="1s"))

    async with running(daemon):
        await until(lambda: daemon.cycles == 2)

    assert daemon.last is not None


async def test_failing_state_file_is_said_and_the_next_cycle_starts_from_it(folder: Path) -> None:
    world = World()
    daemon = a_daemon(world, a_config(folder))
    record, failures = world.store.record, [StoreError("The disk is full.")]

    def failing(account: str, batch: Batch) -> tuple[list[Alert], bool]:
        if failures:
            raise failures.pop()
        return record(account, batch)

    world.store.record = failing  # type: ignore[method-assign]
    world.storm(4, at=-10)

    async with running(daemon):
        await until(lambda: daemon.failed)
        reasons, cycles = daemon.liveness().reasons, daemon.cycles
        daemon.ask_reload()
        await until(lambda: daemon.cycles == 1)

    assert (cycles, daemon.failed) == (0, "")
    assert reasons == ("the last cycle failed: The disk is full.",)
    assert world.posts == ["Some text messages are failing."]


async def test_operator_is_told_of_a_failing_state_file_and_of_what_each_cycle_found(
    folder: Path,
) -> None:
    world, ear = World(), Ear()
    daemon = a_daemon(world, a_config(folder))
    daemon.parts.teller = Teller((ear,), world.store.notices, world.clock, grace=300)
    record, failures = world.store.record, [StoreError("The disk is full.")]

    def failing(account: str, batch: Batch) -> tuple[list[Alert], bool]:
        if failures:
            raise failures.pop()
        return record(account, batch)

    world.store.record = failing  # type: ignore[method-assign]
    world.storm(4, at=-10)

    async with running(daemon):
        await until(lambda: ear.heard)
        daemon.ask_reload()
        await until(lambda: len(ear.heard) == 3)

    assert ear.told() == [("paused", "firing"), ("paused", "resolved"), ("opened", "firing")]


async def test_receiver_that_hangs_delays_no_cycle_and_not_the_end(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LAST_WORD_SECONDS", 0.05)
    world, deaf = World(), Deaf()
    daemon = a_daemon(world, a_config(folder))
    daemon.parts.teller = Teller((deaf,), world.store.notices, world.clock, grace=300)
    world.storm(4, at=-10)

    async with running(daemon):
        await until(lambda: deaf.got)
        daemon.ask_reload()
        await until(lambda: daemon.cycles == 2)

    assert len(deaf.got) == 1
    (entry,) = world.store.notices.of("webhook")
    assert entry.heard is Heard.MAYBE


async def test_defect_ends_the_daemon_with_its_error(folder: Path) -> None:
    world = World()
    daemon = a_daemon(world, a_config(folder))

    def broken(*_: object) -> None:
        raise ZeroDivisionError

    world.store.record = broken  # type: ignore[assignment, method-assign]

    with pytest.raises(ZeroDivisionError):
        await asyncio.wait_for(daemon.run(), 10)


class SlowPage(MemoryPage):
    """A page whose writes never end."""

    async def send(self, operation: Operation) -> Outcome:
        await asyncio.Event().wait()
        return Unknown("never")


async def test_cycle_that_does_not_end_is_abandoned_and_its_write_stays_open(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "DRAIN_SECONDS", 0.05)
    world = World()
    world.page = SlowPage()
    world.restart()
    world.storm(4, at=-10)
    daemon = a_daemon(world, a_config(folder))

    async with running(daemon):
        await until(lambda: any(case.operation for case in world.store.cases()))

    (case,) = world.store.cases()
    assert case.operation is not None
    assert str(case.operation.state) == "sent"


async def test_reload_waits_for_what_runs_between_cycles(folder: Path) -> None:
    order: list[str] = []
    entered, go_on = asyncio.Event(), asyncio.Event()

    async def reload(_: Daemon) -> None:
        order.append("reloaded")

    async def apply() -> None:
        entered.set()
        await go_on.wait()
        order.append("applied")

    daemon = a_daemon(World(), a_config(folder))
    daemon.reload = reload
    async with running(daemon):
        await until(lambda: daemon.cycles == 1)
        applying = asyncio.create_task(daemon.between_cycles(apply))
        await entered.wait()
        daemon.ask_reload()
        for _ in range(5):
            await asyncio.sleep(0)
        go_on.set()
        await applying
        await until(lambda: daemon.cycles == 2)

    assert order == ["applied", "reloaded"]


async def test_first_signal_asks_for_the_end_and_the_second_is_the_systems_own(
    folder: Path,
) -> None:
    before = {n: signal.getsignal(n) for n in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)}
    daemon = a_daemon(World(), a_config(folder))
    reloads: list[Daemon] = []

    async def reload(reloaded: Daemon) -> None:
        reloads.append(reloaded)

    daemon.reload = reload
    try:
        async with running(daemon) as task:
            on_signals(daemon)
            await until(lambda: daemon.cycles == 1)
            os.kill(os.getpid(), signal.SIGHUP)
            await until(lambda: daemon.cycles == 2)
            os.kill(os.getpid(), signal.SIGTERM)
            await asyncio.wait_for(asyncio.shield(task), 10)
        after = signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)
    finally:
        asyncio.get_running_loop().remove_signal_handler(signal.SIGHUP)
        for number, handler in before.items():
            signal.signal(number, handler)

    assert reloads == [daemon]
    assert after == (signal.SIG_DFL, signal.SIG_DFL)


@pytest.fixture
def manager(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    """A service manager's ear."""
    path = folder / "notify"
    monkeypatch.setenv("NOTIFY_SOCKET", str(path))
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ear:
        ear.bind(str(path))
        ear.setblocking(False)
        yield ear


async def test_service_manager_hears_of_every_cycle_and_of_the_end(
    folder: Path, manager: socket.socket
) -> None:
    daemon = a_daemon(World(), a_config(folder))

    async with running(daemon):
        await until(lambda: daemon.cycles == 1)

    assert [manager.recv(4096) for _ in range(2)] == [
        b"STATUS=Ready, read up to 14:13:20Z. Nothing open or held.",
        b"STOPPING=1",
    ]


async def test_service_manager_hears_of_a_reload_from_its_order_to_its_end(
    folder: Path, manager: socket.socket
) -> None:
    daemon = a_daemon(World(), a_config(folder))

    async def refuse(reloaded: Daemon) -> None:
        reloaded.note_reload(refused=True)

    daemon.reload = refuse
    async with running(daemon):
        await until(lambda: daemon.cycles == 1)
        daemon.ask_reload()
        daemon.ask_reload()
        await until(lambda: daemon.cycles == 2)

    said = [re.sub(rb"USEC=\d+", b"USEC=N", manager.recv(4096)) for _ in range(5)]
    assert said[1:] == [
        b"RELOADING=1\nMONOTONIC_USEC=N",
        b"RELOADING=1\nMONOTONIC_USEC=N",
        b"READY=1",
        b"STATUS=Ready, read up to 14:13:20Z. Nothing open or held. "
        b"The configuration file has been wrong since 14:13:20Z; the one before goes on.",
    ]


def test_what_others_wrote_stays_within_its_line_of_what_is_told(
    manager: socket.socket,
) -> None:
    tell(STATUS="why\nMAINPID=1\r\x1b[2J", READY="1")

    assert manager.recv(4096) == b"STATUS=why MAINPID=1\\r\\x1b[2J\nREADY=1"


async def test_watchdog_is_told_between_cycles_that_are_far_apart(
    folder: Path, manager: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WATCHDOG_USEC", "40000")
    daemon = a_daemon(World(), a_config(folder))
    heard: list[bytes] = []

    async with running(daemon):
        for _ in range(3):
            heard.append(await asyncio.get_running_loop().sock_recv(manager, 4096))

    assert heard.count(b"WATCHDOG=1") == 2
    assert daemon.cycles == 1


@pytest.mark.parametrize("pid", ["1", ""])
async def test_watchdog_of_another_process_is_left_alone(
    monkeypatch: pytest.MonkeyPatch, pid: str
) -> None:
    monkeypatch.setenv("WATCHDOG_USEC", "40000")
    monkeypatch.setenv("WATCHDOG_PID", pid)

    assert watchdog_interval() is None


async def test_watchdog_hears_nothing_of_a_cycle_that_is_stuck(
    folder: Path, manager: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WATCHDOG_USEC", "20000")
    monkeypatch.setattr(pulse, "LONGEST_STEP", 0)
    monkeypatch.setattr(module, "DRAIN_SECONDS", 0.1)
    world = World()
    world.page = SlowPage()
    world.restart()
    world.storm(4, at=-10)

    async with running(a_daemon(world, a_config(folder))):
        await until(lambda: any(case.operation for case in world.store.cases()))

    assert manager.recv(4096) == b"STOPPING=1"


async def test_watchdog_hears_of_a_stuck_cycle_nothing_by_what_the_operator_is_told(
    folder: Path, manager: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WATCHDOG_USEC", "20000")
    monkeypatch.setattr(pulse, "LONGEST_STEP", 1e-9)
    monkeypatch.setattr(module, "DRAIN_SECONDS", 0.1)
    world, told = World(), Exchanges()
    world.page = SlowPage()
    world.restart()
    world.storm(4, at=-10)
    daemon = a_daemon(world, a_config(folder))
    daemon.parts.exchanges = {"operator": told}

    async with running(daemon):
        await until(lambda: any(case.operation for case in world.store.cases()))
        for _ in range(5):
            told.note("200", 0.1)
            await asyncio.sleep(0.02)

    assert manager.recv(4096) == b"STOPPING=1"


async def test_watchdog_hears_of_a_long_past_that_rules_are_stepped_through(
    folder: Path, manager: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WATCHDOG_USEC", "40000")
    monkeypatch.setattr(pulse, "LONGEST_STEP", 1e-9)
    monkeypatch.setattr(evaluating, "_PORTION", 1)
    world = World()
    await world.cycle(0)
    past = tuple(an_alert(T0 + n * 60) for n in range(1, 400))
    world.store.record("prod", Batch(past, Coverage(T0 + DAY, T0 + DAY)))
    world.clock.time = T0 + DAY
    world.restart()
    daemon = a_daemon(world, a_config(folder))

    async with running(daemon):
        first = await asyncio.get_running_loop().sock_recv(manager, 4096)

    assert first == b"WATCHDOG=1"


async def test_service_manager_that_does_not_read_stops_nothing(
    folder: Path, manager: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notify, "_PATIENCE", 0.01)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as full:
        full.setblocking(False)
        full.connect(manager.getsockname())
        with pytest.raises(BlockingIOError):
            while True:
                full.send(b"STATUS=busy")
    daemon = a_daemon(World(), a_config(folder))

    async with running(daemon):
        await until(lambda: daemon.cycles == 1)


def store_old_alerts(world: World) -> None:
    old = tuple(an_alert(T0 - 40 * DAY, sid=f"NO{n}") for n in range(3))
    world.store.record("prod", Batch(old, Coverage(T0, T0)))


async def test_old_alerts_are_dropped_after_a_cycle(folder: Path) -> None:
    world = World()
    store_old_alerts(world)
    daemon = a_daemon(world, a_config(folder))

    async with running(daemon):
        await until(lambda: first_alert(world.store) is None)

    assert daemon.cycles == 1


async def test_old_alerts_that_cannot_be_dropped_delay_no_cycle(folder: Path) -> None:
    world = World()
    store_old_alerts(world)
    daemon = a_daemon(world, a_config(folder))

    def failing(until: int, most: int) -> int:
        raise StoreError("The disk is full.")

    world.store.drop_alerts = failing  # type: ignore[method-assign]

    async with running(daemon):
        for cycles in (1, 2):
            await until(lambda cycles=cycles: daemon.cycles == cycles)  # type: ignore[misc]
            daemon.wake()

    assert (daemon.failed, daemon.liveness().reasons) == ("", ())
