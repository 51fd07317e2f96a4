from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from structlog.testing import capture_logs

from builders import T0
from fakes import TurnedClock
from http_server import answer, replying
from statusbridge.adapters.exchanges import Exchanges
from statusbridge.adapters.receivers import HeartbeatUrl
from statusbridge.bridge.heartbeat import Heartbeat, reasons_against
from statusbridge.core.errors import Unavailable
from world import World


@dataclass
class Ear:
    """Counts pings; `error` makes it fail, `deaf` hang."""

    pings: int = 0
    error: Unavailable | None = None
    deaf: bool = False
    heard: asyncio.Event = field(default_factory=asyncio.Event)

    async def ping(self) -> None:
        self.pings += 1
        self.heard.set()
        if self.deaf:
            await asyncio.Event().wait()
        if self.error is not None:
            raise self.error


async def beat(heart: Heartbeat, *reasons: str) -> None:
    """Let *heart* beat as if its interval had passed, and end."""
    heart.began = float("-inf")
    heart.beat(reasons)
    if heart.task is not None:
        await heart.task


async def test_it_pings_once_an_interval_and_remembers_when() -> None:
    ear = Ear()
    heart = Heartbeat(ear, TurnedClock(T0), 60)

    await beat(heart)
    heart.beat(())
    heart.beat(())

    assert (ear.pings, heart.sent, heart.failed, heart.last) == (1, 1, 0, T0)


async def test_it_is_silent_while_anything_is_wrong_and_says_so_once() -> None:
    ear = Ear()
    heart = Heartbeat(ear, TurnedClock(T0), 60)

    with capture_logs() as logs:
        await beat(heart, "account prod: no entry", "page public: gone")
        await beat(heart, "account prod: no entry")
        silent = ear.pings
        await beat(heart)

    assert (silent, ear.pings) == (0, 1)
    assert logs == [
        {"event": "heartbeat.withheld", "log_level": "warning", "why": "account prod: no entry"},
        {"event": "heartbeat.recovered", "log_level": "info"},
    ]


async def test_a_ping_that_fails_is_counted_and_the_next_one_comes() -> None:
    ear = Ear(error=Unavailable("it answered 500"))
    heart = Heartbeat(ear, TurnedClock(T0), 60)

    with capture_logs() as logs:
        await beat(heart)
        await beat(heart)
        ear.error = None
        await beat(heart)

    assert (heart.sent, heart.failed) == (1, 2)
    assert [entry["event"] for entry in logs] == ["heartbeat.failed", "heartbeat.recovered"]


async def test_one_that_hangs_delays_nobody_and_is_broken_off_in_the_end() -> None:
    ear = Ear(deaf=True)
    heart = Heartbeat(ear, TurnedClock(T0), 60)
    heart.beat(())
    await ear.heard.wait()
    heart.began = float("-inf")

    heart.beat(())
    await heart.finish()

    assert (ear.pings, heart.sent) == (1, 0)


async def test_reads_of_late_and_nothing_parked_are_all_it_takes() -> None:
    world = World()
    before = reasons_against(world.bridge, (), 0, 90)
    await world.cycle(0)
    fresh = reasons_against(world.bridge, (), 0, 90)
    world.clock.time = T0 + 691
    late = reasons_against(world.bridge, ("account prod: gone",), 2, 90)

    unread = "page public: not read of late"
    assert (before, fresh) == ([unread], [])
    assert late == ["account prod: gone", unread, "2 posts were given up"]


async def test_either_method_pings_the_url_and_no_failure_names_it() -> None:
    answers = [answer(), answer("204 No Content", b""), answer("500 Oops"), answer("302 Found")]
    asked = []

    def respond(line: str, body: bytes) -> bytes:
        asked.append(line)
        return answers.pop(0)

    said = []
    async with replying(respond) as server:
        for method in ("POST", "GET", "POST", "GET"):
            switch = HeartbeatUrl(lambda: f"{server.url}/ping/s3cret?a=b", method, Exchanges())
            try:
                await switch.ping()
            except Unavailable as error:
                said.append(error.reason)

    assert asked == [f"{method} /ping/s3cret?a=b" for method in ("POST", "GET", "POST", "GET")]
    assert said == ["it answered 500", "GET … was redirected (302): check the base URL"]
