from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from rehearse.findings import a_curve
from statusbridge.core.model import Status
from statusbridge.rehearse.result import Curve
from statusbridge.web.plots import HEIGHT, Scale, coarsest, encoded, path, plot

values = st.lists(st.integers(0, 10**7), min_size=1, max_size=300)


def heights(drawn: str) -> list[int]:
    """The height of each bucket of a path."""
    found, at = [], HEIGHT
    for step, number in re.findall(r"([vh])(-?\d+)", drawn):
        if step == "v":
            at += int(number)
        else:
            found += [at] * int(number)
    return found


def decoded(text: str) -> list[int]:
    """What the page's script makes of values."""
    runs = [run.split("*") for run in text.split(" ")]
    return [int(run[0]) for run in runs for _ in range(int(run[1]) if run[1:] else 1)]


@given(values)
def test_a_path_stands_at_the_height_of_each_value(values: Sequence[int]) -> None:
    scale = Scale(max(4, *values))

    assert heights(path(values, scale)) == [scale.height(value) for value in values]


@given(values)
def test_encoded_values_are_read_back_as_they_were(values: Sequence[int]) -> None:
    assert decoded(encoded(values)) == values


@given(values, st.integers(1, 400))
def test_no_peak_is_lost_where_buckets_are_merged(values: Sequence[int], most: int) -> None:
    fewer = coarsest(values, most)

    assert len(fewer) <= most
    assert max(fewer) == max(values)


@given(st.integers(4, 10**7), st.data())
def test_more_never_stands_lower_and_something_always_above_nothing(
    top: int, data: st.DataObject
) -> None:
    scale = Scale(top)
    low, high = sorted(data.draw(st.tuples(st.integers(1, top), st.integers(1, top))))

    assert 0 <= scale.height(high) <= scale.height(low) < scale.height(0) == HEIGHT


def test_small_numbers_stand_in_proportion_and_large_ones_by_logarithm() -> None:
    assert (Scale(60).logarithmic, Scale(61).logarithmic) == (False, True)
    assert Scale(60).percent(30) == 50.0
    assert Scale(10_000).marks() == (10, 100, 1_000)
    assert Scale(40).marks() == (10, 20, 30)


def test_a_quiet_month_costs_a_few_bytes() -> None:
    drawn = plot(a_curve("count", (0,) * 2000), ())

    assert (drawn.path, drawn.values) == ("M0 240h2000V240z", "0*2000")


def test_merged_buckets_are_so_much_wider_and_still_cover_the_time() -> None:
    drawn = plot(Curve("count", 60, tuple(range(1000)), 999, None), (), most=300)

    assert (drawn.width, drawn.buckets) == (240, 250)


def test_thresholds_stand_at_their_value_and_no_label_covers_another() -> None:
    wanted = [
        (Status.FULL_OUTAGE, 600, False),
        (Status.FULL_OUTAGE, 590, False),
        (Status.PARTIAL_OUTAGE, 580, False),
        (Status.DEGRADED_PERFORMANCE, 25, False),
        (Status.DEGRADED_PERFORMANCE, 26, True),
    ]

    lines = plot(a_curve("count", (1, 812)), wanted).lines

    assert [line.label for line in lines] == [
        "25 degraded",
        "26 suggested",
        "580 partial",
        "590 full",
        "600 full",
    ]
    assert [line.suggested for line in lines] == [False, True, False, False, False]
    assert sorted((line.y for line in lines), reverse=True) == [line.y for line in lines]
    labels = [line.label_y for line in lines]
    assert all(lower - upper >= 10.9 for lower, upper in pairwise(labels))
    assert 0 < labels[-1] < labels[0] < 100
