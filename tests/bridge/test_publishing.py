"""How drafts become posts: keys, bodies, read-backs, and what a page may answer."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import pytest
from structlog.testing import capture_logs

from builders import T0, TEXTS, a_rule, a_trigger
from fakes import Answer, MemoryPage, always, applied, lost_after, lost_before, not_sent
from statusbridge.bridge.acting import carry
from statusbridge.core.acts import ActKind, Order
from statusbridge.core.errors import Unavailable
from statusbridge.core.live import Incident
from statusbridge.core.model import IncidentId, Status, UpdateId
from statusbridge.core.operations import Operation, OperationState
from statusbridge.core.outcome import Applied, Gone, Limited, Outcome, Refused, Unknown
from statusbridge.core.outcome import Unauthorized as NotAllowed
from statusbridge.core.plan import Manners
from statusbridge.core.rules import CodeRange, Match, Recovery
from world import World

OPENED = "Some text messages are failing."
LASTING = Recovery(after=1800, settle=600)
RULE = a_rule(
    triggers=(a_trigger(count=3), a_trigger(Status.PARTIAL_OUTAGE, count=8)), recovery=LASTING
)
TOO_MANY = Refused(422, "too many subscribers")


async def opened(**policy: object) -> World:
    world = World(RULE, **policy)
    world.storm(4, at=5)
    await world.cycle(10)
    return world


async def test_a_replayed_key_of_an_incident_that_was_there_before_is_parked() -> None:
    world = World(RULE)
    old = world.page.open("Old", {"message": "old", "incident_status": "investigating"})
    world.page.post(old.id, "over", "resolved")
    world.page.answers = [lambda page, _: Applied(incident=page.incidents_[old.id])]
    world.storm(4, at=5)

    report = await world.cycle(10)
    await world.cycle(20)

    assert world.held() == ["parked"]
    assert [case.ledger.incident_id for case in world.store.cases()] == [None]
    assert len(world.page.writes) == 1
    (parked,) = world.store.parked()
    assert parked.why == "the page answered with incident i1, which was there before"
    assert report.opened == 0


async def test_a_replayed_key_of_an_incident_that_a_person_resolved_since_is_theirs() -> None:
    def replayed(page: MemoryPage, operation: Operation) -> Outcome:
        first = page.apply(operation)
        page.post(next(iter(page.incidents_)), "All good.", "resolved")
        return first

    world = World(RULE)
    world.page.answers = [replayed]
    world.storm(4, at=5)
    with capture_logs() as lines:
        await world.cycle(10)
    at_once = world.store.cases()[0].ledger
    world.storm(9, at=11)

    await world.cycle(20)

    assert (at_once.owner, at_once.why) == ("theirs", "a person posted “resolved” on it")
    assert "incident.touched" in [line["event"] for line in lines]
    assert world.held() == ["touched_by_a_person"]
    assert world.posts == [OPENED, "All good."]


async def test_a_key_that_the_page_forgot_costs_nothing_where_the_incident_can_be_read() -> None:
    world = World(RULE, doubt_wait=5)
    world.page.answers = [lost_after]
    world.storm(4, at=5)
    await world.cycle(10)
    world.page.keys.clear()

    await world.run(15, 60, every=5)

    assert world.posts == [OPENED]
    assert len(world.page.writes) == 1


async def test_a_person_who_posts_between_the_look_and_the_last_look_is_seen() -> None:
    world = await opened()
    world.storm(9, at=11)
    id_ = world.the_incident().id
    shown = world.page.incidents

    async def then_a_person_posts() -> tuple:  # type: ignore[type-arg]
        incidents = await shown()
        world.page.post(id_, "We know.", "identified")
        return incidents

    world.page.incidents = then_a_person_posts  # type: ignore[method-assign]

    await world.cycle(20)

    assert world.posts == [OPENED, "We know."]
    (case,) = world.store.cases()
    assert case.ledger.why == "a person posted “identified” on it"


def two_at_once() -> World:
    """A world in which two rules, one for each component, have enough by 10."""
    match = Match(codes=(CodeRange(31000, 31000),))
    world = World(RULE, a_rule("voice", components=("Calls",), match=match))
    world.storm(4, at=1)
    world.storm(4, at=6, code=31000)
    return world


async def test_nothing_is_opened_beside_a_person_who_did_while_another_post_was_on_its_way() -> (
    None
):
    calls = {"component_id": "c-voice", "component_status": "full_outage"}
    theirs = {"message": "m", "incident_status": "investigating", "component_statuses": [calls]}

    def slow(page: MemoryPage, operation: Operation) -> Outcome:
        page.open("Calls are down", theirs)
        return applied(page, operation)

    world = two_at_once()
    world.page.answers = [slow]

    await world.run(10, 20)

    assert world.posts == ["m", OPENED]
    assert world.held() == ["person_has_open_incident"]


def _ended(page: MemoryPage) -> None:
    page.post(_by_a_person(page, "c-voice"), "Over.", "resolved")


def _elsewhere(page: MemoryPage) -> None:
    _by_a_person(page, "c-sms")


def _by_a_person(page: MemoryPage, component: str) -> str:
    line = {"component_id": component, "component_status": "full_outage"}
    said = {"message": "m", "incident_status": "investigating", "component_statuses": [line]}
    return str(page.open("Theirs", said).id)


@pytest.mark.parametrize("act", [_ended, _elsewhere])
async def test_what_a_person_did_meanwhile_keeps_only_what_it_is_about(
    act: Callable[[MemoryPage], None],
) -> None:
    def slow(page: MemoryPage, operation: Operation) -> Outcome:
        act(page)
        return applied(page, operation)

    world = two_at_once()
    world.page.answers = [slow]

    await world.cycle(10)

    assert [post for post in world.posts if post == OPENED] == [OPENED, OPENED]


async def test_a_page_that_can_not_be_looked_at_once_more_is_not_opened_on() -> None:
    world = two_at_once()
    real = world.page.incidents

    def cut_off(page: MemoryPage, operation: Operation) -> Outcome:
        world.page.incidents = unreadable  # type: ignore[method-assign]
        return applied(page, operation)

    async def unreadable() -> tuple[Incident, ...]:
        raise Unavailable("GET incidents failed")

    world.page.answers = [cut_off]
    await world.cycle(10)
    meanwhile, trouble = list(world.posts), dict(world.bridge.trouble)
    world.page.incidents = real  # type: ignore[method-assign]

    await world.cycle(20)

    assert (meanwhile, trouble) == ([OPENED], {"page public": "GET incidents failed"})
    assert world.posts == [OPENED, OPENED]


async def test_what_a_person_ended_and_opened_again_before_the_last_look_is_not_resolved() -> None:
    world = World(a_rule(), manners=Manners(after_touch="resolve_only"))
    world.storm(4, at=5)
    await world.cycle(10)
    id_ = world.the_incident().id
    world.page.post(id_, "We know.", "identified")
    await world.run(20, 120)
    shown = await world.page.incidents()
    world.page.post(id_, "It is over.", "resolved")
    world.page.post(id_, "It is not over.", "investigating")

    async def an_old_picture() -> tuple[Incident, ...]:
        return shown

    world.page.incidents = an_old_picture  # type: ignore[method-assign]

    await world.run(130, 300)

    assert world.posts == [OPENED, "We know.", "It is over.", "It is not over."]


async def test_a_forgotten_post_that_only_the_last_look_shows_is_ours_and_not_repeated() -> None:
    world = await opened()
    before, shown = world.store.cases()[0].ledger, await world.page.incidents()
    world.storm(9, at=11)
    await world.cycle(20)
    said = world.store.cases()[0].ledger.said
    world.store.commit_ledger(before)

    async def an_old_picture() -> tuple[Incident, ...]:
        return shown

    world.page.incidents = an_old_picture  # type: ignore[method-assign]
    world.restart()

    await world.cycle(30)

    (case,) = world.store.cases()
    assert (case.ledger.owner, case.ledger.said) == ("ours", said)
    assert world.posts == [OPENED, TEXTS.worsened]


async def test_a_last_look_that_fails_writes_nothing_and_says_why() -> None:
    world = await opened()
    world.storm(9, at=11)

    async def unreadable(id_: IncidentId) -> None:
        raise Unavailable("HTTP 503")

    world.page.incident = unreadable  # type: ignore[method-assign, assignment]

    report = await world.cycle(20)

    assert len(world.page.writes) == 1
    assert world.bridge.trouble == {"page public": "HTTP 503"}
    assert report.trouble == 1


async def test_an_opening_that_can_not_be_read_again_stands_and_is_read_later() -> None:
    world = World(RULE)
    real = world.page.incident

    async def unreadable(id_: IncidentId) -> None:
        raise Unavailable("HTTP 503")

    world.page.incident = unreadable  # type: ignore[method-assign, assignment]
    world.storm(4, at=5)
    await world.cycle(10)
    world.page.incident = real  # type: ignore[method-assign]
    world.storm(9, at=11)

    await world.cycle(20)

    assert world.posts == [OPENED, TEXTS.worsened]


async def test_the_key_stops_writing_for_the_cycle_at_the_first_refusal() -> None:
    rules = (RULE, a_rule("two", recovery=LASTING))
    world = World(*rules)
    world.page.answers = [always(NotAllowed(403, "HTTP 403"))]
    world.storm(4, at=5)

    await world.cycle(10)

    assert len(world.page.writes) == 1
    assert world.bridge.refused == {"writing to page public"}


async def test_what_waits_gives_way_to_what_is_true_when_it_may_go() -> None:
    world = World(RULE)
    world.page.answers = [not_sent]
    world.storm(4, at=5)
    await world.cycle(10)
    world.storm(9, at=11)

    await world.cycle(20)

    bodies = [write["component_statuses"] for write in world.page.writes]
    assert [body[0]["component_status"] for body in bodies] == [  # type: ignore[index]
        "degraded_performance",
        "partial_outage",
    ]
    assert len({str(write["idempotency_key"]) for write in world.page.writes}) == 1
    assert len(world.page.incidents_) == 1


TIMED = replace(
    RULE, texts=replace(TEXTS, investigating="Failing for {{ duration }}, as of {{ now }}.")
)


async def test_a_post_that_never_left_tells_of_the_time_when_it_does() -> None:
    world = World(TIMED)
    world.page.answers = [not_sent]
    world.storm(4, at=5)
    await world.cycle(10)

    await world.cycle(610)

    assert world.posts == ["Failing for 10 minutes, as of 14:23 UTC."]


async def test_a_post_that_never_left_goes_out_in_the_words_of_a_reload_since() -> None:
    world = World(RULE)
    world.page.answers = [not_sent]
    world.storm(4, at=5)
    await world.cycle(10)
    world.configure(replace(RULE, texts=replace(TEXTS, investigating="Texts to France fail.")))

    await world.cycle(20)

    assert world.posts == ["Texts to France fail."]


@pytest.mark.parametrize(
    ("resumed", "posts"),
    [
        (3610, "Failing for 1 minute, as of 14:13 UTC."),
        (3611, "Failing for 1 hour, as of 15:13 UTC."),
    ],
)
async def test_what_was_lost_is_said_again_as_it_was_only_while_that_is_no_old_news(
    resumed: int, posts: str
) -> None:
    world = World(replace(TIMED, recovery=Recovery(after=7200, settle=60)), doubt_wait=5)
    world.page.answers = [lost_before]
    world.storm(4, at=5)
    await world.cycle(10)
    carry(world.bridge, Order(ActKind.PAUSE), "ada")
    await world.run(20, 40)
    carry(world.bridge, Order(ActKind.RESUME), "ada")

    await world.cycle(resumed)

    assert world.posts == [posts]


async def test_the_wait_for_a_page_that_is_not_reached_goes_on_where_something_else_is_due() -> (
    None
):
    world = World(RULE)
    world.page.answers = [not_sent, not_sent]
    world.storm(4, at=5)
    await world.cycle(10)
    first = world.store.cases()[0].operation
    world.storm(9, at=11)

    await world.cycle(20)

    second = world.store.cases()[0].operation
    assert first is not None
    assert second is not None
    assert (first.retries, second.retries) == (1, 2)
    assert first.draft.said != second.draft.said


async def test_an_update_has_no_key_and_for_baseline_what_its_incident_shows() -> None:
    world = await opened()
    world.storm(9, at=11)
    world.page.answers = [lost_before]

    await world.cycle(20)

    operation = world.store.cases()[0].operation
    assert operation is not None
    assert (operation.key, operation.baseline) == ("", {"u002"})


async def test_an_opening_has_for_baseline_what_the_page_shows_and_what_we_opened() -> None:
    world = World(a_rule())
    world.storm(4, at=5)
    await world.run(0, 300)
    person = world.page.open("Old", {"message": "old", "incident_status": "investigating"})
    world.page.post(person.id, "over", "resolved")
    world.page.lacking = {"i1"}
    world.page.answers = [lost_before]
    world.storm(4, at=305)

    await world.cycle(310)

    operation = world.store.cases()[0].operation
    assert operation is not None
    assert operation.baseline == {"i1", person.id}


FACTS = {"incident": "sms", "rules": ["sms"], "reason": "outage_began"}


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (applied, {"event": "incident.opened", "log_level": "info", "notified": True}),
        (
            lost_before,
            {
                "event": "operation.doubted",
                "log_level": "warning",
                "action": "open",
                "why": "connection reset",
            },
        ),
        (
            always(Refused(413, "too long")),
            {
                "event": "operation.parked",
                "log_level": "error",
                "action": "open",
                "why": "too long",
            },
        ),
        (
            not_sent,
            {
                "event": "operation.delayed",
                "log_level": "warning",
                "action": "open",
                "why": "connection refused",
                "outcome": "NotSent",
            },
        ),
    ],
)
async def test_what_became_of_a_write_is_told(answer: Answer, told: dict[str, object]) -> None:
    world = World(RULE)
    world.page.answers = [answer]
    world.storm(4, at=5)

    with capture_logs() as lines:
        await world.cycle(10)

    assert [line for line in lines if line["event"] == told["event"]] == [FACTS | told]


async def test_each_post_is_told_by_what_it_did() -> None:
    world = World(a_rule())
    world.storm(4, at=5)

    with capture_logs() as lines:
        await world.run(0, 300)

    told = [line["event"] for line in lines if line["event"].startswith("incident.")]
    assert told == ["incident.opened", "incident.updated", "incident.resolved"]


async def test_only_what_was_posted_without_mailing_is_told_to_be() -> None:
    with capture_logs() as refused:
        world = World(RULE)
        world.page.answers = [always(TOO_MANY), always(TOO_MANY)]
        world.storm(4, at=5)
        await world.cycle(10)
    with capture_logs() as posted:
        world = World(RULE)
        world.page.answers = [always(TOO_MANY)]
        world.storm(4, at=5)
        await world.cycle(10)

    events = [[line["event"] for line in lines] for lines in (refused, posted)]
    assert ["subscribers.unreachable" in told for told in events] == [False, True]


async def test_a_silent_twin_that_never_left_stays_silent_in_newer_words() -> None:
    world = World(TIMED)
    world.page.answers = [always(TOO_MANY), not_sent]
    world.storm(4, at=5)
    await world.cycle(10)

    await world.cycle(610)

    assert [write["notify_subscribers"] for write in world.page.writes] == [True, False, False]
    assert world.posts == ["Failing for 10 minutes, as of 14:23 UTC."]
    assert str(world.page.writes[2]["idempotency_key"]).endswith("-quiet")


async def test_a_silent_twin_that_is_lost_is_read_back_like_any_other() -> None:
    world = World(RULE, doubt_wait=5)
    world.page.answers = [always(TOO_MANY), lost_before]
    world.storm(4, at=5)

    await world.run(10, 60, every=5)

    assert [write["notify_subscribers"] for write in world.page.writes] == [True, False, False]
    assert world.page.writes[1] == world.page.writes[2]
    assert world.posts == [OPENED]


async def test_a_refusal_that_mailing_does_not_explain_is_parked_after_its_twin() -> None:
    world = World(RULE)
    world.page.answers = [always(TOO_MANY), always(Refused(400, "bad name"))]
    world.storm(4, at=5)

    await world.cycle(10)
    await world.cycle(20)

    assert len(world.page.writes) == 2
    ((_, held, _),) = world.store.held()
    assert (held.reason, held.detail) == ("parked", "bad name")
    assert [o.state for o in world.store.parked()] == [OperationState.PARKED]


async def test_a_page_that_is_gone_is_let_go_of() -> None:
    world = World(RULE)
    world.page.answers = [always(Gone("HTTP 404"))]
    world.storm(4, at=5)

    await world.cycle(10)
    await world.cycle(20)

    ((_, held, _),) = world.store.held()
    assert (held.reason, held.detail) == ("gone_from_page", "HTTP 404")
    assert len(world.page.writes) == 1


async def test_a_lost_update_of_ours_that_appears_late_is_ours() -> None:
    world = await opened(doubt_wait=5)
    world.storm(9, at=11)
    world.page.answers = [lost_before] * 3
    await world.run(20, 60, every=5)
    (parked,) = world.store.parked()
    world.page.apply(parked)

    await world.cycle(65)

    (case,) = world.store.cases()
    assert case.ledger.owner == "ours"
    assert case.ledger.said == parked.draft.said
    assert world.held() == []


async def test_a_lost_resolve_of_ours_that_appears_late_ends_the_matter() -> None:
    brisk = a_rule()
    world = World(brisk, doubt_wait=5)
    world.storm(4, at=5)
    await world.run(0, 185, every=5)
    world.page.answers = [lost_before] * 3
    await world.run(190, 250, every=5)
    (parked,) = world.store.parked()
    world.page.apply(parked)

    await world.cycle(255)

    assert world.store.cases() == []
    assert world.held() == []


async def test_a_lost_opening_of_ours_that_appears_late_is_ours_again() -> None:
    world = World(RULE, doubt_wait=5)
    world.storm(4, at=5)
    world.page.answers = [lost_before] * 3
    await world.run(10, 60, every=5)
    (parked,) = world.store.parked()
    held = world.held()
    world.page.apply(parked)
    world.storm(9, at=61)

    await world.run(70, 80)

    assert held == ["parked"]
    assert world.posts == [OPENED, TEXTS.worsened]
    assert world.held() == []


async def test_a_post_found_twice_is_told_and_left_to_a_person() -> None:
    def twice(page: MemoryPage, operation: Operation) -> Outcome:
        page.apply(operation)
        page.apply(operation)
        return Unknown("reset")

    world = await opened(doubt_wait=5)
    world.storm(9, at=11)
    world.page.answers = [twice]
    world.bridge.duplicates = 2

    await world.run(20, 60, every=5)

    assert world.posts == [OPENED, TEXTS.worsened, TEXTS.worsened]
    assert world.held() == ["touched_by_a_person"]
    assert world.bridge.duplicates == 3


async def test_a_person_posting_while_an_update_is_in_doubt_takes_over() -> None:
    world = await opened(doubt_wait=5)
    world.storm(9, at=11)
    world.page.answers = [lost_before]
    await world.cycle(20)
    world.page.post(world.the_incident().id, "We know.", "identified")

    await world.run(25, 60, every=5)

    assert world.posts == [OPENED, "We know."]
    assert world.held() == ["touched_by_a_person"]


async def test_a_page_that_changes_our_letters_gets_no_text_twice() -> None:
    def rewritten(page: MemoryPage, operation: Operation) -> Outcome:
        page.apply(operation)
        (incident,) = page.incidents_.values()
        update = replace(incident.updates[-1], message="Entirely other words")
        page.incidents_[incident.id] = replace(incident, updates=(*incident.updates[:-1], update))
        if json.loads(operation.body).get("idempotency_key"):
            return Applied(incident=page.incidents_[incident.id])
        return Unknown("reset")

    world = World(RULE, doubt_wait=5)
    world.page.answers = [rewritten, lost_before, lost_before]
    world.storm(4, at=5)
    await world.cycle(10)
    drift = world.store.fact("echo_drifts")
    world.storm(9, at=11)

    await world.run(20, 100, every=5)

    assert drift == "sms"
    assert len(world.page.writes) == 2
    assert world.held() == ["parked"]


async def test_a_read_back_that_fails_waits_for_the_next_cycle() -> None:
    world = World(RULE, doubt_wait=5)
    world.page.answers = [lost_after]
    world.storm(4, at=5)
    await world.cycle(10)
    world.page.unreadable = Unavailable("HTTP 503")
    await world.run(15, 30, every=5)
    trouble = dict(world.bridge.trouble)
    world.page.unreadable = None

    await world.cycle(35)

    assert trouble == {"page public": "HTTP 503"}
    assert world.posts == [OPENED]
    assert world.store.cases()[0].operation is None


async def test_a_stale_read_back_is_no_absence() -> None:
    world = await opened(doubt_wait=5)
    world.storm(9, at=11)
    world.page.answers = [lost_after]
    await world.cycle(20)
    world.page.lacking = {UpdateId("u002"), UpdateId("u003")}
    await world.run(25, 60, every=5)
    writes = len(world.page.writes)
    world.page.lacking = set()

    await world.run(65, 70, every=5)

    assert writes == 2
    assert world.posts == [OPENED, TEXTS.worsened]
    assert world.store.cases()[0].operation is None


async def test_an_operation_of_a_page_that_was_taken_out_of_the_file_waits_for_it() -> None:
    world = World(RULE, doubt_wait=5)
    world.page.answers = [lost_after]
    world.storm(4, at=5)
    await world.cycle(10)
    world.bridge.pages = {}

    await world.cycle(20)
    (case,) = world.store.cases()
    world.restart()
    await world.cycle(30)

    assert case.operation is not None
    assert world.store.cases()[0].operation is None


async def test_a_missed_outage_lost_on_its_way_is_read_back_with_all_its_posts() -> None:
    from statusbridge.core.plan import Manners

    world = World(a_rule(), manners=Manners(missed="retrospective"), doubt_wait=5)
    await world.cycle(0)
    world.storm(4, at=5)
    world.page.answers = [lost_after]

    await world.run(2000, 2030, every=5)

    assert len(world.page.writes) == 1
    assert world.store.cases() == []
    assert world.the_incident().resolved


async def test_waiting_as_long_as_the_page_asks_holds_the_incident_visibly() -> None:
    world = World(RULE)
    world.page.answers = [always(Limited("slow down", retry_after=40))]
    world.storm(4, at=5)

    await world.cycle(10)
    await world.cycle(20)

    ((_, held, since),) = world.store.held()
    assert (held.reason, held.detail) == ("waiting_to_retry", "open: slow down")
    assert since == T0 + 20
