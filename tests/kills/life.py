"""One short outage, told by the real program, which dies in it as often as one likes.

An outage opens, worsens, is watched and resolved: four writes to real simulators over HTTP. The
clock outside stands still until the page took a write, and then says what makes the next one due.
So nothing depends on how long a process took, and a death is at the same place in each repetition.
"""

from __future__ import annotations

import asyncio
import json
import math
import signal
import time
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

from kills.judge import Judge
from kills.launch import PLAIN
from kills.strace import Call, Injection, calls_in, end_in, under_strace
from outside import PAGE, RULE, Outside, outside_of
from statusbridge.simulators.exchange import Written
from statusbridge.simulators.scenario import Scenario

SHORT_RULE = RULE.replace('settle = "4s"', 'settle = "1s"').replace("count = 40", "count = 12")

STAGES = ((0, 4, 30008), (1, 8, 30008), (4, 1, 11200), (2, 1, 11200), (0, 1, 11200))
"""What happens once the page took as many writes: seconds that pass, alerts, and their code.

Four alerts degrade; twelve within 3 s are worse. 3 s after the last it is quiet, 1 s later it is
watched, 1 s later over. Other codes match no rule, and are stored all the same.
"""
WRITES = len(STAGES) - 1

BEHIND = sum(passed for passed, _, _ in STAGES)
"""Seconds that the clock outside is behind ours at first: it never overtakes it."""
TOO_FAR_BEHIND = 28
"""Seconds. From 30 on the program no longer believes what that clock says."""

WATCHED = ("mkdir", "openat", "fchown", "flock", "fcntl", "rename", "unlink", "close")
"""Calls that count where they make, lock or remove a file of the state folder."""
ANYWHERE = (
    *("ftruncate", "pwrite64", "fdatasync", "fsync"),
    *("socket", "bind", "listen", "connect", "sendto", "recvfrom", "write"),
)
"""Calls that always count: only state files are written that way; sockets, and what is logged."""
STATE = ("", "state.db", "state.db-wal", "state.db-shm", "state.db.lock", "statusbridge.sock")

PATIENCE = 60.0
"""Seconds that one process may take; it takes one or two, or ten where it waits for its ticks."""
CYCLES = 25
"""Cycles that one process may take; it takes five, and two more for each doubt."""


class TooSlowError(Exception):
    """The machine is too busy: a life took longer than the clock outside may stand still."""


@dataclass(frozen=True, slots=True)
class Moment:
    """A death by the clock, *seconds* after the start."""

    seconds: float


Death: TypeAlias = Injection | Moment


@dataclass
class Told:
    """What came of a life."""

    deaths: list[Death] = field(default_factory=list)
    """Those that were died, in order."""
    starts: int = 0
    found: list[str] = field(default_factory=list)
    """What broke a promise."""
    calls: list[list[Call]] = field(default_factory=list)
    """What strace saw, by process."""
    took: float = 0.0
    """Seconds."""


async def live(
    deaths: Iterable[Death] = (),
    program: tuple[str, ...] = PLAIN,
    traced: Iterable[str] = (),
    *,
    hurried: bool = True,
) -> Told:
    """Let the program tell the outage, while process after process dies one of *deaths*.

    A process that comes to rest first ends in order, and the deaths that are left are not died.
    *traced*: calls to watch in a process that is not to die of one. *hurried*: each cycle follows
    the last one at once, on a configuration read anew; else they come by themselves.
    Raises TooSlowError.
    """
    began = time.perf_counter()
    clock = _Clock(math.floor(time.time()) - BEHIND)
    async with outside_of(Scenario(pages=(PAGE,)), clock) as outside:
        life = _Life(outside, clock, program, tuple(traced), hurried)
        dying = iter(deaths)
        while (death := next(dying, None)) is not None:
            if not await life.run(death) or life.told.found:
                break
        else:
            await life.run(None)
        await life.end()
    life.told.took = time.perf_counter() - began
    return life.told


@dataclass
class _Clock:
    at: float

    def __call__(self) -> float:
        return self.at


class _Life:
    """An outage under way, and the process that tells it."""

    def __init__(
        self,
        outside: Outside,
        clock: _Clock,
        program: tuple[str, ...],
        traced: tuple[str, ...],
        hurried: bool,
    ) -> None:
        self.told = Told()
        self._outside = outside
        self._clock = clock
        self._program = program
        self._traced = traced
        self._hurried = hurried
        self._stages = iter(STAGES)
        self._cycles = 0
        self._judge = Judge(outside)
        outside.configure(SHORT_RULE, poll_interval='"3s"' if hurried else '"1s"')
        outside.world.incidentio.journal.on_write = self._wrote
        self._move_on()

    def _wrote(self, entry: Written) -> None:
        self.told.found += self._judge.of_write(entry)
        self._move_on()

    def _move_on(self) -> None:
        passed, alerts, code = next(self._stages, (0, 0, 0))
        self._clock.at += passed
        if alerts:
            self._outside.alerts(alerts, at=0, code=code)

    async def run(self, death: Death | None) -> bool:
        """Run the daemon until it rests or dies of *death*; whether it died."""
        self.told.starts += 1
        self._cycles = 0
        log = self._outside.folder / f"{self.told.starts}.trace"
        self._outside.program = (*self._strace(death, log), *self._program)
        process = await self._outside.start(("run",), DEVNULL, PIPE)
        try:
            async with asyncio.timeout(PATIENCE):
                await self._listen(process, death)
        except TimeoutError:
            self.told.found.append("it never came to rest")
            process.kill()
            await process.wait()
            return False
        code = process.returncode
        if log.exists():
            self.told.calls.append(calls_in(log))
            code = end_in(log, process.pid)
        if code == -signal.SIGKILL and death is not None:
            self.told.deaths.append(death)
            self.told.found += self._judge.of_death()
            return True
        if code != 0:
            self.told.found.append(f"the program ended with {code}")
        return False

    def _strace(self, death: Death | None, log: Path) -> tuple[str, ...]:
        injected = (death,) if isinstance(death, Injection) else ()
        calls = tuple(injection.call for injection in injected) or self._traced
        state = self._outside.state.parent
        watched = [state / name for name in STATE] if set(calls) <= set(WATCHED) else ()
        return under_strace(log, calls, watched, injected) if calls else ()

    async def _listen(self, process: Process, death: Death | None) -> None:
        """Hear what *process* logs until it is dead, and answer."""
        loop = asyncio.get_running_loop()
        if isinstance(death, Moment):
            loop.call_later(death.seconds, _send, process, signal.SIGKILL)
        assert process.stderr is not None
        async for line in process.stderr:
            if time.time() - self._clock.at > TOO_FAR_BEHIND:
                process.kill()
                raise TooSlowError
            try:
                event = json.loads(line)
            except ValueError:
                self.told.found.append(f"it said {line.decode().strip()!r}")
                continue
            self.told.found += self._judge.of_log(event)
            if event["event"] == "cycle.finished":
                wait, number = self._answer(event)
                loop.call_later(wait, _send, process, number)
        await process.wait()

    def _answer(self, cycle: dict[str, Any]) -> tuple[float, int]:
        """Return in how many seconds after *cycle* which signal is due; 0 does nothing."""
        self._cycles += 1
        idle = not any(cycle[name] for name in ("opened", "updated", "resolved", "doubts"))
        if self._cycles > CYCLES:
            self.told.found.append(f"it had not come to rest after {CYCLES} cycles")
            return 0.0, signal.SIGTERM
        if idle and len(self._outside.posts()) >= WRITES:
            return 0.0, signal.SIGTERM
        # Longer than a doubt lasts, so that the next cycle does not come in vain.
        return (1.05 if cycle["doubts"] else 0.0), signal.SIGHUP if self._hurried else 0

    async def end(self) -> None:
        """Judge what is left, once one more cycle had its chance to spoil it."""
        if self.told.found:
            return
        writes = self._outside.writes()
        after = await self._outside.here("run", "--once")
        if after.code != 0:
            self.told.found.append(f"one more cycle ended with {after.code}: {after.err}")
        if self._outside.writes() != writes:
            self.told.found.append("one more cycle wrote to the page")
        self.told.found += self._judge.of_end()


def _send(process: Process, number: int) -> None:
    with suppress(ProcessLookupError):
        process.send_signal(number)
