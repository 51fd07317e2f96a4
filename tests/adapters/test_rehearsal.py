from __future__ import annotations

from builders import a_rule, a_trigger
from fakes import MemoryPage, TurnedClock
from statusbridge.adapters.rehearsal import RehearsalPage
from statusbridge.core.live import Structure
from statusbridge.core.model import Status
from statusbridge.core.operations import Draft
from statusbridge.core.plan import Manners
from statusbridge.core.rules import Rule
from world import World

RULE = a_rule(triggers=(a_trigger(count=3), a_trigger(Status.PARTIAL_OUTAGE, count=8)))


class Rehearsal:
    """A world whose page only remembers; `told` are the drafts it was shown."""

    def __init__(self, *rules: Rule, **policy: object) -> None:
        self.world = World(*rules, **policy)
        self.told: list[tuple[str, str]] = []
        self.page = self.over(self.world.page, self.world.clock)
        self.world.bridge.pages = {"public": self.page}

    def over(self, real: MemoryPage, clock: TurnedClock) -> RehearsalPage:
        return RehearsalPage(real, clock, self.note)

    def note(self, draft: Draft, structure: Structure | None) -> None:
        self.told.append((str(draft.action), draft.message))


async def test_a_rehearsal_goes_the_whole_way_and_writes_nothing() -> None:
    rehearsal, real = Rehearsal(RULE), World(RULE)
    for world in (rehearsal.world, real):
        world.storm(4, at=5)
        world.storm(6, at=30)

        await world.run(0, 400)

    assert [message for _, message in rehearsal.told] == real.posts
    assert rehearsal.world.page.writes == []
    assert rehearsal.world.page.incidents_ == {}
    assert rehearsal.world.store.cases() == []


async def test_a_second_cycle_with_nothing_new_tells_nothing() -> None:
    rehearsal = Rehearsal(RULE)
    rehearsal.world.storm(4, at=5)
    await rehearsal.world.cycle(10)
    told = list(rehearsal.told)

    await rehearsal.world.cycle(11)

    assert rehearsal.told == told
    assert len(told) == 1


async def test_posts_to_a_real_incident_are_laid_over_it_and_it_stays_as_it_is() -> None:
    rehearsal = Rehearsal(RULE)
    world = rehearsal.world
    world.bridge.pages = {"public": world.page}
    world.storm(4, at=5)
    await world.cycle(10)
    real = world.the_incident()
    world.bridge.pages = {"public": rehearsal.page}

    await world.run(20, 400)

    assert world.the_incident() == real
    assert [action for action, _ in rehearsal.told] == ["update", "resolve"]
    (shown,) = await rehearsal.page.incidents()
    assert shown == await rehearsal.page.incident(real.id)
    assert (shown.incident_status, len(shown.updates)) == ("resolved", 3)


async def test_what_was_rehearsed_outlives_a_reload() -> None:
    rehearsal = Rehearsal(RULE)
    world = rehearsal.world
    world.storm(4, at=5)
    await world.cycle(10)
    fresh = rehearsal.over(world.page, world.clock)
    fresh.remember(rehearsal.page)
    world.restart()
    world.bridge.pages = {"public": fresh}
    world.storm(9, at=11)

    await world.cycle(20)

    assert [action for action, _ in rehearsal.told] == ["open", "update"]
    assert world.held() == []


async def test_a_missed_outage_is_rehearsed_as_one_telling() -> None:
    rehearsal = Rehearsal(RULE, manners=Manners(missed="retrospective"))
    await rehearsal.world.cycle(0)
    rehearsal.world.storm(4, at=5)

    await rehearsal.world.run(2000, 2010)

    assert [action for action, _ in rehearsal.told] == ["open"]
    assert rehearsal.world.store.cases() == []


async def test_reads_of_what_was_not_rehearsed_are_the_real_page() -> None:
    rehearsal = Rehearsal(RULE)
    real = rehearsal.world.page
    opened = real.open("SMS", {"message": "m", "incident_status": "investigating"})

    page = rehearsal.page

    assert page.page == real.page
    assert await page.structure() == await real.structure()
    assert await page.maintenances() == ()
    assert await page.incident(opened.id) == opened
    assert await page.incidents() == (opened,)
    real.incidents_.clear()
    assert await page.incident(opened.id) is None
