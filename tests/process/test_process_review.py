from __future__ import annotations

import json
from typing import Any

import pytest

from outside import OPENED, RULE, Outside
from programs import until

pytestmark = pytest.mark.process


async def test_running_daemon_takes_a_persons_word_through_its_socket_and_acts_at_once(
    outside: Outside,
) -> None:
    rule = RULE.replace('"3s"', '"10m"').replace('"auto"', '"review"')
    outside.configure(rule, poll_interval='"10m"', overlap='"10m"')
    outside.alerts(5)
    async with outside.daemon() as daemon:
        await until(daemon.cycles)
        (waits,) = (await known(outside))["waiting"]
        paused = await outside.here("pause", "--reason", "not yet")
        approved = await outside("approve", "sms", "--seen", waits["seen"])
        await until(lambda: daemon.event("publishing.paused"))
        before = outside.writes()
        resumed = await outside.here("resume")
        await until(outside.posts)
        document = await known(outside)
        told = [e["act"] for e in daemon.events() if e["event"] == "act.recorded"]

    assert [ended.code for ended in (paused, approved, resumed)] == [0, 0, 0]
    assert (before, outside.texts(), document["waiting"]) == (0, [OPENED], [])
    assert told == [act["act"] for act in reversed(document["acts"])]
    assert told == ["pause", "approve", "resume"]


async def known(outside: Outside) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((await outside.here("review", "--json")).out)
    return found
