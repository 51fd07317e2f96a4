from __future__ import annotations

import time
from functools import partial

import pytest

from outside import OPENED, RESOLVED, Outside, each_in_its_own
from programs import Daemon, get, until

pytestmark = pytest.mark.process

QUIET = 9.0
"""Seconds: after eight of quiet the incident would be resolved."""


async def open_incident(outside: Outside) -> None:
    async with outside.storm():
        await until(outside.posts)


async def stay_blind(daemon: Daemon) -> None:
    """Wait until recovery would be long over, and for a cycle after that."""
    begun = time.monotonic()
    await until(lambda: time.monotonic() - begun > QUIET)
    await daemon.cycle()


async def test_twilio_that_says_nothing_resolves_nothing_before_or_after_a_restart() -> None:
    await each_in_its_own(
        partial(blind_bridge_resolves_nothing, {"kind": "status", "status": 401}, 77, "401"),
        partial(blind_bridge_resolves_nothing, {"kind": "lost_before"}, 1, "failed"),
    )


async def blind_bridge_resolves_nothing(
    fault: dict[str, object], code: int, reason: str, outside: Outside
) -> None:
    async with outside.daemon() as daemon:
        await open_incident(outside)
        outside.fault("twilio", **fault)
        await stay_blind(daemon)
        document = await outside.json("status")
        status, body = await get(f"{await daemon.url()}/readyz")
        alive = await get(f"{await daemon.url()}/livez")
    async with outside.daemon() as daemon:
        await until(daemon.cycles)
        restarted = await outside("status")
    once = await outside("run", "--once")
    while_blind = outside.texts()
    outside.world.twilio.faults.clear()
    async with outside.daemon():
        await until(lambda: len(outside.posts()) >= 2)

    (incident,) = document["incidents"]
    assert while_blind == [OPENED]
    assert (incident["state"], incident["frozen_by"]) == ("investigating", ["default"])
    assert document["daemon"]["ready"] is False
    assert reason in document["sources"][0]["last_error"]
    assert "FROZEN: default can't be read" in restarted.out
    assert (status, alive) == (503, (200, "ok\n"))
    assert body.startswith("account default: ")
    assert reason in body
    assert once.code == code
    assert "statusbridge: account default: " in once.err
    assert outside.texts() == [OPENED, RESOLVED]


async def test_page_that_refuses_the_key_is_shown_and_gets_what_is_owed_later(
    outside: Outside,
) -> None:
    key = outside.world.incidentio.api_key
    outside.world.incidentio.api_key = "another"
    async with outside.storm():
        once = await outside("run", "--once")
        async with outside.daemon() as daemon:
            await daemon.cycle()
            status, body = await get(f"{await daemon.url()}/readyz")
            before = outside.posts()
            outside.world.incidentio.api_key = key
            await until(outside.posts)
            await daemon.cycle()
            after, _ = await get(f"{await daemon.url()}/readyz")

    assert (once.code, before, outside.texts()) == (77, [], [OPENED])
    assert "statusbridge: page public: " in once.err
    assert (status, after) == (503, 200)
    assert body.startswith("page public: ")
