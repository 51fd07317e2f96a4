from __future__ import annotations

from dataclasses import replace

import pytest

from builders import T0, a_rule, an_alert
from fakes import PAGE
from statusbridge.core.detectors import Transition
from statusbridge.core.episodes import opened
from statusbridge.core.live import Incident, Update
from statusbridge.core.model import (
    ComponentId,
    ComponentStatus,
    IncidentId,
    IncidentStatus,
    PageId,
    Phase,
    Status,
    UpdateId,
)
from statusbridge.core.operations import (
    Action,
    Draft,
    Ledger,
    Operation,
    OperationState,
    Owner,
    Reason,
    Said,
)
from statusbridge.core.ownership import (
    REMOVED_AFTER,
    Sight,
    is_finished,
    lacking,
    recognised,
    taken_up,
)

INVESTIGATING, MONITORING, RESOLVED = (
    Said(IncidentStatus.INVESTIGATING), Said(IncidentStatus.MONITORING),
    Said(IncidentStatus.RESOLVED),
)  # fmt: skip
LEDGER = Ledger(
    "e1", IncidentId("i1"), "SMS", said=INVESTIGATING, updates=frozenset({UpdateId("u1")})
)
DRAFT = Draft(
    Action.UPDATE, Reason.QUIETED, "e1", "sms", IncidentId("i1"), ("sms",), "SMS", MONITORING,
    "It is quiet.", notify=True,
)  # fmt: skip
SAID_OF_SMS = Said(
    IncidentStatus.INVESTIGATING,
    (ComponentStatus(ComponentId("c-sms"), Status.DEGRADED_PERFORMANCE),),
)
GIVEN_UP = Operation(DRAFT, "", b"{}", frozenset({"u1"}), OperationState.PARKED, unknowns=3)


def a_post(id_: str, message: str = "m", status: str = "investigating", at: int = T0) -> Update:
    return Update(UpdateId(id_), message, status, at)


def a_live(*updates: Update, name: str = "SMS", status: str = "investigating") -> Incident:
    return Incident(IncidentId("i1"), PageId("p"), name, status, updates)


def nobody(update: Update) -> Said | None:
    return None


OVER = replace(
    opened(
        a_rule(), Transition(T0, "sms", Phase.FIRING, Status.PARTIAL_OUTAGE, 0), an_alert(), PAGE
    ),
    ended_at=T0 + 60,
)


@pytest.mark.parametrize(
    ("changes", "live", "finished"),
    [
        ({}, a_live(), False),
        ({"said": RESOLVED}, a_live(), True),
        ({"said": None}, None, True),
        ({"owner": Owner.THEIRS}, a_live(), False),
        ({"owner": Owner.THEIRS}, a_live(status="resolved"), True),
        ({"owner": Owner.THEIRS, "said": RESOLVED}, a_live(), False),
        ({"owner": Owner.THEIRS}, None, False),
        ({"owner": Owner.DETACHED}, None, True),
    ],
)
def test_what_a_person_touched_is_finished_when_they_resolved_it_or_took_it_away(
    changes: dict[str, object], live: Incident | None, finished: bool
) -> None:
    ledger = replace(LEDGER, **changes)  # type: ignore[arg-type]

    assert is_finished(OVER, ledger, live) is finished
    assert not is_finished(replace(OVER, ended_at=None), ledger, live)


def test_a_page_as_we_left_it_changes_nothing() -> None:
    live = a_live(a_post("u1"))

    assert recognised(LEDGER, live, (), T0, nobody) == Sight(LEDGER, live)


def test_the_name_as_first_read_back_is_kept() -> None:
    live = a_live(a_post("u1"), name="*SMS*")

    sight = recognised(replace(LEDGER, name=None), live, (), T0, nobody)

    assert sight == Sight(replace(LEDGER, name="*SMS*"), live)


@pytest.mark.parametrize(
    ("live", "why", "ended"),
    [
        (a_live(a_post("u1"), a_post("u2"), a_post("u3", status="identified")),
         "a person posted “identified” on it", False),
        (a_live(a_post("u1"), a_post("u2", status="resolved"), a_post("u3", status="identified")),
         "a person posted “identified” on it", True),
        (a_live(a_post("u1"), a_post("u2", status="`rm` now\n<!channel>")),
         "a person posted on it", False),
        (a_live(a_post("u1"), a_post("u2", status="x" * 31)), "a person posted on it", False),
        (a_live(a_post("u1"), status="resolved"), "a person resolved it", True),
        (a_live(a_post("u1"), name="Texts"), "a person renamed it", False),
    ],
)  # fmt: skip
def test_what_we_did_not_do_was_done_by_a_person(live: Incident, why: str, ended: bool) -> None:
    sight = recognised(LEDGER, live, (), T0, nobody)

    assert sight == Sight(replace(LEDGER, owner=Owner.THEIRS, why=why, ended_by_person=ended), live)


def test_that_a_person_resolved_it_is_not_forgotten_when_their_post_is_gone() -> None:
    ledger = replace(LEDGER, owner=Owner.THEIRS, why="they did", ended_by_person=True)

    sight = recognised(ledger, a_live(a_post("u1")), (), T0, nobody)

    assert sight.ledger == ledger


def test_what_is_no_longer_ours_keeps_its_owner_and_why() -> None:
    detached = replace(LEDGER, owner=Owner.ORPHANED, why="its rule was removed")
    live = a_live(a_post("u1"), a_post("u2"), name="Texts")

    assert recognised(detached, live, (), T0, nobody) == Sight(detached, live)


def test_what_we_resolved_ourselves_no_person_resolved() -> None:
    ledger = replace(LEDGER, said=RESOLVED)
    live = a_live(a_post("u1"), status="resolved")

    assert recognised(ledger, live, (), T0, nobody) == Sight(ledger, live)


def test_a_post_that_was_given_up_is_ours_and_what_the_public_reads() -> None:
    ledger = replace(LEDGER, parked=MONITORING, parked_why="refused", lacking_since=T0 - 5)
    live = a_live(a_post("u1"), a_post("u2", "It is *quiet*", "monitoring"))

    sight = recognised(ledger, live, (GIVEN_UP,), T0, nobody)

    both = frozenset({UpdateId("u1"), UpdateId("u2")})
    assert sight == Sight(replace(LEDGER, said=MONITORING, updates=both), live)


def test_a_post_that_was_given_up_beneath_another_is_not_what_the_public_reads() -> None:
    ledger = replace(LEDGER, parked=MONITORING, parked_why="refused")
    live = a_live(a_post("u2", "It is quiet", "monitoring"), a_post("u1"))

    sight = recognised(ledger, live, (GIVEN_UP,), T0, nobody)

    both = frozenset({UpdateId("u1"), UpdateId("u2")})
    assert sight == Sight(replace(ledger, updates=both), live)


def test_a_post_that_we_forgot_is_ours_and_tells_how_far_the_page_got() -> None:
    live = a_live(a_post("u1"), a_post("u2", at=T0 + 90), a_post("u3", at=T0 + 60))

    sight = recognised(LEDGER, live, (), T0, lambda update: MONITORING)

    known = frozenset({UpdateId("u1"), UpdateId("u2"), UpdateId("u3")})
    after = replace(LEDGER, said=MONITORING, updates=known, told_until=T0 + 90)
    assert sight == Sight(after, live)


def test_what_is_shown_of_a_post_counts_and_not_what_was_to_be_said_in_the_same_words() -> None:
    live = a_live(a_post("u1"), a_post("u2", "It is quiet", "monitoring", at=T0 + 90))

    sight = recognised(LEDGER, live, (GIVEN_UP,), T0, lambda update: RESOLVED)

    both = frozenset({UpdateId("u1"), UpdateId("u2")})
    after = replace(LEDGER, said=RESOLVED, updates=both, told_until=T0 + 90)
    assert sight == Sight(after, live)


def test_a_read_that_lacks_ours_decides_nothing_for_ten_minutes() -> None:
    live = a_live(a_post("u9"))
    began = replace(LEDGER, lacking_since=T0)

    assert recognised(LEDGER, live, (), T0, nobody) == Sight(began, None)
    assert lacking(began, live, T0 + REMOVED_AFTER - 1) == Sight(began, None)
    assert lacking(began, None, T0 + REMOVED_AFTER - 1) == Sight(began, None)


def test_what_reads_lack_for_ten_minutes_a_person_removed() -> None:
    began = replace(LEDGER, lacking_since=T0, updates=frozenset({UpdateId("u1"), UpdateId("u2")}))
    live = a_live(a_post("u2"))

    sight = lacking(began, live, T0 + REMOVED_AFTER)

    theirs = replace(
        LEDGER, owner=Owner.THEIRS, why="a person removed an update of it",
        updates=frozenset({UpdateId("u2")}),
    )  # fmt: skip
    assert sight == Sight(theirs, live)


def test_what_was_no_longer_ours_keeps_its_owner_as_an_update_goes() -> None:
    began = replace(LEDGER, lacking_since=T0, owner=Owner.ORPHANED, why="its rule was removed")

    sight = lacking(began, a_live(), T0 + REMOVED_AFTER)

    after = replace(began, lacking_since=None, updates=frozenset())
    assert sight == Sight(after, a_live())


@pytest.mark.parametrize(
    ("owner", "closed", "over"),
    [
        (Owner.OURS, False, False),
        (Owner.OURS, True, True),
        (Owner.ORPHANED, False, True),
    ],
)
def test_an_incident_that_is_gone_is_detached_and_an_orphan_over_with_it(
    owner: Owner, closed: bool, over: bool
) -> None:
    began = replace(LEDGER, lacking_since=T0, owner=owner, closed=closed)

    sight = lacking(began, None, T0 + REMOVED_AFTER)

    gone = replace(began, owner=Owner.DETACHED, why="it is gone from the page", closed=over)
    assert sight == Sight(gone, None)


def test_a_clock_set_back_begins_the_ten_minutes_anew() -> None:
    began = replace(LEDGER, lacking_since=T0 + 5000)

    assert lacking(began, None, T0) == Sight(replace(LEDGER, lacking_since=T0), None)


SMS, VOICE = ComponentId("c-sms"), ComponentId("c-voice")


def test_what_a_person_hands_back_is_ours_as_the_page_shows_it() -> None:
    lines = (ComponentStatus(SMS, Status.PARTIAL_OUTAGE),)
    theirs = replace(
        LEDGER, owner=Owner.THEIRS, why="a person renamed it", released=True, said=SAID_OF_SMS,
        ended_by_person=True, lacking_since=T0, parked=RESOLVED, parked_why="lost", notified=True,
    )  # fmt: skip
    posts = (
        replace(a_post("u1"), components=((SMS, "partial_outage"), (VOICE, "under_maintenance"))),
        a_post("u2", status="monitoring"),
    )

    assert taken_up(theirs, a_live(*posts, name="SMS to France", status="monitoring")) == Ledger(
        "e1",
        IncidentId("i1"),
        "SMS to France",
        said=Said(IncidentStatus.MONITORING, lines),
        updates=frozenset({UpdateId("u1"), UpdateId("u2")}),
        notified=True,
    )


@pytest.mark.parametrize(
    ("word", "stage"),
    [
        ("investigating", IncidentStatus.INVESTIGATING),
        ("identified", IncidentStatus.INVESTIGATING),
        ("monitoring", IncidentStatus.MONITORING),
        ("a word of its own", IncidentStatus.MONITORING),
    ],
)
def test_a_stage_that_we_have_no_word_for_is_the_one_that_we_last_said(
    word: str, stage: IncidentStatus
) -> None:
    ledger = replace(LEDGER, said=replace(SAID_OF_SMS, incident_status=IncidentStatus.MONITORING))

    said = taken_up(ledger, a_live(status=word)).said

    assert said == replace(SAID_OF_SMS, incident_status=stage)
