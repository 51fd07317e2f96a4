"""What the public reads of an outage that was over before anything was said of it."""

from __future__ import annotations

from dataclasses import replace

from builders import TEXTS, a_rule, a_trigger
from statusbridge.core.errors import Unavailable
from statusbridge.core.model import Status
from statusbridge.core.plan import Manners
from statusbridge.core.rules import CodeRange, Match
from world import World

TOLD = replace(
    TEXTS,
    title="{{ components }}: {{ status }}",
    investigating="It is a {{ status }}.",
    resolved="It is {{ status }}.",
)
SMS = a_rule(texts=TOLD)
CALLS = a_rule(
    "voice",
    incident="sms",
    components=("Calls",),
    match=Match(codes=(CodeRange(31000, 31000),)),
    triggers=(a_trigger(Status.FULL_OUTAGE),),
    order=1,
)


async def missed(*codes: int) -> World:
    """A world in which an outage of *codes* was over before the page could be read."""
    world = World(SMS, CALLS, manners=Manners(missed="retrospective"))
    await world.cycle(0)
    world.page.unreadable = Unavailable("HTTP 503")
    for code in codes:
        world.storm(4, at=code % 10 + 1, code=code)
    await world.run(10, 300)
    world.page.unreadable = None
    await world.run(310, 320)
    return world


async def test_an_outage_that_was_missed_is_called_as_bad_as_it_was_and_over_at_its_end() -> None:
    world = await missed(30008)

    assert world.page.texts() == [
        (
            "SMS: degraded performance",
            "resolved",
            ["It is a degraded performance.", "It is operational."],
        )
    ]


async def test_of_an_outage_that_was_missed_each_component_was_only_as_bad_as_its_rule_asked() -> (
    None
):
    world = await missed(30008, 31000)

    began, ended = world.the_incident().updates
    assert dict(began.components) == {"c-sms": "degraded_performance", "c-voice": "full_outage"}
    assert ended.components == ()
