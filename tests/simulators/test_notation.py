from __future__ import annotations

import pytest

from statusbridge.simulators.feed import AlertEntry
from statusbridge.simulators.notation import (
    NotationError,
    build,
    choose,
    http_date,
    nearest,
    sid,
    span,
    timestamp,
    written,
)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("30s", 30), ("10m", 600), ("2h", 7200), ("1d", 86400), ("0.5s", 0.5), ("-5m", -300)],
)
def test_spans_are_seconds(text: str, seconds: float) -> None:
    assert span(text) == seconds


@pytest.mark.parametrize("text", ["", "30", "10 minutes", "1w", "s"])
def test_a_span_without_a_known_unit_is_refused(text: str) -> None:
    with pytest.raises(NotationError, match="no span of time"):
        span(text)


def test_an_unknown_key_is_named_with_its_place_and_the_nearest_known_one() -> None:
    with pytest.raises(NotationError) as error:
        build(AlertEntry, {"resorce": "SM{n}"}, "alerts[3]")

    assert str(error.value) == 'alerts[3]: unknown key "resorce", did you mean "resource"?'


def test_a_key_like_none_is_answered_with_all_that_there_are() -> None:
    assert nearest("zzz", ["b", "a"]) == "known are a, b"


def test_a_value_of_the_wrong_type_is_named_with_its_place() -> None:
    with pytest.raises(NotationError, match=r"alerts\[0\]: .*int.*times"):
        build(AlertEntry, {"times": "many"}, "alerts[0]")


@pytest.mark.parametrize("at", [30, "soon"])
def test_a_span_that_can_not_be_read_is_named_with_its_place(at: object) -> None:
    with pytest.raises(NotationError, match=r"alerts\[0\]: .*no span of time.*\$\.at"):
        build(AlertEntry, {"at": at}, "alerts[0]")


def test_what_is_no_table_is_refused() -> None:
    with pytest.raises(NotationError, match="alerts: Expected `object`"):
        build(AlertEntry, 7, "alerts")


def test_an_unknown_word_is_answered_with_the_nearest() -> None:
    with pytest.raises(NotationError, match='unknown word "hnag", did you mean "hang"'):
        choose({"hang": 1, "slow": 2}, "hnag", "faults[0]")


def test_an_expanded_sid_is_valid_and_always_the_same() -> None:
    assert sid("SM{n}", 1) == sid("SM{n}", 1)
    assert sid("SM{n}", 1) != sid("SM{n}", 2)
    assert len(sid("SM{n}", 1)) == 34
    assert sid("SM{n}", 1).startswith("SM")


def test_a_complete_sid_stays_as_it_is() -> None:
    whole = "SM" + "0a" * 16

    assert sid(whole) == whole


def test_a_span_is_written_as_it_is_read() -> None:
    assert written(span("2m")) == "120s"
    assert span(written(span("0.25s"))) == 0.25
    with pytest.raises(NotImplementedError):
        written(object())


def test_times_are_written_in_every_form_that_was_seen() -> None:
    at = 1_774_745_880

    assert timestamp(at) == "2026-03-29T00:58:00Z"
    assert timestamp(at + 0.25) == "2026-03-29T00:58:00.250000Z"
    assert timestamp(at, "millis") == "2026-03-29T00:58:00.000Z"
    assert timestamp(at, "offset") == "2026-03-29T00:58:00+00:00"
    assert timestamp(at, "rfc2822") == "Sun, 29 Mar 2026 00:58:00 +0000"
    assert http_date(at + 0.9) == "Sun, 29 Mar 2026 00:58:00 GMT"
