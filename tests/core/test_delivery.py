from __future__ import annotations

from dataclasses import replace

import pytest

from statusbridge.core.delivery import (
    after_read_back,
    after_write,
    in_doubt,
    is_due,
    recovered,
    sent,
)
from statusbridge.core.model import IncidentId, IncidentStatus
from statusbridge.core.operations import (
    Action,
    Draft,
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
from statusbridge.core.readback import Absent

NOW = Mark("boot-1", 1000.0)
READY, SENT, DOUBT, DONE, PARKED, ABANDONED = OperationState
DRAFT = Draft(
    Action.UPDATE, Reason.WORSENED, "e1", "sms", IncidentId("i1"), ("sms",), "SMS",
    Said(IncidentStatus.INVESTIGATING), "It got worse.", notify=True,
)  # fmt: skip
OPERATION = Operation(DRAFT, "", b"{}", frozenset({"u1"}))


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
