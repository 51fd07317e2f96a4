"""Memory over time: `python -m benchmarks.memory backlog COUNT`, or `month DAYS`.

Prints as JSON what was resident, in MB, with each sample what had been done by then:

backlog  COUNT alerts of the last 24 h are read over HTTP in the daemon's own portions, into an
         empty store: a sample after each cycle.
month    DAYS of polls each 30 s, on a clock that does not wait: ten alerts each, and four outages
         a day, opened, watched and resolved on the simulated page. A sample at each midnight.
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import replace
from pathlib import Path

from benchmarks.bridges import configuration, opened, ready_after_a_day
from benchmarks.report import resident_mb
from benchmarks.traffic import DAY
from statusbridge.bridge.cycle import run_cycle
from statusbridge.core.coverage import Batch, Budget, Coverage
from statusbridge.core.model import Alert, Instant, Stage
from statusbridge.core.operations import Mark

Samples = list[tuple[int, float]]

POLL = 30
QUIET_CODES = (21610, 60200, 11200, 63016)
OUTAGE_EVERY = DAY // 4
OUTAGE_LASTS = 600


async def backlog(path: Path, count: int) -> Samples:
    """Return how many alerts were read after each cycle, and what was resident then."""
    async with ready_after_a_day(path) as bridge:
        read = 0
        samples = [(read, resident_mb())]
        while read < count:
            report = await run_cycle(bridge)
            assert report.alerts, "the backlog is read no further"
            read += report.alerts
            samples.append((read, resident_mb()))
    return samples


class Days:
    """A source, and the clock that goes with it: each poll is 30 s later than the last."""

    account = "default"

    def __init__(self, now: Instant) -> None:
        self.began = self.time = now
        self._number = 0

    def now(self) -> Instant:
        return self.time

    def mark(self) -> Mark:
        return Mark("days", float(self.time))

    async def poll(self, coverage: Coverage, budget: Budget) -> AsyncGenerator[Batch, None]:
        self.time += POLL
        failing = (self.time - self.began) % OUTAGE_EVERY < OUTAGE_LASTS
        quiet = [self._alert(QUIET_CODES[n % len(QUIET_CODES)]) for n in range(10)]
        carrier = [self._alert(30008) for _ in range(20 if failing else 0)]
        yield Batch((*quiet, *carrier), Coverage(self.time, self.time))

    def _alert(self, code: int) -> Alert:
        self._number += 1
        # Scattered, as Twilio's are: in their order they would be far cheaper to store.
        id = f"{self._number * 0x9E3779B97F4A7C15F39CC0605CEDC835 % 2**128:032x}"  # noqa: A001
        return Alert(
            self.account, f"NO{id}", self.time - 5, code, "error", f"SM{id}", None, None, ()
        )


async def month(path: Path, days: int) -> Samples:
    """Return what was resident at the end of each day, by its number."""
    config = configuration()
    rules = tuple(replace(rule, stage=Stage.AUTO) for rule in config.rules)
    async with opened(path, replace(config, rules=rules)) as parts:
        source = Days(int(time.time()))
        parts.bridge.sources, parts.bridge.clock = (source,), source
        samples: Samples = [(0, resident_mb())]
        resolved = 0
        for day in range(1, days + 1):
            for _ in range(DAY // POLL):
                resolved += (await run_cycle(parts.bridge)).resolved
            samples.append((day, resident_mb()))
        # The last one may be under way still.
        assert resolved >= days * DAY // OUTAGE_EVERY - 1, f"{resolved} outages were told"
    return samples


KINDS: dict[str, Callable[[Path, int], Awaitable[Samples]]] = {"backlog": backlog, "month": month}


async def _measure(kind: str, size: int) -> Samples:
    with tempfile.TemporaryDirectory() as folder:
        return await KINDS[kind](Path(folder) / "state.db", size)


if __name__ == "__main__":
    print(json.dumps(asyncio.run(_measure(sys.argv[1], int(sys.argv[2])))))
