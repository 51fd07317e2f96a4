from __future__ import annotations

from dataclasses import replace
from datetime import UTC
from zoneinfo import ZoneInfo

import pytest

from builders import T0, TEXTS, a_rule, an_alert
from fakes import PAGE
from statusbridge.core.coverage import Coverage
from statusbridge.core.detectors import Transition
from statusbridge.core.episodes import Episode, opened
from statusbridge.core.live import Component, Incident, Structure, Update
from statusbridge.core.model import (
    ComponentId,
    ComponentStatus,
    IncidentId,
    IncidentStatus,
    Instant,
    Phase,
    Status,
    UpdateId,
)
from statusbridge.core.operations import Ledger, Said, Verdict
from statusbridge.core.recall import Recall, found_again, is_behind
from statusbridge.core.rules import Rule
from world import fill

SMS, VOICE = ComponentId("c-sms"), ComponentId("c-voice")
STRUCTURE = Structure(PAGE, "Acme status", (Component(SMS, "SMS"), Component(VOICE, "Calls")))
BEGAN = T0 + 600
DEGRADED = ((SMS, "degraded_performance"),)


RESOLVED_TEXT = "Delivery is back to normal after 3 minutes."


def a_recall(rule: Rule) -> Recall:
    return Recall({rule.id: rule}, STRUCTURE, fill, UTC, BEGAN)


def an_episode(rule: Rule) -> Episode:
    transition = Transition(T0, rule.id, Phase.FIRING, Status.DEGRADED_PERFORMANCE, T0 - 60)
    return opened(rule, transition, an_alert(T0 - 5), PAGE)


def a_post(
    message: str = TEXTS.investigating,
    status: str = "investigating",
    components: tuple[tuple[ComponentId, str], ...] = DEGRADED,
    at: Instant | None = T0 + 10,
) -> Update:
    return Update(UpdateId(f"u-{status}-{at}"), message, status, at, components)


def an_incident(*posts: Update, name: str = TEXTS.title) -> Incident:
    posts = posts or (a_post(),)
    return Incident(IncidentId("i1"), PAGE, name, posts[-1].incident_status, posts)


def said_of(post: Update, rule: Rule | None = None) -> Said | None:
    rule = rule or a_rule()
    return a_recall(rule).said(an_episode(rule), post, None)


def found(incident: Incident, before: Instant | None = None, **changes: object) -> Ledger:
    rule = a_rule()
    episode = replace(an_episode(rule), **changes)  # type: ignore[arg-type]
    return found_again(Ledger(episode.id), episode, [incident], a_recall(rule), before)


@pytest.mark.parametrize(
    ("post", "status"),
    [
        (a_post(), Status.DEGRADED_PERFORMANCE),
        (a_post(TEXTS.worsened, components=((SMS, "full_outage"),)), Status.FULL_OUTAGE),
        (a_post(f"*{TEXTS.returned}*"), Status.DEGRADED_PERFORMANCE),
        (
            a_post("Delivery is normal since 14:13 UTC.", "monitoring", ((SMS, "operational"),)),
            Status.OPERATIONAL,
        ),
        (a_post(at=BEGAN), Status.DEGRADED_PERFORMANCE),
    ],
    ids=[
        "opening",
        "worsened",
        "returned, rendered",
        "monitoring, of whatever quiet",
        "of the second in which this process began",
    ],
)
def test_a_post_in_the_episodes_words_is_ours(post: Update, status: Status) -> None:
    said = Said(IncidentStatus(post.incident_status), (ComponentStatus(SMS, status),))

    assert said_of(post) == said


@pytest.mark.parametrize("lasted", ["1 minute", "3 hours 20 minutes", "2 days"])
def test_a_resolve_is_ours_however_long_it_lasted(lasted: str) -> None:
    post = a_post(f"Delivery is back to normal after {lasted}.", "resolved", ())

    assert said_of(post) == Said(IncidentStatus.RESOLVED)


@pytest.mark.parametrize(
    "post",
    [
        a_post("We are on it."),
        a_post(f"{TEXTS.investigating} Sorry."),
        a_post("Delivery is normal since lunch.", "monitoring"),
        a_post(status="identified"),
        a_post(TEXTS.resolved, "monitoring"),
        a_post(components=()),
        a_post(components=((SMS, "under_maintenance"),)),
        a_post(components=(*DEGRADED, (VOICE, "full_outage"))),
        a_post(at=BEGAN + 1),
        a_post(at=None),
    ],
    ids=[
        "other words",
        "and more",
        "another time",
        "a stage we do not use",
        "the words of another stage",
        "of nothing",
        "a status we do not use",
        "of what the rule does not know",
        "made while this process ran",
        "undated",
    ],
)
def test_any_other_post_is_a_persons(post: Update) -> None:
    assert said_of(post) is None


def test_a_post_is_ours_by_the_values_that_its_text_was_filled_with() -> None:
    texts = replace(TEXTS, investigating="Since {{ started_at }}.", resolved="{{ components }}: ok")
    rule = a_rule(texts=texts, components=("SMS", "Calls"))
    berlin = replace(a_recall(rule), zone=ZoneInfo("Europe/Berlin"))
    episode = an_episode(rule)

    assert said_of(a_post("SMS and Calls: ok", "resolved", ()), rule) is not None
    assert said_of(a_post("SMS: ok", "resolved", ()), rule) is None
    assert berlin.said(episode, a_post("Since 16:13 CEST."), None) is not None
    assert berlin.said(episode, a_post("Since 14:13 UTC."), None) is None


def test_a_post_without_a_word_is_a_persons() -> None:
    silent = a_rule(texts=replace(TEXTS, worsened="—"))

    assert said_of(a_post("…"), silent) is None


def test_a_text_that_can_not_be_rendered_is_nobodys() -> None:
    def broken(source: str, values: object) -> str:
        raise ValueError("no such variable")

    rule = a_rule()
    recall = replace(a_recall(rule), render=broken)

    assert recall.said(an_episode(rule), a_post(), None) is None


def test_an_incident_in_our_words_since_the_outage_began_is_ours_with_all_its_posts() -> None:
    quiet = a_post("Delivery is normal since 14:13 UTC.", "monitoring", ((SMS, "operational"),), T0)
    incident = an_incident(a_post(at=T0 - 60), quiet)

    ledger = found(incident)

    assert ledger == Ledger(
        ledger.episode,
        incident_id=IncidentId("i1"),
        name=TEXTS.title,
        said=Said(IncidentStatus.MONITORING, (ComponentStatus(SMS, Status.OPERATIONAL),)),
        updates=frozenset(update.id for update in incident.updates),
        notified=True,
        told_until=T0,
    )


def test_what_stood_in_the_way_is_forgotten_with_the_name_as_the_page_writes_it() -> None:
    rule = a_rule()
    episode = an_episode(rule)
    stuck = Ledger(episode.id, parked=Said(IncidentStatus.RESOLVED), parked_why="lost", stuck=True)
    incident = an_incident(name=f"*{TEXTS.title}*")

    ledger = found_again(stuck, episode, [incident], a_recall(rule), None)

    assert ledger == replace(found(incident), name=f"*{TEXTS.title}*")
    assert (ledger.parked, ledger.parked_why, ledger.stuck) == (None, "", False)


def test_of_several_incidents_the_first_is_found_by_time_and_then_by_id() -> None:
    rule = a_rule()
    episode = an_episode(rule)
    shown = [
        replace(an_incident(a_post(at=at)), id=IncidentId(id_))
        for id_, at in (("i1", T0 + 20), ("i3", T0 + 10), ("i2", T0 + 10))
    ]

    ledger = found_again(Ledger(episode.id), episode, shown, a_recall(rule), None)

    assert ledger.incident_id == "i2"


def test_an_outage_that_was_approved_in_a_persons_words_is_known_by_those() -> None:
    rule = a_rule()
    episode, recall = an_episode(rule), a_recall(rule)
    words = Verdict(True, "approved", title="No calls", text="Some calls fail.")
    ledger = Ledger(episode.id, verdict=words)
    post = a_post("Some *calls* fail.")
    over = a_post(TEXTS.investigating, "resolved", ())

    told = found_again(ledger, episode, [an_incident(post, name="No  calls")], recall, None)
    renamed = found_again(ledger, episode, [an_incident(post, name="Trouble")], recall, None)
    as_ruled = found_again(ledger, episode, [an_incident(name="No calls")], recall, None)
    unworded = found_again(Ledger(episode.id), episode, [an_incident(post)], recall, None)

    assert (told.incident_id, told.name) == ("i1", "No  calls")
    assert (renamed.incident_id, renamed.name) == ("i1", "No calls")
    assert as_ruled.incident_id == "i1"
    assert unworded.incident_id is None

    both = a_rule(components=("SMS", "Calls"))
    one_of_both = found_again(
        ledger, an_episode(both), [an_incident(post, name="No calls")], a_recall(both), None
    )
    assert one_of_both.incident_id == "i1"
    assert recall.said(episode, replace(over, message="Some calls fail."), words) is None
    assert recall.said(episode, a_post(), replace(words, text="")) is not None


def test_an_incident_that_a_person_renamed_or_posted_on_is_found_for_ownership_to_judge() -> None:
    posts = (a_post(), a_post("I am on it.", "identified", (), T0 + 20))

    ledger = found(an_incident(*posts, name="Trouble"))

    assert (ledger.incident_id, ledger.name) == ("i1", TEXTS.title)
    assert ledger.updates == {posts[0].id}


RESOLVE = a_post(RESOLVED_TEXT, "resolved", (), T0 + 400)


@pytest.mark.parametrize(
    ("incident", "before"),
    [
        (an_incident(a_post("We are on it.")), None),
        (an_incident(a_post(at=T0 - 61)), None),
        (an_incident(a_post("Delivery is normal since 14:13 UTC.", "monitoring")), None),
        (an_incident(a_post(at=T0 + 300)), T0 + 300),
        (an_incident(a_post(at=T0 + 300), RESOLVE), T0 + 300),
        (an_incident(), T0 + 300),
    ],
    ids=[
        "other words",
        "of before",
        "not opened by us",
        "of the next",
        "of the next, and over",
        "not over before the next",
    ],
)
def test_any_other_incident_is_not_this_outages(incident: Incident, before: Instant | None) -> None:
    assert found(incident, before).incident_id is None


def test_an_outage_found_without_a_past_goes_on_with_the_open_incident_it_began_with() -> None:
    old = a_post(at=T0 - 9000)
    over = a_post(RESOLVED_TEXT, "resolved", (), T0 - 4000)

    assert found(an_incident(old), known_rule=False).incident_id == "i1"
    assert found(an_incident(old, over), known_rule=False).incident_id is None
    assert found(an_incident(old, RESOLVE), known_rule=False).incident_id is None


def test_what_a_person_closed_during_an_outage_found_without_a_past_stays_closed() -> None:
    def closed(at: Instant) -> Incident:
        return an_incident(a_post(at=T0 - 9000), a_post("Over.", "resolved", (), at))

    assert found(closed(T0), known_rule=False).incident_id == "i1"
    assert found(closed(T0 - 5), known_rule=False).incident_id == "i1"
    assert found(closed(T0 - 6), known_rule=False).incident_id is None
    assert found(closed(T0 - 4000), known_rule=False).incident_id is None


def test_an_outage_told_afterwards_is_found_only_with_its_end() -> None:
    began = a_post(at=T0 - 5)
    ended = a_post(RESOLVED_TEXT, "resolved", (), T0 + 100)

    assert found(an_incident(began, ended), ended_at=T0 + 160).incident_id == "i1"
    assert found(an_incident(began), ended_at=T0 + 160).incident_id is None
    assert found(an_incident(), ended_at=T0 + 160).incident_id == "i1"


@pytest.mark.parametrize(
    ("told", "covered", "behind"),
    [(None, None, False), (T0, None, True), (T0, T0 - 1, True), (T0, T0, False)],
)
def test_what_was_read_up_to_is_held_against_what_the_page_tells(
    told: Instant | None, covered: Instant | None, behind: bool
) -> None:
    episode = an_episode(a_rule())

    found = is_behind(episode, Ledger(episode.id, told_until=told), {"prod": Coverage(covered)})

    assert found is behind
