"""Old alerts go, and nothing that is decided shows it."""

from __future__ import annotations

import os
import random
import signal
from collections.abc import AsyncGenerator, Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
import structlog
from hypothesis import given, settings
from hypothesis import strategies as st

from builders import T0, a_rule, a_trigger, an_alert
from fakes import Feed
from statusbridge.adapters.sqlite import SqliteStore
from statusbridge.adapters.sqlite_lookups import file_size
from statusbridge.bridge.pruning import PORTION, PORTIONS, prune
from statusbridge.core.coverage import DAY, Batch, Budget, Coverage
from statusbridge.core.keeping import needed_after
from statusbridge.core.model import Alert, Status
from statusbridge.core.rules import Recovery, Threshold
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
OLD = T0 - 36 * DAY


@dataclass
class Once(Feed):
    """Lists each alert once: in real life what may go can't be read again."""

    given: set[str] = field(default_factory=set)

    async def poll(self, coverage: Coverage, budget: Budget) -> AsyncGenerator[Batch, None]:
        async for batch in super().poll(coverage, budget):
            fresh = tuple(alert for alert in batch.alerts if alert.sid not in self.given)
            self.given |= {alert.sid for alert in fresh}
            yield replace(batch, alerts=fresh)


@pytest.fixture(autouse=True, scope="module")
def quiet() -> Iterator[None]:
    before = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger("critical"))
    yield
    structlog.configure(**before)


def a_world(alerts: list[Alert]) -> World:
    world = World(RULE, TWIN)
    world.feeds = [Once(world.clock, list(alerts))]
    world.restart()
    return world


def drop_all_but_needed(world: World) -> None:
    """Drop what nothing under way needs, however new it is, as a much older world would."""
    store = world.store
    read = store.coverage()["prod"].covered_until
    assert read is not None
    episodes = [case.episode for case in store.cases()]
    until = needed_after(world.policy.rules, store.detectors(), episodes, read)
    while store.drop_alerts(until, 2):
        pass


def resolve_by_hand(world: World) -> None:
    """Let a person resolve what is open, and hand it back to the bridge."""
    for incident in list(world.page.incidents_.values()):
        if not incident.resolved:
            world.page.post(incident.id, "All is well.", "resolved", {})


MOMENTS = st.sets(st.integers(1, 600), min_size=5, max_size=25).map(sorted)
ALERTS = st.lists(st.integers(1, 300), min_size=5, max_size=40).map(
    lambda times: [an_alert(T0 + at, sid=f"NO{n}") for n, at in enumerate(sorted(times))]
)


@settings(max_examples=25)
@given(ALERTS, MOMENTS, st.randoms(use_true_random=False))
async def test_dropping_whatever_nothing_needs_changes_no_decision(
    alerts: list[Alert], moments: list[int], chance: random.Random
) -> None:
    whole, pruned = a_world(alerts), a_world(alerts)

    for at in [*moments, 900, 901]:
        by_hand = chance.random() < 0.1
        for world in (whole, pruned):
            await world.cycle(at)
            if by_hand:
                resolve_by_hand(world)
        drop_all_but_needed(pruned)
        pruned.restart()

    assert pruned.page.texts() == whole.page.texts()
    assert pruned.store.detectors() == whole.store.detectors()
    assert pruned.store.cases() == whole.store.cases()


def stored(world: World) -> list[int]:
    return [alert.at for alert in world.store.alerts_after(0)]


async def test_old_alerts_go_once_all_accounts_were_read_and_what_was_said_stays() -> None:
    world = a_world([an_alert(OLD + n) for n in range(4)])
    await world.cycle(-36 * DAY + 10)
    await world.cycle(-35 * DAY)
    said, episodes = world.posts, world.store.done(world.store.cases()[0].episode.id)

    before = await prune(world.bridge), stored(world)
    await world.cycle(0)
    done = await prune(world.bridge)

    assert before == (True, [OLD, OLD + 1, OLD + 2, OLD + 3])
    assert (done, stored(world)) == (True, [])
    assert world.posts[: len(said)] == said
    assert episodes


async def test_one_cycle_drops_a_bounded_number_and_says_that_there_is_more() -> None:
    world = World()
    most = PORTION * PORTIONS
    alerts = tuple(an_alert(OLD, sid=f"NO{n}") for n in range(most + 1))
    world.store.record("prod", Batch(alerts, Coverage(T0, T0)))

    first = await prune(world.bridge), len(stored(world))
    second = await prune(world.bridge), len(stored(world))

    assert (first, second) == ((False, 1), (True, 0))


async def test_nothing_goes_by_this_machines_clock() -> None:
    world = a_world([an_alert(T0)])
    await world.cycle(1)
    world.clock.time = T0 + 1000 * DAY

    await prune(world.bridge)

    assert stored(world) == [T0]


def a_month_stored(path: Path) -> SqliteStore:
    store = SqliteStore.open(path)
    alerts = tuple(an_alert(OLD + n, sid=f"NO{n}") for n in range(3 * PORTION))
    store.record("prod", Batch(alerts, Coverage(T0, T0)))
    return store


def test_room_of_what_went_is_used_again(tmp_path: Path) -> None:
    with closing(a_month_stored(tmp_path / "state.db")) as store:
        before, _ = file_size(store)
        dropped = store.drop_alerts(T0, 3 * PORTION)
        whole, free = file_size(store)
        alerts = tuple(an_alert(T0 + n, sid=f"NP{n}") for n in range(3 * PORTION))
        store.record("prod", Batch(alerts, Coverage(T0, T0)))
        after, left = file_size(store)

    assert (dropped, whole, after) == (3 * PORTION, before, before)
    assert free > before // 2 > left


def drop_until_killed(path: Path, steps: int) -> int:
    """Drop alerts in a process that is killed within its transaction; return how it ended."""
    child = os.fork()
    if child == 0:
        store = SqliteStore.open(path)
        store._db.set_progress_handler(lambda: os.kill(os.getpid(), signal.SIGKILL), steps)
        store.drop_alerts(T0, PORTION)
        os._exit(0)
    return os.waitpid(child, 0)[1]


@pytest.mark.parametrize("steps", [500, 2_000, 5_000])
def test_a_drop_that_is_killed_leaves_all_that_there_was(tmp_path: Path, steps: int) -> None:
    path = tmp_path / "state.db"
    a_month_stored(path).close()

    ended = drop_until_killed(path, steps)

    with closing(SqliteStore.open(path)) as store:
        left = len(list(store.alerts_after(0)))
        dropped = store.drop_alerts(T0, PORTION)
    assert (ended, left, dropped) == (signal.SIGKILL, 3 * PORTION, PORTION)
