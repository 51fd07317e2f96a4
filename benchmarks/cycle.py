"""Cycles with a million alerts inside the windows: `python -m benchmarks.cycle COUNT WINDOW`.

Fills a state file with COUNT alerts spread evenly over the last WINDOW seconds, and gives every
rule that window. Then a source brings ten new alerts each 5 s of its own time. Prints as JSON the
seconds of the start (all measures counted anew from the store), of each cycle after it, and of the
processor in each; what each rule measures in the end; and the memory in MB: once the store is full,
and at its highest.
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
import time
from collections.abc import AsyncGenerator
from dataclasses import replace
from pathlib import Path

from benchmarks.bridges import configuration, opened
from benchmarks.report import peak_mb
from benchmarks.traffic import MIX
from statusbridge.bridge.cycle import run_cycle
from statusbridge.bridge.evaluating import load
from statusbridge.bridge.parts import Bridge
from statusbridge.core.coverage import Batch, Budget, Coverage
from statusbridge.core.model import Alert, Instant

CYCLES = 30
FEW = 10
_PORTION = 10_000
_KINDS = [kind for share, kind in MIX for _ in range(round(share * 100))]


class Trickle:
    """A source with `FEW` new alerts at each poll, the polls 5 s apart."""

    account = "default"

    def __init__(self, now: Instant) -> None:
        self.now = now
        self._number = 0

    async def poll(self, coverage: Coverage, budget: Budget) -> AsyncGenerator[Batch, None]:
        self.now += 5
        yield self.batch([self.now - n // 2 for n in range(FEW)])

    def batch(self, times: list[Instant]) -> Batch:
        """Return an alert for each of *times*, read without a gap up to now."""
        alerts = tuple(self._alert(at) for at in times)
        return Batch(alerts, Coverage(self.now, self.now))

    def _alert(self, at: Instant) -> Alert:
        self._number += 1
        # Scattered, as Twilio's are: in their order they would be far cheaper to store.
        id = f"{self._number * 0x9E3779B97F4A7C15F39CC0605CEDC835 % 2**128:032x}"  # noqa: A001
        kind = _KINDS[self._number % len(_KINDS)]
        host = "hooks.example.com" if kind.request_url else None
        traits = ("httpResponse=502",) if kind.text else ()
        resource = f"{(kind.resource or 'SM')[:2]}{id}"
        return Alert(
            self.account, f"NO{id}", at, kind.code, kind.level, resource, None, host, traits
        )


async def _measure(path: Path, count: int, window: int) -> dict[str, object]:
    config = configuration()
    rules = tuple(replace(rule, window=window) for rule in config.rules)
    async with opened(path, replace(config, rules=rules)) as parts:
        bridge = parts.bridge
        source = Trickle(int(time.time()))
        bridge.sources = (source,)
        for first in range(0, count, _PORTION):
            numbers = range(first, min(first + _PORTION, count))
            times = [source.now - window + 1 + n * window // count for n in numbers]
            bridge.store.record(source.account, source.batch(times))
        empty = peak_mb()
        began = time.perf_counter()
        bridge.detection = load(bridge)
        await run_cycle(bridge)
        start = time.perf_counter() - began
        cycles = [await _timed_cycle(bridge) for _ in range(CYCLES)]
        seconds, cpu = zip(*cycles, strict=True)
        measures = {s.rule.id: s.measures[:2] for s in bridge.standings}
        return {
            "start": start,
            "cycles": seconds,
            "cpu": cpu,
            "mb": (empty, peak_mb()),
            "measures": measures,
        }


async def _timed_cycle(bridge: Bridge) -> tuple[float, float]:
    began, cpu = time.perf_counter(), time.process_time()
    report = await run_cycle(bridge)
    assert report.alerts == FEW, "the cycle read other alerts than it was given"
    return time.perf_counter() - began, time.process_time() - cpu


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "state.db"
        print(json.dumps(asyncio.run(_measure(path, int(sys.argv[1]), int(sys.argv[2])))))


if __name__ == "__main__":
    main()
