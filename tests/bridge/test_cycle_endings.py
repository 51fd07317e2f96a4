"""Nothing is closed while something is owed, and nothing stays open for ever."""

from __future__ import annotations

from dataclasses import replace

import pytest

from builders import a_rule, a_trigger
from fakes import Answer, always, lost_before, not_sent
from statusbridge.core.model import Status
from statusbridge.core.operations import Owner
from statusbridge.core.outcome import Gone, Limited, Refused
from statusbridge.core.outcome import Unauthorized as NotAllowed
from statusbridge.core.ownership import REMOVED_AFTER
from statusbridge.core.plan import Manners
from world import World

OPENED = "Some text messages are failing."
RESOLVED = "Delivery is back to normal after 1 minute."
RULE = a_rule(triggers=(a_trigger(count=3), a_trigger(Status.PARTIAL_OUTAGE, count=8)))


@pytest.mark.parametrize(
    "answer", [not_sent, always(NotAllowed(401, "HTTP 401")), always(Limited("slow down"))]
)
async def test_an_opening_that_never_left_is_forgotten_with_its_outage_and_the_next_one_opens(
    answer: Answer,
) -> None:
    world = World(RULE)
    world.storm(4, at=5)
    world.page.answers = [answer] * 100
    await world.run(0, 900)
    closed = world.store.cases()
    world.page.answers = []
    world.storm(4, at=1000)

    await world.run(1000, 1100)

    assert closed == []
    assert world.posts[:1] == [OPENED]


async def test_an_update_that_waits_dies_with_a_person_taking_over() -> None:
    world = World(RULE)
    world.storm(4, at=5)
    await world.cycle(10)
    world.storm(6, at=11)
    world.page.answers = [always(Limited("slow down", retry_after=100))]
    await world.cycle(20)
    world.page.post(world.the_incident().id, "We know more.", "identified")

    await world.run(30, 900)

    assert world.posts == [OPENED, "We know more."]
    assert world.held() == ["touched_by_a_person"]
    assert [case.operation for case in world.store.cases()] == [None]


async def test_a_person_who_removes_our_update_while_another_is_in_doubt_ends_the_doubt() -> None:
    world = World(RULE, doubt_wait=5)
    world.storm(4, at=5)
    await world.cycle(10)
    world.storm(6, at=11)
    world.page.answers = [lost_before]
    await world.cycle(20)
    world.page.lacking = {world.the_incident().updates[0].id}

    await world.run(30, 30 + REMOVED_AFTER + 20)
    after = world.store.cases()

    assert [case.operation for case in after] == [None]
    await world.run(700, 1500, every=50)
    assert world.held() == ["touched_by_a_person"]
    assert world.posts == [OPENED]


async def test_an_incident_deleted_while_an_update_is_in_doubt_is_let_go() -> None:
    world = World(RULE, doubt_wait=5)
    world.storm(4, at=5)
    await world.cycle(10)
    world.storm(6, at=11)
    world.page.answers = [lost_before]
    await world.cycle(20)
    world.page.incidents_.clear()

    await world.run(30, 1500)

    assert world.store.cases() == []


async def test_an_orphaned_incident_that_was_deleted_is_let_go() -> None:
    world = World(RULE)
    world.storm(4, at=5)
    await world.cycle(10)
    world.configure(a_rule("other", incident="other"))
    await world.cycle(20)
    world.page.incidents_.clear()

    await world.run(30, 30 + REMOVED_AFTER + 10)

    assert [c for c in world.store.cases() if c.ledger.owner is Owner.ORPHANED] == []


async def test_an_orphaned_incident_that_a_person_edits_and_resolves_is_let_go() -> None:
    world = World(RULE)
    world.storm(4, at=5)
    await world.cycle(10)
    world.configure()
    await world.cycle(20)
    incident = world.the_incident()
    world.page.lacking = {incident.updates[0].id}
    world.page.post(incident.id, "All good.", "resolved")

    await world.run(30, 30 + REMOVED_AFTER + 10)

    assert world.store.cases() == []


@pytest.mark.parametrize("removes", [True, False])
async def test_after_a_person_touched_it_resolve_only_posts_the_resolve_and_nothing_else(
    removes: bool,
) -> None:
    patient = replace(RULE, recovery=replace(RULE.recovery, settle=900))
    world = World(patient, manners=Manners(after_touch="resolve_only"))
    world.storm(4, at=5)
    await world.cycle(10)
    incident = world.the_incident()
    if removes:
        world.page.lacking = {incident.updates[0].id}
    else:
        world.page.post(incident.id, "We know more.", "identified")
    world.storm(20, at=20)

    await world.run(20, 1500)

    assert world.posts == [OPENED, *([] if removes else ["We know more."]), RESOLVED]
    assert world.the_incident().resolved
    assert world.store.cases() == []


async def test_resolve_only_leaves_alone_what_a_person_resolved() -> None:
    world = World(RULE, manners=Manners(after_touch="resolve_only"))
    world.storm(4, at=5)
    await world.cycle(10)
    world.page.post(world.the_incident().id, "All good.", "resolved")

    await world.run(20, 500)

    assert world.posts == [OPENED, "All good."]
    assert world.store.cases() == []


async def test_resolve_only_leaves_alone_what_a_person_resolved_and_took_up_again() -> None:
    world = World(RULE, manners=Manners(after_touch="resolve_only"))
    world.storm(4, at=5)
    await world.cycle(10)
    incident = world.the_incident()
    world.page.post(incident.id, "All good.", "resolved")
    world.page.post(incident.id, "Not quite.", "identified")

    await world.run(20, 500)

    assert world.posts == [OPENED, "All good.", "Not quite."]
    assert world.held() == ["touched_by_a_person"]


async def test_a_parked_resolve_stays_visible_until_a_person_resolves() -> None:
    world = World(RULE)
    world.storm(4, at=5)
    await world.run(0, 130)
    world.page.answers = [always(Refused(422, "no"))] * 2
    await world.run(140, 1000)
    held, writes = world.held(), len(world.page.writes)
    world.page.post(world.the_incident().id, "All good.", "resolved")
    await world.cycle(1010)

    assert held == ["parked"]
    assert writes == 4
    assert world.store.cases() == []


async def test_an_incident_that_a_write_finds_gone_is_never_made_anew() -> None:
    world = World(RULE)
    world.storm(4, at=5)
    await world.cycle(10)
    world.storm(6, at=11)
    world.page.answers = [always(Gone("HTTP 404"))]

    await world.cycle(20)
    held = world.held()
    await world.run(30, 500)

    assert held == []
    assert len(world.page.writes) == 2
    assert world.store.cases() == []


async def test_a_second_outage_right_after_the_first_is_an_incident_of_its_own() -> None:
    world = World(RULE)
    world.storm(4, at=5)
    await world.run(0, 180)
    world.storm(4, at=190)

    await world.run(190, 600)

    assert [(status, len(posts)) for _, status, posts in world.page.texts()] == [
        ("resolved", 3),
        ("resolved", 3),
    ]
    assert len(world.page.keys) == 2


async def test_an_outage_and_the_next_one_seen_in_one_cycle_resolve_first_and_open_second() -> None:
    world = World(RULE)
    world.storm(4, at=5)
    await world.cycle(10)
    world.storm(4, at=300)

    await world.cycle(305)
    held = world.held()
    await world.cycle(306)

    assert held == ["earlier_outage_not_resolved"]
    assert [status for _, status, _ in world.page.texts()] == ["resolved", "investigating"]


async def test_resolve_only_waits_out_a_stale_read() -> None:
    world = World(RULE, manners=Manners(after_touch="resolve_only"))
    world.storm(4, at=5)
    await world.cycle(10)
    incident = world.the_incident()
    world.page.post(incident.id, "We know more.", "identified")
    await world.run(20, 160)
    world.page.lacking = {incident.id}
    await world.run(170, 250)
    open_cases = len(world.store.cases())
    world.page.lacking = set()

    await world.run(260, 270)

    assert open_cases == 1
    assert world.posts[-1] == RESOLVED
    assert world.store.cases() == []


async def test_an_incident_closed_without_a_post_was_resolved_by_a_person() -> None:
    world = World(RULE)
    world.storm(4, at=5)
    await world.cycle(10)
    incident = world.the_incident()
    world.page.incidents_[incident.id] = replace(incident, incident_status="resolved")
    world.storm(9, at=11)

    await world.cycle(20)

    (case,) = world.store.cases()
    assert (case.ledger.owner, case.ledger.why) == (Owner.THEIRS, "a person resolved it")
    assert world.posts == [OPENED]
