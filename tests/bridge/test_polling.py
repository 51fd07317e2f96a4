from __future__ import annotations

from builders import a_rule
from statusbridge.core.rules import Match, Probe
from world import World


async def test_what_matched_in_the_first_poll_after_a_restart_is_counted() -> None:
    world = World()
    world.storm(4, at=4)
    world.storm(2, at=8, code=1)
    await world.cycle(10)
    world.restart()
    world.storm(3, at=15)
    world.storm(1, at=18, code=1)

    await world.cycle(20)

    counters = world.store.counters()
    assert (counters["seen"], counters["matched"]) == (10, 7)
    assert dict(world.bridge.counted) == {"sms": 3}
    assert world.bridge.unmatched.total() == 1


async def test_an_alert_whose_text_is_read_otherwise_counts_by_that_at_once() -> None:
    timeout = Probe("timeout")
    world = World(a_rule(match=Match(texts=((timeout,),))))
    world.storm(4, at=5)
    await world.cycle(10)
    world.feed.alerts = [alert._replace(traits=(timeout.trait,)) for alert in world.feed.alerts]

    report = await world.cycle(20)

    assert (report.alerts, report.opened) == (0, 1)
