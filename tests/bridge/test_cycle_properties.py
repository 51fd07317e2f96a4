"""What holds whatever happens: random alerts, cycles, restarts, crashes and faults of the page."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest
import structlog
from hypothesis import given, settings
from hypothesis import strategies as st

from builders import T0, a_rule, a_trigger, an_alert
from fakes import Answer, MemoryPage, always, applied, lost_after, lost_before, not_sent
from statusbridge.core.model import Alert, Status
from statusbridge.core.operations import Operation
from statusbridge.core.outcome import Limited, Outcome, Refused, Unknown
from statusbridge.core.outcome import Unauthorized as NotAllowed
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
END = 900
ALERTS = st.lists(st.integers(1, 500), max_size=30).map(
    lambda times: [an_alert(T0 + at, sid=f"NO{n}") for n, at in enumerate(sorted(times))]
)
CYCLES = st.sets(st.integers(1, END - 1), max_size=25).map(sorted)


MOMENTS = (*range(0, 250, 5), *range(250, 1300, 25))
"""Cycles through an outage, and long enough after it for every wait to pass."""


class Crash(BaseException):
    """The process ends here, as by kill -9."""


def crashed_before(page: MemoryPage, operation: Operation) -> Outcome:
    raise Crash


def crashed_after(page: MemoryPage, operation: Operation) -> Outcome:
    page.apply(operation)
    raise Crash


@pytest.fixture(autouse=True, scope="module")
def quiet() -> Iterator[None]:
    """Thousands of cycles: what they log is looked at elsewhere."""
    before = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger("critical"))
    yield
    structlog.configure(**before)


async def survive(world: World, at: int) -> None:
    try:
        await world.cycle(at)
    except Crash:
        world.restart()


def story(world: World) -> list[tuple[str, str, list[str]]]:
    return world.page.texts()


@settings(max_examples=60)
@given(ALERTS, CYCLES, st.randoms(use_true_random=False))
async def test_restarts_at_any_cycles_leave_the_public_the_same_story(
    alerts: list[Alert], cycles: list[int], chance: random.Random
) -> None:
    steady, restarted = World(RULE, TWIN), World(RULE, TWIN)
    for world in (steady, restarted):
        world.feed.alerts = list(alerts)

    for at in [*cycles, END, END + 1]:
        await steady.cycle(at)
        if chance.random() < 0.5:
            restarted.restart()
        await restarted.cycle(at)

    assert story(restarted) == story(steady)
    assert restarted.store.detectors() == steady.store.detectors()


@settings(max_examples=60)
@given(ALERTS, CYCLES, st.randoms(use_true_random=False))
async def test_what_is_decided_depends_neither_on_when_polls_ran_nor_on_the_order_of_pages(
    alerts: list[Alert], cycles: list[int], chance: random.Random
) -> None:
    often, seldom = World(RULE, TWIN), World(RULE, TWIN)
    shuffled = list(alerts)
    chance.shuffle(shuffled)
    often.feed.alerts, seldom.feed.alerts = list(alerts), shuffled
    await often.cycle(0)
    await seldom.cycle(0)

    for at in range(1, END, 7):
        await often.cycle(at)
    for at in cycles:
        await seldom.cycle(at)
    for world in (often, seldom):
        await world.cycle(END)
        await world.cycle(END + 1)

    assert seldom.store.detectors() == often.store.detectors()
    assert set(seldom.page.keys) <= set(often.page.keys)
    assert {i.incident_status for i in seldom.page.incidents_.values()} <= {"resolved"}


FAULTS: list[Answer] = [
    applied, lost_before, lost_after, not_sent, crashed_before, crashed_after,
    always(Unknown("HTTP 503")), always(Limited("slow down", retry_after=7)),
    always(Limited("slow down")), always(NotAllowed(401, "HTTP 401")),
]  # fmt: skip


def check_told_once(world: World) -> None:
    """Each text once, one incident, and in the end resolved or shown as parked."""
    for _, status, messages in story(world):
        assert len(messages) == len(set(messages))
        assert status == "resolved" or world.held() == ["parked"]
    assert len(story(world)) <= 1
    assert world.store.cases() == [] or world.held() == ["parked"]


@settings(max_examples=60)
@given(st.lists(st.sampled_from(FAULTS), max_size=12), st.sampled_from([5, 20]))
async def test_any_mix_of_lost_writes_and_crashes_tells_each_thing_once(
    faults: list[Answer], wait: int
) -> None:
    world = World(RULE, doubt_wait=wait)
    world.storm(4, at=5)
    world.storm(60, at=40)
    world.page.answers = list(faults)

    for at in MOMENTS:
        await survive(world, at)

    check_told_once(world)


@settings(max_examples=60)
@given(st.lists(st.sampled_from([*FAULTS, always(Refused(422, "no"))]), max_size=12))
async def test_with_refusals_too_what_is_not_told_is_held_for_a_person(
    faults: list[Answer],
) -> None:
    world = World(RULE, doubt_wait=5)
    world.storm(4, at=5)
    world.storm(60, at=40)
    world.page.answers = list(faults)

    for at in MOMENTS:
        await survive(world, at)

    check_told_once(world)


@settings(max_examples=40)
@given(
    st.lists(st.sampled_from([applied, lost_before, lost_after, crashed_after]), max_size=6),
    st.lists(st.integers(1, 300), max_size=4),
)
async def test_a_person_at_any_time_among_lost_writes_is_never_written_over(
    faults: list[Answer], moments: list[int]
) -> None:
    world = World(RULE, doubt_wait=5)
    world.storm(4, at=5)
    world.storm(60, at=40)
    world.page.answers = list(faults)
    touched: set[str] = set()

    for at in MOMENTS:
        if any(at <= moment < at + 5 for moment in moments):
            for incident in list(world.page.incidents_.values()):
                if not incident.resolved:
                    world.page.post(incident.id, f"A person at {at}", "identified")
                    touched.add(incident.id)
        await survive(world, at)

    for incident in world.page.incidents_.values():
        if incident.id in touched:
            persons = [n for n, u in enumerate(incident.updates) if "person" in u.message]
            assert not [u for u in incident.updates[persons[0] :] if "person" not in u.message]
    assert set(world.held()) <= {"parked", "touched_by_a_person"}
    assert len(world.held()) == len(world.store.cases())


@pytest.mark.parametrize("answer", [crashed_before, crashed_after])
@pytest.mark.parametrize("boot", ["boot-1", "boot-2"])
@pytest.mark.parametrize("write", [1, 2, 3, 4])
async def test_a_crash_in_any_write_and_a_restart_leave_the_public_the_same_story(
    answer: Answer, boot: str, write: int
) -> None:
    steady, shaken = World(RULE, doubt_wait=5), World(RULE, doubt_wait=5)
    shaken.page.answers = [applied] * (write - 1) + [answer]
    for world in (steady, shaken):
        world.storm(4, at=5)
        world.storm(9, at=36)

    for at in range(0, 600, 5):
        await steady.cycle(at)
        try:
            await shaken.cycle(at)
        except Crash:
            shaken.clock.boot = boot
            shaken.restart()

    assert len(steady.posts) == 4
    assert [(n, s, [_untimed(m) for m in ms]) for n, s, ms in story(shaken)] == [
        (n, s, [_untimed(m) for m in ms]) for n, s, ms in story(steady)
    ]


def _untimed(message: str) -> str:
    return message.split(" since ", maxsplit=1)[0]
