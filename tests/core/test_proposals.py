from __future__ import annotations

from dataclasses import replace

from builders import T0, TEXTS, a_rule, a_trigger, an_alert
from fakes import PAGE
from statusbridge.core.detectors import Transition
from statusbridge.core.episodes import Episode, opened
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
from statusbridge.core.operations import HeldReason, Ledger, Said
from statusbridge.core.plan import Case, Planner
from statusbridge.core.restrain import Guards, Situation
from statusbridge.core.review import Line, Proposal, differences, proposals
from statusbridge.core.rules import Rule
from world import fill

SMS, CALLS = ComponentId("c-sms"), ComponentId("c-calls")
STRUCTURE = Structure(PAGE, "Acme", (Component(SMS, "SMS"), Component(CALLS, "Calls", ("Voice",))))
REVIEWED = a_rule(stage=Stage.REVIEW)
AUTO = a_rule("calls", incident="sms", components=("Calls",))
DEGRADED, PARTIAL = Status.DEGRADED_PERFORMANCE, Status.PARTIAL_OUTAGE
OPEN = Said(IncidentStatus.INVESTIGATING, (ComponentStatus(CALLS, PARTIAL),))


def an_episode(rule: Rule, level: Status = DEGRADED) -> Episode:
    return opened(rule, Transition(T0, rule.id, Phase.FIRING, level, T0 - 60), an_alert(T0), PAGE)


def a_case(rule: Rule, level: Status = DEGRADED, **said: object) -> Case:
    episode = an_episode(rule, level)
    return Case(episode, Ledger(episode.id, **said))  # type: ignore[arg-type]


def proposed(*cases: Case, rules: tuple[Rule, ...] = (REVIEWED, AUTO), **numbers: int) -> Proposal:
    """What the first of *cases* would say."""
    planner = Planner({rule.id: rule for rule in rules}, STRUCTURE, T0 + 90, fill)
    situation = Situation(now=T0 + 90, guards=Guards(**numbers), page="public")
    (found,) = proposals(cases, frozenset({cases[0].episode.id}), planner, situation)
    return found


def test_what_would_open_is_proposed_as_it_would_be_posted() -> None:
    case = a_case(REVIEWED)

    found = proposed(case)

    assert found == Proposal(
        page="public",
        incident="sms",
        episode=case.episode.id,
        rules=("sms",),
        joins=False,
        title=TEXTS.title,
        status="investigating",
        message=TEXTS.investigating,
        components=(Line(SMS, "SMS", DEGRADED, Status.OPERATIONAL),),
        notify=True,
        look=found.look,
        started_at=T0,
        worst=DEGRADED,
    )


def test_what_would_join_is_proposed_as_the_update_that_it_makes() -> None:
    both = replace(REVIEWED, components=("SMS", "Calls"))
    host = a_case(AUTO, PARTIAL, incident_id=IncidentId("i1"), name="Trouble", said=OPEN)

    found = proposed(a_case(both), host, rules=(both, AUTO))

    assert (found.joins, found.title, found.status) == (True, "Trouble", "investigating")
    assert found.message == TEXTS.worsened
    assert found.components == (
        Line(CALLS, "Voice / Calls", PARTIAL, PARTIAL),
        Line(SMS, "SMS", DEGRADED, Status.OPERATIONAL),
    )
    assert (found.notify, found.worst) == (False, PARTIAL)


def test_what_would_join_and_say_nothing_new_says_so() -> None:
    less = replace(REVIEWED, components=("Calls",))
    host = a_case(AUTO, PARTIAL, incident_id=IncidentId("i1"), name="Trouble", said=OPEN)

    found = proposed(a_case(less), host, rules=(less, AUTO))

    assert (found.joins, found.title, found.components) == (True, "Trouble", ())
    assert (found.status, found.message, found.notify) == ("", "", False)
    assert (found.stopped_by, found.stopped) == (None, "")


def test_what_would_be_held_even_so_says_why() -> None:
    found = proposed(a_case(REVIEWED), max_open_incidents=0)

    assert (found.stopped_by, found.stopped) == (
        HeldReason.TOO_MANY_OPEN,
        "0 incidents are open, as many as allowed",
    )


def test_a_look_has_another_name_where_anything_would_be_said_otherwise() -> None:
    worse = (a_trigger(PARTIAL),)
    looks = {
        proposed(a_case(rule, level), rules=(rule,)).look
        for rule, level in (
            (REVIEWED, DEGRADED),
            (REVIEWED, PARTIAL),
            (replace(REVIEWED, triggers=worse), DEGRADED),
            (replace(REVIEWED, components=("Calls",)), DEGRADED),
            (replace(REVIEWED, notify=Notify.NEVER), DEGRADED),
            (replace(REVIEWED, texts=replace(TEXTS, title="Trouble")), DEGRADED),
            (replace(REVIEWED, texts=replace(TEXTS, investigating="Trouble.")), DEGRADED),
        )
    }

    assert len(looks) == 6
    assert all(len(look) == 8 for look in looks)


def test_a_look_has_another_name_where_an_update_would_say_what_an_opening_did() -> None:
    alike = replace(TEXTS, worsened=TEXTS.investigating)
    rule = replace(REVIEWED, texts=alike, notify=Notify.ALL)
    auto = replace(AUTO, components=("SMS",), texts=alike, notify=Notify.ALL)
    shown = Said(IncidentStatus.INVESTIGATING, (ComponentStatus(SMS, DEGRADED),))
    host = a_case(auto, incident_id=IncidentId("i1"), name=TEXTS.title, said=shown)
    case = a_case(rule, PARTIAL)

    alone, joining = proposed(case, rules=(rule, auto)), proposed(case, host, rules=(rule, auto))

    assert (alone.message, alone.components[0].status) == (joining.message, PARTIAL)
    assert alone.look != joining.look


def test_a_look_at_one_outage_with_nothing_to_say_is_none_at_another() -> None:
    less = replace(REVIEWED, components=("Calls",))
    host = a_case(AUTO, PARTIAL, incident_id=IncidentId("i1"), name="Trouble", said=OPEN)
    twin = replace(host, episode=replace(host.episode, id="twin"))
    other = replace(less, id="other")
    rules = (less, other, AUTO)

    looks = {
        proposed(a_case(guest), at, rules=rules).look
        for guest, at in ((less, host), (other, host), (less, twin))
    }

    assert len(looks) == 3


def test_an_outage_of_another_key_is_none_that_is_joined() -> None:
    elsewhere = a_case(replace(AUTO, incident="calls"), PARTIAL)
    case = a_case(REVIEWED)
    planner = Planner({"sms": REVIEWED, "calls": AUTO}, STRUCTURE, T0 + 90, fill)
    situation = Situation(now=T0 + 90, guards=Guards(), page="public")

    (found,) = proposals([elsewhere, case], frozenset({case.episode.id}), planner, situation)

    assert (found.joins, found.title) == (False, TEXTS.title)


def test_differences_are_told_line_by_line_in_words() -> None:
    before = replace(proposed(a_case(REVIEWED)), components=(Line(SMS, "SMS", DEGRADED, DEGRADED),))
    now = replace(
        before,
        components=(Line(CALLS, "Calls", PARTIAL, DEGRADED),),
        title="Trouble",
        message="It fails.",
        status="",
        notify=False,
        joins=True,
    )

    assert differences(before, before) == ()
    assert differences(before, now) == (
        "SMS: degraded_performance → not named",
        "Calls: not named → partial_outage",
        "title: “Delays sending SMS” → “Trouble”",
        "text: “Some text messages are failing.” → “It fails.”",
        "incident: investigating → nothing to say",
        "mail: yes → no",
        "what it does: opens → joins an open incident",
    )
    assert differences(now, before)[4:] == (
        "incident: nothing to say → investigating",
        "mail: no → yes",
        "what it does: joins an open incident → opens",
    )
