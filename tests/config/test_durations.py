from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from statusbridge.config import durations


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("30s", 30), ("10m", 600), ("2h", 7200), ("1d", 86_400), ("1h30m", 5400), ("0s", 0)],
)
def test_duration_says_whole_seconds(text: str, seconds: int) -> None:
    assert durations.parse(text) == seconds


@pytest.mark.parametrize(
    "text",
    [
        "",
        "10",
        "10 m",
        "10min",
        "-5s",
        "1.5h",
        "30m1h",
        "5m5m",
        "1h ",
        "1h\n",
        "s",
        "٣s",
        "9999999d",
    ],
)
def test_anything_else_is_refused_with_the_accepted_forms(text: str) -> None:
    with pytest.raises(ValueError) as caught:
        durations.parse(text)
    assert str(caught.value) == (
        f'"{text}" is not a duration; expected a form such as "30s", "10m", "2h", "1d" or "1h30m"'
    )


@given(st.integers(0, 10**9))
def test_shown_duration_reads_back_as_itself(seconds: int) -> None:
    assert durations.parse(durations.show(seconds)) == seconds


@pytest.mark.parametrize(("seconds", "text"), [(0, "0s"), (5400, "1h30m"), (86_461, "1d1m1s")])
def test_duration_is_shown_in_its_shortest_form(seconds: int, text: str) -> None:
    assert durations.show(seconds) == text


def test_bounds_belong_to_the_accepted_durations() -> None:
    check = durations.between("1s", "1m")

    assert [check("1s"), check("60s")] == ["1s", "60s"]
    with pytest.raises(ValueError, match='"61s" is out of range; expected from "1s" to "1m"'):
        check("61s")
