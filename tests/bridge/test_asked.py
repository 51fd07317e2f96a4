"""What the public reads of each component, where rules or people change what is asked."""

from __future__ import annotations

from dataclasses import replace

import pytest

from builders import a_rule, a_trigger
from statusbridge.bridge.acting import carry
from statusbridge.core.acts import ActKind, Order
from statusbridge.core.errors import Unavailable
from statusbridge.core.model import ComponentId, Stage, Status
from statusbridge.core.operations import Owner
from statusbridge.core.rules import CodeRange, Match, Recovery
from world import World

LASTING = Recovery(after=1800, settle=600)
UP_TO_FULL = a_rule(
    triggers=(a_trigger(count=3), a_trigger(Status.FULL_OUTAGE, count=8)), recovery=LASTING
)
CAPPED = replace(UP_TO_FULL, max_status=Status.PARTIAL_OUTAGE)


def said(world: World) -> list[dict[str, str]]:
    """Return what each post on the only incident said of components."""
    return [dict(update.components) for update in world.the_incident().updates]


async def test_a_held_opening_says_no_worse_than_its_rule_may_since_a_reload() -> None:
    world = World(UP_TO_FULL)
    world.page.unreadable = Unavailable("HTTP 503")
    world.storm(10, at=1)
    await world.cycle(15)
    world.configure(CAPPED)
    world.page.unreadable = None

    await world.cycle(20)

    assert said(world) == [{"c-sms": "partial_outage"}]


async def test_a_rise_that_was_not_posted_yet_is_no_worse_than_its_rule_may_since_a_reload() -> (
    None
):
    world = World(UP_TO_FULL)
    world.storm(4, at=1)
    await world.cycle(10)
    world.page.unreadable = Unavailable("HTTP 503")
    world.storm(9, at=11)
    await world.cycle(20)
    world.configure(CAPPED)
    world.page.unreadable = None

    await world.cycle(30)

    assert said(world) == [{"c-sms": "degraded_performance"}, {"c-sms": "partial_outage"}]


async def test_what_was_posted_before_its_rule_was_capped_falls_only_by_recovery() -> None:
    world = World(UP_TO_FULL)
    world.storm(10, at=1)
    await world.cycle(15)
    world.configure(CAPPED)

    await world.cycle(20)

    assert said(world) == [{"c-sms": "full_outage"}]


@pytest.mark.parametrize(
    ("called", "joins", "read"),
    [
        (
            Status.FULL_OUTAGE,
            Status.PARTIAL_OUTAGE,
            {"c-sms": "full_outage", "c-voice": "partial_outage"},
        ),
        (
            Status.DEGRADED_PERFORMANCE,
            Status.FULL_OUTAGE,
            {"c-sms": "degraded_performance", "c-voice": "full_outage"},
        ),
    ],
)
async def test_what_a_person_calls_an_outage_says_nothing_of_what_another_rule_joins_with(
    called: Status, joins: Status, read: dict[str, str]
) -> None:
    reviewed = a_rule(
        stage=Stage.REVIEW, triggers=(a_trigger(Status.PARTIAL_OUTAGE),), recovery=LASTING
    )
    calls = a_rule(
        "voice",
        incident="sms",
        components=("Calls",),
        match=Match(codes=(CodeRange(31000, 31000),)),
        triggers=(a_trigger(joins),),
        order=1,
    )
    world = World(reviewed, calls)
    world.storm(4, at=1)
    await world.cycle(10)
    carry(world.bridge, Order(ActKind.APPROVE, "sms", status=called), "ada")
    await world.cycle(20)
    world.storm(4, at=21, code=31000)

    await world.cycle(30)

    assert said(world) == [{"c-sms": called.wire}, read]


async def test_a_rule_that_was_over_and_moved_speaks_of_its_new_component_when_it_fires_again() -> (
    None
):
    calls = a_rule(
        "voice",
        incident="sms",
        components=("Calls",),
        match=Match(codes=(CodeRange(31000, 31000),)),
        order=1,
    )
    world = World(a_rule(recovery=LASTING), calls)
    world.storm(4, at=1)
    world.storm(4, at=5, code=31000)
    await world.run(10, 200)
    mail = replace(world.page.components[1], id=ComponentId("c-mail"), name="Mail")
    world.page.components += (mail,)
    worse = (a_trigger(Status.FULL_OUTAGE),)
    world.configure(world.policy.rules[0], replace(calls, components=("Mail",), triggers=worse))
    await world.cycle(210)
    world.storm(4, at=211, code=31000)

    await world.run(220, 240)

    (case,) = world.store.cases()
    assert said(world)[1:] == [{"c-sms": "degraded_performance", "c-mail": "full_outage"}]
    assert case.ledger.owner is Owner.OURS
