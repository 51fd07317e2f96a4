"""A long past: measured only as far as it matters now, then stepped through in portions."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass, field, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from builders import T0, a_rule, a_trigger, an_alert
from statusbridge.bridge import evaluating
from statusbridge.bridge.evaluating import load
from statusbridge.bridge.polling import poll
from statusbridge.core.coverage import HOUR, Batch, Budget, Coverage, Hole
from statusbridge.core.episodes import Episode
from statusbridge.core.errors import Unauthorized
from statusbridge.core.model import Alert, Status, iso
from statusbridge.core.plan import Manners
from statusbridge.core.rules import CodeRange, Match, Recovery, Threshold
from world import World

RULE = a_rule(triggers=(a_trigger(count=3), a_trigger(Status.PARTIAL_OUTAGE, count=6, hold=20)))
TWIN = a_rule(
    "twin",
    incident="sms",
    components=("Calls",),
    order=1,
    window=90,
    triggers=(a_trigger(count=5),),
    recovery=Recovery(after=30, settle=30, below=Threshold(count=1)),
)
NIGHT = 20 * HOUR


@dataclass
class Backwards:
    """A source that tells of all it has in portions of *most*, one a poll, the newest first."""

    world: World
    alerts: list[Alert]
    most: int
    account: str = "prod"
    told: int = field(default=0, init=False)

    async def poll(self, coverage: Coverage, budget: Budget) -> AsyncGenerator[Batch, None]:
        now = self.world.clock.now()
        newest = sorted((a for a in self.alerts if a.at <= now), key=lambda a: -a.at)
        portion = tuple(newest[self.told : self.told + self.most])
        self.told += len(portion)
        if self.told < len(newest):
            rest = Hole(coverage.covered_until or 0, newest[self.told].at)
            yield Batch(portion, replace(coverage, heard_until=now, holes=(rest,)))
        else:
            yield Batch(portion, Coverage(now, now))


def storm(at: int, count: int, apart: int = 1) -> list[Alert]:
    return [an_alert(T0 + at + n * apart, sid=f"NO{at}-{n}") for n in range(count)]


async def woken_after(world: World, alerts: list[Alert], most: int) -> Backwards:
    """Let *world* run a cycle, sleep for a night, and wake with *alerts* to read."""
    await world.cycle(0)
    source = Backwards(world, alerts, most)
    world.bridge.sources = (source,)
    world.clock.time = T0 + NIGHT
    return source


def kept(world: World) -> int:
    """Return how many changes of measures are in memory."""
    detection = world.bridge.detection or load(world.bridge)
    return sum(len(series._times) + len(series._unsorted) for series in detection._series)


def outages(world: World) -> list[Episode]:
    return [case.episode for case in world.store.cases()]


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.integers(1, 3 * HOUR), max_size=60),
    st.lists(st.integers(1, 3 * HOUR), max_size=6),
    st.integers(1, 9),
)
async def test_a_past_that_is_read_from_the_store_in_portions_means_what_it_means_at_once(
    scattered: list[int], storms: list[int], portion: int
) -> None:
    times = sorted([*scattered, *(at + n for at in storms for n in range(0, 40, 5))])
    alerts = [an_alert(T0 + at, sid=f"NO{n}") for n, at in enumerate(times)]
    at_once, stopped = World(RULE, TWIN), World(RULE, TWIN)
    for world in (at_once, stopped):
        await world.cycle(0)
        world.feed.alerts = alerts
        world.clock.time = T0 + 4 * HOUR

    await at_once.cycle()
    await poll(stopped.bridge)
    stopped.restart()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(evaluating, "_PORTION", portion)
        await stopped.cycle()

    assert stopped.store.detectors() == at_once.store.detectors()
    assert outages(stopped) == outages(at_once)
    assert [s.measures for s in stopped.bridge.standings] == [
        s.measures for s in at_once.bridge.standings
    ]
    assert stopped.page.texts() == at_once.page.texts()


async def test_of_a_long_past_that_is_being_read_only_the_present_is_kept_in_memory() -> None:
    world = World(RULE)
    past, present = storm(60, 1100, apart=60), storm(NIGHT - 150, 3, apart=65)
    source = await woken_after(world, [*past, *present], most=100)

    seen = set()
    while source.told < 1100:
        await world.cycle()
        seen.add(kept(world))

    begin_and_end = 2
    assert seen == {len(present) * begin_and_end}


async def test_what_goes_on_is_told_while_the_past_is_still_being_read() -> None:
    world = World(RULE)
    past = storm(60, 500, apart=60)
    source = await woken_after(world, [*past, *storm(NIGHT - 30, 30)], most=100)

    await world.cycle()

    assert source.told == 100
    assert world.posts == ["Some text messages are failing."]


@pytest.mark.parametrize("most", [7, 25, 1000])
async def test_outages_of_a_night_are_told_afterwards_however_their_past_was_read(
    most: int,
) -> None:
    outages = (storm(HOUR, 5), storm(2 * HOUR, 30), storm(9 * HOUR, 4), storm(15 * HOUR, 12))
    world = World(RULE, manners=Manners(missed="retrospective"))
    source = await woken_after(world, [alert for one in outages for alert in one], most)

    while source.told < 51:
        await world.cycle()
    for later in range(0, 600, 30):
        await world.cycle(NIGHT + later)

    incidents = world.page.incidents_.values()
    begins = sorted(i.updates[0].published_at - T0 for i in incidents)
    assert begins == [HOUR, 2 * HOUR, 9 * HOUR, 15 * HOUR]


@pytest.mark.parametrize("portion", [1, 3, 4, 5, 100])
async def test_outages_of_a_night_are_found_each_once_however_small_the_portions_are(
    monkeypatch: pytest.MonkeyPatch, portion: int
) -> None:
    monkeypatch.setattr(evaluating, "_PORTION", portion)
    world = World(RULE)
    await world.cycle(0)
    world.feed.alerts = [
        *storm(HOUR, 3), *storm(2 * HOUR, 3, apart=0), *storm(3 * HOUR, 2), *storm(4 * HOUR, 3)
    ]  # fmt: skip
    world.clock.time = T0 + NIGHT
    await poll(world.bridge)
    world.restart()

    with capture_logs() as logs:
        report = await world.cycle()

    fired = [entry["at"] for entry in logs if entry["event"] == "rule.fired"]
    assert fired == [iso(T0 + at) for at in (HOUR + 2, 2 * HOUR, 4 * HOUR + 2)]
    assert report.transitions == 3 * len(["fired", "quieted", "ended"])


async def test_a_portion_of_the_past_has_all_alerts_of_a_second_or_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = World(RULE)
    world.feed.alerts = [*storm(1, 2), *storm(3, 3, apart=0), *storm(4, 3)]
    await world.cycle(10)

    def portion(most: int) -> list[int]:
        monkeypatch.setattr(evaluating, "_PORTION", most)
        return [alert.at - T0 for alert in evaluating._portion(world.bridge, T0, T0 + 9)]

    assert [portion(most) for most in (2, 3, 5, 6)] == [
        [1, 2], [1, 2, 3, 3, 3], [1, 2, 3, 3, 3], [1, 2, 3, 3, 3, 4]
    ]  # fmt: skip


async def test_alerts_that_were_left_to_the_store_count_as_matched_once() -> None:
    world = World(RULE)
    source = await woken_after(world, storm(60, 1100, apart=60), most=100)

    while source.told < 1100:
        await world.cycle()

    assert world.bridge.counted == {"sms": 1100}
    assert world.store.counters()["matched"] == 1100


async def test_how_bad_it_was_in_the_night_is_not_said_of_what_goes_on_now() -> None:
    world = World(RULE)
    past, present = storm(5 * HOUR, 40), storm(NIGHT - 3, 3)
    source = await woken_after(world, [*past, *present], most=3)

    while source.told < 43:
        await world.cycle()
    await world.cycle(NIGHT + 10)

    assert world.posts == ["Some text messages are failing."]


CALLS = a_rule(
    "calls",
    incident="sms",
    components=("Calls",),
    order=1,
    match=Match(codes=(CodeRange(40000, 40000),)),
    triggers=(a_trigger(Status.FULL_OUTAGE),),
)


def calls(at: int, count: int, apart: int = 1) -> list[Alert]:
    return [an_alert(T0 + at + n * apart, sid=f"NO{at}-{n}", code=40000) for n in range(count)]


async def test_what_another_rule_saw_in_the_night_is_not_said_of_what_goes_on_now() -> None:
    world = World(RULE, CALLS)
    past, present = calls(5 * HOUR, 40), storm(NIGHT - 3, 3)
    source = await woken_after(world, [*past, *present], most=3)

    while source.told < 43:
        await world.cycle()
    await world.cycle(NIGHT + 10)

    assert world.posts == ["Some text messages are failing."]


async def test_what_another_rule_has_seen_since_the_night_is_said_of_what_goes_on_now() -> None:
    slow = replace(CALLS, recovery=Recovery(after=18 * HOUR, settle=60))
    world = World(RULE, slow)
    past, present = calls(5 * HOUR, 40), storm(NIGHT - 3, 3)
    source = await woken_after(world, [*past, *present], most=3)

    while source.told < 43:
        await world.cycle()
    await world.cycle(NIGHT + 10)

    assert world.posts == ["Some text messages are failing.", "More text messages are failing."]


@dataclass
class RefusedHalfWay:
    """A source that shows that there is a past to be read, and is refused from then on."""

    world: World
    account: str = "beta"
    asked: bool = field(default=False, init=False)

    async def poll(self, coverage: Coverage, budget: Budget) -> AsyncGenerator[Batch, None]:
        if not self.asked:
            self.asked = True
            now = self.world.clock.now()
            rest = Hole(coverage.covered_until or 0, now - 1)
            yield Batch((), replace(coverage, heard_until=now, holes=(rest,)))
        raise Unauthorized(401, "the key was refused")


async def test_an_account_that_is_refused_half_way_keeps_no_outage_of_another_from_its_end() -> (
    None
):
    world = World(RULE)
    world.account("beta")
    world.storm(3)
    await world.cycle(10)
    source = Backwards(world, [*storm(0, 3), *storm(HOUR, 30, apart=300)], most=10)
    world.bridge.sources = (source, RefusedHalfWay(world))

    await world.run(NIGHT, NIGHT + 100)

    assert world.the_incident().resolved
