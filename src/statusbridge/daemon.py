"""The daemon: cycles by a schedule, signals, and an orderly end.

What rings only sets an event, and one worker drains it: ringing is broken off at the end, and a
cycle must not be while a write is on its way.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from typing import TypeVar

import structlog

from statusbridge.adapters.notify import tell, watchdog_interval
from statusbridge.adapters.sqlite_errors import StoreBroken, StoreError
from statusbridge.bootstrap import Parts
from statusbridge.bridge.cycle import CycleReport, run_cycle
from statusbridge.bridge.pruning import prune
from statusbridge.config.values import Config
from statusbridge.core.model import Instant
from statusbridge.pulse import Pulse
from statusbridge.status import Liveness, reasons_to_be_missed, state_line

log = structlog.get_logger()

DRAIN_SECONDS = 8
"""How long an ending daemon lets its cycle go on; service managers are promised 10 s in all."""

LAST_WORD_SECONDS = 0.5
"""How long what is being told may still take after that; it is told again at the next start."""

PRUNING_SECONDS = 3600
"""After all old alerts were dropped, when it is looked for more."""

T = TypeVar("T")


async def _each(seconds: float, act: Callable[[], None]) -> None:
    """Do *act* each time that *seconds* have passed, by a clock that can't be set.

    A schedule by the time of day would stand still for as long as that is set back.
    """
    while True:
        await asyncio.sleep(seconds)
        act()


@dataclass(slots=True)
class Daemon:
    """A bridge that runs by itself."""

    config: Config
    parts: Parts
    reload: Callable[[Daemon], Awaitable[None]]
    """Bring the parts to what the configuration file says now; raises nothing."""
    cycles: int = 0
    last: CycleReport | None = None
    ended_at: Instant = 0
    """When the last cycle was finished; 0: none was."""
    refused_since: Instant | None = None
    """Since when the configuration file was wrong each time it was read; None: it was right."""
    configured_at: Instant = 0
    """When the configuration in force was read."""
    failed: str = ""
    """Why the last cycle could not be finished; "" where it was."""
    _wake: asyncio.Event = field(default_factory=asyncio.Event)
    _stop: asyncio.Event = field(default_factory=asyncio.Event)
    _ringing: asyncio.Task[None] | None = None
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    _reload_asked: bool = False
    _broken: StoreBroken | None = None
    _pulse: Pulse = field(default_factory=lambda: Pulse(time.monotonic()))
    _prune_from: float = 0
    """From when on old alerts are looked for, on the monotonic clock."""

    def __post_init__(self) -> None:
        self.note_reload(refused=False)

    def note_reload(self, *, refused: bool) -> None:
        """Remember whether the configuration could be read just now."""
        now = self.parts.bridge.clock.now()
        if not refused:
            self.configured_at, self.refused_since = now, None
        elif self.refused_since is None:
            self.refused_since = now

    def liveness(self) -> Liveness:
        """Return what `status` and `/readyz` show of the daemon itself."""
        reasons: tuple[str, ...] = ()
        if self.failed:
            reasons = (f"the last cycle failed: {self.failed}",)
        elif self.cycles == 0:
            reasons = ("the first cycle is not finished yet",)
        return Liveness(True, self.config.twilio.poll_interval, reasons, self.refused_since)

    async def run(self) -> None:
        """Run cycles until `stop`; then let the one under way finish, `DRAIN_SECONDS` at most."""
        self._ring_by_interval()
        alive = None
        if (interval := watchdog_interval()) is not None:
            alive = asyncio.create_task(_each(interval, self._tell_alive))
        self._wake.set()
        worker = asyncio.create_task(self._work())
        stopping = asyncio.create_task(self._stop.wait())
        await asyncio.wait({worker, stopping}, return_when=asyncio.FIRST_COMPLETED)
        tell(STOPPING="1")
        for task in filter(None, (alive, self._ringing, stopping)):
            task.cancel()
        _, unfinished = await asyncio.wait({worker}, timeout=DRAIN_SECONDS)
        if self.parts.teller is not None:
            await self.parts.teller.finish(LAST_WORD_SECONDS)
        if self.parts.heartbeat is not None:
            await self.parts.heartbeat.finish()
        for task in unfinished:
            log.warning("cycle.abandoned", after_seconds=DRAIN_SECONDS)
            task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await worker

    def stop(self) -> None:
        """Ask the daemon to end. Safe to call again."""
        self._stop.set()
        self._wake.set()

    def ask_reload(self) -> None:
        """Read the configuration again before the next cycle, which begins at once."""
        # Told at once: whoever reloads a service waits until it is ready again.
        microseconds = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
        tell(RELOADING="1", MONOTONIC_USEC=str(microseconds))
        self._reload_asked = True
        self._wake.set()

    def wake(self) -> None:
        """Run a cycle at once, or right after the one under way."""
        self._wake.set()

    @property
    def is_busy(self) -> bool:
        """Whether a cycle runs, or what must not run beside one."""
        return self._turn.locked()

    async def between_cycles(self, act: Callable[[], Awaitable[T]]) -> T:
        """Run *act* while no cycle runs.

        A state file that it finds not to be relied on ends the daemon.
        """
        async with self._turn:
            with self._heeding_the_store():
                return await act()

    def at_once(self, act: Callable[[], T]) -> T:
        """Run *act*, which does no more than store something, also in the midst of a cycle.

        A state file that it finds not to be relied on ends the daemon.
        """
        with self._heeding_the_store():
            return act()

    @contextlib.contextmanager
    def _heeding_the_store(self) -> Iterator[None]:
        try:
            yield
        except StoreBroken as error:
            self._broken = error
            self._wake.set()
            raise

    def _ring_by_interval(self) -> None:
        """Let a cycle begin each poll interval from now on."""
        if self._ringing is not None:
            self._ringing.cancel()
        self._ringing = asyncio.create_task(_each(self.config.twilio.poll_interval, self._wake.set))

    async def _work(self) -> None:
        while True:
            self._pulse.rests(time.monotonic())
            await self._wake.wait()
            self._wake.clear()
            self._pulse.works(time.monotonic())
            if self._broken is not None:
                self._note_end(self._broken)
                raise self._broken
            if self._stop.is_set():
                return
            if self._reload_asked:
                self._reload_asked = False
                await self.between_cycles(lambda: self.reload(self))
                self._ring_by_interval()
                tell(READY="1")
                self._pulse.works(time.monotonic())
            await self._cycle()

    async def _cycle(self) -> None:
        async with self._turn:
            began = time.monotonic()
            try:
                if self.failed:
                    # What can't be stored is not fetched: alerts are safe where they are.
                    self.parts.store.prove_writable()
                report = await run_cycle(self.parts.bridge)
                if self.parts.teller is not None:
                    self.parts.teller.note(self.parts.bridge, self.liveness().patience)
            except StoreBroken as error:
                self._note_end(error)
                raise
            except StoreError as error:
                self._note_failure(error)
                return
        if self.failed:
            log.info("cycle.recovered")
        self.failed = ""
        self.cycles += 1
        self.ended_at = self.parts.bridge.clock.now()
        self.last = report
        seconds = round(time.monotonic() - began, 3)
        log.info("cycle.finished", seconds=seconds, **report.facts())
        self._tell_state()
        self._beat()
        self._tell_operator()
        await self._prune()

    async def _prune(self) -> None:
        """Drop some old alerts where it is time to. That it fails now delays nothing else."""
        if time.monotonic() < self._prune_from:
            return
        done = True
        async with self._turn:
            try:
                done = await prune(self.parts.bridge)
            except StoreBroken as error:
                self._note_end(error)
                raise
            except StoreError as error:
                log.warning("pruning.delayed", why=str(error))
        if done:
            self._prune_from = time.monotonic() + PRUNING_SECONDS

    def _note_failure(self, error: StoreError) -> None:
        """Nothing was sent that could not be recorded: wait for the disk, and say so once."""
        # What is known lies in the store; what memory holds may be ahead of it now.
        self.parts.bridge.forget()
        if not self.failed:
            log.error("cycle.failed", why=str(error))
        self.failed = str(error)
        tell(STATUS=f"Not ready: {self.failed}")
        if self.parts.teller is not None:
            self.parts.teller.note_unwritable()
        self._tell_operator()

    def _tell_operator(self) -> None:
        if self.parts.teller is not None:
            self.parts.teller.wake()

    def _beat(self) -> None:
        """Ping who should miss us, while there is nothing to be missed for."""
        if self.parts.heartbeat is None:
            return
        parts, liveness = self.parts, self.liveness()
        self.parts.heartbeat.beat(reasons_to_be_missed(parts.bridge, parts.store, liveness))

    def _note_end(self, error: StoreBroken) -> None:
        """A start reads the file anew, and finds out what of it is sound."""
        self.failed = str(error)
        log.error("daemon.failed", why=self.failed)

    def _tell_state(self) -> None:
        """Say in a line what `systemctl status` shows."""
        tell(STATUS=f"{state_line(self.parts.bridge, self.parts.store, self.liveness())}.")

    def _tell_alive(self) -> None:
        """Feed the watchdog, whose patience knows nothing of the poll interval."""
        interval = self.config.twilio.poll_interval
        if self._pulse.goes_on(time.monotonic(), self._steps_done(), interval):
            tell(WATCHDOG="1")

    def _steps_done(self) -> int:
        """Return how many steps have ended that each have a bound: a request, or a portion.

        Not what the operator is told: that goes on beside a cycle that is stuck.
        """
        exchanges = self.parts.exchanges.items()
        asked = sum(each.total for service, each in exchanges if service != "operator")
        return asked + self.parts.bridge.portions
