"""How the page is looked at before anything is decided."""

from __future__ import annotations

import pytest

from builders import T0, TEXTS, a_rule
from fakes import MemoryPage
from statusbridge.core.live import Structure
from statusbridge.core.model import Stage
from statusbridge.core.rules import CodeRange, Match
from statusbridge.sighting import STRUCTURE_LASTS, structure_of
from world import World


@pytest.mark.parametrize(
    ("later", "reads"),
    [(0, 1), (STRUCTURE_LASTS - 1, 1), (STRUCTURE_LASTS, 2), (-1, 2)],
)
async def test_the_structure_is_read_anew_once_it_is_old_or_the_clock_was_set_back(
    later: int, reads: int
) -> None:
    world, count = World(), []
    real = world.page.structure

    async def counted() -> Structure:
        count.append(1)
        return await real()

    world.page.structure = counted  # type: ignore[method-assign]
    first = await structure_of(world.bridge, "public", world.page)
    world.clock.time = T0 + later

    second = await structure_of(world.bridge, "public", world.page)

    assert (len(count), first, second) == (reads, await real(), await real())
    assert await structure_of(world.bridge, "other", MemoryPage(name="Other")) != first


async def test_an_incident_that_reads_like_a_rule_in_review_is_not_taken_up() -> None:
    voice = a_rule("voice", components=("Calls",), match=Match(codes=(CodeRange(31000, 31000),)))
    world = World(a_rule(stage=Stage.REVIEW), voice)
    world.storm(4, at=1)
    world.storm(4, at=6, code=31000)
    component = {"component_id": "c-sms", "component_status": "degraded_performance"}
    first = {
        "message": TEXTS.investigating,
        "incident_status": "investigating",
        "component_statuses": [component],
        "published_at": "2026-09-21T14:13:30Z",
    }
    await world.cycle(10)
    world.page.open(TEXTS.title, first)
    world.clock.time = T0 + 20
    world.restart()

    await world.cycle(30)

    known = {c.episode.opened_by: c.ledger.incident_id for c in world.store.cases()}
    assert known == {"sms": None, "voice": "i1"}
