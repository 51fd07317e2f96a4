"""From a page of alerts to the post it leads to: `python -m benchmarks.latency OUTAGES`.

A bridge against both simulators, SQLite with synchronous=FULL beneath it. For each of OUTAGES rules
alerts are added and a cycle run, which must open that rule's incident; then more, and it must get
worse. Timed from the end of Twilio's answer to the start of the post. Prints as JSON the seconds of
each opening and worsening, and of that the seconds spent waiting for the page's own answers.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import httpx

from benchmarks.bridges import configuration, opened
from statusbridge.adapters.http import Reply, Wire
from statusbridge.bridge.cycle import run_cycle
from statusbridge.bridge.parts import Bridge
from statusbridge.config.values import Config
from statusbridge.core.model import Stage, Status
from statusbridge.core.rules import CodeRange, Match, Rule, Threshold, Trigger

_FIRST_CODE = 30001
_ENOUGH = 1_000


@dataclass
class Stopwatch:
    """When the last page of alerts had come, and how long each post took from then on."""

    page_at: float = 0.0
    page_reads: float = 0.0
    """Seconds spent waiting for reads of the status page since then, at most one at a time."""
    taken: list[tuple[float, float]] = field(default_factory=list)
    """For each post: seconds since the page of alerts, and those of them in page reads."""
    _reading: int = 0
    _since: float = 0.0

    def attach(self, wire: Wire, *, is_twilio: bool) -> None:
        """Time what goes over *wire* from now on."""
        get, post = wire.get, wire.post_once

        async def timed_get(path: str, params: Mapping[str, str] | None = None) -> Reply:
            if is_twilio:
                reply = await get(path, params)
                self.page_at, self.page_reads = time.perf_counter(), 0.0
                return reply
            return await self._reading_page(lambda: get(path, params))

        async def timed_post(path: str, body: bytes) -> Reply:
            self.taken.append((time.perf_counter() - self.page_at, self.page_reads))
            return await post(path, body)

        wire.get, wire.post_once = timed_get, timed_post  # type: ignore[method-assign]

    async def _reading_page(self, read: Callable[[], Awaitable[Reply]]) -> Reply:
        if not self._reading:
            self._since = time.perf_counter()
        self._reading += 1
        try:
            return await read()
        finally:
            self._reading -= 1
            if not self._reading:
                self.page_reads += time.perf_counter() - self._since


def _rules(like: Rule, count: int) -> tuple[Rule, ...]:
    """Return *count* rules, each for a code of its own: 5 alerts degrade, 10 are a partial one."""
    triggers = (
        Trigger(Status.DEGRADED_PERFORMANCE, Threshold(count=5)),
        Trigger(Status.PARTIAL_OUTAGE, Threshold(count=10)),
    )
    return tuple(
        replace(
            like,
            id=f"rule-{n}",
            incident=f"rule-{n}",
            order=n,
            stage=Stage.AUTO,
            match=Match(codes=(CodeRange(_FIRST_CODE + n, _FIRST_CODE + n),)),
            triggers=triggers,
        )
        for n in range(count)
    )


def _unguarded(config: Config, count: int) -> Config:
    guards = replace(
        config.guards,
        max_open_incidents=_ENOUGH,
        max_opens_per_hour=_ENOUGH,
        max_notifications_per_day=_ENOUGH,
    )
    return replace(config, guards=guards, rules=_rules(config.rules[0], count))


async def _measure(path: Path, count: int) -> dict[str, list[tuple[float, float]]]:
    config = _unguarded(configuration(), count)
    watch = Stopwatch()
    async with opened(path, config) as parts, httpx.AsyncClient() as control:
        twilio_wire, page_wire = parts.wires
        watch.attach(twilio_wire, is_twilio=True)
        watch.attach(page_wire, is_twilio=False)
        bridge = parts.bridge
        await run_cycle(bridge)
        posts: dict[str, list[tuple[float, float]]] = {"openings": [], "worsenings": []}
        for n in range(count):
            for found in posts.values():
                await _happen(control, _FIRST_CODE + n)
                found.append(await _post_of(bridge, watch))
        return posts


async def _happen(control: httpx.AsyncClient, code: int) -> None:
    url = os.environ["STATUSBRIDGE_TWILIO__BASE_URL"]
    # A moment ago: the bridge asks up to a whole second, the simulator shows what has happened.
    entry = {"at": "-1s", "times": 5, "code": code, "resource": "SM{n}lost"}
    (await control.post(f"{url}/_control/alerts", json=[entry])).raise_for_status()


async def _post_of(bridge: Bridge, watch: Stopwatch) -> tuple[float, float]:
    watch.taken.clear()
    report = await run_cycle(bridge)
    assert report.published == 1, f"one post was due, not {report}"
    (only,) = watch.taken
    return only


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        print(json.dumps(asyncio.run(_measure(Path(folder) / "state.db", int(sys.argv[1])))))


if __name__ == "__main__":
    main()
