from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import a_rule, a_trigger
from statusbridge.core.detectors import (
    NEXT_PHASE,
    Bounds,
    Detector,
    Fold,
    Signal,
    Transition,
    fold,
    lookback,
)
from statusbridge.core.model import Phase, Status
from statusbridge.core.rules import Recovery, Rule, Threshold
from statusbridge.core.windows import Measures, Series

DEGRADED, PARTIAL, FULL = (
    Status.DEGRADED_PERFORMANCE, Status.PARTIAL_OUTAGE, Status.FULL_OUTAGE,
)  # fmt: skip
FIRING, RECOVERING, INACTIVE = Phase.FIRING, Phase.RECOVERING, Phase.INACTIVE


def a_series(rule: Rule, *times: int) -> Series:
    series = Series(rule.window, rule.measures)
    for n, time in enumerate(times):
        series.add(time, f"SM{n}", "prod")
    return series


def run(rule: Rule, *times: int, until: int = 1000) -> list[tuple[int, Phase, Status]]:
    """The transitions when everything up to *until* was read at once."""
    folded = fold(rule, a_series(rule, *times), Detector.fresh(0), Bounds(until, until))
    return [(t.at, t.phase, t.level) for t in folded.transitions]


def test_the_table_names_a_phase_for_every_phase_and_signal() -> None:
    assert set(NEXT_PHASE) == set(product(Phase, Signal))


def test_a_storm_fires_at_the_alert_that_reaches_the_count_and_comes_down_by_recovery() -> None:
    assert run(a_rule(), 10, 20, 30) == [
        (30, FIRING, DEGRADED),
        (150, RECOVERING, Status.OPERATIONAL),
        (210, INACTIVE, Status.OPERATIONAL),
    ]


def test_two_alerts_of_three_never_fire() -> None:
    assert run(a_rule(), 10, 20) == []


def test_alerts_a_window_apart_are_not_counted_together() -> None:
    assert run(a_rule(), 10, 20, 70) == []
    assert run(a_rule(), 10, 20, 69)[0] == (69, FIRING, DEGRADED)


def test_a_hold_must_be_true_all_the_time_it_is_asked_for() -> None:
    rule = a_rule(triggers=(a_trigger(count=3, hold=50),))

    assert run(rule, 10, 20, 30) == []
    assert run(rule, 10, 20, 30, 65) == []
    assert run(rule, 10, 20, 30, 65, 66)[0] == (80, FIRING, DEGRADED)


def test_a_hold_ends_at_its_own_time_whether_or_not_anything_happens_then() -> None:
    rule = a_rule(triggers=(a_trigger(count=3, hold=50),))
    alerts = (10, 21, 32, 65, 66)

    assert run(rule, *alerts)[0] == (82, FIRING, DEGRADED)
    assert run(rule, *alerts, until=82) == [(82, FIRING, DEGRADED)]
    assert run(rule, *alerts, until=81) == []


def test_an_outage_leaves_its_end_as_the_floor_of_the_next() -> None:
    rule = a_rule()
    returned = fold(
        rule, a_series(rule, 1, 2, 3, 140, 141, 142), Detector.fresh(100, 0), Bounds(150, 150)
    )
    ended = fold(rule, a_series(rule, 10, 20, 30), Detector.fresh(0), Bounds(1000, 1000))

    assert Detector.fresh(100, 40) == Detector(INACTIVE, Status.OPERATIONAL, 100, 100, 40)
    assert returned.detector == Detector(FIRING, DEGRADED, 142, 150, 0)
    assert ended.detector == Detector(INACTIVE, Status.OPERATIONAL, 210, 1000, 210)


def test_several_triggers_fire_at_the_worst_that_is_reached() -> None:
    rule = a_rule(
        triggers=(a_trigger(count=3), a_trigger(PARTIAL, count=5), a_trigger(FULL, count=9))
    )

    assert run(rule, 1, 2, 3, 4, 5)[:2] == [(3, FIRING, DEGRADED), (5, FIRING, PARTIAL)]
    assert run(rule, 7, 7, 7, 7, 7)[0] == (7, FIRING, PARTIAL)


def test_a_firing_level_never_falls_before_recovery() -> None:
    rule = a_rule(triggers=(a_trigger(count=3), a_trigger(PARTIAL, count=5)))

    levels = [level for _, phase, level in run(rule, 1, 2, 3, 4, 5, 70, 71, 72) if phase is FIRING]

    assert levels == [DEGRADED, PARTIAL]


def test_a_rule_reaches_no_worse_status_than_it_may_publish() -> None:
    rule = a_rule(triggers=(a_trigger(FULL, count=3),), max_status=PARTIAL)

    assert run(rule, 1, 2, 3)[0] == (3, FIRING, PARTIAL)


def test_a_trigger_reached_while_recovering_fires_again_at_the_level_newly_reached() -> None:
    rule = a_rule(triggers=(a_trigger(count=3), a_trigger(PARTIAL, count=4)))

    assert run(rule, 1, 2, 3, 4, 140, 141, 142)[1:4] == [
        (4, FIRING, PARTIAL),
        (124, RECOVERING, Status.OPERATIONAL),
        (142, FIRING, DEGRADED),
    ]


def test_settling_starts_anew_where_below_does_not_hold() -> None:
    rule = a_rule()

    assert run(rule, 1, 2, 3, 130)[1:] == [
        (123, RECOVERING, Status.OPERATIONAL),
        (250, INACTIVE, Status.OPERATIONAL),
    ]


def test_recovery_may_leave_some_alerts_below_its_number() -> None:
    rule = a_rule(recovery=Recovery(after=60, settle=0, below=Threshold(count=1)))

    assert run(rule, 1, 2, 3, 40, 90, until=200)[1:] == [
        (160, RECOVERING, Status.OPERATIONAL),
        (160, INACTIVE, Status.OPERATIONAL),
    ]


def test_quiet_since_is_the_start_of_the_window_in_which_below_first_held() -> None:
    rule = a_rule()
    folded = fold(rule, a_series(rule, 1, 2, 3), Detector.fresh(0), Bounds(1000, 1000))

    assert folded.transitions[1] == Transition(
        123, "sms", RECOVERING, Status.OPERATIONAL, floor=0, quiet_since=3
    )


def test_beyond_the_watermark_evidence_raises_and_absence_does_nothing() -> None:
    rule = a_rule()
    series = a_series(rule, 10, 20, 30)

    blind = fold(rule, series, Detector.fresh(0), Bounds(None, 5000))
    seen = fold(rule, series, blind.detector, Bounds(5000, 5000))

    assert [(t.at, t.phase) for t in blind.transitions] == [(30, FIRING)]
    assert [(t.at, t.phase) for t in seen.transitions] == [(150, RECOVERING), (210, INACTIVE)]


def test_a_gap_inside_the_quiet_time_delays_recovery() -> None:
    rule = a_rule()
    series = a_series(rule, 10, 20, 30)
    series.blind(100, 110)

    folded = fold(rule, series, Detector.fresh(0), Bounds(1000, 1000))

    assert [(t.at, t.phase) for t in folded.transitions[1:]] == [(230, RECOVERING), (290, INACTIVE)]


def test_a_late_alert_delays_a_recovery_that_was_not_committed() -> None:
    rule = a_rule()
    series = a_series(rule, 10, 20, 30)
    first = fold(rule, series, Detector.fresh(0), Bounds(140, 140))
    series.add(100, "SM9", "prod")

    second = fold(rule, series, first.detector, Bounds(1000, 1000))

    assert [(t.at, t.phase) for t in second.transitions] == [(220, RECOVERING), (280, INACTIVE)]


def test_a_late_alert_raises_at_once_even_if_nothing_newer_was_heard() -> None:
    rule = a_rule()
    series = a_series(rule, 10, 20)
    first = fold(rule, series, Detector.fresh(0), Bounds(30, 30))
    series.add(25, "SM9", "prod")

    second = fold(rule, series, first.detector, Bounds(30, 30))

    assert [(t.at, t.phase) for t in second.transitions] == [(30, FIRING)]


def test_a_late_alert_raises_at_the_time_that_was_decided_up_to() -> None:
    rule = a_rule()
    series = a_series(rule, 10, 20)
    first = fold(rule, series, Detector.fresh(0), Bounds(30, 30))
    series.add(25, "SM9", "prod")

    second = fold(rule, series, first.detector, Bounds(45, 45))

    assert [(t.at, t.phase) for t in second.transitions] == [(30, FIRING)]


def test_a_late_alert_with_which_a_hold_is_over_raises_at_the_time_decided_up_to() -> None:
    rule = a_rule(triggers=(a_trigger(count=3, hold=20),))
    series = a_series(rule, 10, 20)
    first = fold(rule, series, Detector.fresh(0), Bounds(50, 50))
    series.add(21, "SM9", "prod")

    second = fold(rule, series, first.detector, Bounds(65, 65))

    assert [(t.at, t.phase) for t in second.transitions] == [(50, FIRING)]


def test_a_late_alert_never_touches_what_was_resolved() -> None:
    rule = a_rule()
    series = a_series(rule, 10, 20, 30)
    first = fold(rule, series, Detector.fresh(0), Bounds(400, 400))
    series.add(140, "SM9", "prod")

    second = fold(rule, series, first.detector, Bounds(1000, 1000))

    assert second.transitions == ()


@pytest.mark.parametrize(
    ("late", "told"),
    [
        ((46, 47, 48, 49, 50), []),
        ((60, 61, 62, 63, 64), []),
        ((141, 142), [(200, FIRING, PARTIAL)]),
    ],
)
def test_how_bad_it_was_before_a_rule_fired_is_not_said_of_what_goes_on_since(
    late: tuple[int, ...], told: list[tuple[int, Phase, Status]]
) -> None:
    rule = a_rule(triggers=(a_trigger(count=3), a_trigger(PARTIAL, count=5)))
    series = a_series(rule, 150, 190, 200)
    first = fold(rule, series, Detector.fresh(0), Bounds(50, 210))
    for at in late:
        series.add(at, f"SM at {at}", "prod")

    second = fold(rule, series, first.detector, Bounds(50, 210))

    assert [(t.at, t.phase, t.level) for t in first.transitions] == [(200, FIRING, DEGRADED)]
    assert [(t.at, t.phase, t.level) for t in second.transitions] == told


def test_pending_is_shown_while_a_hold_runs_and_goes_without_a_word() -> None:
    rule = a_rule(triggers=(a_trigger(count=3, hold=100),))
    series = a_series(rule, 10, 20, 30)

    pending = fold(rule, series, Detector.fresh(0), Bounds(50, 50))
    gone = fold(rule, series, pending.detector, Bounds(500, 500))

    assert (pending.detector.phase, pending.detector.since) == (Phase.PENDING, 30)
    assert (pending.met, pending.below) == ((30,), None)
    at_rest = Detector(INACTIVE, Status.OPERATIONAL, 70, 500, 0)
    assert gone == Fold(at_rest, (), Measures(), met=(None,), below=90)


def test_new_numbers_count_from_the_next_fold_on() -> None:
    patient = a_rule(recovery=Recovery(after=3600, settle=60))
    series = a_series(patient, 10, 20, 30)
    first = fold(patient, series, Detector.fresh(0), Bounds(500, 500))
    brisk = a_rule(recovery=Recovery(after=60, settle=60))

    second = fold(brisk, series, first.detector, Bounds(510, 510))

    assert [(t.at, t.phase) for t in second.transitions] == [(510, RECOVERING)]


def test_a_quiet_that_a_shorter_time_finds_long_over_ends_though_more_was_heard_of() -> None:
    patient = a_rule(recovery=Recovery(after=3600, settle=60))
    series = a_series(patient, 10, 20, 30)
    first = fold(patient, series, Detector.fresh(0), Bounds(500, 501))
    brisk = a_rule(recovery=Recovery(after=60, settle=60))

    second = fold(brisk, series, first.detector, Bounds(510, 511))

    assert [(t.at, t.phase) for t in second.transitions] == [(510, RECOVERING)]


def test_a_worse_hold_that_began_before_the_rule_fired_counts_from_its_beginning() -> None:
    rule = a_rule(
        window=600, triggers=(a_trigger(count=3, hold=100), a_trigger(PARTIAL, count=5, hold=200))
    )
    series = a_series(rule, 0, 1, 2, 3, 4)
    first = fold(rule, series, Detector.fresh(-10), Bounds(150, 150))

    second = fold(rule, series, first.detector, Bounds(500, 500))

    assert [(t.at, t.level) for t in first.transitions] == [(102, DEGRADED)]
    assert [(t.at, t.level) for t in second.transitions] == [(204, PARTIAL)]


RULES = st.builds(
    lambda window, first, second, holds, below, after, settle: a_rule(
        window=window,
        triggers=(
            a_trigger(count=first + below, hold=holds[1]),
            a_trigger(PARTIAL, count=first + below + second, hold=holds[0]),
            a_trigger(FULL, distinct_resources=second + 4),
        ),
        recovery=Recovery(after=after, settle=settle, below=Threshold(count=below)),
    ),
    st.integers(1, 30), st.integers(1, 4), st.integers(0, 4),
    st.tuples(st.integers(0, 20), st.sampled_from((0, 0, 5, 12))), st.integers(0, 2),
    st.integers(0, 40), st.integers(0, 40),
)  # fmt: skip
TIMES = st.lists(st.integers(0, 200), max_size=40)


@given(RULES, TIMES, st.lists(st.integers(0, 400), max_size=8))
def test_transitions_do_not_depend_on_when_polls_ran_or_on_restarts(
    rule: Rule, times: list[int], polls: list[int]
) -> None:
    at_once = fold(rule, a_series(rule, *times), Detector.fresh(0), Bounds(400, 400))

    detector, transitions = Detector.fresh(0), []
    for poll in [*sorted(polls), 400]:
        series = a_series(rule, *(t for t in times if t <= poll))
        series.forget(max(detector.floor, detector.position - lookback_of(rule)))
        step = fold(rule, series, detector, Bounds(poll, poll))
        detector, transitions = step.detector, [*transitions, *step.transitions]

    assert tuple(transitions) == at_once.transitions
    assert detector == at_once.detector


def lookback_of(rule: Rule) -> int:
    return max(lookback(rule, phase) for phase in Phase)


@given(RULES, TIMES, st.lists(st.tuples(st.integers(0, 400), st.integers(0, 60)), max_size=8))
def test_lagging_watermarks_lose_no_raise_and_never_resolve_early(
    rule: Rule, times: list[int], polls: list[tuple[int, int]]
) -> None:
    at_once = fold(rule, a_series(rule, *times), Detector.fresh(0), Bounds(400, 400))

    detector, seen, covered = Detector.fresh(0), [], 0
    for heard, lag in [*sorted(polls), (400, 0)]:
        covered = max(covered, heard - lag)
        series = a_series(rule, *(t for t in times if t <= heard))
        step = fold(rule, series, detector, Bounds(covered, heard))
        assert all(t.at <= covered for t in step.transitions if t.phase is not FIRING)
        detector, seen = step.detector, [*seen, *step.transitions]

    fired = {(t.at, t.level) for t in at_once.transitions if t.phase is FIRING}
    assert fired <= {(t.at, t.level) for t in seen}


def test_an_unrecovered_rule_looks_back_only_as_far_as_it_must() -> None:
    rule = a_rule(triggers=(a_trigger(hold=30),), recovery=Recovery(after=100, settle=200))

    assert [lookback(rule, phase) for phase in Phase] == [30, 30, 100, 200]


def test_an_outage_that_was_ended_by_other_means_leaves_its_rule_at_rest() -> None:
    firing = Detector(FIRING, PARTIAL, 10, 50, 5)

    assert firing.ended(40) == Detector(INACTIVE, Status.OPERATIONAL, 40, 50, 40)
    assert firing.ended(2) == Detector(INACTIVE, Status.OPERATIONAL, 2, 50, 5)
