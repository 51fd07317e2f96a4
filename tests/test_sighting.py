"""How the page is looked at before anything is decided."""

from __future__ import annotations

import pytest

from builders import T0
from fakes import MemoryPage
from statusbridge.core.live import Structure
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
