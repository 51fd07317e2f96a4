"""The configuration changes under an outage; rules share an incident."""

from __future__ import annotations

from dataclasses import replace

import pytest
from structlog.testing import capture_logs

from builders import T0, TEXTS, a_rule, a_trigger, an_alert
from fakes import PAGE, lost_before, not_sent
from statusbridge.commands.status_text import lines
from statusbridge.core.coverage import Batch, Coverage, Hole
from statusbridge.core.errors import Unavailable
from statusbridge.core.live import Component, Incident
from statusbridge.core.model import ComponentId, Notify, Stage, Status
from statusbridge.core.operations import Owner
from statusbridge.core.plan import Manners
from statusbridge.core.restrain import Guards
from statusbridge.core.rules import CodeRange, Match, Recovery, Rule, Threshold
from statusbridge.status import Liveness, status_document
from world import World

OPENED = "Some text messages are failing."
RULE = a_rule(triggers=(a_trigger(count=3), a_trigger(Status.PARTIAL_OUTAGE, count=8)))
RETROSPECTIVE = Manners(missed="retrospective")
CALLS = Match(codes=(CodeRange(31000, 31999),))
SMS = a_rule("sms", incident="twilio", texts=replace(TEXTS, investigating="SMS fails."))
VOICE = a_rule(
    "voice",
    incident="twilio",
    components=("Calls",),
    match=CALLS,
    order=1,
    texts=replace(TEXTS, title="Calls fail", investigating="Calls fail.", worsened="Calls too."),
)


async def opened(*rules: Rule) -> World:
    world = World(*(rules or (RULE,)))
    world.storm(4, at=5)
    await world.cycle(10)
    assert len(world.posts) == 1
    return world


def a_persons_incident(world: World) -> Incident:
    line = {"component_id": "c-sms", "component_status": "partial_outage"}
    return world.page.open(
        "SMS down",
        {"message": "m", "incident_status": "investigating", "component_statuses": [line]},
    )


def statuses(world: World, write: int = -1) -> dict[str, str]:
    lines = world.page.writes[write]["component_statuses"]
    assert isinstance(lines, list)
    return {line["component_id"]: line["component_status"] for line in lines}


@pytest.mark.parametrize(
    "changed",
    [
        replace(RULE, stage=Stage.SHADOW),
        replace(RULE, incident="other"),
        replace(RULE, components=("Calls",)),
    ],
)
async def test_a_rule_that_speaks_for_something_else_leaves_its_incident_as_it_stands(
    changed: Rule,
) -> None:
    world = await opened()
    first = dict(world.page.writes[0])
    world.configure(changed)
    world.storm(20, at=11)

    await world.run(20, 600)

    cases = [c for c in world.store.cases() if c.ledger.incident_id == "i1"]
    assert [case.ledger.owner for case in cases] == [Owner.ORPHANED]
    assert world.page.incidents_[next(iter(world.page.incidents_))].incident_status == (
        "investigating"
    )
    assert world.page.writes[0] == first
    assert len(world.page.incidents_[next(iter(world.page.incidents_))].updates) == 1


async def test_an_orphaned_incident_ends_when_a_person_resolves_it_and_the_next_outage_opens() -> (
    None
):
    world = await opened()
    world.configure(replace(RULE, components=("Calls",)))
    await world.run(20, 300)
    world.page.post(world.the_incident().id, "All good.", "resolved")
    await world.cycle(310)
    world.storm(4, at=400)

    await world.cycle(410)

    assert [case.ledger.said is not None for case in world.store.cases()] == [True]
    assert statuses(world) == {"c-voice": "degraded_performance"}


async def test_an_account_that_gave_evidence_and_is_removed_orphans_the_incident() -> None:
    world = World(RULE)
    other = world.account("test")
    for n in range(4):
        other.alerts.append(an_alert(T0 + 5 + n, account="test"))
    await world.cycle(10)
    world.feeds.remove(other)
    world.restart()

    await world.run(20, 600)

    assert world.held() == ["orphaned"]
    assert world.posts == [OPENED]


async def test_a_component_mistyped_and_corrected_costs_no_outage() -> None:
    world = World(a_rule(components=("SMSS",)))
    world.storm(100, at=5)
    await world.cycle(10)
    held = world.held()
    world.configure(a_rule())

    await world.cycle(20)

    assert held == ["no_component"]
    assert world.posts == [OPENED]


async def test_a_rule_that_is_removed_takes_no_held_outage_of_another_with_it() -> None:
    guards = Guards(max_open_incidents=0)
    world = World(SMS, VOICE, guards=guards)
    world.storm(4, at=5)
    world.storm(100, at=6, code=31005)
    await world.cycle(15)
    world.configure(VOICE)

    await world.cycle(20)

    assert world.posts == ["Calls fail."]
    assert statuses(world) == {"c-voice": "degraded_performance"}


async def test_an_outage_on_trial_is_published_once_its_rule_is_made_auto() -> None:
    world = World(replace(RULE, stage=Stage.SHADOW))
    world.storm(100, at=5)
    await world.cycle(20)
    world.configure(RULE)

    await world.cycle(30)

    assert len(world.posts) == 1
    assert world.held() == []


async def test_new_numbers_and_texts_count_from_the_reload_on() -> None:
    world = await opened(replace(RULE, recovery=Recovery(after=3600, settle=3600)))
    await world.run(20, 300)
    world.configure(replace(RULE, texts=replace(TEXTS, monitoring="Quiet now.")))

    await world.cycle(310)

    assert world.posts == [OPENED, "Quiet now."]


async def test_a_component_that_is_gone_is_left_out_of_what_is_still_to_be_said() -> None:
    both = replace(RULE, components=("SMS", "Calls"))
    world = await opened(both)
    world.page.components = world.page.components[:1]
    world.storm(10, at=11)

    await world.cycle(700)
    world.storm(10, at=701)
    await world.cycle(715)

    assert statuses(world, 0) == {
        "c-sms": "degraded_performance",
        "c-voice": "degraded_performance",
    }
    assert statuses(world) == {"c-sms": "partial_outage"}


async def test_an_incident_all_of_whose_components_are_gone_is_still_resolved() -> None:
    world = await opened()
    world.page.components = (Component(ComponentId("c-x"), "Else"),)
    world.bridge.structures.clear()

    await world.run(20, 400)

    assert world.the_incident().resolved


async def test_two_rules_that_fire_at_once_speak_in_file_order() -> None:
    world = World(SMS, VOICE)
    for n in (0, 1, 2):
        world.storm(1, at=5 + n)
        world.storm(1, at=5 + n, code=31005, sid=f"NO-voice-{n}")

    await world.cycle(10)

    assert [(name, posts) for name, _, posts in world.page.texts()] == [
        ("Delays sending SMS", ["SMS fails."])
    ]
    assert statuses(world) == {
        "c-sms": "degraded_performance",
        "c-voice": "degraded_performance",
    }


async def test_a_text_belongs_to_the_rule_that_changed_what_the_public_reads() -> None:
    loud = replace(SMS, triggers=(a_trigger(count=3), a_trigger(Status.PARTIAL_OUTAGE, count=8)))
    echo = replace(VOICE, components=("SMS",))
    world = World(loud, echo)
    world.storm(4, at=5)
    await world.cycle(10)
    world.storm(6, at=11)
    world.storm(4, at=20, code=31005)

    await world.cycle(30)

    assert world.posts == ["SMS fails.", TEXTS.worsened]


async def test_another_rule_of_the_key_that_fires_after_the_resolve_opens_the_next_incident() -> (
    None
):
    brisk = replace(SMS, recovery=Recovery(after=0, settle=0, below=Threshold(count=1)), window=20)
    slow = replace(VOICE, match=SMS.match, window=600, triggers=(a_trigger(count=10),))
    world = World(brisk, slow)
    world.storm(4, at=5)
    await world.run(0, 60)
    ended = [status for _, status, _ in world.page.texts()]
    for at in range(100, 400, 40):
        world.storm(1, at=at)

    await world.run(70, 400)

    assert ended == ["resolved"]
    assert [status for _, status, _ in world.page.texts()] == ["resolved", "investigating"]


async def test_monitoring_waits_for_every_rule_of_the_incident() -> None:
    world = World(SMS, VOICE)
    world.storm(4, at=5)
    world.storm(4, at=100, code=31005)

    await world.run(0, 210)

    assert [u.incident_status for u in world.the_incident().updates] == [
        "investigating",
        "investigating",
    ]


async def test_one_rule_returning_brings_back_only_its_own_components() -> None:
    world = World(SMS, VOICE)
    world.storm(4, at=5)
    world.storm(4, at=5, code=31005, resource=None)
    for n, alert in enumerate(world.feed.alerts):
        world.feed.alerts[n] = alert._replace(sid=f"NO{n}")
    await world.run(0, 140)
    world.storm(4, at=145, sid="NOx")
    world.feed.alerts[-4:] = [
        alert._replace(sid=f"NOx{n}") for n, alert in enumerate(world.feed.alerts[-4:])
    ]

    await world.cycle(150)

    assert world.posts[-1] == TEXTS.returned
    assert statuses(world) == {"c-sms": "degraded_performance", "c-voice": "operational"}


async def test_a_text_about_a_return_does_not_name_the_quiet_that_is_over() -> None:
    texts = replace(TEXTS, returned="Again, quiet since [{{ quiet_since }}].")
    world = World(replace(RULE, texts=texts))
    world.storm(4, at=5)
    await world.run(0, 140)
    world.storm(4, at=145)

    await world.cycle(150)

    assert world.posts[-1] == "Again, quiet since []."


async def test_rules_of_two_stages_under_one_key_keep_apart() -> None:
    world = World(SMS, replace(VOICE, stage=Stage.SHADOW))
    world.storm(4, at=5)
    world.storm(4, at=6, code=31005)

    await world.run(0, 400)

    assert {line for write in (0, 1) for line in statuses(world, write)} == {"c-sms"}


@pytest.mark.parametrize(
    ("notify", "expected"),
    [
        (Notify.NEVER, [False, False, False, False]),
        (Notify.OPEN, [True, False, False, False]),
        (Notify.OPEN_AND_CLOSE, [True, False, False, True]),
        (Notify.ALL, [True, True, True, True]),
    ],
)
async def test_subscribers_are_mailed_as_the_rule_says(
    notify: Notify, expected: list[bool]
) -> None:
    world = await opened(replace(RULE, notify=notify))
    world.storm(10, at=11)

    await world.run(20, 400)

    assert [write["notify_subscribers"] for write in world.page.writes] == expected


async def test_past_the_mail_budget_posts_are_silent_but_a_mailed_opening_mails_its_end() -> None:
    world = World(replace(RULE, notify=Notify.ALL), guards=Guards(max_notifications_per_day=1))
    world.storm(4, at=5)
    await world.cycle(10)
    world.storm(10, at=11)

    await world.run(20, 400)

    mailed = [write["notify_subscribers"] for write in world.page.writes]
    assert mailed == [True, False, False, True]


async def test_a_missed_outage_is_told_afterwards_where_asked_for_and_mails_nobody() -> None:
    world = World(RULE, manners=RETROSPECTIVE)
    await world.cycle(0)
    world.storm(10, at=5)

    await world.cycle(2000)
    await world.cycle(2010)

    (write,) = world.page.writes
    assert "notify_subscribers" not in write
    assert world.page.texts() == [
        ("Delays sending SMS", "resolved", [OPENED, "Delivery is back to normal after 1 minute."])
    ]
    assert world.store.cases() == []


async def test_a_name_that_may_not_be_published_is_left_out_and_the_operator_is_told() -> None:
    texts = replace(TEXTS, investigating="{{ page }} is slow.")
    world = World(replace(RULE, texts=texts))
    world.page.name = "See https://evil.example"
    world.storm(4, at=-10)

    with capture_logs() as logs:
        await world.cycle(0)

    why = "a text would publish a link that its template does not hold"
    status = status_document(world.bridge, world.store, Liveness(running=True, interval=30))
    assert world.posts == ["our status page is slow."]
    assert [log["why"] for log in logs if log["event"] == "text.simplified"] == [why]
    assert [incident["simplified"] for incident in status["incidents"]] == [why]
    assert any(f"in plain words: {why}" in line for line in lines(status))


@pytest.mark.parametrize("text", ["investigating", "resolved"])
async def test_a_missed_outage_that_can_not_be_worded_safely_is_held(text: str) -> None:
    texts = replace(TEXTS, **{text: "Mail ops@example.com"})
    world = World(replace(RULE, texts=texts), manners=RETROSPECTIVE)
    await world.cycle(0)
    world.storm(10, at=5)
    await world.cycle(2000)
    held = world.held()
    world.configure(RULE, manners=Manners(missed="skip"))
    world.storm(10, at=3000)

    await world.run(3010, 3020)

    assert held == ["unsafe_text"]
    assert world.posts == [OPENED]


async def test_a_missed_outage_that_waits_for_a_person_does_not_keep_the_next_from_opening() -> (
    None
):
    texts = replace(TEXTS, resolved="Mail ops@example.com")
    world = World(replace(RULE, texts=texts), manners=RETROSPECTIVE)
    await world.cycle(0)
    world.storm(10, at=5)
    await world.cycle(2000)
    world.storm(4, at=3000)

    await world.cycle(3010)

    assert world.held() == ["unsafe_text"]
    assert world.posts == [OPENED]


async def test_a_missed_outage_is_not_told_beside_an_open_incident_of_a_person() -> None:
    world = World(RULE, manners=RETROSPECTIVE)
    a_persons_incident(world)
    world.storm(4, at=5)

    await world.run(0, 400)

    assert world.held() == ["person_has_open_incident"]
    assert world.posts == ["m"]


async def test_a_missed_outage_is_told_though_one_of_its_rules_is_gone_by_then() -> None:
    twin = replace(VOICE, match=SMS.match)
    world = World(SMS, twin, manners=RETROSPECTIVE)
    theirs = a_persons_incident(world)
    world.storm(4, at=5)
    await world.run(0, 400)
    world.configure(twin, manners=RETROSPECTIVE)
    world.page.post(theirs.id, "done", "resolved")

    await world.cycle(410)

    assert world.page.texts()[1][2] == [
        "Calls fail.",
        "Delivery is back to normal after 1 minute.",
    ]


async def test_a_new_rule_tells_no_outage_of_its_own_past() -> None:
    world = World(RULE, manners=RETROSPECTIVE)
    world.storm(10, at=5)
    world.configure(
        replace(RULE, window=600, recovery=Recovery(after=0, settle=0, below=Threshold(count=9))),
        manners=RETROSPECTIVE,
    )

    await world.cycle(500)
    await world.cycle(1200)

    assert [w for w in world.page.writes if "updates" in w] == []


async def test_old_evidence_opens_nothing_and_a_restart_does_not_forget_its_age() -> None:
    patient = replace(RULE, recovery=Recovery(after=20_000, settle=60))
    world = World(patient)
    theirs = a_persons_incident(world)
    world.storm(4, at=5)
    await world.run(10, 8000, every=600)
    world.page.post(theirs.id, "done", "resolved")
    world.restart()

    await world.run(8010, 8030)

    assert world.held() == ["stale_evidence"]
    assert world.posts == ["m", "done"]


async def test_the_unread_past_of_an_account_that_was_removed_holds_nothing() -> None:
    world = World(RULE)
    hole = Hole(T0 - 1000, T0 - 10)
    world.store.record("gone", Batch((), Coverage(T0 - 2000, T0, holes=(hole,))))
    world.storm(4, at=5)

    await world.cycle(10)

    assert world.posts == [OPENED]
    assert world.page.page == PAGE


async def test_a_rule_that_was_gone_for_a_while_does_not_speak_for_its_outage_again() -> None:
    world = await opened()
    world.page.unreadable = Unavailable("503")
    world.configure(a_rule("other", incident="other"))
    await world.cycle(20)
    world.page.unreadable = None
    world.configure(RULE)

    await world.run(30, 600)

    assert world.posts == [OPENED]
    assert world.held() == ["orphaned"]


async def test_an_opening_in_doubt_whose_rule_was_gone_for_a_while_is_not_sent_again() -> None:
    world = World(RULE, doubt_wait=20)
    world.storm(4, at=5)
    world.page.answers = [lost_before]
    await world.cycle(10)
    world.configure(doubt_wait=20)
    await world.cycle(20)
    world.configure(RULE, doubt_wait=20)

    await world.run(100, 600)

    assert len(world.page.writes) == 1
    assert world.store.cases() == []


async def test_an_outage_of_which_nothing_was_said_outlives_a_rule_that_was_gone_for_a_while() -> (
    None
):
    world = World(RULE)
    world.page.answers = [not_sent]
    world.storm(100, at=5)
    await world.cycle(10)
    world.configure()
    await world.cycle(20)
    world.configure(RULE)

    await world.run(30, 60)

    assert world.posts == [OPENED]
