"""Corners in which an outage was once lost, a person written over, or something false said."""

from __future__ import annotations

from world import World


async def test_alerts_of_an_account_that_was_renamed_neither_open_nor_end_an_outage() -> None:
    world = World()
    world.feed.account = "old"
    world.restart()
    world.storm(2, account="old")
    await world.cycle(5)
    world.feed.account = "prod"
    world.feed.alerts.clear()
    world.restart()

    world.storm(30, at=10)
    await world.run(10, 60)

    assert world.the_incident().incident_status == "investigating"
