"""What a cycle logs: what changed, once; nothing of what stays as it was."""

from __future__ import annotations

from structlog.testing import capture_logs

from builders import a_rule
from statusbridge.core.errors import Unavailable
from world import World

LASTING = a_rule(window=3600)


async def logged(world: World, *times: int) -> list[list[tuple[str, str]]]:
    """Level and event of each line of the cycles at *times*."""
    found = []
    for at in times:
        with capture_logs() as lines:
            await world.cycle(at)
        found.append([(line["log_level"], line["event"]) for line in lines])
    return found


async def test_cycle_in_which_nothing_changes_logs_nothing() -> None:
    assert await logged(World(LASTING), 0, 30, 60) == [[], [], []]


async def test_outage_that_stays_as_it_is_is_logged_when_it_opens_and_no_more() -> None:
    world = World(LASTING)
    world.storm(4, at=5)

    assert await logged(world, 10, 40, 70) == [
        [("info", "rule.fired"), ("info", "incident.opened")],
        [],
        [],
    ]


async def test_what_is_held_is_logged_once() -> None:
    world = World(LASTING)
    world.bridge.emergency = lambda: "call Grace first"
    world.storm(4, at=5)

    assert await logged(world, 10, 40, 70) == [
        [("warning", "publishing.paused"), ("info", "rule.fired"), ("info", "operation.held")],
        [],
        [],
    ]


async def test_account_that_can_not_be_read_is_logged_when_that_begins_and_when_it_ends() -> None:
    world = World(LASTING)
    world.feed.error = Unavailable("it does not answer")
    away = await logged(world, 10, 40)
    world.feed.error = None

    back = await logged(world, 70, 100)

    assert away == [[("warning", "source.unavailable")], []]
    assert back == [[("info", "source.recovered")], []]
