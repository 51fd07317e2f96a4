from __future__ import annotations

import pytest

from http_server import answer, replying
from outside import OPENED, RULE, Outside
from programs import get, until

pytestmark = pytest.mark.process

OPERATOR = """
[operator]
heartbeat_url      = { env = "HEARTBEAT" }
heartbeat_interval = "10s"
"""


async def test_the_heartbeat_stops_while_twilio_is_unreachable_and_comes_back(
    outside: Outside,
) -> None:
    pings: list[str] = []

    def respond(line: str, body: bytes) -> bytes:
        pings.append(line)
        return answer()

    async with replying(respond) as server:
        outside.environ["HEARTBEAT"] = f"{server.url}/ping/s3cret-of-mine"
        outside.configure(RULE, more=OPERATOR)
        async with outside.storm(), outside.daemon("--dry-run") as rehearsal:
            await until(rehearsal.cycles)
        rehearsed = len(pings)
        async with outside.daemon() as daemon:
            async with outside.storm():
                await until(outside.posts)
            await until(lambda: pings)
            outside.fault("twilio", kind="status", status=503)
            await until(lambda: daemon.event("heartbeat.withheld"))
            before = len(pings)
            for _ in range(3):
                await daemon.cycle()
            ready, _ = await get(f"{await daemon.url()}/readyz")
            silent = len(pings) - before
            outside.world.twilio.faults.clear()
            await until(lambda: len(pings) > before)
        log = daemon.err.read_text()

    assert (rehearsed, ready, silent) == (0, 503, 0)
    assert set(pings) == {"POST /ping/s3cret-of-mine"}
    assert outside.texts()[0] == OPENED
    assert "s3cret-of-mine" not in log
