"""What is left to read, and when the watermark may move."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from statusbridge.core.coverage import (
    DAY,
    HOUR,
    MINUTE,
    RETENTION,
    Coverage,
    Gap,
    Hole,
    Lookback,
    begin,
    clamped,
    heard,
    lowered,
    settled,
    shortened,
)

NOW = 1_760_000_000
LOOKBACK = Lookback(overlap=15 * MINUTE, first=20 * MINUTE)
TOO_OLD = "older than Twilio answers for"


def read_lately(**changes: object) -> Coverage:
    """An account whose last poll, 30 s before NOW, read everything."""
    seen = {
        "covered_until": NOW - 30,
        "heard_until": NOW - 30,
        "asked_until": NOW - 30,
        "swept_short": NOW - 60,
        "swept_long": NOW - HOUR,
    }
    return Coverage(**{**seen, **changes})


def test_first_poll_reads_as_far_back_as_the_rules_look_then_two_days() -> None:
    begun, gaps = begin(Coverage(), NOW, LOOKBACK)

    assert begun == Coverage(
        asked_until=NOW,
        holes=(
            Hole(NOW - 20 * MINUTE, NOW),
            Hole(NOW - 48 * HOUR, NOW - 20 * MINUTE, deep=True),
        ),
        swept_short=NOW,
        swept_long=NOW,
    )
    assert gaps == ()


def test_first_poll_reads_the_overlap_where_no_rule_looks_further() -> None:
    begun, _ = begin(Coverage(), NOW, Lookback(overlap=900, first=0))

    assert begun.holes[0] == Hole(NOW - 900, NOW)


def test_next_poll_starts_an_overlap_before_what_was_asked_last() -> None:
    begun, gaps = begin(read_lately(), NOW, LOOKBACK)

    assert begun == read_lately(asked_until=NOW, holes=(Hole(NOW - 30 - 15 * MINUTE, NOW),))
    assert gaps == ()


def test_polls_that_read_nothing_leave_one_hole_however_many_they_are() -> None:
    coverage = read_lately()
    for moment in range(NOW, NOW + 25 * MINUTE, 30):
        coverage, _ = begin(coverage, moment, LOOKBACK)

    assert coverage.holes == (Hole(NOW - 30 - 15 * MINUTE, moment),)
    assert coverage.covered_until == NOW - 30


def test_fresh_evidence_is_read_before_the_rest_of_a_backlog() -> None:
    backlog = Hole(NOW - 5 * HOUR, NOW - 3 * HOUR)
    deep = Hole(NOW - 20 * HOUR, NOW - 10 * HOUR, deep=True)
    coverage = read_lately(covered_until=NOW - 5 * HOUR, holes=(backlog, deep))

    begun, _ = begin(coverage, NOW, LOOKBACK)

    assert begun.holes == (Hole(NOW - 30 - 15 * MINUTE, NOW), backlog, deep)


def test_a_poll_goes_on_where_the_last_was_broken_off_within_its_overlap() -> None:
    left = Hole(NOW - 60 - 15 * MINUTE, NOW - 5 * MINUTE)
    coverage = read_lately(covered_until=NOW - 60, holes=(left,))

    begun, _ = begin(coverage, NOW, LOOKBACK)

    again = Hole(NOW - 30 - 15 * MINUTE, NOW - 30, deep=True)
    assert begun.holes == (Hole(NOW - 30 - MINUTE, NOW), left, again)


def test_half_hourly_reread_goes_back_four_hours_up_to_the_newest_hole() -> None:
    begun, _ = begin(read_lately(swept_short=NOW - 30 * MINUTE), NOW, LOOKBACK)

    front = Hole(NOW - 30 - 15 * MINUTE, NOW)
    assert begun.holes == (front, Hole(NOW - 4 * HOUR, front.lo, deep=True))
    assert (begun.swept_short, begun.swept_long) == (NOW, NOW - HOUR)


def test_daily_reread_goes_back_two_days_and_counts_as_the_short_one() -> None:
    begun, _ = begin(read_lately(swept_long=NOW - DAY), NOW, LOOKBACK)

    assert begun.holes[-1] == Hole(NOW - 48 * HOUR, NOW - 30 - 15 * MINUTE, deep=True)
    assert (begun.swept_short, begun.swept_long) == (NOW, NOW)


def test_start_after_half_an_hour_away_rereads_two_days() -> None:
    away = NOW - 45 * MINUTE
    coverage = read_lately(covered_until=away, heard_until=away, asked_until=away)

    begun, _ = begin(coverage, NOW, LOOKBACK)

    assert begun.holes == (
        Hole(away - 15 * MINUTE, NOW),
        Hole(NOW - 48 * HOUR, away - 15 * MINUTE, deep=True),
    )


def test_reread_is_left_out_where_the_backlog_covers_it() -> None:
    away = NOW - 3 * DAY
    coverage = read_lately(covered_until=away, heard_until=away, asked_until=away)

    begun, _ = begin(coverage, NOW, LOOKBACK)

    assert begun.holes == (Hole(away - 15 * MINUTE, NOW),)
    assert begun.swept_long == NOW


def test_unfinished_reread_is_continued_by_the_next() -> None:
    unfinished = Hole(NOW - 48 * HOUR, NOW - 2 * HOUR, deep=True)
    coverage = read_lately(swept_short=NOW - HOUR, holes=(unfinished,))

    begun, _ = begin(coverage, NOW, LOOKBACK)

    assert begun.holes[1:] == (Hole(NOW - 48 * HOUR, NOW - 30 - 15 * MINUTE, deep=True),)


def test_downtime_beyond_retention_is_clamped_and_said() -> None:
    away = NOW - 31 * DAY
    coverage = read_lately(covered_until=away, heard_until=away, asked_until=away)

    begun, gaps = begin(coverage, NOW, LOOKBACK)

    assert begun.holes == (Hole(NOW - 29 * DAY, NOW),)
    assert gaps == (Gap(away, NOW - 29 * DAY - 1, TOO_OLD),)
    assert begun.covered_until == away


def test_downtime_within_retention_is_read_from_its_start() -> None:
    away = NOW - RETENTION + HOUR
    coverage = read_lately(covered_until=away, heard_until=away, asked_until=away)

    begun, gaps = begin(coverage, NOW, LOOKBACK)

    assert (begun.holes, gaps) == ((Hole(away - 15 * MINUTE, NOW),), ())


def test_rules_that_look_back_beyond_retention_leave_a_gap_on_the_first_poll() -> None:
    begun, gaps = begin(Coverage(), NOW, Lookback(overlap=900, first=40 * DAY))

    assert begun.holes == (Hole(NOW - 29 * DAY, NOW),)
    assert gaps == (Gap(NOW - 40 * DAY - 1, NOW - 29 * DAY - 1, TOO_OLD),)


def test_server_time_before_the_watermark_takes_nothing_back() -> None:
    begun, gaps = begin(read_lately(covered_until=NOW + 20, asked_until=NOW + 20), NOW, LOOKBACK)

    assert begun.holes == (Hole(NOW - 15 * MINUTE, NOW),)
    assert settled(lowered(begun, NOW - HOUR)).covered_until == NOW + 20
    assert gaps == ()


def test_clamping_gives_up_old_holes_whole_but_nothing_read_before() -> None:
    coverage = Coverage(
        covered_until=150,
        asked_until=900,
        holes=(Hole(700, 900), Hole(100, 300), Hole(10, 90, deep=True)),
    )

    assert clamped(coverage, 400) == (
        Coverage(covered_until=150, asked_until=900, holes=(Hole(700, 900),)),
        (Gap(150, 300, TOO_OLD),),
    )


def test_giving_up_the_last_hole_moves_the_watermark_over_the_gap() -> None:
    coverage = Coverage(covered_until=150, asked_until=900, holes=(Hole(100, 300),))

    assert clamped(coverage, 400) == (
        Coverage(covered_until=900, asked_until=900),
        (Gap(150, 300, TOO_OLD),),
    )


def test_refused_start_is_moved_to_29_days_then_a_week_then_a_day() -> None:
    coverage = Coverage(holes=(Hole(NOW - 30 * DAY, NOW),), asked_until=NOW)
    floors = []
    while (cut := shortened(coverage, NOW, said_so=True)) is not None:
        coverage, gaps = cut
        floors.append((NOW - coverage.holes[0].lo, gaps[0].hi == coverage.holes[0].lo - 1))

    assert floors == [(29 * DAY, True), (7 * DAY, True), (DAY, True)]


def test_refusal_without_a_reason_gives_up_no_recent_start() -> None:
    recent = Coverage(holes=(Hole(NOW - 7 * DAY, NOW),))
    old = Coverage(holes=(Hole(NOW - 7 * DAY - 1, NOW),))

    assert shortened(recent, NOW, said_so=False) is None
    assert shortened(old, NOW, said_so=False) is not None


def test_what_was_asked_beyond_the_servers_time_is_not_counted_as_read() -> None:
    begun, _ = begin(Coverage(), NOW, LOOKBACK)

    read = lowered(heard(begun, NOW - 20), NOW - HOUR)

    assert (read.covered_until, read.heard_until) == (NOW - 20, NOW - 20)


def test_servers_time_never_goes_back() -> None:
    assert heard(Coverage(heard_until=NOW), NOW - 5).heard_until == NOW


def test_watermark_waits_for_every_hole_but_deep_ones() -> None:
    deep = Hole(100, 200, deep=True)
    coverage = Coverage(
        covered_until=300, asked_until=900, holes=(Hole(700, 900), Hole(400, 500), deep)
    )

    newest_read = lowered(coverage, 699)
    all_read = lowered(newest_read, 399)

    assert newest_read.covered_until == 300
    assert all_read == Coverage(covered_until=900, asked_until=900, holes=(deep,))


def test_hole_comes_down_to_what_was_read_and_never_up() -> None:
    coverage = Coverage(asked_until=900, holes=(Hole(100, 900),))

    assert lowered(coverage, 500).holes == (Hole(100, 500),)
    assert lowered(coverage, 950).holes == (Hole(100, 900),)
    assert lowered(coverage, 100).holes == (Hole(100, 100),)


spans = st.tuples(st.integers(0, 500), st.integers(0, 60), st.booleans())


@given(st.lists(spans, max_size=8), st.integers(500, 600))
def test_beginning_a_poll_keeps_every_unread_second_in_disjoint_holes(
    unread: list[tuple[int, int, bool]], now: int
) -> None:
    holes = tuple(Hole(lo, lo + length, deep) for lo, length, deep in unread)
    swept = {"swept_short": now, "swept_long": now}
    coverage = Coverage(covered_until=0, asked_until=500, holes=holes, heard_until=now, **swept)

    begun, _ = begin(coverage, now, Lookback(overlap=90, first=0))

    broken_off = 410 < max((h.hi for h in holes if not h.deep), default=500) < 500
    for deep in (False, True):
        before = {s for h in holes if h.deep is deep for s in range(h.lo, h.hi + 1)}
        if broken_off:
            before |= set(range(410, 501)) if deep else set(range(440, now + 1))
        else:
            before |= set() if deep else set(range(410, now + 1))
        after = [s for h in begun.holes if h.deep is deep for s in range(h.lo, h.hi + 1)]
        assert sorted(after) == sorted(before)
    assert list(begun.holes) == sorted(begun.holes, key=lambda h: (h.deep, -h.hi))


def test_a_poll_goes_on_from_the_watermark_where_nothing_was_asked_since() -> None:
    begun, _ = begin(read_lately(asked_until=None), NOW, LOOKBACK)

    assert (begun.holes, begun.asked_until) == ((Hole(NOW - 30 - 15 * MINUTE, NOW),), NOW)


def test_a_clock_set_back_takes_nothing_back_that_was_asked_for() -> None:
    begun, _ = begin(read_lately(), NOW - 60, LOOKBACK)

    assert (begun.holes, begun.asked_until) == ((Hole(NOW - 60 - 15 * MINUTE, NOW - 60),), NOW - 30)
    assert settled(Coverage(covered_until=100, asked_until=90)).covered_until == 100


@pytest.mark.parametrize(("older", "gaps"), [(0, 0), (1, 1)])
def test_only_what_is_older_than_twilio_keeps_is_given_up(older: int, gaps: int) -> None:
    start = NOW - RETENTION - older
    away = read_lately(covered_until=start, asked_until=start)

    begun, found = begin(away, NOW, Lookback(overlap=0, first=0))

    oldest = start if not gaps else NOW - 29 * DAY
    assert min(hole.lo for hole in begun.holes if not hole.deep) == oldest
    assert len(found) == gaps


@pytest.mark.parametrize(("away", "span"), [(30 * MINUTE, 48 * HOUR), (30 * MINUTE - 1, None)])
def test_who_was_away_for_half_an_hour_reads_two_days_again(away: int, span: int | None) -> None:
    begun, _ = begin(read_lately(heard_until=NOW - away), NOW, LOOKBACK)

    deep = [hole.lo for hole in begun.holes if hole.deep]
    assert deep == ([] if span is None else [NOW - span])


def test_what_is_about_to_be_read_anyway_is_not_read_again() -> None:
    due = read_lately(swept_short=None, asked_until=NOW)

    begun, _ = begin(due, NOW, Lookback(overlap=4 * HOUR, first=0))

    assert begun == read_lately(
        asked_until=NOW, swept_short=NOW, holes=(Hole(NOW - 4 * HOUR, NOW),)
    )


@pytest.mark.parametrize(("apart", "holes"), [(0, 1), (1, 1), (2, 2), (3, 2)])
def test_holes_that_touch_are_one(apart: int, holes: int) -> None:
    front = NOW - 30 - 15 * MINUTE
    left = Hole(front - 100, front - apart)

    begun, _ = begin(read_lately(holes=(left,)), NOW, LOOKBACK)

    assert begun.holes == (
        (Hole(front - 100, NOW),) if holes == 1 else (Hole(front, NOW), left)
    )  # fmt: skip


def test_a_hole_is_kept_down_to_its_last_second_and_nothing_covered_is_given_up() -> None:
    kept, lost = clamped(Coverage(asked_until=20, holes=(Hole(5, 10),)), 10)
    covered = clamped(Coverage(covered_until=9, asked_until=20, holes=(Hole(5, 20),)), 10)

    assert kept.holes == (Hole(10, 10),)
    assert lost == (Gap(4, 9, TOO_OLD),)
    assert covered == (Coverage(covered_until=9, asked_until=20, holes=(Hole(10, 20),)), ())
