"""What got lost and is known not to be on the page: said again as it was, or as things are now."""

from __future__ import annotations

from dataclasses import replace

from builders import a_rule, a_trigger
from fakes import lost_before
from statusbridge.bridge.acting import carry
from statusbridge.core.acts import ActKind, Order
from statusbridge.core.model import Status
from statusbridge.core.rules import Recovery, Rule
from world import World

LASTING = Recovery(after=1800, settle=600)
BOTH = a_rule(components=("SMS", "Calls"), recovery=LASTING)


async def paused_on_a_lost_opening(rule: Rule, alerts: int = 4) -> World:
    """A world whose opening of 15 got lost, in which everything is paused since."""
    world = World(rule, doubt_wait=5)
    world.page.answers = [lost_before]
    world.storm(alerts, at=1)
    await world.cycle(15)
    carry(world.bridge, Order(ActKind.PAUSE), "ada")
    await world.run(20, 30, every=5)
    return world


async def resumed(world: World, at: int) -> list[dict[str, str]]:
    """Return what each opening said of components by *at*, once the pause was ended."""
    carry(world.bridge, Order(ActKind.RESUME), "ada")
    await world.cycle(at)
    openings = (i.updates[0] for i in world.page.incidents_.values())
    return [dict(opening.components) for opening in openings]


async def test_a_lost_opening_goes_out_no_worse_than_the_outage_is_by_then() -> None:
    triggers = (a_trigger(count=3), a_trigger(Status.FULL_OUTAGE, count=8))
    rule = a_rule(triggers=triggers, window=20, recovery=Recovery(after=20, settle=600))
    world = await paused_on_a_lost_opening(rule, alerts=10)
    await world.run(35, 100, every=5)
    world.storm(4, at=101)
    await world.cycle(105)

    assert await resumed(world, 110) == [{"c-sms": "degraded_performance"}]


async def test_a_lost_opening_speaks_of_the_component_that_its_rule_was_moved_to_since() -> None:
    rule = a_rule(recovery=LASTING)
    world = await paused_on_a_lost_opening(rule)
    world.configure(replace(rule, components=("Calls",)), doubt_wait=5)

    assert await resumed(world, 40) == [{"c-voice": "degraded_performance"}]


async def test_a_lost_opening_names_no_component_that_is_gone_from_the_page_since() -> None:
    world = await paused_on_a_lost_opening(BOTH)
    world.page.components = world.page.components[:1]
    world.bridge.structures.clear()

    assert await resumed(world, 40) == [{"c-sms": "degraded_performance"}]


async def test_a_lost_opening_goes_again_with_the_same_bytes_where_all_is_as_it_was() -> None:
    world = await paused_on_a_lost_opening(BOTH)

    said = {"c-sms": "degraded_performance", "c-voice": "degraded_performance"}
    assert await resumed(world, 40) == [said]
    assert world.page.writes[0] == world.page.writes[1]
