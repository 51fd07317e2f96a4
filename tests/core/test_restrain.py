from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from builders import T0
from statusbridge.core.acts import Act, ActKind
from statusbridge.core.live import Component, Impact, Incident, Maintenance, Update
from statusbridge.core.model import (
    ComponentId,
    ComponentStatus,
    IncidentId,
    IncidentStatus,
    PageId,
    Status,
    UpdateId,
)
from statusbridge.core.operations import Action, Draft, Held, HeldReason, Reason, Said
from statusbridge.core.plan import Plan
from statusbridge.core.restrain import (
    UPDATES_LEFT_FOR_RESOLVE,
    Guards,
    Situation,
    components_of,
    restrain,
    told_pause,
)

SMS, VOICE = ComponentId("c-sms"), ComponentId("c-voice")
DOWN = Said(IncidentStatus.INVESTIGATING, (ComponentStatus(SMS, Status.PARTIAL_OUTAGE),))
OPENING = Draft(
    Action.OPEN, Reason.BEGAN, "e1", "sms", None, ("sms",), "SMS", DOWN, "Failing.", notify=True
)
UPDATE = replace(
    OPENING, action=Action.UPDATE, reason=Reason.WORSENED, incident_id=IncidentId("i1")
)
RESOLVE = replace(
    UPDATE, action=Action.RESOLVE, reason=Reason.ENDED, said=Said(IncidentStatus.RESOLVED)
)
MISSED = replace(
    OPENING, reason=Reason.MISSED, said=Said(IncidentStatus.RESOLVED),
    retrospective=((T0, DOWN, "Failed."), (T0 + 60, Said(IncidentStatus.RESOLVED), "Over.")),
)  # fmt: skip
NAMES = (Component(SMS, "SMS", ("Messaging",)),)


def an_incident(id_: str = "i9", status: str = "investigating", posts: int = 1) -> Incident:
    """An incident on SMS."""
    updates = tuple(
        Update(UpdateId(f"{id_}-{n}"), "m", status, T0, ((SMS, "partial_outage"),))
        for n in range(posts)
    )
    return Incident(IncidentId(id_), PageId("p"), "Texts", status, updates)


def a_window(name: str = "Upgrade", component: ComponentId = SMS) -> Maintenance:
    return Maintenance("m1", name, "maintenance_in_progress", T0, T0 + 60, frozenset({component}))


def restrained(*drafts: Draft, **situation: Any) -> Plan:
    return restrain(
        Plan(drafts, (), ()), Situation(**({"now": T0, "guards": Guards()} | situation))
    )


def why_not(draft: Draft, **situation: Any) -> tuple[HeldReason, str] | None:
    """Why *draft* is held, None where it goes out as it is."""
    plan = restrained(draft, **situation)
    if not plan.held:
        assert plan.drafts == (draft,)
        return None
    (held,) = plan.held
    assert (plan.drafts, held.incident, held.episode) == ((), "sms", "e1")
    return held.reason, held.detail


EVERYTHING: dict[str, Any] = {
    "backlog": frozenset({"e1"}),
    "newest_evidence": {"e1": T0 - 7201},
    "incidents": (an_incident(),),
    "components": NAMES,
    "maintenances": (a_window(),),
    "opens": (T0, T0, T0),
    "doubted": 5,
}
BACKLOG = (HeldReason.BACKLOG, "older alerts are still being read, for 5 minutes at most")
STALE = (HeldReason.STALE_EVIDENCE, "its newest alert is 7201 s old")
PERSON = (HeldReason.PERSON_ACTIVE, "“Texts” is open on Messaging / SMS")
MAINTAINED = (HeldReason.MAINTENANCE, "“Upgrade” is under way")
OPEN = (HeldReason.TOO_MANY_OPEN, "5 incidents are open, as many as allowed")
OPENS = (HeldReason.TOO_MANY_OPENS, "3 were opened in the last hour")


def test_where_nothing_is_in_the_way_all_goes_out_as_planned() -> None:
    held = Held("voice", "e2", HeldReason.THEIRS, "a person renamed it")
    plan = Plan((RESOLVE, UPDATE, OPENING), (held,), (OPENING,))

    assert restrain(plan, Situation(T0, Guards())) == plan


def test_what_stands_in_the_way_of_an_opening_is_told_one_by_one_in_this_order() -> None:
    left, told = dict(EVERYTHING), []
    for way in ("backlog", "newest_evidence", "incidents", "maintenances", "doubted", "opens"):
        told.append(why_not(OPENING, **left))
        del left[way]

    assert told == [BACKLOG, STALE, PERSON, MAINTAINED, OPEN, OPENS]
    assert why_not(OPENING, **left) is None


@pytest.mark.parametrize("draft", [RESOLVE, UPDATE])
def test_nothing_but_openings_waits_for_guards(draft: Draft) -> None:
    assert why_not(draft, **EVERYTHING) is None


def test_an_outage_told_afterwards_waits_for_a_persons_incident_alone() -> None:
    assert why_not(MISSED, **EVERYTHING) == PERSON
    assert why_not(MISSED, **(EVERYTHING | {"incidents": ()})) is None


@pytest.mark.parametrize(
    ("posts", "id_", "held"),
    [
        (UPDATES_LEFT_FOR_RESOLVE - 1, "i1", False),
        (UPDATES_LEFT_FOR_RESOLVE, "i1", True),
        (UPDATES_LEFT_FOR_RESOLVE, "i9", False),
    ],
)
def test_from_95_posts_on_nothing_but_the_resolve_goes_to_an_incident(
    posts: int, id_: str, held: bool
) -> None:
    situation = {"incidents": (an_incident(id_, posts=posts),)}

    why = (
        HeldReason.UPDATE_BUDGET,
        "the incident has 95 of 100 updates; the rest is for its resolve",
    )
    assert why_not(UPDATE, **situation) == (why if held else None)
    assert why_not(RESOLVE, **situation) is None


def test_evidence_is_stale_only_once_it_is_older_than_allowed() -> None:
    assert why_not(OPENING, newest_evidence={"e1": T0 - 7200}) is None
    assert why_not(OPENING, newest_evidence={"e1": T0 - 7201}) == STALE
    assert why_not(OPENING, newest_evidence={"e2": 0}) is None


@pytest.mark.parametrize(
    "incident",
    [
        an_incident(status="resolved"),
        an_incident("i1"),
        replace(an_incident(), updates=()),
        replace(an_incident(), updates=(), impacts=(Impact(SMS, "partial_outage", T0, T0),)),
        replace(an_incident(), updates=(), impacts=(Impact(VOICE, "partial_outage", T0, None),)),
    ],
)
def test_what_is_over_or_ours_or_on_other_components_is_no_persons_incident(
    incident: Incident,
) -> None:
    assert why_not(OPENING, incidents=(incident,), ours=frozenset({IncidentId("i1")})) is None


def test_a_persons_incident_is_found_behind_others_by_what_it_still_holds_down() -> None:
    holding = replace(an_incident(), updates=(), impacts=(Impact(SMS, "partial_outage", T0, None),))

    found = why_not(OPENING, incidents=(an_incident("i8", "resolved"), holding))

    assert found == (HeldReason.PERSON_ACTIVE, "“Texts” is open on c-sms")
    assert components_of(holding) == {SMS}


def test_a_window_holds_what_it_covers_unless_the_guard_is_off() -> None:
    windows = (a_window("Other", VOICE), a_window())

    assert why_not(OPENING, maintenances=windows) == MAINTAINED
    assert why_not(OPENING, maintenances=windows, now=T0 + 60) is None
    assert why_not(
        OPENING, maintenances=windows, guards=Guards(hold_in_maintenance=False)
    ) is None  # fmt: skip


@pytest.mark.parametrize(("resolved", "doubted", "room"), [(0, 0, 0), (1, 0, 1), (1, 1, 0)])
def test_open_incidents_are_ours_that_are_not_resolved_and_what_is_in_doubt(
    resolved: int, doubted: int, room: int
) -> None:
    ours = frozenset(IncidentId(f"i{n}") for n in range(2))
    shown = tuple(an_incident(f"i{n}", "resolved") for n in range(resolved))
    guards = Guards(max_open_incidents=2)

    plan = restrained(OPENING, OPENING, guards=guards, ours=ours, incidents=shown, doubted=doubted)

    assert len(plan.drafts) == room
    assert {held.reason for held in plan.held} == {HeldReason.TOO_MANY_OPEN}


def test_openings_of_the_last_hour_and_of_this_plan_leave_no_room_for_more() -> None:
    opens = (T0 - 3600, T0 - 3599)

    plan = restrained(MISSED, OPENING, OPENING, OPENING, opens=opens, doubted=0)

    assert plan.drafts == (MISSED, OPENING, OPENING)
    assert plan.held == (Held("sms", "e1", *OPENS),)


def test_an_opening_in_doubt_counts_as_one_of_the_last_hour() -> None:
    plan = restrained(OPENING, OPENING, opens=(T0,), doubted=1)

    assert (len(plan.drafts), len(plan.held)) == (1, 1)


def test_past_the_mail_budget_posts_go_out_silently_but_a_resolve_does_not() -> None:
    silent = replace(UPDATE, notify=False)

    plan = restrained(
        silent, UPDATE, UPDATE, UPDATE, RESOLVE, UPDATE, OPENING,
        guards=Guards(max_notifications_per_day=5), notified=3,
    )  # fmt: skip

    quiet = replace(OPENING, notify=False)
    assert plan.drafts == (silent, UPDATE, UPDATE, silent, RESOLVE, silent, quiet)


def test_a_resolve_spends_of_the_mail_budget_too() -> None:
    plan = restrained(RESOLVE, UPDATE, guards=Guards(max_notifications_per_day=1))

    assert plan.drafts == (RESOLVE, replace(UPDATE, notify=False))


@pytest.mark.parametrize(
    ("act", "words"),
    [
        (Act(ActKind.PAUSE, "", "", T0, "ada"), "publishing is paused by ada"),
        (
            Act(ActKind.PAUSE, "", "", T0, "ada", "drill", until=T0 + 60),
            "publishing is paused by ada until 2026-09-21T14:14:20Z: drill",
        ),
    ],
)
def test_a_pause_is_told_with_its_end_and_its_reason(act: Act, words: str) -> None:
    assert told_pause(act) == words
