"""One short outage told by the real program, while a system call on its disk fails.

The life is that of `kills.life`. A process may pause and go on, pause until it is ended, or end by
itself with a sentence; then the disk is mended and the next one is started.
"""

from __future__ import annotations

import asyncio
import json
import math
import signal
import time
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from kills.judge import Judge
from kills.launch import PLAIN
from kills.life import (
    BEHIND,
    CYCLES,
    PATIENCE,
    SHORT_RULE,
    STAGES,
    STATE,
    TOO_FAR_BEHIND,
    WRITES,
    TooSlowError,
)
from kills.points import Census
from kills.strace import Injection, failing, under_strace
from outside import PAGE, Outside, outside_of
from statusbridge.simulators.exchange import Written
from statusbridge.simulators.scenario import Scenario

ERRORS = {
    "pwrite64": ("ENOSPC", "EIO", "EROFS"),
    "fdatasync": ("EIO",),
    "ftruncate": ("EIO", "ENOSPC"),
    "openat": ("EIO", "ENOSPC", "EROFS"),
}
"""What may befall each call on a file of the state folder."""

_OF_A_FAILURE = ("cycle.failed", "daemon.failed", "operation.repeated")
"""Warnings and errors that a failing disk accounts for."""


@dataclass
class Struck:
    """What came of a life with a failing call."""

    injection: Injection
    found: list[str] = field(default_factory=list)
    starts: int = 0
    paused: int = 0
    went_on: int = 0
    ended: int = 0
    sentences: set[str] = field(default_factory=set)


def strikes(census: Census) -> Iterator[Injection]:
    """Yield every failure of every call, once and for good."""
    for call, errors in ERRORS.items():
        for nth in range(1, census.counts.get(call, 0) + 1):
            for error in errors:
                yield failing(call, nth, error)
                yield failing(call, nth, error, for_good=True)


async def struck(injection: Injection) -> Struck:
    """Let the program tell the outage though *injection* befalls its first process."""
    clock = _Clock(math.floor(time.time()) - BEHIND)
    async with outside_of(Scenario(pages=(PAGE,)), clock) as outside:
        life = _Life(outside, clock, Struck(injection))
        at_rest = await life.run(injection)
        while not at_rest and not life.told.found and life.told.starts < 4:
            at_rest = await life.run(None)
        if not at_rest:
            life.told.found.append("it never came to rest")
        elif not life.told.found:
            life.told.found += life.judge.of_end()
    return life.told


@dataclass
class _Clock:
    at: float

    def __call__(self) -> float:
        return self.at


class _Life:
    """An outage under way, and the process that tells it."""

    def __init__(self, outside: Outside, clock: _Clock, told: Struck) -> None:
        self.told = told
        self.judge = Judge(outside)
        self._outside = outside
        self._clock = clock
        self._stages = iter(STAGES)
        self._at_rest = False
        self._paused = False
        outside.configure(SHORT_RULE, poll_interval='"3s"')
        outside.world.incidentio.journal.on_write = self._wrote
        self._move_on()

    def _wrote(self, entry: Written) -> None:
        self.told.found += self.judge.of_write(entry)
        self._move_on()

    def _move_on(self) -> None:
        passed, alerts, code = next(self._stages, (0, 0, 0))
        self._clock.at += passed
        if alerts:
            self._outside.alerts(alerts, at=0, code=code)

    async def run(self, injection: Injection | None) -> bool:
        """Run the daemon until it rests, pauses for good, or ends; whether it came to rest."""
        self.told.starts += 1
        self._at_rest = self._paused = False
        words: tuple[str, ...] = ()
        if injection is not None:
            log = self._outside.folder / "trace"
            state = self._outside.state.parent
            files = [state / name for name in STATE] if injection.call == "openat" else []
            words = under_strace(log, (injection.call,), files, (injection,))
        self._outside.program = (*words, *PLAIN)
        process = await self._outside.start(("run",), DEVNULL, PIPE)
        async with asyncio.timeout(PATIENCE):
            said = await self._listen(process)
        self._judge_end(process, said)
        self.told.found += self.judge.of_death()
        return self._at_rest and not said

    def _judge_end(self, process: Process, said: list[str]) -> None:
        """Judge that a process ended in order, or with one sentence."""
        if not said:
            return
        self.told.ended += 1
        self.told.sentences.update(said)
        if len(said) > 1 or not said[0].startswith("statusbridge: "):
            self.told.found.append(f"it ended with {process.returncode} and said {said}")

    async def _listen(self, process: Process) -> list[str]:
        """Hear what *process* logs until it ends, and answer; return what it said besides."""
        said = []
        cycles = 0
        assert process.stderr is not None
        async for line in process.stderr:
            if time.time() - self._clock.at > TOO_FAR_BEHIND:
                process.kill()
                raise TooSlowError
            try:
                event = json.loads(line)
            except ValueError:
                said.append(line.decode().rstrip())
                continue
            self._judge_log(event)
            cycles += event["event"] == "cycle.finished"
            if cycles > CYCLES:
                process.kill()
                raise TooSlowError
            await self._answer(process, event)
        await process.wait()
        return said

    def _judge_log(self, event: dict[str, Any]) -> None:
        if event["level"] in ("warning", "error") and event["event"] not in _OF_A_FAILURE:
            self.told.found.append(f"it logged {event}")

    async def _answer(self, process: Process, event: dict[str, Any]) -> None:
        match event["event"]:
            case "cycle.failed":
                self.told.paused += 1
                again = signal.SIGTERM if self.told.injection.for_good else signal.SIGHUP
                process.send_signal(again)
            case "cycle.recovered":
                self.told.went_on += 1
            case "cycle.finished":
                wrote = any(event[n] for n in ("opened", "updated", "resolved", "doubts"))
                self._at_rest = not wrote and len(self._outside.posts()) >= WRITES
                # Longer than a doubt lasts, so that the next cycle does not come in vain.
                await asyncio.sleep(1.05 if event["doubts"] else 0)
                process.send_signal(signal.SIGTERM if self._at_rest else signal.SIGHUP)
