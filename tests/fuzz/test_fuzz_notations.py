"""Whatever stands where a date, a wait, a range, a span or an address should: read, or refused."""

from __future__ import annotations

from urllib.parse import urlencode

import httpx
from answers import DATES
from hypothesis import assume, given
from hypothesis import strategies as st

from statusbridge.adapters.http import (
    LONGEST_RETRY_AFTER,
    Reply,
    Wire,
    other_than_json,
    retry_after,
    server_time,
)
from statusbridge.adapters.twilio_text import code_of, host_of, instant_of, trait_reader
from statusbridge.config import addresses, durations
from statusbridge.config.codes import code_range
from statusbridge.core.model import iso
from statusbridge.core.rules import Probe
from statusbridge.simulators.notation import NotationError, span, timestamp

HEADER = st.one_of(
    st.text(max_size=60),
    DATES,
    st.integers().map(str),
    st.floats().map(str),
    st.lists(
        st.sampled_from(["Mon,", "20", "Jul", "2026", "99:99:99", "+9999", ",", "GMT", "("])
    ).map(" ".join),
)


def reply(**headers: str) -> Reply:
    lines = [
        (name.replace("_", "-").encode(), text.encode("utf-8", "replace"))
        for name, text in headers.items()
    ]
    return Reply(200, httpx.Headers(lines), b"")


@given(HEADER, st.floats(0, 2**33))
def test_any_retry_after_is_a_wait_within_bounds_or_none(text: str, now: float) -> None:
    wait = retry_after(reply(Retry_After=text), now)

    assert wait is None or 0 <= wait <= LONGEST_RETRY_AFTER


@given(st.binary(max_size=200), st.floats(0, 2**33))
def test_any_body_of_a_limit_is_a_wait_within_bounds_or_none(body: bytes, now: float) -> None:
    wait = retry_after(Reply(429, httpx.Headers(), body), now)

    assert wait is None or 0 <= wait <= LONGEST_RETRY_AFTER


@given(HEADER)
def test_any_date_header_is_a_time_that_can_be_shown_or_none(text: str) -> None:
    said = server_time(reply(Date=text))

    assert said is None or iso(said)


@given(HEADER)
def test_any_content_type_is_json_or_shown_in_short(text: str) -> None:
    other = other_than_json(reply(Content_Type=text))

    assert other is None or (other.isprintable() and len(other) < 80)


MOMENTS = st.integers(0, 253_402_300_799)
"""From 1970 to the last second of the year 9999."""


@given(MOMENTS, st.sampled_from(["iso", "millis", "offset", "rfc2822"]))
def test_time_is_read_back_from_each_of_twilios_forms(at: int, style: str) -> None:
    assert instant_of(timestamp(at, style)) == at


@given(MOMENTS, st.floats(0, 0.999))
def test_fraction_of_a_second_is_rounded_down(at: int, fraction: float) -> None:
    assert instant_of(timestamp(at).removesuffix("Z") + f"{fraction:.6f}"[1:] + "Z") == at


@given(HEADER)
def test_any_date_of_an_alert_is_a_time_that_can_be_shown_or_none(text: str) -> None:
    at = instant_of(text)

    assert at is None or iso(at)


PAIRS = st.dictionaries(
    st.text(min_size=1, max_size=8), st.text(max_size=12), min_size=1, max_size=4
)


@given(PAIRS, st.data())
def test_field_of_an_encoded_alert_text_is_found_by_its_key_and_value(
    pairs: dict[str, str], data: st.DataObject
) -> None:
    assume(not any("&" in text for pair in pairs.items() for text in pair))  # HTML, to Twilio
    key = data.draw(st.sampled_from(sorted(pairs)))
    probe = Probe(pairs[key], key)

    assert trait_reader((probe,))(urlencode(pairs)) == (probe.trait,)


@given(st.text(st.characters(), max_size=60))
def test_anything_in_a_field_of_an_alert_is_read_without_an_error(text: str) -> None:
    code, host = code_of(text), host_of(text)

    assert code is None or 0 <= code < 10**9
    assert host is None or host == host.lower()
    assert trait_reader((Probe("x"), Probe("x", "y")))(text) in ((), ("text~x",), ("text~x", "y=x"))


@given(st.text(max_size=20) | st.from_regex(r"\d*d?\d*h?\d*m?\d*s?", fullmatch=True))
def test_any_duration_is_seconds_that_are_shown_as_they_are_read_or_refused(text: str) -> None:
    try:
        seconds = durations.parse(text)
    except ValueError as error:
        assert str(error).endswith(durations.examples())
    else:
        assert durations.parse(durations.show(seconds)) == seconds


@given(st.text(max_size=20) | st.from_regex(r"\d*-\d*", fullmatch=True) | st.integers())
def test_any_range_of_codes_is_in_order_or_refused(written: str | int) -> None:
    try:
        found = code_range(written)
    except ValueError as error:
        assert "is no code or range" in str(error)
    else:
        assert 100 <= found.first <= found.last <= 999_999


@given(st.text(max_size=20) | st.from_regex(r"-?\d*(\.\d*)?[smhd]", fullmatch=True))
def test_any_span_of_a_scenario_is_read_or_refused(text: str) -> None:
    try:
        span(text)
    except NotationError as error:
        assert "is no span of time" in str(error)


HOSTS = st.one_of(
    st.text(st.sampled_from("axn-.0159:[]%é/@\\"), max_size=12),
    st.text(max_size=10),
    st.sampled_from(["127.0.0.1", "localhost", "[::1]", "xn--bcher-kva.example"]),
)


@given(st.sampled_from(["https://", "http://", "", "HTTPS://"]), HOSTS, st.text(max_size=8))
def test_base_url_that_the_configuration_passes_is_one_that_the_wire_takes(
    scheme: str, host: str, rest: str
) -> None:
    try:
        url = addresses.base_url(f"{scheme}{host}{rest}")
    except ValueError as error:
        assert "expected" in str(error)
    else:
        assert Wire(url, lambda: "Bearer x").pool_rebuilds == 0


@given(HOSTS, st.integers(-1, 70_000) | st.text(max_size=5))
def test_any_address_to_listen_on_is_a_host_and_a_port_or_refused(
    host: str, port: int | str
) -> None:
    try:
        found, number = addresses.split_address(f"{host}:{port}")
    except ValueError as error:
        assert "is no address to listen on" in str(error)
    else:
        assert found
        assert 0 <= number <= 65_535
