"""How the page is looked at before anything is decided."""

from __future__ import annotations

from dataclasses import replace

import pytest

from builders import T0, TEXTS, a_rule, a_trigger
from fakes import MemoryPage, always, applied
from statusbridge.bridge.sighting import STRUCTURE_LASTS, Sighted, recall_on, sight, structure_of
from statusbridge.core.errors import Unavailable
from statusbridge.core.live import Structure
from statusbridge.core.model import IncidentStatus, Stage, Status
from statusbridge.core.operations import Owner, Said
from statusbridge.core.outcome import Limited
from statusbridge.core.plan import Manners
from statusbridge.core.rules import CodeRange, Match, Recovery
from world import World

OPENED: dict[str, object] = {
    "message": TEXTS.investigating,
    "incident_status": "investigating",
    "component_statuses": [{"component_id": "c-sms", "component_status": "degraded_performance"}],
}
"""An opening in the words of `a_rule()`."""


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
    await world.cycle(10)
    world.page.open(TEXTS.title, OPENED | {"published_at": "2026-09-21T14:13:30Z"})
    world.clock.time = T0 + 20
    world.restart()

    await world.cycle(30)

    known = {c.episode.opened_by: c.ledger.incident_id for c in world.store.cases()}
    assert known == {"sms": None, "voice": "i1"}


async def sighted(world: World) -> Sighted:
    structure = await world.page.structure()
    shown = await world.page.incidents()
    return sight(world.bridge, world.store.cases(), shown, recall_on(world.bridge, structure))


async def test_only_the_outage_is_behind_of_which_the_page_tells_more_than_was_read() -> None:
    world = World(a_rule(), a_rule("voice", match=Match(codes=(CodeRange(31000, 31000),))))
    world.storm(4, at=1)
    world.storm(4, at=6, code=31000)
    await world.cycle(10)
    sms, voice = world.store.cases()
    world.store.commit_ledger(replace(sms.ledger, told_until=T0 + 11))

    found = await sighted(world)

    assert (found.stale, found.behind) == (frozenset(), {sms.episode.id})
    assert [case.episode.id for case in found.cases] == [sms.episode.id, voice.episode.id]


async def test_an_outage_found_on_the_page_and_not_read_so_far_hides_no_other() -> None:
    calls = Match(codes=(CodeRange(31000, 31000),))
    world = World(a_rule(), a_rule("voice", match=calls, components=("Calls",)))
    world.page.unreadable = Unavailable("HTTP 503")
    world.storm(4, at=1)
    world.storm(4, at=6, code=31000)
    await world.cycle(10)
    world.page.unreadable = None
    world.page.open(TEXTS.title, OPENED | {"published_at": "2026-09-21T14:13:40Z"})
    sms, voice = world.store.cases()

    found = await sighted(world)

    assert (found.cases, found.behind) == ((sms, voice), {sms.episode.id})


async def test_an_outage_found_on_the_page_whose_account_was_removed_is_an_orphan_at_once() -> None:
    world = World(a_rule(recovery=Recovery(after=1800, settle=600)))
    other = world.account("backup")
    world.page.unreadable = Unavailable("HTTP 503")
    world.storm(4, at=1)
    await world.cycle(10)
    world.page.unreadable = None
    told = world.page.open(TEXTS.title, OPENED | {"published_at": "2026-09-21T14:13:40Z"})
    world.feeds = [other]
    world.clock.time = T0 + 30
    world.restart()
    await world.cycle(30)
    held = world.held()
    world.page.post(told.id, "It is over.", "resolved")

    await world.cycle(40)

    assert held == ["orphaned"]
    assert world.store.cases() == []


async def test_a_release_of_what_is_ours_already_hands_back_nothing_that_is_touched_later() -> None:
    world = World(a_rule())
    world.storm(4, at=5)
    await world.cycle(10)
    (case,) = world.store.cases()
    world.store.commit_ledger(replace(case.ledger, released=True))
    await world.cycle(20)
    world.page.post(world.the_incident().id, "We are on it.", "identified")

    await world.cycle(30)

    (case,) = world.store.cases()
    assert (case.ledger.owner, case.ledger.released) == (Owner.THEIRS, False)


@pytest.mark.parametrize(
    ("told_until", "owner", "why"),
    [
        (None, Owner.OURS, ""),
        (T0 + 11, Owner.OURS, ""),
        (T0 + 10, Owner.THEIRS, "it was resolved before the state file knew"),
    ],
)
async def test_what_the_page_tells_to_be_over_stays_so_once_all_of_it_was_read(
    told_until: int | None, owner: Owner, why: str
) -> None:
    world = World(a_rule())
    world.storm(4, at=5)
    await world.cycle(10)
    ledger = world.store.cases()[0].ledger
    over = Said(IncidentStatus.RESOLVED)
    world.store.commit_ledger(replace(ledger, said=over, told_until=told_until))

    (case,) = (await sighted(world)).cases

    assert (case.ledger.owner, case.ledger.why) == (owner, why)


async def test_a_forgotten_incident_is_that_of_the_last_outage_that_had_begun_by_then() -> None:
    world = World(a_rule())
    world.page.unreadable = Unavailable("HTTP 503")
    world.storm(4, at=5)
    await world.run(0, 390)
    world.storm(4, at=400)
    await world.cycle(410)
    first, second = world.store.cases()
    world.page.unreadable = None
    world.page.open(TEXTS.title, OPENED | {"published_at": "2026-09-21T14:20:10Z"})
    world.clock.time = T0 + 420
    world.restart()

    await world.cycle(420)

    assert (first.episode.ended, second.episode.opened_at) == (True, T0 + 402)
    (case,) = world.store.cases()
    assert (case.episode.id, case.ledger.incident_id) == (second.episode.id, "i1")
    assert world.page.writes == []


@pytest.mark.parametrize(("first", "told"), [(0, 1), (10, 0)])
async def test_only_an_outage_that_can_not_have_been_told_before_is_told_afterwards(
    first: int, told: int
) -> None:
    world = World(a_rule(), manners=Manners(missed="retrospective"))
    world.page.unreadable = Unavailable("HTTP 503")
    world.storm(4, at=5)
    await world.run(first, 300)
    (missed,) = world.store.cases()
    world.page.unreadable = None

    await world.run(310, 320)

    assert (missed.episode.ended, missed.episode.known_rule) == (True, bool(told))
    assert world.store.cases() == []
    assert len(world.page.writes) == told


async def test_a_post_dated_within_twice_the_wait_from_the_start_may_be_the_last_process_own() -> (
    None
):
    world = World(a_rule())
    world.storm(4, at=5)
    await world.cycle(10)
    (case,) = world.store.cases()
    (post,) = world.the_incident().updates
    structure = await world.page.structure()
    last = world.bridge.began + 2 * world.policy.doubt_wait

    recall = recall_on(world.bridge, structure)

    assert recall.said(case.episode, replace(post, published_at=last), None) == case.ledger.said
    assert recall.said(case.episode, replace(post, published_at=last + 1), None) is None


async def test_an_orphan_says_why_it_is_one() -> None:
    world = World(a_rule())
    world.storm(4, at=5)
    await world.cycle(10)
    world.configure(a_rule("other"))

    await world.cycle(20)

    (case,) = (c for c in world.store.cases() if c.episode.opened_by == "sms")
    assert case.ledger.owner is Owner.ORPHANED
    assert case.ledger.why == case.episode.orphaned != ""


SLOW_DOWN = always(Limited("slow down", retry_after=100))


async def test_an_opening_that_waits_is_not_sent_where_it_is_on_the_page_already() -> None:
    world = World(a_rule(recovery=Recovery(after=1800, settle=600)))
    world.page.answers = [SLOW_DOWN]
    world.storm(4, at=5)
    await world.cycle(10)
    waiting = world.store.cases()[0].operation
    assert waiting is not None
    world.page.apply(waiting)

    await world.cycle(20)

    (case,) = world.store.cases()
    assert (case.ledger.incident_id, case.operation, world.held()) == ("i1", None, [])
    assert len(world.page.writes) == 1


async def test_an_opening_that_waits_is_found_in_its_own_words_where_its_rule_says_others_now() -> (
    None
):
    lasting = a_rule(recovery=Recovery(after=1800, settle=600))
    world = World(lasting)
    world.page.answers = [SLOW_DOWN]
    world.storm(4, at=5)
    await world.cycle(10)
    waiting = world.store.cases()[0].operation
    assert waiting is not None
    world.page.apply(waiting)
    reworded = replace(TEXTS, title="Slow SMS", investigating="SMS are slow.", worsened="Slower.")
    world.configure(replace(lasting, texts=reworded))

    await world.cycle(20)

    (case,) = world.store.cases()
    assert (case.ledger.incident_id, case.operation) == ("i1", None)
    assert len(world.page.writes) == 1


async def test_an_update_that_waits_is_not_sent_where_it_is_on_the_page_already() -> None:
    worse = a_trigger(Status.PARTIAL_OUTAGE, count=8)
    lasting = Recovery(after=1800, settle=600)
    world = World(a_rule(triggers=(a_trigger(count=3), worse), recovery=lasting))
    world.page.answers = [applied, SLOW_DOWN]
    world.storm(4, at=5)
    await world.cycle(10)
    world.storm(9, at=11)
    await world.cycle(20)
    waiting = world.store.cases()[0].operation
    assert waiting is not None
    world.page.apply(waiting)

    await world.cycle(30)

    (case,) = world.store.cases()
    assert (case.ledger.said, case.operation) == (waiting.draft.said, None)
    assert world.held() == []
    assert len(world.page.writes) == 2
