from __future__ import annotations

from collections.abc import AsyncGenerator

from builders import T0, a_rule, an_alert
from statusbridge.core.coverage import Batch, Budget, Coverage, Gap, Hole
from statusbridge.core.rules import Match, Probe
from statusbridge.rehearse.clock import TurnedClock
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


class Answers:
    """A source that gives *batches*, one an answer."""

    account = "prod"

    def __init__(self, *batches: Batch) -> None:
        self._batches = batches

    async def poll(self, coverage: Coverage, budget: Budget) -> AsyncGenerator[Batch, None]:
        for batch in self._batches:
            yield batch


async def test_what_is_new_after_a_portion_that_changed_what_was_known_is_counted() -> None:
    world = World()
    world.storm(1, at=5)
    await world.cycle(10)
    (known,) = world.feed.alerts
    changed, read = known._replace(traits=("text~timeout",)), Coverage(T0 + 20, T0 + 20)
    new = (Batch((an_alert(T0 + 15),), read),)
    world.bridge.sources = (Answers(Batch((changed,), read), *[Batch((), read)] * 9, *new),)

    await world.cycle(20)

    assert world.store.counters()["matched"] == 2


async def test_gaps_are_counted_each_once_for_as_long_as_the_process_lives() -> None:
    world, gaps = World(), [Gap(T0 - n, T0 - n + 1, "too many") for n in (30, 20, 10)]
    read = Coverage(T0, T0)

    for some in (gaps[:2], gaps[1:], ()):
        world.bridge.sources = (Answers(Batch((), read, tuple(some))),)
        await world.cycle()

    assert dict(world.bridge.gaps_recorded) == {"prod": 3}


async def test_a_gap_that_is_found_again_for_two_reasons_is_counted_once() -> None:
    world = World()
    gaps = (Gap(T0 - 20, T0 - 19, "too many errors"), Gap(T0 - 20, T0 - 19, "too many warnings"))
    world.bridge.sources = (Answers(Batch((), Coverage(T0, T0), gaps)),)

    for _ in range(3):
        await world.cycle()

    assert dict(world.bridge.gaps_recorded) == {"prod": 1}


class SlowAnswers:
    """A source each of whose answers takes four seconds: one of what is new, then of the past."""

    account = "prod"

    def __init__(self, clock: TurnedClock) -> None:
        self._clock = clock

    async def poll(self, coverage: Coverage, budget: Budget) -> AsyncGenerator[Batch, None]:
        for hi in (T0, T0 - 3600, T0 - 7200):
            self._clock.time += 4
            past = (Hole(T0 - 9000, hi, deep=True),)
            yield Batch((an_alert(hi),), Coverage(T0, T0, past))


async def test_the_past_is_read_again_however_slowly_what_is_new_is_answered() -> None:
    world = World()
    world.bridge.sources = (SlowAnswers(world.clock),)

    report = await world.cycle()

    assert report.alerts == 2
    assert world.store.coverage()["prod"].holes == (Hole(T0 - 9000, T0 - 3600, deep=True),)
