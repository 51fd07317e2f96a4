"""What is read back when, and what is made of it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from structlog.testing import capture_logs

from builders import TEXTS, a_rule, a_trigger
from fakes import Answer, MemoryPage, applied, lost_after, lost_before
from statusbridge.core.errors import Unavailable
from statusbridge.core.live import Incident
from statusbridge.core.model import IncidentId, Status, UpdateId
from statusbridge.core.operations import Operation, OperationState, Owner
from statusbridge.core.outcome import Outcome, Unknown
from statusbridge.core.rules import CodeRange, Match, Recovery
from world import World

LASTING = Recovery(after=1800, settle=600)
SMS = a_rule(
    triggers=(a_trigger(count=3), a_trigger(Status.PARTIAL_OUTAGE, count=8)), recovery=LASTING
)
VOICE = a_rule("voice", recovery=LASTING, match=Match(codes=(CodeRange(31000, 31000),)))


def in_doubt(world: World) -> list[str]:
    return [c.episode.group.incident for c in world.store.cases() if c.operation is not None]


async def two(*answers: Answer) -> World:
    """A world in which sms and then voice was opened at 10, with *answers*."""
    world = World(SMS, VOICE, doubt_wait=5)
    world.page.answers = list(answers)
    world.storm(4, at=1)
    world.storm(4, at=6, code=31000)
    await world.cycle(10)
    return world


async def test_what_is_not_in_doubt_keeps_nothing_from_being_read_back() -> None:
    world = await two(applied, lost_after)

    report = await world.cycle(15)

    assert in_doubt(world) == []
    assert (report.opened, report.doubts) == (1, 0)


async def test_what_is_not_due_keeps_nothing_from_being_read_back() -> None:
    world = await two(applied, lost_after, lost_before)
    world.storm(9, at=11)
    await world.cycle(14)
    before = in_doubt(world)

    report = await world.cycle(15)

    assert before == ["sms", "voice"]
    assert in_doubt(world) == ["sms"]
    assert (report.opened, report.doubts) == (1, 1)


async def test_what_can_not_be_read_keeps_nothing_else_from_being_read_back() -> None:
    world = await two(applied, lost_after, lost_before)
    world.storm(9, at=11)
    await world.cycle(14)
    real = world.page.incident

    async def unreadable(id_: IncidentId) -> Incident | None:
        if id_ == "i1":
            raise Unavailable("HTTP 503")
        return await real(id_)

    world.page.incident = unreadable  # type: ignore[method-assign]

    report = await world.cycle(19)

    assert in_doubt(world) == ["sms"]
    assert report.opened == 1


async def test_a_read_back_that_finds_nothing_is_no_publication_and_gives_nothing_up() -> None:
    world = await two(lost_before, lost_before)

    report = await world.cycle(15)

    assert (report.published, report.doubts) == (0, 2)
    assert [case.ledger.parked for case in world.store.cases()] == [None, None]


async def test_what_was_lost_three_times_is_given_up_for_good() -> None:
    world = await two(lost_before, applied, lost_before, lost_before)

    await world.run(15, 50, every=5)

    sms, voice = world.store.cases()
    (parked,) = world.store.parked()
    assert (sms.operation, sms.ledger.parked, sms.ledger.stuck) == (None, parked.draft.said, True)
    assert voice.ledger.parked is None


async def with_an_update_in_doubt() -> World:
    """A world whose only incident has a second post, of 20, in doubt."""
    world = World(SMS, doubt_wait=5)
    world.storm(4, at=5)
    await world.cycle(10)
    world.storm(9, at=11)
    world.page.answers = [lost_before]
    await world.cycle(20)
    return world


async def test_a_person_whom_only_the_read_back_shows_is_not_forgotten() -> None:
    world = await with_an_update_in_doubt()
    shown = await world.page.incidents()
    world.page.post(world.the_incident().id, "We know.", "identified")
    pictures = [world.the_incident(), world.the_incident()]

    async def old_pictures() -> tuple[Incident, ...]:
        return shown

    async def old_picture(id_: IncidentId) -> Incident:
        return pictures.pop() if pictures else shown[0]

    world.page.incidents = old_pictures  # type: ignore[method-assign]
    world.page.incident = old_picture  # type: ignore[method-assign]

    await world.run(25, 30, every=5)

    (case,) = world.store.cases()
    assert (case.operation, case.ledger.owner) == (None, Owner.THEIRS)
    assert case.ledger.why == "a person posted “identified” on it"
    assert len(world.page.writes) == 2


async def test_a_stale_read_back_leaves_an_operation_in_doubt() -> None:
    world = await with_an_update_in_doubt()
    world.page.lacking = {UpdateId("u002")}

    await world.run(25, 60, every=5)

    (case,) = world.store.cases()
    assert case.operation is not None
    assert case.operation.state is OperationState.DOUBT
    assert case.ledger.owner is Owner.OURS


async def test_an_operation_whose_incident_a_person_took_away_is_abandoned() -> None:
    world = await with_an_update_in_doubt()
    world.page.incidents_.clear()

    with capture_logs() as lines:
        await world.run(25, 700, every=25)

    (case,) = world.store.cases()
    assert "incident.touched" in [line["event"] for line in lines]
    assert case.operation is None
    assert case.ledger.owner is Owner.DETACHED
    assert len(world.page.writes) == 2


@pytest.mark.parametrize(("posts", "owner"), [((), Owner.OURS), (("We know.",), Owner.THEIRS)])
async def test_what_is_adopted_is_told_to_be_touched_only_where_a_person_was_there(
    posts: tuple[str, ...], owner: Owner
) -> None:
    world = World(SMS, doubt_wait=5)
    world.page.answers = [lost_after]
    world.storm(4, at=5)
    await world.cycle(10)
    for message in posts:
        world.page.post(world.the_incident().id, message, "identified")

    with capture_logs() as lines:
        await world.cycle(15)

    (case,) = world.store.cases()
    touched = "incident.touched" in [line["event"] for line in lines]
    assert (case.operation, case.ledger.owner) == (None, owner)
    assert touched is (owner is Owner.THEIRS)


@pytest.mark.parametrize("answer", [lost_after, lost_before])
async def test_a_forgotten_post_of_ours_beside_one_in_doubt_is_no_persons(
    answer: Answer,
) -> None:
    world = World(SMS, doubt_wait=5)
    world.storm(4, at=5)
    await world.cycle(10)
    world.storm(9, at=11)
    world.page.answers = [answer]
    await world.cycle(20)
    component = {"component_id": "c-sms", "component_status": "partial_outage"}
    world.clock.time += 2
    world.page.post(
        world.the_incident().id,
        TEXTS.returned,
        "investigating",
        {"component_statuses": [component]},
    )
    world.clock.time += 3
    world.restart()

    await world.run(25, 60, every=5)

    (case,) = world.store.cases()
    assert (case.operation, case.ledger.owner) == (None, Owner.OURS)
    assert len(world.page.writes) == 2


async def test_each_post_is_kept_with_the_ids_of_what_it_made_on_the_page() -> None:
    world = await two(applied, lost_after, applied)
    world.storm(9, at=11)
    await world.cycle(15)

    posts = {i.id: [(u.id,) for u in i.updates] for i in world.page.incidents_.values()}
    sms, voice = world.store.cases()
    assert [len(posts[i]) for i in posts] == [2, 1]
    for case in (sms, voice):
        receipts = [operation.receipt for operation in world.store.done(case.episode.id)]
        assert receipts == posts[case.ledger.incident_id]


async def test_of_two_openings_in_doubt_none_is_taken_for_the_other_renamed() -> None:
    calls = replace(VOICE, texts=replace(TEXTS, title="Delays in calls"))
    world = World(SMS, calls, doubt_wait=5)
    world.page.answers = [lost_before, lost_after]
    world.storm(4, at=1)
    world.storm(4, at=6, code=31000)
    await world.run(10, 30, every=5)

    owners = {case.ledger.name: case.ledger.owner for case in world.store.cases()}
    assert owners == {"Delays sending SMS": Owner.OURS, "Delays in calls": Owner.OURS}
    assert {one.name for one in world.page.incidents_.values()} == set(owners)


ALIKE = (replace(SMS, triggers=VOICE.triggers), VOICE)
"""Two rules that read alike, in all that the public sees."""


async def two_alike() -> World:
    """A world in which, of two openings alike in doubt, only the later is on the page."""
    world = World(*ALIKE, doubt_wait=5)
    world.page.answers = [lost_before, lost_after]
    world.storm(4, at=1)
    world.storm(4, at=6, code=31000)
    await world.run(10, 15, every=5)
    return world


async def test_of_two_openings_alike_each_gets_the_incident_that_the_page_knows_its_key_by() -> (
    None
):
    world = await two_alike()
    (made_by,) = world.page.keys

    await world.run(20, 40, every=5)

    known = {case.episode.id: case.ledger.incident_id for case in world.store.cases()}
    assert known == world.page.keys
    assert len(set(known.values())) == 2
    assert made_by == world.store.cases()[1].episode.id


async def test_an_incident_that_tells_more_by_now_is_left_to_the_outage_that_told_it() -> None:
    worse = (a_trigger(), a_trigger(Status.PARTIAL_OUTAGE, count=8))
    world = World(replace(SMS, triggers=worse), VOICE, doubt_wait=5)
    world.page.answers = [lost_before, lost_after]
    world.storm(4, at=1)
    world.storm(4, at=6, code=31000)
    await world.run(10, 15, every=5)
    world.storm(9, at=16)

    await world.run(20, 40, every=5)

    known = [(c.ledger.incident_id, c.ledger.owner) for c in world.store.cases()]
    assert known == [("i1", Owner.OURS), (None, Owner.OURS)]
    assert world.held() == ["parked"]


async def test_an_incident_that_was_found_again_without_a_receipt_is_left_to_its_outage() -> None:
    world = await two_alike()
    # As of a state file that was put back.
    world.store.done = lambda episode: []  # type: ignore[method-assign]

    await world.run(20, 40, every=5)

    assert [c.ledger.incident_id for c in world.store.cases()] == ["i1", None]
    assert world.held() == ["parked"]


@pytest.mark.parametrize(("times", "seen"), [(1, False), (2, True)])
async def test_two_openings_alike_that_are_both_on_the_page_are_no_duplicate(
    times: int, seen: bool
) -> None:
    def made_anew(page: MemoryPage, operation: Operation) -> Outcome:
        for _ in range(times):
            page.keys.clear()
            page.apply(operation)
        return Unknown("connection reset")

    world = World(*ALIKE, doubt_wait=5)
    world.page.answers = [lost_after, made_anew]
    world.storm(4, at=1)
    world.storm(4, at=6, code=31000)

    await world.run(10, 20, every=5)

    incidents = {case.ledger.incident_id for case in world.store.cases()}
    assert (len(incidents), world.bridge.duplicates > 0) == (2, seen)


async def test_of_two_openings_alike_the_one_whose_status_is_shown_is_the_one_that_arrived() -> (
    None
):
    worse = replace(VOICE, triggers=(a_trigger(Status.FULL_OUTAGE),))
    world = World(ALIKE[0], worse, doubt_wait=5)
    world.page.answers = [lost_before, lost_after]
    world.storm(4, at=1)
    world.storm(4, at=6, code=31000)

    await world.run(10, 15, every=5)

    known = {c.episode.opened_by: c.ledger.incident_id for c in world.store.cases()}
    assert known == {"sms": None, "voice": "i1"}
