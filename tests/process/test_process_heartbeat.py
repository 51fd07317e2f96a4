"""The dead man's switch by real processes, and what else is told while Twilio is gone."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from prometheus_client.parser import text_string_to_metric_families

from http_server import answer, replying
from outside import OPENED, RULE, Outside
from programs import get, until

pytestmark = pytest.mark.process

OPERATOR = """
[operator]
heartbeat_url      = { env = "HEARTBEAT" }
heartbeat_interval = "10s"
"""
QUIET = 9.0
"""Seconds: after eight of quiet the incident would be resolved."""


@asynccontextmanager
async def pinged(outside: Outside) -> AsyncIterator[list[str]]:
    """Let *outside* ping somebody; yield what was heard."""
    pings: list[str] = []

    def respond(line: str, body: bytes) -> bytes:
        pings.append(line)
        return answer()

    async with replying(respond) as server:
        outside.environ["HEARTBEAT"] = f"{server.url}/ping/s3cret-of-mine"
        outside.configure(RULE, more=OPERATOR)
        yield pings


async def watermark_age(url: str) -> float:
    """Return what the metric says of the one account."""
    _, text = await get(f"{url}/metrics")
    (age,) = (
        family.samples[0].value
        for family in text_string_to_metric_families(text)
        if family.name == "statusbridge_watermark_age_seconds"
    )
    return age


async def test_while_twilio_is_unreachable_everybody_is_told_and_nothing_is_resolved(
    outside: Outside,
) -> None:
    async with pinged(outside) as pings, outside.daemon() as daemon:
        url = await daemon.url()
        async with outside.storm():
            await until(outside.posts)
        await until(lambda: pings)
        seen = await watermark_age(url)
        outside.fault("twilio", kind="lost_before")
        await until(lambda: daemon.event("heartbeat.withheld"))
        before, begun, ages = len(pings), time.monotonic(), [await watermark_age(url)]
        await until(lambda: time.monotonic() - begun > QUIET / 2)
        ages.append(await watermark_age(url))
        await until(lambda: time.monotonic() - begun > QUIET)
        await daemon.cycle()
        ages.append(await watermark_age(url))
        ready, why = await get(f"{url}/readyz")
        alive, _ = await get(f"{url}/livez")
        silent, while_blind = len(pings) - before, outside.texts()
        outside.world.twilio.faults.clear()
        await until(lambda: len(pings) > before)
        again, _ = await get(f"{url}/readyz")
        log = daemon.err.read_text()

    assert (ready, alive, again, silent) == (503, 200, 200, 0)
    assert why.startswith("account default: ")
    assert seen < 4
    assert ages[0] + 3 < ages[1] < ages[2] - 3
    assert while_blind == [OPENED]
    assert set(pings) == {"POST /ping/s3cret-of-mine"}
    assert "s3cret-of-mine" not in log


async def test_a_single_cycle_pings_once_where_all_is_well_and_fails_for_no_ping(
    outside: Outside,
) -> None:
    async with pinged(outside) as pings:
        rehearsed = await outside("run", "--once", "--dry-run")
        before = len(pings)
        well = await outside("run", "--once")
        after = len(pings)
        outside.fault("twilio", kind="lost_before")
        blind = await outside("run", "--once")
        outside.world.twilio.faults.clear()
    deaf = await outside("run", "--once")

    assert (before, after, len(pings)) == (0, 1, 1)
    assert (rehearsed.code, well.code, blind.code, deaf.code) == (0, 0, 1, 0)
    assert "heartbeat.withheld" in blind.err
    assert "heartbeat.failed" in deaf.err
