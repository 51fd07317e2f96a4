"""What becomes of incidents on a page that was taken out of the configuration."""

from __future__ import annotations

from dataclasses import replace

from builders import a_rule
from fakes import MemoryPage
from statusbridge.bridge.acting import carry
from statusbridge.bridge.parts import Bridge, Policy
from statusbridge.core.acts import ActKind, Order
from statusbridge.core.model import PageId
from statusbridge.core.operations import Owner
from world import World, fill

RULE = a_rule()


async def without_its_page() -> World:
    """A world with an incident open on the page `public`, of which only `main` is left."""
    world = World(RULE)
    world.storm(4, at=5)
    await world.cycle(10)
    page, pages = MemoryPage(clock=world.clock), {"main": PageId("01MAIN")}
    policy = Policy((replace(RULE, id="other", page="main", incident="other"),), pages, fill)
    world.bridge = Bridge(policy, tuple(world.feeds), {"main": page}, world.store, world.clock)
    await world.cycle(20)
    return world


async def test_an_incident_on_a_page_that_was_removed_is_shown_as_an_orphan() -> None:
    world = await without_its_page()

    (case,) = (c for c in world.store.cases() if c.episode.group.page == "public")
    held = [(page, str(one.reason), one.detail) for page, one, _ in world.store.held()]
    assert (case.ledger.owner, case.ledger.why) == (Owner.ORPHANED, "rule sms was removed")
    assert ("public", "orphaned", "rule sms was removed") in held


async def test_an_incident_on_a_page_that_was_removed_is_let_go_of_once_it_is_released() -> None:
    world = await without_its_page()

    carry(world.bridge, Order(ActKind.RELEASE, "public/sms"), "ada")
    await world.cycle(30)

    assert [c for c in world.store.cases() if c.episode.group.page == "public"] == []
    assert [page for page, _, _ in world.store.held() if page == "public"] == []
    assert len(world.page.writes) == 1
