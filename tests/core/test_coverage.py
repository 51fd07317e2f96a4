"""What is left to read, and when the watermark may move."""

from __future__ import annotations

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

    begun, _ = begin(coverage, now, Lookback(overlap=50, first=0))

    for deep in (False, True):
        before = {s for h in holes if h.deep is deep for s in range(h.lo, h.hi + 1)}
        before |= set() if deep else set(range(450, now + 1))
        after = [s for h in begun.holes if h.deep is deep for s in range(h.lo, h.hi + 1)]
        assert sorted(after) == sorted(before)
    assert list(begun.holes) == sorted(begun.holes, key=lambda h: (h.deep, -h.hi))
