from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from statusbridge.core.rules import Threshold
from statusbridge.core.windows import Measures, Series

ALL = frozenset({"count", "distinct_resources", "distinct_accounts"})
ALERTS = st.lists(
    st.tuples(
        st.integers(0, 60),
        st.sampled_from([None, "SM1", "SM2", "SM3"]),
        st.sampled_from(["prod", "test"]),
    ),
    max_size=30,
)


def recount(alerts: list[tuple[int, str | None, str]], window: int, time: int) -> Measures:
    """The measures as a person would count them from the alerts."""
    inside = [a for a in alerts if time - window < a[0] <= time]
    return Measures(
        count=len(inside),
        distinct_resources=len({r for _, r, _ in inside if r is not None}),
        distinct_accounts=len({account for _, _, account in inside}),
    )


def filled(alerts: list[tuple[int, str | None, str]], window: int) -> Series:
    series = Series(window, ALL)
    for alert in alerts:
        series.add(*alert)
    return series


@given(ALERTS, st.integers(1, 20))
def test_measures_equal_a_recount_at_every_second_in_any_order_of_arrival(
    alerts: list[tuple[int, str | None, str]], window: int
) -> None:
    series = filled(alerts, window)

    assert [series.at(t) for t in range(-1, 90)] == [
        recount(alerts, window, t) for t in range(-1, 90)
    ]


@given(ALERTS, ALERTS, st.integers(1, 20), st.integers(0, 80))
def test_forgetting_and_late_alerts_change_no_measure_after_the_base(
    early: list[tuple[int, str | None, str]],
    late: list[tuple[int, str | None, str]],
    window: int,
    base: int,
) -> None:
    series = filled(early, window)
    series.forget(base)
    series._resources.forget(base) if series._resources else None
    for alert in late:
        series.add(*alert)

    assert [series.at(t) for t in range(base, 90)] == [
        recount(early + late, window, t) for t in range(base, 90)
    ]


@given(ALERTS, st.integers(1, 20), st.integers(0, 40), st.integers(0, 60))
def test_changes_yields_each_time_at_which_a_measure_differs(
    alerts: list[tuple[int, str | None, str]], window: int, after: int, length: int
) -> None:
    series = filled(alerts, window)

    changes = dict(series.changes(after, after + length))

    current = changes[after]
    for t in range(after, after + length + 1):
        current = changes.get(t, current)
        assert current == recount(alerts, window, t)


def test_a_gap_in_the_window_makes_absence_prove_nothing() -> None:
    series = Series(10, ALL)
    series.blind(100, 103)

    nothing = Threshold(count=0)
    assert [series.at(t).within(nothing) for t in (100, 101, 112, 113)] == [
        True, False, False, True,
    ]  # fmt: skip


def test_a_threshold_asks_only_for_the_numbers_it_names() -> None:
    measures = Measures(count=5, distinct_resources=2)

    assert measures.reach(Threshold(count=5))
    assert not measures.reach(Threshold(count=5, distinct_resources=3))
    assert measures.within(Threshold(distinct_resources=2))
    assert not measures.within(Threshold(count=4))


def test_unasked_distinct_measures_cost_nothing_and_stay_zero() -> None:
    series = Series(10, frozenset({"count"}))
    series.add(1, "SM1", "prod")

    assert series.at(1) == Measures(count=1)


def test_thousands_of_resources_are_forgotten_when_they_left_the_window() -> None:
    series = Series(10, ALL)
    for n in range(5000):
        series.add(n, f"SM{n}", "prod")
        series.forget(n - 20)

    assert series.at(4999).distinct_resources == 10
    assert series._resources is not None
    assert len(series._resources._by_key) <= 1024
