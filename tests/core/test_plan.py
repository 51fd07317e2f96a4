from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC
from zoneinfo import ZoneInfo

import pytest

from builders import T0, TEXTS, a_rule, an_alert
from fakes import PAGE
from statusbridge.core.detectors import Transition
from statusbridge.core.episodes import Episode, Member, opened
from statusbridge.core.live import Component, Structure
from statusbridge.core.model import (
    ComponentId,
    ComponentStatus,
    IncidentId,
    IncidentStatus,
    Notify,
    Phase,
    Stage,
    Status,
)
from statusbridge.core.operations import (
    Action,
    Draft,
    Held,
    HeldReason,
    Ledger,
    Reason,
    Said,
    Verdict,
)
from statusbridge.core.plan import Case, Manners, Planner
from statusbridge.core.rules import Rule
from statusbridge.core.texts import FALLBACK_RESOLVED, Clock, in_words, listed
from statusbridge.core.wording import TEXT_LIMIT, TITLE_LIMIT, VARIABLES
from world import fill

STRUCTURE = Structure(
    PAGE,
    "Acme status",
    (Component(ComponentId("c-sms"), "SMS"), Component(ComponentId("c-mms"), "MMS")),
)
SAID = Said(
    IncidentStatus.INVESTIGATING,
    (ComponentStatus(ComponentId("c-sms"), Status.DEGRADED_PERFORMANCE),),
)


def an_episode(rule: Rule, **changes: object) -> Episode:
    transition = Transition(T0, rule.id, Phase.FIRING, Status.DEGRADED_PERFORMANCE, T0 - 60)
    return replace(opened(rule, transition, an_alert(T0), PAGE), **changes)  # type: ignore[arg-type]


def over(rule: Rule) -> Case:
    """An outage that was told of and has just ended."""
    episode = an_episode(rule, status=IncidentStatus.RESOLVED, ended_at=T0 + 60)
    return Case(episode, Ledger(episode.id, IncidentId("i1"), "SMS", said=SAID, notified=True))


def due(case: Case, *rules: Rule, **changes: object) -> tuple[Draft | Held, ...]:
    planner = Planner({rule.id: rule for rule in rules}, STRUCTURE, T0 + 90, fill)
    plan = replace(planner, **changes).plan([case])  # type: ignore[arg-type]
    return (*plan.drafts, *plan.held)


def one(case: Case, *rules: Rule, **changes: object) -> Draft | Held:
    (found,) = due(case, *rules, **changes)
    return found


def planned(rule: Rule, **changes: object) -> Draft | Held:
    episode = an_episode(rule)
    return one(Case(episode, Ledger(episode.id)), rule, **changes)


def test_what_was_over_before_its_rules_were_removed_is_still_resolved() -> None:
    case = over(a_rule())

    assert one(case) == Draft(
        action=Action.RESOLVE,
        reason=Reason.ENDED,
        episode=case.episode.id,
        incident="sms",
        incident_id=IncidentId("i1"),
        rules=("sms",),
        name="SMS",
        said=Said(IncidentStatus.RESOLVED),
        message=FALLBACK_RESOLVED,
        notify=True,
    )


@pytest.mark.parametrize("rules", [(), (a_rule(stage=Stage.SHADOW),)])
def test_what_a_rule_in_shadow_would_say_is_said_to_be_in_shadow(rules: tuple[Rule, ...]) -> None:
    case = over(a_rule(stage=Stage.SHADOW))
    planner = Planner({rule.id: rule for rule in rules}, STRUCTURE, T0 + 90, fill)

    plan = planner.plan([replace(case, ledger=replace(case.ledger, name=None))])

    assert (plan.drafts, plan.held) == ((), ())
    assert [(d.stage, d.name) for d in plan.shadow] == [
        (Stage.SHADOW, TEXTS.title if rules else "")
    ]


def test_what_is_not_over_says_nothing_more_without_its_rules() -> None:
    episode = an_episode(a_rule())

    found = one(Case(episode, Ledger(episode.id)))

    assert isinstance(found, Held)
    assert found.reason is HeldReason.ORPHANED


def test_a_resolve_whose_text_may_not_be_published_falls_back_to_a_fixed_one() -> None:
    leaking = a_rule(texts=replace(TEXTS, resolved="Mail ops@example.com"))

    found = one(over(leaking), leaking)

    assert isinstance(found, Draft)
    assert found.message == FALLBACK_RESOLVED
    assert found.simplified == "a text would publish an e-mail address"


def test_what_was_resolved_is_not_resolved_again() -> None:
    case = over(a_rule())
    told = replace(case.ledger, said=Said(IncidentStatus.RESOLVED))

    assert due(replace(case, ledger=told), a_rule()) == ()


def test_a_component_that_is_gone_from_the_page_is_left_out_and_no_news() -> None:
    rule = a_rule(components=("Gone", "SMS"))
    episode = an_episode(rule)
    both = (*SAID.components, ComponentStatus(ComponentId("c-gone"), Status.FULL_OUTAGE))
    told = Ledger(episode.id, IncidentId("i1"), "SMS", said=replace(SAID, components=both))

    opening = one(Case(episode, Ledger(episode.id)), rule)

    assert isinstance(opening, Draft)
    assert opening.said == SAID
    assert due(Case(episode, told), rule) == ()


@pytest.mark.parametrize(
    ("components", "detail"),
    [
        ((), "no component is left"),
        (
            ("Gone",),
            'the page has no component "Gone": `statusbridge pages` lists what is there',
        ),
    ],
)
def test_an_outage_of_nothing_on_the_page_is_held(components: tuple[str, ...], detail: str) -> None:
    found = planned(a_rule(components=components))

    episode = an_episode(a_rule()).id
    assert found == Held("sms", episode, HeldReason.NO_COMPONENT, detail)


def test_an_outage_of_nothing_on_the_page_asks_for_nothing_whatever_a_person_called_it() -> None:
    rule = a_rule(components=("Nowhere",))
    episode = an_episode(rule)
    verdict = Verdict(True, "approved", Status.FULL_OUTAGE, Status.PARTIAL_OUTAGE)

    found = one(Case(episode, Ledger(episode.id, verdict=verdict)), rule)

    assert isinstance(found, Held)
    assert found.reason is HeldReason.NO_COMPONENT
    assert Planner({rule.id: rule}, STRUCTURE, T0, fill).worst(episode) is Status.OPERATIONAL


@pytest.mark.parametrize(
    ("words", "detail"),
    [
        ({"text": "Call +1 415 555 0123"}, "it would publish a phone number"),
        ({"title": "Call +1 415 555 0123"}, "it would publish a phone number"),
        ({"text": "unfillable"}, "can't be filled"),
    ],
)
def test_a_persons_own_words_are_held_where_they_must_not_be_published(
    words: dict[str, str], detail: str
) -> None:
    def render(source: str, values: Mapping[str, str]) -> str:
        if "unfillable" in values.values():
            raise ValueError("can't be filled")
        return fill(source, values)

    episode = an_episode(a_rule())
    ledger = Ledger(episode.id, verdict=Verdict(True, "approved", Status.FULL_OUTAGE, **words))

    found = one(Case(episode, ledger), a_rule(), render=render)

    assert found == Held("sms", episode.id, HeldReason.UNSAFE_TEXT, detail)


def test_what_waits_for_review_says_what_publishes_it() -> None:
    found = planned(a_rule(stage=Stage.REVIEW))

    assert isinstance(found, Held)
    assert (found.reason, found.detail) == (
        HeldReason.REVIEW,
        "its rule is in stage review: `statusbridge approve sms` publishes it",
    )


@pytest.mark.parametrize(
    ("status", "ended_at", "known", "missed", "reason"),
    [
        (IncidentStatus.RESOLVED, T0 + 60, True, "retrospective", Reason.MISSED),
        (IncidentStatus.RESOLVED, T0 + 60, True, "skip", None),
        (IncidentStatus.RESOLVED, T0 + 60, False, "retrospective", None),
        (IncidentStatus.MONITORING, None, True, "retrospective", None),
        (IncidentStatus.INVESTIGATING, None, False, "skip", Reason.BEGAN),
    ],
)
def test_only_what_fires_is_opened_and_what_is_over_told_where_that_is_asked_for(
    status: IncidentStatus, ended_at: int | None, known: bool, missed: str, reason: Reason | None
) -> None:
    changes = {"status": status, "ended_at": ended_at, "known_rule": known}
    episode = an_episode(a_rule(), quiet_since=T0 + 30, **changes)

    found = due(Case(episode, Ledger(episode.id)), a_rule(), manners=Manners(missed=missed))

    reasons = [draft.reason for draft in found]
    assert reasons == ([] if reason is None else [reason])


@pytest.mark.parametrize(("quiet", "end"), [(T0 + 30, T0 + 30), (T0, T0 + 1)])
def test_an_outage_told_afterwards_is_told_at_its_worst_from_its_first_alert_to_the_quiet(
    quiet: int, end: int
) -> None:
    rule = a_rule(texts=replace(TEXTS, resolved="Over for {{ components }}."))
    over = {"status": IncidentStatus.RESOLVED, "peak": Status.FULL_OUTAGE, "ended_at": T0 + 60}
    episode = an_episode(rule, quiet_since=quiet, **over)

    found = one(Case(episode, Ledger(episode.id)), rule, manners=Manners(missed="retrospective"))

    assert isinstance(found, Draft)
    lines = (ComponentStatus(ComponentId("c-sms"), Status.FULL_OUTAGE),)
    assert found.retrospective == (
        (T0, Said(IncidentStatus.INVESTIGATING, lines), TEXTS.investigating),
        (end, Said(IncidentStatus.RESOLVED), "Over for SMS."),
    )


@pytest.mark.parametrize(
    ("opener", "cause", "mails"),
    [(Notify.NEVER, Notify.ALL, True), (Notify.ALL, Notify.NEVER, False)],
)
def test_the_rule_that_worsens_an_outage_says_whether_that_is_mailed(
    opener: Notify, cause: Notify, mails: bool
) -> None:
    rule, other = a_rule(notify=opener), a_rule("mms", incident="sms", notify=cause)
    member = Member("mms", Phase.FIRING, Status.PARTIAL_OUTAGE, ("SMS",))
    episode = an_episode(rule, cause="mms")
    worse = replace(episode, members=(*episode.members, member), peak=Status.PARTIAL_OUTAGE)

    found = one(Case(worse, Ledger(episode.id, IncidentId("i1"), "SMS", said=SAID)), rule, other)

    assert isinstance(found, Draft)
    assert (found.reason, found.notify) == (Reason.WORSENED, mails)


NAMED = replace(TEXTS, title="Trouble: {{ components }}", investigating="{{ page }} is slow.")


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("SMS, call +1 415 555 0123", "a text would publish a phone number"),
        ("SMS https://evil.example", "a text would publish a link that its template does not hold"),
        ("SMS [x](//evil.example)", "a text would publish a link that its template does not hold"),
        ("SMS <img src=x>", "a text would publish an HTML tag"),
        ("SMS" * 80, f"a text has 249 characters, 1 to {TITLE_LIMIT} are allowed"),
        ("SMS\nResolved", "a text has more than the lines of its template"),
    ],
)
def test_an_opening_is_told_without_a_name_that_may_not_be_published(name: str, why: str) -> None:
    components = (replace(STRUCTURE.components[0], name=name), *STRUCTURE.components[1:])

    structure = replace(STRUCTURE, components=components)

    found = planned(a_rule(components=("c-sms",), texts=NAMED), structure=structure)

    assert isinstance(found, Draft)
    assert (found.name, found.message, found.simplified) == (
        "Trouble: the affected service",
        "Acme status is slow.",
        why,
    )


def test_an_endless_name_is_never_filled_in() -> None:
    filled: list[int] = []

    def counts(source: str, values: Mapping[str, str]) -> str:
        filled.append(max(map(len, values.values())))
        return fill(source, values)

    structure = replace(STRUCTURE, name="x" * 10_000_000)
    found = planned(a_rule(texts=NAMED), structure=structure, render=counts)

    assert isinstance(found, Draft)
    assert found.message == "our status page is slow."
    assert found.simplified == "a name or list of names has 10000000 characters"
    assert max(filled) < 100


def test_a_name_as_long_as_a_text_may_be_is_filled_in() -> None:
    long = ("word " * TEXT_LIMIT)[:TEXT_LIMIT]
    rule = a_rule(texts=replace(TEXTS, investigating="{{ page }}"))

    found = planned(rule, structure=replace(STRUCTURE, name=long))

    assert isinstance(found, Draft)
    assert (found.message, found.simplified) == (long, "")


def test_what_is_wrong_with_a_text_is_told_with_the_names_in_it() -> None:
    rule = a_rule(texts=replace(TEXTS, investigating="{{ page }}: ops@example.com"))

    found = planned(rule, structure=replace(STRUCTURE, name="+1 415 555 0123"))

    assert isinstance(found, Held)
    assert found.detail == "a text would publish a phone number and an e-mail address"


def test_a_name_that_may_be_published_is() -> None:
    found = planned(a_rule(texts=NAMED))

    assert isinstance(found, Draft)
    assert (found.name, found.simplified) == ("Trouble: SMS", "")


def test_an_update_does_not_speak_of_a_title_that_it_does_not_bear() -> None:
    rule = a_rule(texts=replace(TEXTS, title="See {{ page }}"))

    found = one(over(rule), rule, structure=replace(STRUCTURE, name="https://evil.example"))

    assert isinstance(found, Draft)
    assert (found.name, found.simplified) == ("SMS", "")


@pytest.mark.parametrize(
    ("texts", "detail"),
    [
        ({"investigating": "Call +1 415 555 0123"}, "a text would publish a phone number"),
        ({"title": "ops@example.com"}, "a text would publish an e-mail address"),
        ({"investigating": " "}, f"a text has 1 characters, 1 to {TEXT_LIMIT} are allowed"),
        (
            {"investigating": "word " * 1000},
            f"a text has 5000 characters, 1 to {TEXT_LIMIT} are allowed",
        ),
        ({"title": "word " * 50}, f"a text has 250 characters, 1 to {TITLE_LIMIT} are allowed"),
    ],
)
def test_an_opening_whose_text_may_not_be_published_is_held_with_what_is_wrong(
    texts: dict[str, str], detail: str
) -> None:
    found = planned(a_rule(texts=replace(TEXTS, **texts)))

    assert isinstance(found, Held)
    assert (found.reason, found.detail) == (HeldReason.UNSAFE_TEXT, detail)


def test_a_text_that_can_not_be_rendered_is_held_with_its_reason() -> None:
    def fails(source: str, values: Mapping[str, str]) -> str:
        raise ValueError("unknown variable")

    found = planned(a_rule(), render=fails)

    assert isinstance(found, Held)
    assert found.detail == "a text can't be rendered: unknown variable"


def test_a_text_is_made_of_public_values_only_in_the_zone_that_was_asked_for() -> None:
    text = "; ".join(f"{name}={{{{ {name} }}}}" for name in VARIABLES)
    rule = a_rule(components=("SMS", "MMS"), texts=replace(TEXTS, investigating=text))

    utc = planned(rule)
    berlin = planned(rule, manners=Manners(zone=ZoneInfo("Europe/Berlin")))

    assert isinstance(utc, Draft)
    assert isinstance(berlin, Draft)
    assert utc.message == (
        "components=MMS and SMS; status=degraded performance; started_at=14:13 UTC; quiet_since=; "
        "duration=1 minute; now=14:14 UTC; page=Acme status"
    )
    assert "started_at=16:13 CEST; " in berlin.message


def test_a_time_of_another_day_says_its_date() -> None:
    assert Clock(T0, UTC).read(T0 - 86_400) == "20 September 2026, 14:13 UTC"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "1 minute"),
        (119, "1 minute"),
        (3600, "1 hour"),
        (7265, "2 hours 1 minute"),
        (90_061, "1 day 1 hour"),
        (172_800, "2 days"),
    ],
)
def test_durations_are_told_in_their_two_largest_units(seconds: int, words: str) -> None:
    assert in_words(seconds) == words


def test_names_are_listed_as_people_do_each_once() -> None:
    assert [listed(names) for names in ([], ["A"], ["A", "B", "A"], ["A", "B", "C"])] == [
        "",
        "A",
        "A and B",
        "A, B and C",
    ]
