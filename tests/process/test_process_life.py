from __future__ import annotations

import pytest

from outside import OPENED, RESOLVED, WATCHED, WORSENED, Outside, Posted
from programs import until

pytestmark = pytest.mark.process


async def test_storm_is_told_once_though_the_bridge_is_killed_in_every_phase(
    outside: Outside,
) -> None:
    async with outside.storm(per_second=10):
        async with outside.daemon():
            await until(outside.posts)
        async with outside.storm(per_second=60), outside.daemon():
            await until(lambda: len(outside.posts()) >= 2)
        async with outside.daemon() as restarted:
            await restarted.cycle()
    async with outside.daemon():
        await until(lambda: len(outside.posts()) >= 3)
    async with outside.daemon():
        await until(lambda: len(outside.posts()) >= 4)
    after = await outside("run", "--once")

    assert after.code == 0
    assert outside.posts() == [
        Posted(OPENED, {"SMS": "degraded_performance"}, notified=True),
        Posted(WORSENED, {"SMS": "partial_outage"}, notified=False),
        Posted(WATCHED, {"SMS": "operational"}, notified=False),
        Posted(RESOLVED, {"SMS": "operational"}, notified=True),
    ]
    assert outside.writes() == 4


async def test_run_once_does_what_plan_said_and_a_second_one_does_nothing(
    outside: Outside,
) -> None:
    async with outside.storm():
        plan = await outside.json("plan")
        before = outside.writes()
        first = await outside("run", "--once")
        second = await outside("run", "--once")

    (operation,) = plan["operations"]
    (post,) = outside.posts()
    assert (before, first.code, second.code, outside.writes()) == (0, 0, 0, 1)
    assert post.text == (operation["name"], operation["incident_status"], operation["message"])
    assert post.notified == operation["notify_subscribers"]
    assert [s["component_status"] for s in operation["component_statuses"]] == list(
        post.components.values()
    )
    assert plan["summary"] == {"open": 1, "update": 0, "resolve": 0, "held": 0}
