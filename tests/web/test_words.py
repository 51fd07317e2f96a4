from __future__ import annotations

import pytest

from rehearse.findings import DAY, END, START
from statusbridge.core.rules import Threshold
from statusbridge.rehearse.report.places import Places, target, ticks
from statusbridge.web.words import (
    days,
    early,
    lasting,
    moment,
    needed,
    period,
    roughly,
    stretch,
)


def plain(text: str) -> str:
    return text.replace("\u00a0", " ")


def test_a_time_is_said_to_the_minute_in_utc() -> None:
    assert moment(START + 59) == "1 Oct 00:00"


@pytest.mark.parametrize(
    ("start", "end", "said"),
    [
        (START, START + 3600, "1 Oct 00:00 – 01:00 UTC"),
        (START, START + DAY, "1 Oct 00:00 – 2 Oct 00:00 UTC"),
        (START, None, "1 Oct 00:00 UTC – not over"),
    ],
)
def test_a_stretch_names_its_second_day_only_where_it_is_another(
    start: int, end: int | None, said: str
) -> None:
    assert stretch(start, end) == said


@pytest.mark.parametrize(
    ("start", "end", "said"),
    [
        (START, END, "1 Oct – 30 Oct 2026"),
        (START, START + DAY, "1 Oct 2026"),
        (START, START, "1 Oct 2026"),
        (START, START + 100 * DAY, "1 Oct 2026 – 8 Jan 2027"),
    ],
)
def test_a_period_is_the_days_that_it_touches(start: int, end: int, said: str) -> None:
    assert period(start, end) == said


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0, "0 s"), (59, "59 s"), (3_900, "1 h 5 min"), (90_061, "1 d 1 h"), (7_200, "2 h")],
)
def test_a_duration_is_said_in_its_two_largest_units(seconds: int, said: str) -> None:
    assert plain(lasting(seconds)) == said


def test_no_line_breaks_a_duration_apart() -> None:
    assert " " not in lasting(3_900)


def test_from_ten_minutes_on_a_rough_duration_has_no_seconds() -> None:
    assert [plain(roughly(s)) for s in (599, 1296)] == ["9 min 59 s", "22 min"]


def test_two_days_and_more_are_said_in_days() -> None:
    assert [plain(days(s)) for s in (DAY, 2 * DAY, 30 * DAY)] == ["1 d", "2 days", "30 days"]


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (370, "6 min before people"),
        (-370, "6 min after people"),
        (59, "at the same minute as people"),
        (-59, "at the same minute as people"),
    ],
)
def test_how_early_is_said_from_where_people_stand(seconds: int, said: str) -> None:
    assert plain(early(seconds)) == said


def test_what_a_trigger_needs_names_each_measure_that_it_asks_for() -> None:
    asked = Threshold(count=1_500, distinct_accounts=2)

    assert plain(needed(asked, 600, 120)) == "1,500 alerts and 2 accounts in 10 min, for 2 min"


# Places on the axis


def test_the_same_stretch_has_one_place() -> None:
    places = Places(START, END)

    names = [
        places.of(START + 5, START + 9),
        places.of(START, END),
        places.of(START + 5, START + 9),
    ]

    assert names == ["p0", "p1", "p0"]
    assert places.css() == (
        ":root{--span:2592000}"
        ".p0{--a:5;--b:9}.p0-in{--c:5;--d:9}.p1{--a:0;--b:2592000}.p1-in{--c:0;--d:2592000}"
    )


def test_what_reaches_beyond_the_report_ends_at_its_edge() -> None:
    places = Places(START, START + 100)

    places.of(START - 50, START + 500)
    places.of(START + 40)

    assert places.css().startswith(":root{--span:100}.p0{--a:0;--b:100}")
    assert ".p1{--a:40;--b:100}" in places.css()


def test_an_element_is_named_without_what_others_wrote() -> None:
    assert target("ours", '"><script>').removeprefix("ours-").isalnum()
    assert target("ours", "a") != target("ours", "b")


@pytest.mark.parametrize("span", [1, 600, 3_600, DAY, 2 * DAY, 30 * DAY, 4_000 * DAY])
def test_ticks_are_round_few_and_inside(span: int) -> None:
    found = ticks(START + 7, START + 7 + span, 6)

    assert len(found) <= 6
    assert all(START + 7 <= at < START + 7 + span and at % 60 == 0 for at in found)


def test_a_month_is_ticked_in_days() -> None:
    assert ticks(START, END, 6) == tuple(START + day * DAY for day in (0, 5, 10, 15, 20, 25))
