"""Which page is asked for next, and what is proven when a listing ends."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from statusbridge.core.coverage import Coverage, Gap, Hole
from statusbridge.core.listing import (
    LEVELS,
    Cursor,
    Listing,
    Page,
    Turn,
    after_page,
    question,
)

CAP = 4
OPEN = Coverage(covered_until=50, asked_until=200, holes=(Hole(100, 200),))
SECOND = Cursor("PANO2", "1")


def test_nothing_left_to_read_asks_nothing() -> None:
    assert question(Coverage()) is None


def test_first_hole_is_asked_for_whole() -> None:
    assert question(Coverage(holes=(Hole(100, 200), Hole(1, 9)))) == Listing(100, 200)


def test_page_that_continues_keeps_the_end_date_and_lowers_the_hole() -> None:
    turn = after_page(OPEN, Listing(100, 200), Page(2, 180, more=True, following=SECOND), CAP)

    lowered = Coverage(covered_until=50, asked_until=200, holes=(Hole(100, 180),))
    assert turn == Turn(lowered, Listing(100, 200, cursor=SECOND, rows=2, asked=(None,)))


@pytest.mark.parametrize(
    ("oldest", "earlier", "left"),
    [(180, 150, 180), (200, 150, 200), (201, 150, 150), (201, None, 201), (100, None, 100),
     (99, None, 200)],
    ids=["below the end", "at the end", "above the end, by its other date", "above it by both",
         "at the start", "below the start"],
)  # fmt: skip
def test_a_page_lowers_the_hole_to_the_date_by_which_it_was_found(
    oldest: int, earlier: int | None, left: int
) -> None:
    page = Page(2, oldest, more=True, following=SECOND, earlier=earlier)

    turn = after_page(OPEN, Listing(100, 200), page, CAP)

    assert turn.coverage == replace(OPEN, holes=(Hole(100, min(left, 200)),))


def test_listing_that_ends_below_the_cap_closes_its_hole() -> None:
    turn = after_page(OPEN, Listing(100, 200, rows=1), Page(1, 150), CAP)

    assert turn == Turn(Coverage(covered_until=200, asked_until=200), None)


def test_listing_at_the_cap_is_taken_up_again_at_the_oldest_second_it_showed() -> None:
    turn = after_page(OPEN, Listing(100, 200, cursor=SECOND, rows=2), Page(2, 150), CAP)

    assert turn == Turn(
        Coverage(covered_until=50, asked_until=200, holes=(Hole(100, 150),)), Listing(100, 150)
    )


def test_listing_that_ends_close_to_the_cap_is_taken_up_again() -> None:
    turn = after_page(OPEN, Listing(100, 200, cursor=SECOND, rows=2), Page(1, 150), CAP)

    assert turn.listing == Listing(100, 150)
    assert turn.coverage.covered_until == 50


def test_more_without_a_token_is_taken_up_again_like_a_listing_at_the_cap() -> None:
    turn = after_page(OPEN, Listing(100, 200), Page(2, 150, more=True), CAP)

    assert turn.listing == Listing(100, 150)
    assert turn.coverage.covered_until == 50


def test_saturated_second_is_read_by_each_level_before_the_one_below_it() -> None:
    full = Coverage(asked_until=200, holes=(Hole(100, 200),))

    turn = after_page(full, Listing(100, 200), Page(4, 200), CAP)
    asked = []
    while turn.listing is not None and turn.listing.level is not None:
        asked.append(turn.listing)
        turn = after_page(turn.coverage, turn.listing, Page(3, 200), CAP)

    assert asked == [Listing(200, 200, level) for level in LEVELS]
    assert turn == Turn(Coverage(asked_until=200, holes=(Hole(100, 199),)), Listing(100, 199))


def test_second_that_a_single_level_saturates_is_a_recorded_gap() -> None:
    full = Coverage(asked_until=200, holes=(Hole(200, 200),))

    turn = after_page(full, Listing(200, 200, "warning"), Page(4, 200), CAP)

    reason = "more alerts of level warning in this second than Twilio lists"
    assert turn == Turn(full, Listing(200, 200, "notice"), (Gap(199, 200, reason),))


def test_saturated_last_level_records_its_gap_and_closes_the_hole() -> None:
    full = Coverage(asked_until=200, holes=(Hole(200, 200),))

    turn = after_page(full, Listing(200, 200, "debug"), Page(1, 200, more=True), CAP)

    assert turn.coverage == Coverage(covered_until=200, asked_until=200)
    assert turn.listing is None
    assert [(gap.lo, gap.hi) for gap in turn.gaps] == [(199, 200)]


def test_pages_of_a_level_leave_the_hole_where_it_is() -> None:
    full = Coverage(asked_until=200, holes=(Hole(100, 200),))

    turn = after_page(full, Listing(200, 200, "error"), Page(2, 200, True, SECOND), CAP)

    assert turn.coverage == full
    assert turn.listing == Listing(200, 200, "error", SECOND, rows=2, asked=(None,))


def test_page_without_a_usable_date_leaves_the_hole_where_it_is() -> None:
    undated = after_page(OPEN, Listing(100, 200), Page(2, None, True, SECOND), CAP)
    below = after_page(OPEN, Listing(100, 200), Page(2, 7, True, SECOND), CAP)

    assert (undated.coverage, below.coverage) == (OPEN, OPEN)


def test_next_hole_is_asked_for_when_one_is_closed() -> None:
    two = Coverage(asked_until=200, holes=(Hole(100, 200), Hole(10, 20, deep=True)))

    turn = after_page(two, Listing(100, 200), Page(0), CAP)

    assert turn.coverage.covered_until == 200
    assert turn.listing == Listing(10, 20)


def test_repeated_page_is_a_loop_and_so_are_too_many() -> None:
    fresh = Listing(1, 2)
    repeated = Listing(1, 2, cursor=SECOND, asked=(None, SECOND))
    endless = Listing(1, 2, cursor=SECOND, asked=tuple(Cursor(str(n)) for n in range(12)))

    assert [listing.loops(12) for listing in (fresh, repeated, endless)] == [False, True, True]


@given(
    st.lists(st.tuples(st.integers(0, 12), st.sampled_from(LEVELS)), max_size=40),
    st.integers(1, 6),
    st.integers(1, 6),
)
def test_every_alert_of_a_hole_is_listed_or_lies_in_a_gap(
    alerts: list[tuple[int, str]], cap: int, page_size: int
) -> None:
    newest_first = sorted(enumerate(alerts), key=lambda alert: -alert[1][0])
    coverage = Coverage(asked_until=12, holes=(Hole(0, 12),))
    listing, seen, gaps = question(coverage), set(), []

    while listing is not None:
        found = [
            (name, second)
            for name, (second, level) in newest_first
            if listing.lo <= second <= listing.hi and listing.level in (None, level)
        ][:cap]
        start = listing.rows
        rows = found[start : start + page_size]
        more = len(found) > start + page_size
        page = Page(
            len(rows), rows[-1][1] if rows else None, more, Cursor(str(start)) if more else None
        )
        turn = after_page(coverage, listing, page, cap)
        seen |= {name for name, _ in rows}
        gaps += turn.gaps
        assert turn.coverage.covered_until is None or turn.listing is None
        coverage, listing = turn.coverage, turn.listing

    missed = [second for name, (second, _) in enumerate(alerts) if name not in seen]
    assert all(any(gap.lo < second <= gap.hi for gap in gaps) for second in missed)
    assert coverage == Coverage(covered_until=12, asked_until=12)
