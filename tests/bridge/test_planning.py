"""A plan shows what a cycle would do; applying a saved one does that or nothing."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from builders import T0, a_rule, a_trigger, an_alert
from statusbridge.bridge.planning import Difference, carry_out, draw, plan_document
from statusbridge.bridge.survey import survey
from statusbridge.core.model import Stage, Status
from statusbridge.core.rules import Recovery
from world import World

RULE = a_rule(
    triggers=(a_trigger(count=3), a_trigger(Status.PARTIAL_OUTAGE, count=8)),
    recovery=Recovery(after=60, settle=60),
)


async def drawn(world: World) -> list[dict[str, Any]]:
    operations: list[dict[str, Any]] = plan_document(await draw(world.bridge))["operations"]
    return operations


async def test_a_plan_writes_nothing_and_shows_what_the_next_cycle_does() -> None:
    world = World(RULE)
    world.storm(4, at=5)
    world.clock.time = T0 + 10

    (planned,) = await drawn(world)
    writes = len(world.page.writes)
    await world.cycle(10)

    assert writes == 0
    assert len(world.page.writes) == 1
    for key in ("incident_status", "component_statuses", "message", "notify_subscribers", "name"):
        assert world.page.writes[0][key] == planned[key]


async def test_a_plan_after_its_cycle_is_empty() -> None:
    world = World(RULE)
    world.storm(4, at=5)
    await world.cycle(10)

    assert await drawn(world) == []


async def test_a_saved_plan_that_still_holds_is_carried_out() -> None:
    world = World(RULE)
    world.storm(4, at=5)
    world.clock.time = T0 + 10
    saved = await drawn(world)

    assert await carry_out(world.bridge, saved) == 1
    assert len(world.posts) == 1


async def test_a_saved_plan_that_no_longer_holds_is_refused_with_the_difference() -> None:
    world = World(RULE)
    world.storm(4, at=5)
    world.clock.time = T0 + 10
    saved = await drawn(world)
    world.storm(9, at=11)
    world.clock.time = T0 + 30

    found = await carry_out(world.bridge, saved)

    assert found == Difference(
        (
            "- open sms on public: investigating c-sms degraded_performance",
            "+ open sms on public: investigating c-sms partial_outage",
        )
    )
    assert world.posts == []


async def test_the_document_names_what_is_due_held_and_counted() -> None:
    world = World(RULE, a_rule("calls", components=("Nowhere",), order=1))
    world.storm(4, at=5)
    world.clock.time = T0 + 10

    document = plan_document(await draw(world.bridge))

    assert (document["version"], document["page"], document["as_of"]) == (
        1,
        "public",
        "2026-09-21T14:13:30Z",
    )
    assert [operation["incident"] for operation in document["operations"]] == ["sms"]
    assert [(held["incident"], held["reason"]) for held in document["held"]] == [
        ("calls", "no_component")
    ]
    assert document["summary"] == {"open": 1, "update": 0, "resolve": 0, "held": 1}


async def test_what_is_no_plan_is_refused_before_anything_is_done() -> None:
    world = World(RULE)

    with pytest.raises(ValueError, match="missing required field"):
        await carry_out(world.bridge, [{"action": "open"}])

    assert world.store.coverage() == {}


async def test_a_plan_shows_rules_on_trial_every_time_and_apart() -> None:
    world = World(a_rule(stage=Stage.SHADOW))
    world.storm(4, at=5)
    await world.cycle(10)

    for _ in range(2):
        (found,) = await draw(world.bridge)
        assert [draft.message for draft in found.plan.shadow] == ["Some text messages are failing."]
        assert found.plan.drafts == ()


@settings(max_examples=80)
@given(
    st.lists(st.tuples(st.integers(0, 400), st.sampled_from([30008, 31005])), max_size=40),
    st.lists(st.integers(1, 700), min_size=1, max_size=8),
    st.booleans(),
)
async def test_planning_again_after_carrying_a_plan_out_yields_nothing(
    alerts: list[tuple[int, int]], cycles: list[int], shared: bool
) -> None:
    voice = a_rule("voice", incident="sms" if shared else "voice", components=("Calls",), order=1)
    world = World(RULE, voice)
    world.feed.alerts = [
        an_alert(T0 + at, sid=f"NO{n}", code=code) for n, (at, code) in enumerate(alerts)
    ]

    for at in sorted(cycles):
        await world.cycle(at)
        # An outage that waited for the one before it to be resolved takes a cycle of its own.
        await world.cycle()

        assert [found.plan.drafts for found in await survey(world.bridge)] == [()]
