from __future__ import annotations

import pytest

from builders import T0, a_rule, a_trigger
from fakes import Answer, always, lost_after, lost_before, not_sent
from statusbridge.bridge.cycle import CycleReport
from statusbridge.core.errors import Unauthorized, Unavailable
from statusbridge.core.model import Stage, Status
from statusbridge.core.outcome import Limited, Refused
from statusbridge.core.outcome import Unauthorized as NotAllowed
from statusbridge.core.plan import Manners
from statusbridge.core.restrain import Guards
from statusbridge.core.rules import CodeRange, Match, Recovery
from world import World

OPENED = "Some text messages are failing."
WORSE = "More text messages are failing."
RULE = a_rule(triggers=(a_trigger(count=3), a_trigger(Status.PARTIAL_OUTAGE, count=8)))


async def test_a_storm_opens_once_worsens_once_and_is_resolved() -> None:
    world = World(RULE)
    world.storm(4, at=5)
    world.storm(6, at=30)

    await world.run(0, 400)

    ((name, status, messages),) = world.page.texts()
    assert (name, status) == ("Delays sending SMS", "resolved")
    assert messages[:2] == [OPENED, WORSE]
    assert messages[2].startswith("Delivery is normal since")
    assert messages[3] == "Delivery is back to normal after 1 minute."
    assert len(messages) == 4
    assert world.store.cases() == []


async def test_a_report_counts_what_its_cycle_did() -> None:
    world = World(RULE)
    world.storm(4, at=5)
    world.storm(6, at=15)
    world.storm(4, at=11, code=1)

    await world.run(0, 300)

    begins = CycleReport(alerts=4, transitions=1, opened=1)
    worsens = CycleReport(alerts=10, transitions=1, updated=1)
    quiets, ends = CycleReport(transitions=1, updated=1), CycleReport(transitions=1, resolved=1)
    assert [report for report in world.reports if report != CycleReport()] == [
        begins, worsens, quiets, ends,
    ]  # fmt: skip


async def test_a_report_counts_what_is_held_in_doubt_and_not_to_be_read() -> None:
    world = World(RULE, a_rule("calls", components=("Calls",)), guards=Guards(max_open_incidents=1))
    world.page.answers = [lost_before]
    world.account("test").error = Unavailable("connection refused")
    world.storm(4, at=5)

    report = await world.cycle(10)

    assert report == CycleReport(alerts=4, transitions=2, held=1, doubts=1, trouble=1)


async def test_a_restart_at_every_cycle_changes_nothing() -> None:
    steady, restarted = World(RULE), World(RULE)
    for world in (steady, restarted):
        world.storm(4, at=5)
        world.storm(6, at=30)

    await steady.run(0, 400)
    for at in range(0, 401, 10):
        restarted.restart()
        await restarted.cycle(at)

    assert restarted.page.texts() == steady.page.texts()


async def test_a_second_cycle_with_nothing_new_writes_nothing() -> None:
    world = World(RULE)
    world.storm(4, at=5)
    await world.cycle(10)

    report = await world.cycle(11)

    assert report.published == 0
    assert len(world.page.writes) == 1


async def test_noise_of_other_codes_opens_nothing() -> None:
    world = World(RULE)
    world.storm(50, at=5, code=11200)

    await world.run(0, 100)

    assert world.posts == []


@pytest.mark.parametrize("fault", [lost_after, lost_before, not_sent])
async def test_the_first_of_every_write_failing_leaves_the_public_the_same_story(
    fault: Answer,
) -> None:
    steady, shaken = World(RULE), World(RULE, doubt_wait=5)
    shaken.page.first_answer = fault
    for world in (steady, shaken):
        world.storm(4, at=5)
        await world.run(0, 25, every=5)
        world.storm(6, at=30)
        await world.run(30, 500, every=5)

    assert shaken.page.texts() == steady.page.texts()


async def test_a_lost_answer_is_read_back_after_the_wait_and_not_before() -> None:
    world = World(RULE, doubt_wait=90)
    world.storm(4, at=5)
    world.page.answers = [lost_after]

    await world.cycle(10)
    await world.cycle(90)
    before = world.store.cases()[0].operation
    await world.cycle(101)

    assert before is not None
    assert world.store.cases()[0].operation is None
    assert world.posts == [OPENED]
    assert len(world.page.writes) == 1


async def test_a_lost_request_goes_again_with_the_same_bytes_after_two_read_backs() -> None:
    world = World(RULE, doubt_wait=20)
    world.storm(4, at=5)
    world.page.answers = [lost_before]

    await world.run(10, 60)

    first, second = world.page.writes
    assert first == second
    assert world.posts == [OPENED]


async def test_three_unknown_outcomes_park_the_opening() -> None:
    world = World(a_rule(recovery=RULE.recovery), doubt_wait=5)
    world.storm(600, at=5)
    world.page.answers = [lost_before] * 9

    await world.run(10, 200)

    assert len(world.page.writes) == 3
    assert world.held() == ["parked"]
    assert world.posts == []


async def test_a_failed_poll_never_resolves() -> None:
    world = World(RULE)
    world.storm(4, at=5)
    await world.cycle(10)
    world.feed.error = Unauthorized(401, "HTTP 401: Authenticate")

    await world.run(20, 4000, every=60)
    during = world.page.texts()
    world.feed.error = None
    await world.run(4010, 4200, every=10)

    assert [messages for _, _, messages in during] == [[OPENED]]
    assert world.page.texts()[0][1] == "resolved"


async def test_a_person_who_posts_on_our_incident_owns_it_from_then_on() -> None:
    world = World(RULE)
    world.storm(4, at=5)
    await world.cycle(10)
    world.page.post(next(iter(world.page.incidents_)), "We know more.", "identified")

    await world.run(20, 600)
    during = world.held()
    world.page.post(world.the_incident().id, "All good.", "resolved")
    await world.cycle(610)

    assert world.posts == [OPENED, "We know more.", "All good."]
    assert during == ["touched_by_a_person"], "an incident of theirs is shown until they end it"
    assert world.store.cases() == []


async def test_a_person_who_resolves_is_not_overruled() -> None:
    world = World(RULE)
    world.storm(4, at=5)
    await world.cycle(10)
    world.page.post(next(iter(world.page.incidents_)), "All good.", "resolved")
    world.storm(20, at=20)

    await world.run(20, 60)

    assert world.posts == [OPENED, "All good."]
    assert world.held() == ["touched_by_a_person"]


async def test_a_person_who_renames_our_incident_owns_it() -> None:
    from dataclasses import replace

    world = World(RULE)
    world.storm(4, at=5)
    await world.cycle(10)
    id_, incident = next(iter(world.page.incidents_.items()))
    world.page.incidents_[id_] = replace(incident, name="Carrier trouble")

    await world.run(20, 60)

    assert world.held() == ["touched_by_a_person"]


async def test_resolve_only_resolves_what_a_person_wrote_on_once_it_is_over() -> None:
    world = World(RULE, manners=Manners(after_touch="resolve_only"))
    world.storm(4, at=5)
    await world.cycle(10)
    world.page.post(next(iter(world.page.incidents_)), "We know more.", "identified")
    world.storm(8, at=30)

    await world.run(20, 600)

    assert world.posts == [OPENED, "We know more.", "Delivery is back to normal after 1 minute."]
    assert world.store.cases() == []


async def test_resolve_only_adds_nothing_to_what_a_person_resolved() -> None:
    world = World(RULE, manners=Manners(after_touch="resolve_only"))
    world.storm(4, at=5)
    await world.cycle(10)
    world.page.post(next(iter(world.page.incidents_)), "All good.", "resolved")

    await world.run(20, 600)

    assert world.posts == [OPENED, "All good."]
    assert world.store.cases() == []


async def test_an_open_incident_of_a_person_on_the_component_holds_ours() -> None:
    world = World(RULE)
    line = {"component_id": "c-sms", "component_status": "partial_outage"}
    theirs = world.page.open(
        "SMS down",
        {"message": "m", "incident_status": "investigating", "component_statuses": [line]},
    )
    world.storm(100, at=5)

    await world.cycle(10)
    held = world.held()
    world.page.post(theirs.id, "done", "resolved")
    await world.cycle(20)

    assert held == ["person_has_open_incident"]
    assert world.posts == ["m", "done", OPENED]


async def test_a_refusal_to_mail_is_repeated_silently() -> None:
    world = World(RULE)
    world.storm(4, at=5)
    world.page.answers = [always(Refused(422, "too many subscribers"))]

    await world.cycle(10)

    first, second = world.page.writes
    assert (first["notify_subscribers"], second["notify_subscribers"]) == (True, False)
    assert second["idempotency_key"] == f"{first['idempotency_key']}-quiet"
    assert world.posts == [OPENED]


async def test_what_the_page_refuses_is_parked_and_never_blocks_the_resolve() -> None:
    world = World(RULE)
    world.storm(4, at=5)
    await world.cycle(10)
    world.storm(6, at=30)
    world.page.answers = [always(Refused(422, "no")), always(Refused(422, "no"))]

    await world.run(20, 500)

    ((_, status, messages),) = world.page.texts()
    assert status == "resolved"
    assert WORSE not in messages


async def test_too_many_requests_are_waited_for_as_long_as_the_page_asks() -> None:
    world = World(RULE)
    world.storm(100, at=5)
    world.page.answers = [always(Limited("slow down", retry_after=40))]

    await world.run(10, 45, every=5)
    early = list(world.posts)
    await world.run(50, 60, every=5)

    assert early == []
    assert world.posts == [OPENED] or world.posts[0] == WORSE


async def test_refused_credentials_stop_writing_and_lose_nothing() -> None:
    world = World(RULE)
    world.storm(100, at=5)
    world.page.answers = [always(NotAllowed(401, "HTTP 401"))]

    await world.cycle(10)
    trouble = dict(world.bridge.trouble)
    await world.cycle(20)

    assert trouble == {"writing to page public": "HTTP 401"}
    assert len(world.posts) == 1
    assert world.bridge.trouble == {}


async def test_an_unreadable_page_is_written_to_once_it_can_be_read() -> None:
    world = World(RULE)
    world.storm(100, at=5)
    world.page.unreadable = Unavailable("HTTP 503")
    await world.run(10, 40)
    assert world.page.writes == []

    world.page.unreadable = None
    await world.cycle(50)

    assert world.page.texts()[0][2] == [OPENED]
    assert world.page.writes[0]["component_statuses"] == [
        {"component_id": "c-sms", "component_status": "partial_outage"}
    ]


async def test_a_rule_in_shadow_publishes_nothing() -> None:
    world = World(a_rule(stage=Stage.SHADOW))
    world.storm(10, at=5)

    await world.run(0, 400)

    assert world.page.writes == []
    assert world.store.cases() == []


async def test_a_rule_in_review_waits_for_a_person() -> None:
    world = World(a_rule(stage=Stage.REVIEW))
    world.storm(10, at=5)

    await world.cycle(20)

    assert world.page.writes == []
    assert world.held() == ["awaits_review"]


async def test_an_outage_that_began_and_ended_unseen_is_not_told() -> None:
    world = World(RULE)
    await world.cycle(0)
    world.storm(10, at=5)

    await world.cycle(2000)

    assert world.page.writes == []
    assert world.store.cases() == []


async def test_a_removed_rule_leaves_its_incident_to_a_person() -> None:
    world = World(RULE)
    world.storm(4, at=5)
    await world.cycle(10)
    world.configure(a_rule("other", components=("Calls",), match=Match(levels=frozenset({"x"}))))

    await world.run(20, 600)

    assert world.held() == ["orphaned"]
    assert world.posts == [OPENED]


async def test_two_rules_of_one_incident_share_it_and_monitor_when_both_are_quiet() -> None:
    sms = a_rule("sms", incident="twilio", components=("SMS",))
    voice = a_rule(
        "voice",
        incident="twilio",
        components=("Calls",),
        match=Match(codes=(CodeRange(31000, 31999),)),
        order=1,
    )
    world = World(sms, voice)
    world.storm(4, at=5)
    world.storm(4, at=60, code=31005, resource=None)

    await world.run(0, 400)

    ((_, status, messages),) = world.page.texts()
    assert status == "resolved"
    assert len(messages) == 4
    assert world.page.writes[1]["component_statuses"] == [
        {"component_id": "c-sms", "component_status": "degraded_performance"},
        {"component_id": "c-voice", "component_status": "degraded_performance"},
    ]


async def test_a_stale_read_decides_nothing_and_ten_minutes_of_it_is_a_person() -> None:
    world = World(RULE)
    world.storm(4, at=5)
    await world.cycle(10)
    update = next(iter(world.page.incidents_.values())).updates[0]
    world.page.lacking = {update.id}

    await world.cycle(300)
    stale = world.held()
    await world.cycle(910)

    assert stale == ["stale_read"]
    assert len(world.page.writes) == 1
    assert world.store.cases() == [] or world.held() == ["touched_by_a_person"]


async def test_the_idempotency_key_comes_from_the_oldest_alert_alone() -> None:
    worlds = [World(RULE), World(RULE)]
    for offset, world in zip((0, 7), worlds, strict=True):
        world.storm(4, at=5)
        await world.cycle(20 + offset)

    first, second = (world.page.writes[0]["idempotency_key"] for world in worlds)
    assert first == second
    assert T0 > 0


async def test_an_outage_that_was_there_before_the_first_poll_is_opened() -> None:
    world = World(RULE)
    world.storm(300, at=0)

    await world.cycle(250)

    assert world.posts == [OPENED]


async def test_an_opening_whose_request_was_lost_is_not_repeated_once_the_outage_is_over() -> None:
    world = World(RULE, doubt_wait=90)
    world.storm(4, at=5)
    world.page.answers = [lost_before]

    await world.run(10, 900)

    assert world.posts == []
    assert len(world.page.writes) == 1
    assert world.store.cases() == []


async def test_what_got_lost_goes_again_with_the_same_bytes_while_it_is_true() -> None:
    world = World(
        a_rule(triggers=RULE.triggers, recovery=Recovery(after=60, settle=30)), doubt_wait=20
    )
    world.storm(4, at=5)
    await world.run(10, 100)
    world.page.first_answer = lost_before

    await world.run(110, 400)

    _, lost, again, *_ = world.page.writes
    assert lost == again
    ((_, status, messages),) = world.page.texts()
    assert (status, len(messages)) == ("resolved", 3)


async def test_a_lost_worsening_gives_way_to_what_is_true_by_then() -> None:
    world = World(RULE, doubt_wait=90)
    world.storm(4, at=5)
    await world.cycle(10)
    world.storm(6, at=30)
    world.page.answers = [lost_before]

    await world.run(40, 900)

    ((_, status, messages),) = world.page.texts()
    assert status == "resolved"
    assert WORSE not in messages


async def test_an_opening_of_unknown_outcome_is_never_tried_with_other_words() -> None:
    world = World(RULE, doubt_wait=5)
    world.storm(4, at=5)
    world.page.answers = [lost_before] * 3
    await world.run(10, 60, every=5)
    world.storm(200, at=61)

    await world.run(65, 200, every=5)

    assert len(world.page.writes) == 3
    assert world.held() == ["parked"]


async def test_a_waiting_post_is_dropped_when_a_person_takes_over() -> None:
    world = World(RULE)
    world.storm(4, at=5)
    await world.cycle(10)
    world.storm(6, at=30)
    world.page.answers = [always(Limited("slow down", retry_after=600))]
    await world.cycle(40)
    world.page.post(next(iter(world.page.incidents_)), "We know.", "identified")

    await world.run(50, 900)

    assert world.posts == [OPENED, "We know."]
    assert world.held() == ["touched_by_a_person"]
    assert [case.operation for case in world.store.cases()] == [None]


async def test_a_rule_on_trial_is_told_of_once_for_each_change() -> None:
    world = World(a_rule(stage=Stage.SHADOW, triggers=RULE.triggers))
    told: list[tuple[str, str]] = []
    world.bridge.tell_shadow = lambda draft, _: told.append(
        (str(draft.action), str(draft.said.incident_status))
    )
    world.storm(10, at=5)

    await world.run(0, 400)

    assert told == [
        ("open", "investigating"),
        ("update", "investigating"),
        ("update", "monitoring"),
        ("resolve", "resolved"),
    ]
    assert world.store.cases() == []
