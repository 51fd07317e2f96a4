"""An older state file put back, or none: nothing is said twice, and the story goes on.

`STATUSBRIDGE_DISK_WHOLE=1` puts back every copy at every later time.
"""

from __future__ import annotations

import os
from dataclasses import replace

import pytest

from builders import a_rule, a_trigger
from disk.restoring import (
    AFTER,
    BLANK,
    END,
    LIVES,
    PLAIN,
    Life,
    Moment,
    pairs,
    posts_of,
    put_back,
    record,
    restored,
    store_of,
    wrong,
)
from fakes import not_sent
from statusbridge.core.errors import Unavailable
from statusbridge.core.live import Incident
from statusbridge.core.model import Status
from statusbridge.core.plan import Manners
from statusbridge.core.rules import Recovery
from world import World

WHOLE = os.environ.get("STATUSBRIDGE_DISK_WHOLE") == "1"
STRIDE = 1 if WHOLE else 199


@pytest.mark.parametrize("name", LIVES)
async def test_no_older_file_makes_anything_said_twice_or_over_a_person(name: str) -> None:
    life = LIVES[name]
    moments, copies = await record(life)

    found = {
        f"copy {number} at {moment.at}: {what}"
        for number, moment in pairs(moments, STRIDE)
        for what in wrong(await restored(life, moment, copies[number]), lost=number < BLANK)
    }

    assert found == set()


@pytest.mark.parametrize("name", ["plain", "with times", "told afterwards", "answers lost"])
async def test_with_any_older_file_the_story_is_told_to_its_end(name: str) -> None:
    life = LIVES[name]
    moments, copies = await record(life)
    told = posts_of(moments[-1].page)

    for number, moment in pairs(moments, STRIDE, offset=STRIDE // 2):
        world = await restored(life, moment, copies[number])
        if number >= BLANK:
            assert posts_of(world.page) == told, f"copy {number} at {moment.at}"


async def test_a_lost_file_makes_no_second_incident_even_where_keys_are_forgotten() -> None:
    life = Life(forgets_keys=True)
    moments, copies = await record(life)

    worlds = [await restored(life, moment, copies[0]) for moment in moments]

    assert [what for world in worlds for what in wrong(world, lost=True)] == []


async def a_copy_from_before_the_quiet(life: Life) -> tuple[Moment, bytes]:
    """Return a moment at which the quiet was told, and a copy of before the outage worsened."""
    moments, copies = await record(life)
    opened = next(m for m in moments if len(posts_of(m.page)) == 1)
    quiet = next(m for m in moments if len(posts_of(m.page)) == 3)
    return quiet, copies[opened.copies - 1]


async def test_nothing_is_said_until_alerts_are_read_up_to_what_the_page_tells() -> None:
    life = LIVES["plain"]
    moment, image = await a_copy_from_before_the_quiet(life)
    told = posts_of(moment.page)
    world = put_back(life, moment, image)

    world.feed.error = Unavailable("Twilio is down")
    await life.live(world, moment.at + 10, moment.at + 30)
    blind, held = posts_of(world.page), world.held()
    world.feed.error = None
    await life.live(world, moment.at + 40, END + AFTER)

    assert (blind, held) == (told, ["behind_the_page"])
    assert posts_of(world.page)[-1][0] == "resolved"
    assert wrong(world) == []


async def test_what_was_told_to_be_over_stays_so_though_late_alerts_say_otherwise() -> None:
    life = LIVES["plain"]
    moments, copies = await record(life)
    over = next(m for m in moments if posts_of(m.page)[-1:] == [("resolved", PLAIN.resolved)])
    opened = next(m for m in moments if posts_of(m.page))
    world = put_back(life, over, copies[opened.copies - 1])
    world.storm(300, at=40)

    await life.live(world, over.at + 10, over.at + 20)
    held = world.held()
    await life.live(world, over.at + 30, END + AFTER)

    assert posts_of(world.page) == posts_of(over.page)
    assert held == ["touched_by_a_person"]
    assert world.store.cases() == []


async def test_a_post_is_not_repeated_that_only_the_last_look_shows() -> None:
    life = LIVES["plain"]
    moment, image = await a_copy_from_before_the_quiet(life)
    world = put_back(life, moment, image)
    (incident,) = world.page.incidents_.values()
    listed, world.page.lacking = world.page.incidents, {u.id for u in incident.updates[1:]}

    async def stale() -> tuple[Incident, ...]:
        shown = await listed()
        world.page.lacking = set()
        return shown

    world.page.incidents = stale  # type: ignore[method-assign]
    await world.cycle(moment.at + 10)

    assert posts_of(world.page) == posts_of(moment.page)


@pytest.mark.parametrize("opened_before", [False, True])
async def test_what_is_shown_counts_and_not_what_an_older_file_still_waited_to_send(
    opened_before: bool,
) -> None:
    rule = a_rule(triggers=(a_trigger(), a_trigger(Status.PARTIAL_OUTAGE, count=8)))
    worse = replace(rule, triggers=(*rule.triggers, a_trigger(Status.FULL_OUTAGE, count=16)))
    world = World(worse)
    if opened_before:
        world.storm(4, at=1)
        await world.cycle(6)
    world.page.answers = [not_sent]
    world.storm(8 if opened_before else 4, at=7)
    await world.cycle(16)
    image = world.store._db.serialize()
    world.storm(16, at=17)
    await world.cycle(40)
    told = posts_of(world.page)

    world.store, _ = store_of(image)
    world.restart()
    await world.run(41, 61)

    assert told[-1][0] == "investigating"
    assert posts_of(world.page) == told


async def test_an_outage_takes_no_incident_that_may_belong_to_one_not_read_yet() -> None:
    brief = a_rule(window=5, recovery=Recovery(after=5, settle=5))
    world = World(brief, manners=Manners(missed="retrospective"))
    world.page.unreadable = Unavailable("503")
    world.storm(4, at=1)
    await world.cycle(6)
    image = world.store._db.serialize()
    world.storm(200, at=31)
    await world.cycle(25)
    world.page.unreadable = None
    await world.run(40, 60)
    told = posts_of(world.page)

    world.store, _ = store_of(image)
    world.restart()
    world.feed.error = Unavailable("Twilio is down")
    await world.cycle(61)
    held = world.held()
    world.feed.error = None
    await world.run(62, 82)

    assert held == ["behind_the_page"]
    assert posts_of(world.page) == told
