from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from builders import T0
from statusbridge.core.delivery import (
    after_read_back,
    after_write,
    in_doubt,
    is_due,
    is_still_true,
    recovered,
    sent,
    superseded,
    wants_silent_twin,
)
from statusbridge.core.episodes import Episode, Group, Member
from statusbridge.core.model import (
    ComponentId,
    ComponentStatus,
    IncidentId,
    IncidentStatus,
    Phase,
    Stage,
    Status,
)
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
    ("outcome", "changes"),
    [
        (Applied(), {"state": DONE}),
        (NotSent("no route"), {"state": READY, "due": 1003.0, "retries": 1, "why": "no route"}),
        (Limited("full", 40), {"state": READY, "due": 1042.0, "retries": 1, "why": "full"}),
        (Limited("full"), {"state": READY, "due": 1003.0, "retries": 1, "why": "full"}),
        (Unauthorized(401, "401"), {"state": READY, "due": 1003.0, "retries": 1, "why": "401"}),
        (Refused(422, "no"), {"state": PARKED, "why": "no"}),
        (Gone("HTTP 404"), {"state": PARKED, "why": "HTTP 404"}),
        (Unknown("reset"), {"state": DOUBT, "unknowns": 1, "why": "reset"}),
    ],
)
def test_each_outcome_of_a_write_has_its_row(outcome: Outcome, changes: dict[str, Any]) -> None:
    answered = Mark("boot-1", 1002.0)
    due = Mark("boot-1", changes["due"]) if "due" in changes else None

    after = after_write(sent(OPERATION, NOW), outcome, answered)

    assert after == replace(OPERATION, **(changes | {"since": answered, "due": due}))


def test_what_is_sent_waits_for_nothing_any_more() -> None:
    waiting = after_write(OPERATION, NotSent("no route"), NOW)
    later = Mark("boot-1", 1010.0)

    assert sent(waiting, later) == replace(waiting, state=SENT, since=later, due=None)
    assert superseded(waiting, later) == replace(
        waiting, state=ABANDONED, since=later, due=None, why="something newer is due"
    )


@pytest.mark.parametrize(
    ("outcome", "notify", "wanted"),
    [
        (Refused(400, "no"), True, True),
        (Refused(422, "no"), True, True),
        (Refused(413, "no"), True, False),
        (Refused(422, "no"), False, False),
        (Unknown("HTTP 500"), True, False),
    ],
)
def test_only_what_was_to_mail_and_may_be_refused_for_that_is_wanted_silently(
    outcome: Outcome, notify: bool, wanted: bool
) -> None:
    operation = replace(OPERATION, draft=replace(DRAFT, notify=notify))

    assert wants_silent_twin(operation, outcome) is wanted


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


def test_what_waits_to_be_sent_waits_for_nothing_on_another_clock() -> None:
    waiting = after_write(OPERATION, Limited("slow down", retry_after=40), NOW)
    booted = Mark("boot-2", 3.0)

    assert recovered(waiting, booted) == replace(waiting, since=booted, due=None)


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
    later, last = Mark("boot-1", 1100.0), Mark("boot-1", 1200.0)

    once = after_read_back(doubtful, Absent(), later)
    twice = after_read_back(once, Absent(), last)
    thrice = after_read_back(replace(once, unknowns=3), Absent(), last)

    assert once == replace(doubtful, absences=1, since=later)
    assert twice == replace(doubtful, state=READY, absences=0, since=last)
    assert thrice == replace(
        doubtful, state=PARKED, unknowns=3, absences=1, since=last,
        why="3 attempts with unknown outcome: reset",
    )  # fmt: skip
    assert in_doubt(replace(once, state=SENT), NOW, "hung up") == replace(
        doubtful, unknowns=2, why="hung up"
    )


def test_on_a_page_that_changes_even_our_letters_absence_proves_nothing() -> None:
    once = after_read_back(in_doubt(OPERATION, NOW, "reset"), Absent(), NOW)

    assert after_read_back(once, Absent(), NOW, readable=False).state is PARKED


def test_what_is_ready_again_is_not_put_back_by_a_look_that_finds_nothing() -> None:
    ready = replace(OPERATION, unknowns=1)

    assert after_read_back(ready, Absent(), NOW) == ready


def an_episode(status: IncidentStatus, asked: Status | None, quiet_since: int | None) -> Episode:
    members = () if asked is None else (Member("sms", Phase.FIRING, asked, ("SMS",)),)
    group = Group("public", "sms", Stage.AUTO)
    return Episode(
        "e1", group, "sms", "sms", T0, T0, status, Status.FULL_OUTAGE, members,
        frozenset({"prod"}), T0, quiet_since,
    )  # fmt: skip


INVESTIGATING, MONITORING, RESOLVED = (
    IncidentStatus.INVESTIGATING, IncidentStatus.MONITORING, IncidentStatus.RESOLVED,
)  # fmt: skip
DEGRADED, PARTIAL = Status.DEGRADED_PERFORMANCE, Status.PARTIAL_OUTAGE


@pytest.mark.parametrize(
    ("action", "said", "told", "present", "asked", "quiet_since", "true"),
    [
        (Action.UPDATE, MONITORING, None, MONITORING, DEGRADED, 5, True),
        (Action.UPDATE, MONITORING, None, MONITORING, DEGRADED, 6, False),
        (Action.UPDATE, MONITORING, None, INVESTIGATING, DEGRADED, 5, False),
        (Action.UPDATE, MONITORING, None, RESOLVED, DEGRADED, 5, True),
        (Action.UPDATE, INVESTIGATING, DEGRADED, INVESTIGATING, PARTIAL, None, True),
        (Action.UPDATE, INVESTIGATING, PARTIAL, INVESTIGATING, PARTIAL, None, True),
        (Action.UPDATE, INVESTIGATING, PARTIAL, INVESTIGATING, DEGRADED, None, False),
        (Action.UPDATE, INVESTIGATING, PARTIAL, MONITORING, PARTIAL, 5, False),
        (Action.UPDATE, INVESTIGATING, None, INVESTIGATING, None, None, True),
        (Action.UPDATE, INVESTIGATING, DEGRADED, INVESTIGATING, None, None, False),
        (Action.OPEN, INVESTIGATING, PARTIAL, INVESTIGATING, DEGRADED, None, True),
        (Action.OPEN, INVESTIGATING, PARTIAL, MONITORING, PARTIAL, 5, False),
        (Action.RESOLVE, RESOLVED, None, RESOLVED, DEGRADED, 5, True),
        (Action.RESOLVE, RESOLVED, None, INVESTIGATING, DEGRADED, None, False),
    ],
)
def test_what_got_lost_goes_again_only_while_it_is_still_true(
    action: Action,
    said: IncidentStatus,
    told: Status | None,
    present: IncidentStatus,
    asked: Status | None,
    quiet_since: int | None,
    true: bool,
) -> None:
    components = () if told is None else (ComponentStatus(ComponentId("c1"), told),)
    draft = replace(DRAFT, action=action, said=Said(said, components), quiet_since=5)

    lost = replace(OPERATION, draft=draft, composed_at=T0)

    assert is_still_true(lost, an_episode(present, asked, quiet_since), T0 + 3600) is true


def test_what_got_lost_is_no_news_any_more_an_hour_later() -> None:
    lost = replace(OPERATION, composed_at=T0)
    episode = an_episode(INVESTIGATING, DEGRADED, None)

    assert [is_still_true(lost, episode, T0 + later) for later in (3600, 3601)] == [True, False]
