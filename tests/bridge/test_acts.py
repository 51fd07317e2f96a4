"""What people order beside a review: an incident handed back, publishing paused and resumed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from structlog.testing import capture_logs

from builders import T0, a_rule, a_trigger
from fakes import MemoryPage, always, lost_after, not_sent
from statusbridge.adapters.sqlite_lookups import outages_of
from statusbridge.bridge.acting import carry
from statusbridge.bridge.noticing import knowledge
from statusbridge.core.acts import Act, ActKind, Order, Refused
from statusbridge.core.live import Incident
from statusbridge.core.model import IncidentStatus, Phase, Status
from statusbridge.core.notices import notices
from statusbridge.core.operations import Ledger, Operation
from statusbridge.core.outcome import Outcome
from statusbridge.core.outcome import Refused as NotTaken
from statusbridge.core.rules import Match, Recovery, Rule
from world import World

OPENED, WORSENED = "Some text messages are failing.", "More text messages are failing."
RELEASE, PAUSE, RESUME = ActKind.RELEASE, ActKind.PAUSE, ActKind.RESUME
LASTING = a_rule(recovery=Recovery(after=900, settle=60))


def order(world: World, kind: ActKind, key: str = "", **more: Any) -> str:
    return carry(world.bridge, Order(kind, key, **more), "ada")


def refused(world: World, kind: ActKind, key: str = "") -> str:
    with pytest.raises(Refused) as refusal:
        order(world, kind, key)
    return str(refusal.value)


async def opened(*rules: Rule, **policy: Any) -> World:
    """A world in which an incident was opened after ten seconds."""
    world = World(*(rules or (a_rule(),)), **policy)
    world.storm(4, at=5)
    await world.cycle(10)
    return world


def owner(world: World) -> str:
    return str(world.store.cases()[0].ledger.owner)


class DiedError(Exception):
    """A process ended here."""


def dies(ledger: Ledger) -> None:
    raise DiedError


# Release


async def test_a_released_incident_is_taken_up_as_it_stands_and_brought_to_its_end() -> None:
    world = await opened()
    world.page.post(world.the_incident().id, "We found it.", "identified")
    await world.cycle(20)
    theirs = owner(world)

    said = order(world, RELEASE, "sms", reason="over to you")
    await world.cycle(30)
    ours, posts = owner(world), list(world.posts)
    await world.run(40, 400)

    assert said == "Released public/sms (a person posted “identified” on it)."
    assert (theirs, ours) == ("theirs", "ours")
    assert posts == [OPENED, "We found it."]
    assert [post.partition(" ")[0] for post in world.posts[2:]] == ["Delivery", "Delivery"]
    assert world.the_incident().resolved
    assert world.store.cases() == []


async def test_what_a_person_made_the_public_read_is_taken_for_what_it_reads() -> None:
    world = await opened(LASTING)
    world.page.post(
        world.the_incident().id,
        "Looks fine.",
        "monitoring",
        {"component_statuses": [{"component_id": "c-sms", "component_status": "operational"}]},
    )
    await world.cycle(20)

    order(world, RELEASE, "sms")
    await world.cycle(30)

    assert world.posts == [OPENED, "Looks fine.", "Text messages are failing again."]


async def test_of_what_a_person_resolved_opened_again_and_released_is_told_that_it_is_open() -> (
    None
):
    world = await opened(LASTING)
    incident = world.the_incident().id
    world.page.post(incident, "All good.", "resolved")
    await world.cycle(20)
    world.page.post(incident, "Not yet.", "investigating")
    await world.cycle(30)

    order(world, RELEASE, "sms")
    await world.cycle(40)

    assert owner(world) == "ours"
    assert [one.event for one in notices(knowledge(world.bridge, 600))] == ["opened"]


async def test_what_was_parked_is_tried_once_more_where_its_incident_is_released() -> None:
    world = await opened()
    world.page.answers = [always(NotTaken(400, "no"))]
    await world.run(20, 140)
    world.page.post(world.the_incident().id, "We are on it.", "identified")
    await world.cycle(150)
    before = len(world.page.writes)

    order(world, RELEASE, "sms")
    with capture_logs() as logs:
        await world.run(160, 170)

    events = [entry["event"] for entry in logs]
    assert (before, len(world.page.writes)) == (2, 3)
    assert ("incident.taken_up" in events, "incident.handed_over" in events) == (True, False)
    assert world.the_incident().incident_status == "monitoring"


async def test_a_renamed_incident_that_is_released_keeps_its_name() -> None:
    world = await opened()
    incident = world.the_incident()
    world.page.incidents_[incident.id] = replace(incident, name="SMS trouble")
    await world.cycle(20)

    order(world, RELEASE, "sms")
    await world.run(30, 400)

    assert (world.the_incident().name, world.the_incident().resolved) == ("SMS trouble", True)


async def test_releasing_what_a_person_resolved_ends_it_and_what_still_fires_opens_anew() -> None:
    world = await opened()
    world.page.post(world.the_incident().id, "All good.", "resolved")
    world.storm(300, at=12)
    await world.cycle(20)
    theirs = owner(world)

    order(world, RELEASE, "sms")
    await world.cycle(30)
    between = len(world.page.incidents_)
    await world.run(40, 700)

    first, second = world.page.incidents_.values()
    assert (theirs, between) == ("theirs", 1)
    assert [update.message for update in first.updates] == [OPENED, "All good."]
    assert (second.updates[0].message, second.resolved) == (OPENED, True)
    assert world.store.cases() == []


async def test_what_a_release_ends_is_over_for_just_the_rules_that_still_spoke_in_it() -> None:
    voice = replace(LASTING, id="voice", incident="sms", components=("Calls",), order=1)
    world = await opened(a_rule(), voice)
    await world.run(20, 250)
    world.page.post(world.the_incident().id, "All good.", "resolved")
    await world.cycle(260)
    before, counters = world.store.detectors(), world.store.counters()

    order(world, RELEASE, "sms")
    await world.cycle(270)

    after = world.store.detectors()
    at_rest = ("sms", Phase.INACTIVE, before["sms"][1].floor)
    assert before["voice"][1].phase is Phase.FIRING
    assert [(id_, found.phase, found.floor) for id_, (_, found) in sorted(after.items())] == [
        at_rest, ("voice", Phase.INACTIVE, T0 + 270),
    ]  # fmt: skip
    assert world.store.counters() == counters
    (outage,) = outages_of(world.store, "public", "sms", T0 + 300)
    over = outage.case.episode
    assert (over.status, over.ended_at) == (IncidentStatus.RESOLVED, T0 + 270)


async def test_releasing_what_a_person_resolved_opens_nothing_once_it_is_over() -> None:
    world = await opened()
    world.page.post(world.the_incident().id, "All good.", "resolved")
    await world.cycle(20)

    order(world, RELEASE, "sms")
    await world.run(30, 400)

    assert world.posts == [OPENED, "All good."]
    assert world.store.cases() == []


async def test_a_release_that_a_dying_process_left_half_done_ends_no_later_outage() -> None:
    world = await opened()
    world.page.post(world.the_incident().id, "All good.", "resolved")
    await world.cycle(20)
    order(world, RELEASE, "sms")
    commit = world.store.commit_ledger
    world.store.commit_ledger = dies  # type: ignore[method-assign]
    with pytest.raises(DiedError):
        await world.cycle(30)
    world.store.commit_ledger = commit  # type: ignore[method-assign]
    world.restart()
    world.storm(4, at=31)

    await world.cycle(95)
    await world.run(100, 600)

    first, second = world.page.incidents_.values()
    assert (first.updates[-1].message, second.resolved) == ("All good.", True)
    assert world.store.cases() == []


async def test_releasing_what_a_person_deleted_ends_it_too() -> None:
    world = await opened(LASTING)
    world.page.incidents_.clear()
    world.storm(900, at=12)
    await world.run(20, 700, every=100)
    detached = owner(world)

    order(world, RELEASE, "sms")
    await world.run(710, 740)

    assert detached == "detached"
    assert world.posts == [OPENED]


async def test_an_orphan_that_is_released_is_let_go_of_as_it_stands() -> None:
    world = await opened(LASTING)
    world.configure(a_rule("other", match=Match(levels=frozenset({"x"}))))
    await world.cycle(20)
    held = world.held()

    said = order(world, RELEASE, "sms")
    await world.cycle(30)

    assert said == "Released public/sms (rule sms was removed)."
    assert (held, world.held(), world.store.cases()) == (["orphaned"], [], [])
    assert world.posts == [OPENED]


@pytest.mark.parametrize("resolved", [False, True])
async def test_one_release_lets_go_of_an_orphan_that_a_person_touched(resolved: bool) -> None:
    world = await opened(LASTING)
    world.page.post(world.the_incident().id, "We know.", "identified")
    await world.cycle(20)
    theirs = owner(world)
    world.configure(a_rule("other", match=Match(levels=frozenset({"x"}))))
    await world.cycle(30)

    order(world, RELEASE, "sms")
    if resolved:
        world.page.post(world.the_incident().id, "Done.", "resolved")
    with capture_logs() as logs:
        await world.cycle(40)

    assert (theirs, world.held(), world.store.cases()) == ("theirs", [], [])
    assert "incident.taken_up" not in [entry["event"] for entry in logs]


async def test_a_release_of_what_was_moved_leaves_alone_where_its_rule_speaks_now() -> None:
    world = await opened(LASTING)
    world.page.post(world.the_incident().id, "We know.", "identified")
    await world.cycle(20)
    world.configure(replace(LASTING, incident="moved"))
    await world.run(30, 90)

    world.page.post(world.the_incident().id, "Done.", "resolved")
    order(world, RELEASE, "sms")
    await world.run(100, 1300, every=50)

    _, moved = world.page.incidents_.values()
    assert (moved.updates[0].message, moved.resolved) == (OPENED, True)
    assert world.store.cases() == []


async def test_a_release_waits_for_a_page_that_can_be_read() -> None:
    world = await opened(LASTING)
    incident = world.the_incident()
    world.page.post(incident.id, "We are on it.", "investigating")
    await world.cycle(20)
    world.page.lacking = {incident.id}

    order(world, RELEASE, "sms")
    await world.cycle(30)
    unread = owner(world)
    world.page.lacking = set()
    world.restart()
    await world.cycle(40)

    assert (unread, owner(world)) == ("theirs", "ours")


async def test_a_release_of_what_is_nobodys_or_ours_changes_nothing() -> None:
    world = World(a_rule())
    with pytest.raises(Refused, match="public/sms has no incident that is a person's"):
        order(world, RELEASE, "sms")
    world.storm(4, at=5)
    await world.cycle(10)

    assert order(world, RELEASE, "sms") == "public/sms needs nothing: its incident is the bridge's."
    assert world.store.acts.history(9) == []


# Pause


async def test_while_everything_is_paused_nothing_is_posted_and_nothing_is_lost() -> None:
    rule = a_rule(triggers=(a_trigger(), a_trigger(Status.PARTIAL_OUTAGE, count=8)))
    world = await opened(rule)

    said = order(world, PAUSE, reason="looking into it")
    world.storm(6, at=12)
    await world.cycle(20)
    worse, phase = world.store.held(), world.bridge.standings[0].detector.level
    await world.run(30, 90)
    resumed = order(world, RESUME)
    await world.run(100, 400)
    first_words = [post.partition(" ")[0] for post in world.posts]

    assert said == "Publishing of everything is paused until `statusbridge resume`."
    assert resumed == "Publishing of everything is resumed."
    assert [(str(h.reason), h.detail) for _, h, _ in worse] == [
        ("paused", "publishing is paused by ada: looking into it")
    ]
    assert phase is Status.PARTIAL_OUTAGE
    assert first_words == ["Some", "More", "Delivery", "Delivery"]
    assert world.the_incident().resolved


async def test_a_resolve_waits_for_the_end_of_a_pause() -> None:
    world = await opened()
    await world.run(20, 140)
    order(world, PAUSE)

    await world.run(150, 400)
    held, posts = world.held(), len(world.posts)
    order(world, RESUME)
    await world.cycle(410)

    assert (held, posts) == (["paused"], 2)
    assert world.the_incident().resolved


async def test_an_outage_that_began_and_ended_in_a_pause_is_not_told() -> None:
    world = World(a_rule())
    await world.cycle(0)
    order(world, PAUSE)
    world.storm(4, at=5)
    await world.cycle(10)
    held = world.held()
    await world.run(20, 300)
    order(world, RESUME)

    await world.cycle(310)

    assert (held, world.page.writes, world.store.cases()) == (["paused"], [], [])


async def test_a_pause_of_one_incident_holds_no_other() -> None:
    world = World(a_rule(), a_rule("voice", components=("Calls",)))
    world.storm(4, at=5)

    order(world, PAUSE, "voice")
    await world.cycle(10)

    assert [i.updates[0].components[0][0] for i in world.page.incidents_.values()] == ["c-sms"]
    assert [(h.incident, str(h.reason)) for _, h, _ in world.store.held()] == [("voice", "paused")]


async def test_a_pause_for_a_time_ends_by_itself() -> None:
    world = World(LASTING)
    world.storm(4, at=5)
    world.clock.time = T0 + 8
    said = order(world, PAUSE, seconds=60)

    await world.cycle(67)
    before = world.posts
    await world.cycle(68)

    assert said == "Publishing of everything is paused until 2026-09-21T14:14:28Z."
    assert (before, world.posts) == ([], [OPENED])


async def test_the_newest_word_on_a_pause_counts() -> None:
    world = World(LASTING)
    order(world, PAUSE, seconds=60, reason="first")
    order(world, PAUSE, reason="second")
    world.clock.time = T0 + 90

    (pause,) = world.bridge.pauses()

    assert (pause.reason, pause.until) == ("second", None)
    order(world, RESUME)
    assert world.bridge.pauses() == ()
    assert order(world, RESUME) == "Publishing of everything was not paused."


async def test_a_pause_that_is_ordered_again_is_recorded_once() -> None:
    world = World(LASTING)
    order(world, PAUSE, "sms", reason="noisy")
    world.clock.time += 60

    again = [order(world, PAUSE, "sms", reason="noisy") for _ in range(3)]
    longer = order(world, PAUSE, "sms", reason="noisy", seconds=600)

    assert (
        again
        == ["public/sms needs nothing: it was paused by ada at 2026-09-21T14:13:20Z: noisy."] * 3
    )
    assert longer == "Publishing of public/sms is paused until 2026-09-21T14:24:20Z."
    assert len(world.store.acts.history(9)) == 2


async def test_resuming_says_what_is_still_paused() -> None:
    world = World(LASTING)
    order(world, PAUSE)
    order(world, PAUSE, "sms")

    said = order(world, RESUME)

    assert said == "Publishing of everything is resumed. Still paused by ada: public/sms."
    assert len(world.bridge.pauses()) == 1


async def test_a_file_pauses_everything_while_it_is_there() -> None:
    world = World(LASTING)
    world.bridge.emergency = lambda: "call Grace first"
    world.storm(4, at=5)

    await world.cycle(10)
    ((_, held, _),) = world.store.held()
    world.bridge.emergency = lambda: None
    await world.cycle(20)

    assert held.detail == "publishing is paused by a file in the state folder: call Grace first"
    assert world.posts == [OPENED]


async def test_resuming_what_a_file_pauses_is_refused_and_ends_what_was_ordered() -> None:
    world = World(LASTING)
    world.bridge.emergency = lambda: "call Grace first"
    order(world, PAUSE)

    refusals = [refused(world, RESUME), refused(world, RESUME)]
    world.bridge.emergency = lambda: None

    remove = "The file `pause` in the state folder pauses everything: remove it."
    assert refusals == [
        "Publishing of everything is still paused: only the pause that was ordered is ended. "
        + remove,
        f"Publishing of everything is still paused. {remove}",
    ]
    assert world.bridge.pauses() == ()


async def test_resuming_one_incident_while_everything_is_paused_is_refused() -> None:
    world = World(LASTING)
    order(world, PAUSE)

    said = refused(world, RESUME, "sms")

    assert said == "Publishing of public/sms is still paused. Still paused by ada: everything."


async def test_what_was_in_doubt_is_read_back_in_a_pause() -> None:
    world = World(LASTING)
    world.page.answers = [lost_after]
    world.storm(4, at=5)
    await world.cycle(10)
    order(world, PAUSE)

    await world.cycle(110)

    (case,) = world.store.cases()
    assert (case.operation, case.ledger.incident_id) == (None, "i1")
    assert (world.posts, world.held()) == ([OPENED], [])


async def test_what_was_lost_is_sent_again_only_after_the_pause() -> None:
    world = World(LASTING)
    world.page.answers = [not_sent]
    world.storm(4, at=5)
    await world.cycle(10)
    order(world, PAUSE)
    await world.run(20, 100)
    paused = len(world.page.writes)

    order(world, RESUME)
    await world.cycle(110)

    assert (paused, world.posts) == (1, [OPENED])


async def test_a_pause_stops_what_is_about_to_be_written() -> None:
    world = await opened(LASTING)
    world.configure(replace(LASTING, triggers=(a_trigger(Status.PARTIAL_OUTAGE, count=8),)))
    world.storm(8, at=12)
    real = world.page.incident

    async def paused_meanwhile(id: Any) -> Incident | None:
        order(world, PAUSE)
        return await real(id)

    world.page.incident = paused_meanwhile  # type: ignore[method-assign]
    await world.cycle(25)

    assert (world.posts, len(world.page.writes)) == ([OPENED], 1)


async def test_a_pause_stops_the_silent_repetition_of_a_refused_post() -> None:
    world = World(LASTING)
    world.storm(4, at=5)

    def refused(page: MemoryPage, operation: Operation) -> Outcome:
        order(world, PAUSE)
        return NotTaken(422, "too many subscribers")

    world.page.answers = [refused]
    await world.cycle(10)
    paused = len(world.page.writes)
    order(world, RESUME)
    await world.cycle(20)

    assert (paused, world.posts) == (1, [OPENED])
    assert [write["notify_subscribers"] for write in world.page.writes] == [True, False]


async def test_each_act_is_logged_and_kept_with_who_when_and_why() -> None:
    world = World(LASTING)

    with capture_logs() as logs:
        order(world, PAUSE, "sms", reason="  noisy ", seconds=7200)

    assert logs == [
        {
            "event": "act.recorded", "log_level": "info", "act": "pause", "key": "public/sms",
            "who": "ada", "why": "noisy",
        }
    ]  # fmt: skip
    assert world.store.acts.history(9) == [
        Act(PAUSE, "public", "sms", T0, "ada", "noisy", until=T0 + 7200)
    ]


async def test_a_pause_of_a_key_that_no_rule_has_any_more_can_be_ended() -> None:
    world = await opened()
    order(world, PAUSE, "sms")
    world.configure(a_rule("other"))
    world.store.commit_ledger(replace(world.store.cases()[0].ledger, closed=True))

    said = order(world, RESUME, "sms")

    assert said == "Publishing of public/sms is resumed."
    assert world.bridge.pauses() == ()


@pytest.mark.parametrize("kind", [ActKind.APPROVE, ActKind.REJECT, RELEASE])
async def test_what_is_about_one_incident_is_never_taken_to_be_about_all(kind: ActKind) -> None:
    world = World(a_rule())
    await world.cycle(0)

    with pytest.raises(Refused, match=f"Say which incident: there is no way to {kind} everything"):
        order(world, kind, "", seconds=60)

    assert world.store.acts.history(9) == []


@pytest.mark.parametrize("seconds", [0, -5, 2**62])
async def test_a_pause_whose_end_is_no_time_is_refused_before_it_is_kept(seconds: int) -> None:
    world = World(a_rule())

    with pytest.raises(Refused, match="is no time to wait; say from 1s to 365d"):
        order(world, PAUSE, seconds=seconds)

    assert world.bridge.pauses() == ()
