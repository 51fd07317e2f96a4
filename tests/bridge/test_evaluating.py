from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass

import pytest

from builders import T0, a_rule
from fakes import Feed, lost_after
from statusbridge.bridge.acting import carry
from statusbridge.bridge.evaluating import known_detectors
from statusbridge.core.acts import ActKind, Order
from statusbridge.core.coverage import Batch, Budget, Coverage
from statusbridge.core.episodes import Group
from statusbridge.core.model import Instant, Stage
from world import World


async def test_measures_are_filled_from_the_store_once_and_kept() -> None:
    world = World()
    world.storm(4, at=5)
    await world.cycle(10)
    filled = world.bridge.detection

    await world.cycle(20)

    assert filled is not None
    assert world.bridge.detection is filled


async def test_an_outage_whose_opening_is_in_doubt_is_not_carried_to_another_component() -> None:
    world = World()
    world.page.answers = [lost_after]
    world.storm(4, at=5)
    await world.cycle(10)
    world.configure(a_rule(components=("Calls",)))

    await world.run(20, 300)

    (incident,) = world.page.incidents_.values()
    assert [update.components for update in incident.updates] == [
        (("c-sms", "degraded_performance"),)
    ]
    assert world.held() == ["orphaned"]


@dataclass
class Lagging(Feed):
    """An account that was read whole up to *covered* only, until that is None."""

    covered: Instant | None = None

    async def poll(self, coverage: Coverage, budget: Budget) -> AsyncGenerator[Batch, None]:
        now = self.clock.now()
        seen = tuple(alert for alert in self.alerts if alert.at <= now)
        yield Batch(seen, Coverage(self.covered or now, now))


async def test_a_restart_knows_the_past_from_where_the_rules_stand_and_not_from_now() -> None:
    steady, restarted = World(), World()
    for world in (steady, restarted):
        feed = Lagging(world.clock, world.feed.alerts)
        world.feeds = [feed]
        world.restart()
        world.storm(4, at=5)
        await world.cycle(10)
        feed.covered = T0 + 10
        world.storm(300, at=11)
        await world.cycle(3000)
        feed.covered = None
    restarted.restart()

    for world in (steady, restarted):
        await world.run(3010, 3090)

    assert steady.posts[-1] == "Delivery is back to normal after 5 minutes."
    assert restarted.page.texts() == steady.page.texts()


@pytest.mark.parametrize(
    ("before", "known"),
    [
        (Group("public", "sms", Stage.AUTO), True),
        (Group("public", "sms", Stage.REVIEW), True),
        (Group("public", "sms", Stage.SHADOW), False),
        (Group("public", "other", Stage.REVIEW), False),
    ],
)
async def test_a_rule_that_was_let_in_goes_on_unless_it_was_on_trial_or_elsewhere_meanwhile(
    before: Group, known: bool
) -> None:
    world = World(a_rule(stage=Stage.REVIEW))
    world.storm(4, at=5)
    await world.cycle(10)
    carry(world.bridge, Order(ActKind.APPROVE, "sms"), "ada")
    await world.cycle(20)
    _, detector = world.store.detectors()["sms"]
    world.store.commit_evaluation({"sms": (before, detector)}, (), (), 0)

    world.configure(a_rule())

    assert known_detectors(world.bridge) == ({"sms": detector} if known else {})


async def test_a_rule_that_nobody_let_in_begins_anew_where_it_left_review() -> None:
    world = World(a_rule(), a_rule("twin", incident="sms", stage=Stage.REVIEW))
    world.storm(4, at=5)
    await world.cycle(10)
    carry(world.bridge, Order(ActKind.APPROVE, "sms"), "ada")
    await world.cycle(20)
    detectors = world.store.detectors()
    review = Group("public", "sms", Stage.REVIEW)
    world.store.commit_evaluation({"sms": (review, detectors["sms"][1])}, (), (), 0)

    assert known_detectors(world.bridge) == {"twin": detectors["twin"][1]}
