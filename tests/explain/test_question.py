from __future__ import annotations

import pytest

from builders import T0
from statusbridge.explain.question import (
    OfAlert,
    OfAll,
    OfCode,
    OfName,
    Question,
    QuestionError,
    as_of,
    moment,
    understood,
)

SID = "NO" + "0a" * 16


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (SID, OfAlert(SID)),
        ("30008", OfCode(30008)),
        ("411", OfCode(411)),
        ("sms", OfName("sms")),
        ("public/sms", OfName("public/sms")),
        ("12", OfName("12")),
        ("NO1", OfName("NO1")),
        (None, OfAll()),
    ],
)
def test_what_is_asked_about_is_told_by_its_form(text: str | None, expected: Question) -> None:
    assert understood(text) == expected


def test_sid_of_something_else_is_refused_with_what_is_wanted() -> None:
    with pytest.raises(QuestionError, match=r"^SM… is no alert's SID: those begin with NO\."):
        understood("SM" + "0" * 32)


@pytest.mark.parametrize(
    ("text", "before_now"),
    [
        ("2h ago", 7200),
        ("1h30m ago", 5400),
        ("2026-09-21T14:13:20Z", 0),
        ("2026-09-21T16:13:20+02:00", 0),
        ("2026-09-21T14:13", 20),
        ("2026-09-21", 14 * 3600 + 13 * 60 + 20),
        ("14:13", 20),
        ("14:13:20Z", 0),
        ("14:14", 86_400 - 40),
    ],
)
def test_past_times_are_read_in_every_form_in_utc(text: str, before_now: int) -> None:
    assert moment(text, T0) == T0 - before_now


@pytest.mark.parametrize("text", ["yesterday", "25:00", "2h", "2x ago", "9999-99-99"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(QuestionError):
        moment(text, T0)


def test_time_to_come_is_refused() -> None:
    with pytest.raises(QuestionError, match="is still to come"):
        moment("2026-09-21T14:13:21Z", T0)


def test_alert_is_not_asked_about_as_of_a_time() -> None:
    assert as_of(OfCode(30008), "1h ago", T0) == T0 - 3600
    assert as_of(OfAlert(SID), None, T0) is None
    with pytest.raises(QuestionError, match="--at goes with"):
        as_of(OfAlert(SID), "1h ago", T0)
