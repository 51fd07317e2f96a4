"""Twilio's dates, codes, URLs and texts, one at a time."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from statusbridge.adapters.twilio_text import code_of, host_of, instant_of, trait_reader
from statusbridge.core.rules import Probe

SENTENCE = "The balance of a&#039;s Account fell below $10.00"
PAIRS = "Msg&sourceComponent=14100&httpResponse=502&Msg=Internal+Server%20Error+%28a%26b%29"


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2016-10-27T02:34:21Z", 1477535661),
        ("2016-10-27T02:34:21.987Z", 1477535661),
        ("2016-10-27T04:34:21+02:00", 1477535661),
        ("2016-10-27T02:34:21", 1477535661),
        ("Thu, 27 Oct 2016 02:34:21 +0000", 1477535661),
        ("Thu, 27 Oct 2016 02:34:21 -0000", 1477535661),
        ("Wed, 26 Oct 2016 22:34:21 EDT", 1477535661),
        ("2016-10-27", 1477526400),
        ("1969-12-31T23:59:59.5Z", -1),
        (None, None),
        ("", None),
        ("2016-12-31T23:59:60Z", 1483228799),
        ("Sat, 31 Dec 2016 23:59:60 +0000", 1483228799),
        ("2016-10-27T02:60:00Z", None),
        ("yesterday", None),
        ("2016-13-01T00:00:00Z", None),
        ("Thu, 27 Oct 99999999999999999999 02:34:21 +0000", None),
        ("Thu, 27 Oct 2016 02:34:21 +99999999999999999999", None),
        ("9999-12-31T23:59:59-00:01", None),
        ("0001-01-01T00:00:00+00:01", None),
    ],
)
def test_date_of_any_of_twilios_forms_is_read_to_the_second(
    text: str | None, instant: int | None
) -> None:
    assert instant_of(text) == instant


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("30008", 30008),
        ("4107", 4107),
        (" 420001 ", 420001),
        ("32009,Your TwiML tried to dial", 32009),
        (30008, 30008),
        (30008.0, 30008),
        (30008.5, None),
        (-1, None),
        (10**30, None),
        ("30008 and more", None),
        ("9999999999", None),
        ("٣٠٠٠٨", None),
        ("", None),
        ("unknown", None),
        (None, None),
    ],
)
def test_error_code_is_a_number_or_none(value: str | float | None, code: int | None) -> None:
    assert code_of(value) == code


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://App.Example.com/sms?To=%2B15550100001", "app.example.com"),
        ("http://user:secret@app.example.com:8080", "app.example.com"),
        ("https://app.example.com?x=a@b", "app.example.com"),
        ("wss://[2001:DB8::1]:443/stream", "[2001:db8::1]"),
        ("sip:+15550100001@sip.example.com;transport=tls", "sip.example.com"),
        ("app.example.com/sms", None),
        ("localhost:8080/x", None),
        ("https:///sms", None),
        ("", None),
        (None, None),
    ],
)
def test_host_is_all_that_is_taken_of_a_url(url: str | None, host: str | None) -> None:
    assert host_of(url) == host


@pytest.mark.parametrize(
    ("text", "probe", "held"),
    [
        (PAIRS, Probe("502", "httpResponse"), True),
        (PAIRS, Probe("50", "httpResponse"), False),
        (PAIRS, Probe("502", "HTTPRESPONSE"), False),
        (PAIRS, Probe("Internal Server Error (a&b)", "Msg"), True),
        (PAIRS, Probe("internal server ERROR"), True),
        (PAIRS, Probe("timeout"), False),
        ("Msg=it%26%23039%3Bs+late", Probe("it's late"), True),
        (SENTENCE, Probe("a's account"), True),
        (SENTENCE + " a+b 100% x=1", Probe("a+b 100%"), True),
        (SENTENCE + " x=1", Probe("1", "x"), False),
        ("", Probe("x"), False),
        (None, Probe("x"), False),
        ("%ff=%zz", Probe("%zz"), True),
        ("httpResponse=502&Msg=Bad gateway", Probe("502", "httpResponse"), True),
        ("Msg=Bad gateway&httpResponse=502", Probe("Bad gateway", "Msg"), True),
        ("Msg=it isn&#039;t there", Probe("isn't"), True),
        ("It said httpResponse=502&so on", Probe("502", "httpResponse"), False),
    ],
)
def test_probe_holds_for_the_decoded_text(text: str | None, probe: Probe, held: bool) -> None:
    assert trait_reader((probe,))(text) == ((probe.trait,) if held else ())


def test_traits_are_sorted_and_stand_once() -> None:
    read = trait_reader((Probe("Server"), Probe("502", "httpResponse"), Probe("server")))

    assert read(PAIRS) == ("httpResponse=502", "text~server")


@given(st.text())
def test_whatever_stands_in_a_field_is_read_without_an_error(text: str) -> None:
    traits = trait_reader((Probe("a"), Probe("a", "b")))(text)

    assert isinstance(instant_of(text), int | None)
    assert isinstance(code_of(text), int | None)
    assert isinstance(host_of(text), str | None)
    assert set(traits) <= {"text~a", "b=a"}
