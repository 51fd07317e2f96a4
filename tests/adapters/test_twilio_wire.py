"""Twilio's answers as bytes: what is taken of them, and what never is."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from statusbridge.adapters.twilio_wire import (
    Malformed,
    Reading,
    Trouble,
    oddity,
    read_page,
    read_trouble,
)
from statusbridge.core.listing import Cursor, Page
from statusbridge.core.model import Alert
from statusbridge.core.rules import Probe

SERVER = 1477535700
BASE = "https://monitor.twilio.com"
NEXT = f"{BASE}/v1/Alerts?PageSize=2&Page=1&PageToken=PANOffde6702f5035789b395f8618f0aa65a"
# As recorded in 2016 by twilio-go, identifiers replaced.
RECORDED = {
    "account_sid": "AC00000000000000000000000000000000",
    "alert_text": "Msg&sourceComponent=12000&ErrorCode=11200&httpResponse=405&LogLevel=ERROR"
    "&url=https%3A%2F%2Fapp.example.com%2Fzombo%2Fzombocom.mp3",
    "api_version": "2010-04-01",
    "date_created": "2016-10-27T02:34:22Z",
    "date_generated": "2016-10-27T02:34:21Z",
    "date_updated": "2016-10-27T02:34:23Z",
    "error_code": "11200",
    "log_level": "error",
    "more_info": "https://www.twilio.com/docs/errors/11200",
    "request_method": "POST",
    "request_url": "https://App.example.com/zombo/zombocom.mp3?To=%2B15550100001",
    "resource_sid": "CA6d27370cbbfb605521fe8800bb73f2d2",
    "service_sid": None,
    "sid": "NO00ed1fb4aa449be2434d54ec8e492349",
    "url": "https://monitor.twilio.com/v1/Alerts/NO00ed1fb4aa449be2434d54ec8e492349",
}
READ = Alert(
    account="prod",
    sid="NO00ed1fb4aa449be2434d54ec8e492349",
    at=1477535661,
    code=11200,
    level="error",
    resource="CA6d27370cbbfb605521fe8800bb73f2d2",
    service=None,
    host="app.example.com",
    traits=(),
)


def listed(*alerts: object, following: object = None) -> bytes:
    return json.dumps({"alerts": alerts, "meta": {"next_page_url": following}}).encode()


def read(body: bytes, *probes: Probe) -> Reading:
    return read_page(body, "prod", probes, SERVER)


def alert_with(**fields: object) -> Alert:
    [alert] = read(listed({**RECORDED, **fields})).alerts
    return alert


def test_recorded_page_is_read_with_its_next_token() -> None:
    reading = read(listed(RECORDED, following=NEXT))

    following = Cursor("PANOffde6702f5035789b395f8618f0aa65a", "1")
    page = Page(1, 1477535662, True, following, earlier=1477535661)
    assert reading == Reading((READ,), page, 0, NEXT)


def test_empty_page_ends_the_listing() -> None:
    assert read(listed()) == Reading((), Page(0))


def test_text_is_asked_about_by_probes_and_kept_by_none() -> None:
    [alert] = read(listed(RECORDED), Probe("405", "httpResponse"), Probe("ZOMBO")).alerts

    assert alert == READ._replace(traits=("httpResponse=405", "text~zombo"))


def test_billing_notice_of_nulls_is_an_alert() -> None:
    notice = dict.fromkeys(RECORDED) | {"sid": READ.sid, "log_level": "Notice", "resource_sid": ""}

    assert read(listed(notice)).alerts == (
        Alert("prod", READ.sid, SERVER, None, "notice", None, None, None, ()),
    )
    assert read(listed({"sid": READ.sid})).alerts[0].level == ""


@pytest.mark.parametrize(
    ("generated", "created", "at"),
    [
        ("2016-10-27T02:34:21Z", "2016-10-27T02:34:30Z", 1477535661),
        (None, "2016-10-27T02:34:30Z", 1477535670),
        ("garbage", "Thu, 27 Oct 2016 02:34:30 +0000", 1477535670),
        (None, None, SERVER),
        ("2016-10-27T03:00:00Z", "2016-10-27T02:34:30Z", SERVER),
    ],
)
def test_event_time_is_generated_else_created_and_never_after_the_server(
    generated: str | None, created: str | None, at: int
) -> None:
    assert alert_with(date_generated=generated, date_created=created).at == at


@pytest.mark.parametrize(
    ("alerts", "oldest"),
    [
        ([("02:00", "02:05"), ("01:00", "01:07")], "01:07"),
        ([("02:00", "02:05"), ("01:09", "01:07")], "01:09"),
        ([("02:00", "02:05"), (None, "01:00")], "02:05"),
        ([("02:00", None), ("01:00", None), (None, None)], "01:00"),
        ([(None, None)], None),
    ],
)
def test_oldest_is_the_later_date_of_the_last_entry_that_has_both(
    alerts: list[tuple[str | None, str | None]], oldest: str | None
) -> None:
    def date(clock: str | None) -> str | None:
        return clock and f"1970-01-01T{clock}:00Z"

    page = read(listed(*({"date_generated": date(g), "date_created": date(c)} for g, c in alerts)))

    expected = oldest and int(oldest[:2]) * 3600 + int(oldest[3:]) * 60
    assert page.page.oldest == expected


@pytest.mark.parametrize("sid", [None, "", 7, {}, "NO 1", "NO\n", "ΝΟ1", "N" * 65])
def test_entry_without_a_usable_sid_is_counted_and_costs_no_other(sid: object) -> None:
    reading = read(listed({**RECORDED, "sid": sid}, RECORDED))

    assert (reading.alerts, reading.malformed, reading.page.rows) == ((READ,), 1, 2)


@pytest.mark.parametrize("entry", [None, 7, "text", [], True])
def test_entry_that_is_no_object_is_counted_and_costs_no_other(entry: object) -> None:
    reading = read(listed(entry, RECORDED))

    assert (reading.alerts, reading.malformed) == ((READ,), 1)


@pytest.mark.parametrize(
    ("field", "value", "expected"),
    [
        ("error_code", True, READ._replace(code=None)),
        ("error_code", ["30008"], READ._replace(code=None)),
        ("error_code", 10**30, READ._replace(code=None)),
        ("error_code", 30008, READ._replace(code=30008)),
        ("resource_sid", 12, READ._replace(resource=None)),
        ("log_level", {}, READ._replace(level="")),
        ("request_url", 3, READ._replace(host=None)),
        ("service_sid", "MG1", READ._replace(service="MG1")),
        ("alert_text", "half a \ud800 pair", READ),
        ("resource_sid", "SM\ud800", READ._replace(resource="SM?")),
        ("a_new_field", [{}], READ),
    ],
)
def test_field_of_another_type_is_left_out_alone(
    field: str, value: object, expected: Alert
) -> None:
    assert alert_with(**{field: value}) == expected


def test_odd_entry_changes_nothing_about_its_neighbours() -> None:
    neighbour = {**RECORDED, "error_code": 30008}

    reading = read(listed(neighbour, {**RECORDED, "log_level": 1}, following=NEXT))

    assert reading.alerts == (READ._replace(code=30008), READ._replace(level=""))
    assert reading.page.following == Cursor("PANOffde6702f5035789b395f8618f0aa65a", "1")


@pytest.mark.parametrize("value", [b"1" * 5000, b'"30\x01008"'])
def test_value_that_is_refused_as_json_costs_no_other(value: bytes) -> None:
    body = listed(RECORDED, {**RECORDED, "error_code": "odd"}).replace(b'"odd"', value)

    assert read(body).alerts == (READ, READ._replace(code=None))


def test_bytes_that_are_no_text_cost_only_their_character() -> None:
    body = listed(RECORDED).replace(b'"error"', b'"err\xffor"')

    assert read(body).alerts == (READ._replace(level="err�or"),)


def test_same_sid_twice_stays_twice() -> None:
    assert read(listed(RECORDED, RECORDED)).alerts == (READ, READ)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "not JSON, or cut short"),
        (b"<html>", "not JSON, or cut short"),
        (listed(RECORDED)[:-9], "not JSON, or cut short"),
        (b"[" * 100_000, "not JSON, or cut short"),
        (b"[]", "no page of alerts: `alerts` or `meta` is missing"),
        (b'{"alerts": null, "meta": {}}', "no page of alerts: `alerts` or `meta` is missing"),
        (b'{"alerts": []}', "no page of alerts: `alerts` or `meta` is missing"),
        (listed(following=7), "no page of alerts: `meta.next_page_url` is no text"),
    ],
)
def test_answer_that_is_no_page_says_what_it_is(body: bytes, reason: str) -> None:
    with pytest.raises(Malformed) as caught:
        read(body)

    assert str(caught.value) == reason


def test_nothing_of_text_and_url_survives() -> None:
    secret = "https://bob:hunter2@app.example.com/+15550100001"
    private = {**RECORDED, "alert_text": f"From=+15550100001&url={secret}", "request_url": secret}

    for probes in ((), (Probe("zombo"),)):
        reading = read_page(listed(private, following=NEXT), "prod", probes, SERVER)
        assert "1555010" not in repr(reading)
        assert "hunter2" not in repr(reading)


NO_TOKEN = "next_page_url has no usable PageToken"


@pytest.mark.parametrize(
    ("address", "following", "odd"),
    [
        (NEXT, Cursor("PANOffde6702f5035789b395f8618f0aa65a", "1"), None),
        ("/v1/Alerts?PageToken=PA%2F1", Cursor("PA/1"), None),
        (
            "https://evil.example/v1/Alerts?Page=2&PageToken=PA1",
            Cursor("PA1", "2"),
            "next_page_url is of another origin: only its page token was used",
        ),
        (f"{BASE}/v1/Alerts?Page=2", None, NO_TOKEN),
        (f"{BASE}/?PageToken={'x' * 2_048}", None, NO_TOKEN),
        (f"{BASE}/?PageToken=PA1&Page={'1' * 2_048}", None, NO_TOKEN),
        (f"{BASE}/?PageToken=PA\ud800", Cursor("PA?"), None),
        ("https://[evil/?PageToken=PA1", None, "next_page_url is no URL"),
    ],
)
def test_of_the_next_pages_address_only_the_token_is_taken(
    address: str, following: Cursor | None, odd: str | None
) -> None:
    reading = read(listed(following=address))

    assert reading.page == Page(0, None, True, following)
    assert oddity(reading.address, BASE) == odd


def test_absent_next_page_is_nothing_odd() -> None:
    assert oddity(None, BASE) is None


@pytest.mark.parametrize(
    ("body", "trouble"),
    [
        (
            b'{"code": 20003, "message": "Authenticate", "status": 401}',
            Trouble(20003, "Authenticate"),
        ),
        (b'{"code": null, "title": "Too\\n many"}', Trouble(None, "Too many")),
        (b'{"code": "20429", "detail": "Slow down", "title": "x"}', Trouble(20429, "Slow down")),
        (json.dumps({"message": "long " * 100}).encode(), Trouble(None, ("long " * 40).strip())),
        (b'{"message": "\\u001b[2J\\u202eno\\u0000"}', Trouble(None, "[2J no")),
        (b"<html>Bad gateway</html>", Trouble(None, "")),
        (b"", Trouble(None, "")),
        (b"\xff", Trouble(None, "")),
    ],
)
def test_error_answer_is_read_if_it_can_be(body: bytes, trouble: Trouble) -> None:
    assert read_trouble(body) == trouble


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(
    st.lists(st.fixed_dictionaries({}, optional=dict.fromkeys(RECORDED, json_values))), st.data()
)
def test_page_of_any_values_keeps_every_alert_that_has_a_sid(
    entries: list[dict[str, object]], data: st.DataObject
) -> None:
    place = data.draw(st.integers(0, len(entries)))
    entries.insert(place, dict(RECORDED))

    reading = read(listed(*entries, following=data.draw(st.none() | st.text())), Probe("absent"))

    assert reading.page.rows == len(entries)
    assert len(reading.alerts) + reading.malformed == len(entries)
    assert READ in reading.alerts
    assert all(alert.at <= SERVER for alert in reading.alerts)


@given(st.binary(max_size=200))
def test_any_bytes_are_a_page_or_malformed(body: bytes) -> None:
    try:
        reading = read(body)
    except Malformed:
        return
    assert reading.page.rows >= len(reading.alerts)
