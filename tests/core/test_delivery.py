from __future__ import annotations

from dataclasses import replace

import pytest

from builders import T0
from statusbridge.core.delivery import (
    Absent,
    Found,
    after_read_back,
    after_write,
    in_doubt,
    is_due,
    read_back_open,
    read_back_update,
    recovered,
    sent,
)
from statusbridge.core.live import Incident, Update
from statusbridge.core.model import IncidentId, IncidentStatus, PageId, UpdateId
from statusbridge.core.operations import (
    Action,
    Draft,
    Ledger,
    Mark,
    Operation,
    OperationState,
    Reason,
    Said,
)
from statusbridge.core.outcome import (
    Applied,
    Gone,
    Limited,
    NotSent,
    Outcome,
    Refused,
    Unauthorized,
    Unknown,
)

NOW = Mark("boot-1", 1000.0)
READY, SENT, DOUBT, DONE, PARKED, ABANDONED = OperationState
DRAFT = Draft(
    Action.UPDATE, Reason.WORSENED, "e1", "sms", IncidentId("i1"), ("sms",), "SMS",
    Said(IncidentStatus.INVESTIGATING), "It got worse.", notify=True,
)  # fmt: skip
OPERATION = Operation(DRAFT, "", b"{}", frozenset({"u1"}))


def an_update(id_: str, message: str = "It got worse.", status: str = "investigating") -> Update:
    return Update(UpdateId(id_), message, status, T0)


def an_incident(*updates: Update, id_: str = "i1", name: str = "SMS") -> Incident:
    status = updates[-1].incident_status if updates else "investigating"
    return Incident(IncidentId(id_), PageId("p"), name, status, updates)


@pytest.mark.parametrize(
    ("outcome", "state", "due"),
    [
        (Applied(), DONE, None),
        (NotSent("no route"), READY, 1001.0),
        (Limited("slow down", retry_after=40), READY, 1040.0),
        (Limited("slow down"), READY, 1001.0),
        (Unauthorized(401, "HTTP 401"), READY, 1001.0),
        (Refused(422, "no"), PARKED, None),
        (Gone("HTTP 404"), PARKED, None),
        (Unknown("reset"), DOUBT, None),
    ],
)
def test_each_outcome_of_a_write_has_its_row(
    outcome: Outcome, state: OperationState, due: float | None
) -> None:
    after = after_write(sent(OPERATION, NOW), outcome, NOW)

    assert (after.state, after.due.seconds if after.due else None) == (state, due)
    assert after.unknowns == (1 if state is DOUBT else 0)


def test_waits_double_up_to_five_minutes() -> None:
    operation, waits = OPERATION, []
    for _ in range(12):
        operation = after_write(operation, NotSent("no route"), NOW)
        assert operation.due is not None
        waits.append(operation.due.seconds - NOW.seconds)

    assert waits == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300]


def test_what_was_on_its_way_at_a_start_is_in_doubt_from_then_on() -> None:
    after = recovered(sent(OPERATION, NOW), Mark("boot-2", 5.0))

    assert (after.state, after.since, after.unknowns) == (DOUBT, Mark("boot-2", 5.0), 1)


def test_a_doubt_goes_on_over_a_restart_and_begins_anew_after_a_boot() -> None:
    doubtful = in_doubt(OPERATION, NOW, "reset")

    assert recovered(doubtful, Mark("boot-1", 1050.0)) == doubtful
    assert recovered(doubtful, Mark("boot-2", 3.0)).since == Mark("boot-2", 3.0)
    assert recovered(OPERATION, NOW) == OPERATION


def test_a_doubt_is_due_after_its_wait_by_the_clock_it_began_on() -> None:
    doubtful = in_doubt(OPERATION, NOW, "reset")

    assert not is_due(doubtful, Mark("boot-1", 1089.9), 90)
    assert is_due(doubtful, Mark("boot-1", 1090.0), 90)
    assert not is_due(doubtful, Mark("boot-2", 9999.0), 90)
    assert not is_due(replace(doubtful, since=None), NOW, 90)


def test_what_waits_to_be_sent_is_due_at_its_time_and_at_once_after_a_boot() -> None:
    waiting = after_write(OPERATION, Limited("slow down", retry_after=40), NOW)

    assert not is_due(waiting, Mark("boot-1", 1039.0), 90)
    assert is_due(waiting, Mark("boot-1", 1040.0), 90)
    assert is_due(waiting, Mark("boot-2", 0.0), 90)
    assert is_due(OPERATION, NOW, 90)
    assert not is_due(sent(OPERATION, NOW), Mark("boot-1", 9999.0), 90)


def test_a_post_of_ours_is_known_by_its_letters_and_digits_outside_the_baseline() -> None:
    ledger = Ledger("e1", IncidentId("i1"), updates=frozenset({UpdateId("u1")}))
    live = an_incident(an_update("u1", "m"), an_update("u2", "*It* got  WORSE"))

    assert read_back_update(OPERATION, ledger, live) == Found(live, live.updates[1])


def test_a_post_that_was_there_before_is_not_taken_for_ours() -> None:
    ledger = Ledger("e1", IncidentId("i1"))

    assert read_back_update(OPERATION, ledger, an_incident(an_update("u1"))) == Absent()


def test_the_same_post_twice_is_told_as_such() -> None:
    live = an_incident(an_update("u1", "m"), an_update("u2"), an_update("u3"))

    found = read_back_update(OPERATION, Ledger("e1"), live)

    assert found == Found(live, live.updates[1], twice=True)


def test_an_opening_is_known_by_name_and_first_text_among_new_incidents_only() -> None:
    opening = replace(OPERATION, baseline=frozenset({"i0"}))
    ours = an_incident(an_update("u2"), an_update("u3", "more"), id_="i5")
    others = (
        an_incident(an_update("u1"), id_="i0"),
        an_incident(an_update("u4"), id_="i2"),
        an_incident(an_update("u5"), id_="i3", name="Other"),
        an_incident(an_update("u6", "Other"), id_="i4"),
        an_incident(id_="i6"),
    )

    owned = frozenset({IncidentId("i2")})

    assert read_back_open(opening, (*others, ours), owned) == Found(ours, ours.updates[0])
    assert read_back_open(opening, others, owned) == Absent()


def test_absent_twice_a_wait_apart_may_go_again_and_three_times_unknown_never() -> None:
    doubtful = in_doubt(OPERATION, NOW, "reset")
    later = Mark("boot-1", 1100.0)

    once = after_read_back(doubtful, Absent(), later)
    twice = after_read_back(once, Absent(), later)
    thrice = after_read_back(replace(once, unknowns=3), Absent(), later)

    assert (once.state, once.absences, once.since) == (DOUBT, 1, later)
    assert twice.state is READY
    assert thrice.state is PARKED


def test_on_a_page_that_changes_even_our_letters_absence_proves_nothing() -> None:
    once = after_read_back(in_doubt(OPERATION, NOW, "reset"), Absent(), NOW)

    assert after_read_back(once, Absent(), NOW, readable=False).state is PARKED


def test_what_is_ready_again_is_not_put_back_by_a_look_that_finds_nothing() -> None:
    ready = replace(OPERATION, unknowns=1)

    assert after_read_back(ready, Absent(), NOW) == ready
