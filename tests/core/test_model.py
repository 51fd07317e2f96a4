from __future__ import annotations

from statusbridge.core.model import iso, time_of_day


def test_an_instant_is_written_as_both_apis_take_it() -> None:
    assert iso(1477535661) == "2016-10-27T02:34:21Z"


def test_a_time_of_day_is_in_utc_and_whole_seconds() -> None:
    assert time_of_day(1477535661.9) == "02:34:21Z"
