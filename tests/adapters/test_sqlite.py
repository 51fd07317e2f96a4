from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from builders import T0, a_rule, an_alert
from statusbridge.adapters.sqlite import SqliteStore
from statusbridge.adapters.sqlite_errors import StoreBroken, StoreError
from statusbridge.core.coverage import Batch, Coverage, Gap, Hole
from statusbridge.core.detectors import Detector, Transition
from statusbridge.core.episodes import Episode, group_of, opened
from statusbridge.core.model import (
    Alert,
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
    Held,
    HeldReason,
    Ledger,
    Mark,
    Operation,
    OperationState,
    Reason,
    Said,
)

RULE = a_rule()
COVERAGE = Coverage(T0, T0 + 5, (Hole(1, 2, deep=True),), 3, 4, T0 + 1)


@pytest.fixture
def store() -> SqliteStore:
    return SqliteStore.copy(Path("/nonexistent/state.db"))


def an_episode(sid: str = "NO1") -> Episode:
    transition = Transition(T0, "sms", Phase.FIRING, Status.PARTIAL_OUTAGE, T0 - 60)
    return opened(RULE, transition, an_alert(T0, sid=sid), PageId("01PAGE"))


def an_operation(episode: Episode, **changes: object) -> Operation:
    draft = Draft(
        Action.OPEN, Reason.BEGAN, episode.id, "sms", None, ("sms",), "SMS",
        Said(IncidentStatus.INVESTIGATING), "m", notify=True,
    )  # fmt: skip
    fields: dict[str, object] = {
        "draft": draft, "key": episode.id, "body": b'{"a":1}', "baseline": frozenset({"i0"}),
        "since": Mark("boot-1", 1.5), "state": OperationState.SENT,
    }  # fmt: skip
    return Operation(**(fields | changes))  # type: ignore[arg-type]


def told(store: SqliteStore, *episodes: Episode) -> None:
    store.commit_evaluation({}, (), episodes, 0)


def test_what_is_stored_comes_back_as_it_was(store: SqliteStore) -> None:
    alert = an_alert(code=None, service="MG1", host="h", traits=("httpResponse=502", "text~x"))
    episode = an_episode()
    detector = Detector.fresh(T0)
    ledger = Ledger(
        episode.id, IncidentId("i1"), "SMS", said=Said(IncidentStatus.MONITORING),
        updates=frozenset({UpdateId("u1")}), notified=True,
    )  # fmt: skip

    store.record("prod", Batch((alert,), COVERAGE, (Gap(1, 2, "why"),), malformed=2))
    store.commit_evaluation({"sms": (group_of(RULE), detector)}, (), (episode,), 1)
    operation = store.commit_operation("public", an_operation(episode), ledger, T0)

    assert list(store.alerts_after(0)) == [alert]
    assert store.coverage() == {"prod": COVERAGE}
    assert store.gaps(0) == [("prod", Gap(1, 2, "why"))]
    assert store.detectors() == {"sms": (group_of(RULE), detector)}
    (case,) = store.cases()
    assert (case.episode, case.ledger, case.operation) == (episode, ledger, operation)
    assert store.counters() == {"seen": 1, "malformed": 2, "matched": 1}


def test_an_alert_read_again_is_not_new_and_the_same_sid_of_two_accounts_is_two(
    store: SqliteStore,
) -> None:
    first, other = an_alert(sid="NO1"), an_alert(sid="NO1", account="test")
    store.record("prod", Batch((first,), COVERAGE))

    again = store.record("prod", Batch((first, an_alert(sid="NO2")), COVERAGE))
    elsewhere = store.record("test", Batch((other,), COVERAGE))

    assert again == ([an_alert(sid="NO2")], False)
    assert elsewhere == ([other], False)


def test_an_alert_that_a_new_rule_reads_more_of_is_told_as_changed(store: SqliteStore) -> None:
    store.record("prod", Batch((an_alert(sid="NO1"),), COVERAGE))
    more = an_alert(sid="NO1", traits=("text~timeout",))

    assert store.record("prod", Batch((more,), COVERAGE)) == ([], True)
    assert list(store.alerts_after(0)) == [more]


def test_alerts_come_back_oldest_first_and_by_sid_among_equals(store: SqliteStore) -> None:
    alerts = [an_alert(T0 + 1, sid="NO2"), an_alert(T0 + 1, sid="NO1"), an_alert(T0, sid="NO3")]
    store.record("prod", Batch(tuple(alerts), COVERAGE))

    found = [alert.sid for alert in store.alerts_between(T0 - 1, T0 + 1)]

    assert found == ["NO3", "NO1", "NO2"]
    assert [alert.sid for alert in store.alerts_between(T0, T0 + 1)] == ["NO1", "NO2"]


def test_a_closed_episode_stays_closed_and_as_it_was(store: SqliteStore) -> None:
    episode = an_episode()
    told(store, episode)
    store.commit_ledger(Ledger(episode.id, closed=True))

    told(store, episode)

    assert store.cases() == []


def test_a_known_episode_keeps_its_ledger_when_it_goes_on(store: SqliteStore) -> None:
    episode = an_episode()
    told(store, episode)
    ledger = Ledger(episode.id, IncidentId("i1"))
    store.commit_ledger(ledger)

    told(store, episode)

    assert [case.ledger for case in store.cases()] == [ledger]


def test_a_second_open_operation_of_an_episode_is_refused_and_changes_nothing(
    store: SqliteStore,
) -> None:
    episode = an_episode()
    told(store, episode)
    first = store.commit_operation("public", an_operation(episode), None, T0)

    with pytest.raises(StoreError):
        store.commit_operation("public", an_operation(episode), Ledger(episode.id, closed=True), T0)

    assert [case.operation for case in store.cases()] == [first]


def test_operations_given_up_after_a_doubt_stay_known_and_others_do_not(
    store: SqliteStore,
) -> None:
    episode = an_episode()
    told(store, episode)
    states = (OperationState.PARKED, OperationState.ABANDONED, OperationState.DONE)
    for state in states:
        for unknowns in (0, 1):
            store.commit_operation(
                "public", an_operation(episode, state=state, unknowns=unknowns), None, T0
            )

    assert [(o.state, o.unknowns) for o in store.given_up(episode.id)] == [
        (OperationState.PARKED, 1),
        (OperationState.ABANDONED, 1),
    ]
    assert len(store.done(episode.id)) == 2
    assert len(store.parked()) == 2
    assert store.operations_by_state() == [
        ("open", "abandoned", 2),
        ("open", "done", 2),
        ("open", "parked", 2),
    ]


def test_guards_count_what_was_done_on_their_page_in_their_time(store: SqliteStore) -> None:
    episode = an_episode()
    told(store, episode)
    store.commit_ledger(Ledger(episode.id, IncidentId("i1")))
    for page, at, state in (
        ("public", T0, OperationState.DONE),
        ("public", T0 - 100, OperationState.DONE),
        ("public", T0, OperationState.PARKED),
        ("other", T0, OperationState.DONE),
    ):
        store.commit_operation(page, an_operation(episode, state=state), None, at)

    assert store.opens_since("public", T0 - 100) == (T0,)
    assert store.notified_since("public", T0 - 101) == 2
    assert store.own_incidents("public") == {"i1"}
    assert store.own_incidents("other") == frozenset()


def test_what_is_held_is_held_since_its_reason_began_and_only_on_its_page(
    store: SqliteStore,
) -> None:
    first = Held("sms", "e1", HeldReason.BACKLOG, "a")
    store.note_held("public", [first], T0)
    store.note_held("other", [Held("x", "e2", HeldReason.REVIEW, "")], T0)
    later = Held("sms", "e1", HeldReason.BACKLOG, "b")
    store.note_held("public", [later], T0 + 5)
    same = store.held()
    store.note_held("public", [Held("sms", "e1", HeldReason.MAINTENANCE, "c")], T0 + 9)
    changed = store.held()
    store.note_held("public", [], T0 + 10)

    assert ("public", later, T0) in same
    assert ("public", Held("sms", "e1", HeldReason.MAINTENANCE, "c"), T0 + 9) in changed
    assert [page for page, _, _ in store.held()] == ["other"]


def test_a_removed_rule_is_forgotten_and_facts_are_kept(store: SqliteStore) -> None:
    store.commit_evaluation({"sms": (group_of(RULE), Detector.fresh(T0))}, (), (), 0)
    store.commit_evaluation({}, ("sms",), (), 0)
    store.note_fact("echo", "a")
    store.note_fact("echo", "b")

    assert store.detectors() == {}
    assert (store.fact("echo"), store.fact("none")) == ("b", None)


def test_a_batch_is_stored_whole_or_not_at_all(store: SqliteStore) -> None:
    bad = an_alert(sid="NO2")._replace(at="not a time")  # type: ignore[arg-type]

    with pytest.raises(StoreError, match="can't be written"):
        store.record("prod", Batch((an_alert(sid="NO1"), bad), COVERAGE))

    assert list(store.alerts_after(0)) == []
    assert store.coverage() == {}


class FailingDisk:
    """A connection to a file that can no longer be read or written."""

    in_transaction = False

    def execute(self, statement: str, values: object = ()) -> None:
        raise sqlite3.OperationalError("disk I/O error")


def test_a_failing_disk_is_told_as_such_by_reads_and_writes_alike() -> None:
    store = SqliteStore(FailingDisk(), Path("/srv/state.db"))  # type: ignore[arg-type]

    for read in (
        store.cases, store.coverage, store.detectors, store.held, store.counters, store.parked,
        lambda: list(store.alerts_after(0)), lambda: store.fact("x"), lambda: store.gaps(0),
        lambda: store.given_up("e"), lambda: store.own_incidents("public"),
        lambda: store.notified_since("public", 0), lambda: store.opens_since("public", 0),
        lambda: store.done("e"), store.operations_by_state,
        lambda: list(store.alerts_between(0, T0)),
    ):  # fmt: skip
        with pytest.raises(StoreBroken, match=r"/state\.db can't be relied on .*disk I/O error"):
            read()
    with pytest.raises(StoreBroken, match=r"/state\.db can't be relied on .*disk I/O error"):
        store.note_fact("x", "y")


def test_an_interruption_inside_a_transaction_leaves_nothing_of_it(store: SqliteStore) -> None:
    class Interrupted(BaseException):
        pass

    class Broken(tuple[Alert, ...]):
        def __iter__(self) -> Iterator[Alert]:
            raise Interrupted

    with pytest.raises(Interrupted):
        store.record("prod", Batch(Broken((an_alert(),)), COVERAGE))

    store.record("prod", Batch((an_alert(),), COVERAGE))
    assert len(list(store.alerts_after(0))) == 1
