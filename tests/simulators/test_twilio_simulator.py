from __future__ import annotations

import json
from itertools import pairwise
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from simulating import START, Clock, alerts, ask, basic, deliver

from statusbridge.simulators.alerts_query import TwilioSwitches
from statusbridge.simulators.feed import AlertEntry
from statusbridge.simulators.notation import NotationError, build, timestamp
from statusbridge.simulators.twilio import TwilioSimulator, fake_account


def simulator(clock: Clock, *feed: dict[str, Any], **switches: Any) -> TwilioSimulator:
    twilio = TwilioSimulator(now=clock)
    twilio.set_switches(switches)
    twilio.add(*(build(AlertEntry, entry, "feed") for entry in feed))
    return twilio


def times(found: list[dict[str, Any]]) -> list[str]:
    return [alert["date_generated"] for alert in found]


def seconds(found: list[dict[str, Any]]) -> list[int]:
    return [int(alert["date_generated"][-3:-1]) for alert in found]


def walk(twilio: TwilioSimulator, **query: str) -> list[list[dict[str, Any]]]:
    """Follow `next_page_url` to the end, and return the pages."""
    pages = []
    following: dict[str, str] | None = query
    while following is not None:
        status, body = ask(twilio, "GET", "/v1/Alerts", query=following)
        assert status == 200, body
        pages.append(body["alerts"])
        url = body["meta"]["next_page_url"]
        following = dict(parse_qsl(urlsplit(url).query)) if url else None
    return pages


def test_alerts_are_listed_newest_first() -> None:
    twilio = simulator(Clock(), {"at": "-10s", "every": "2s", "times": 3, "code": 30008})

    assert seconds(alerts(twilio)) == [54, 52, 50]


def test_an_alert_has_every_field_in_twilios_own_forms() -> None:
    entry = {
        "at": "-60s",
        "code": 11200,
        "resource": "CA{n}",
        "service": "MG{n}",
        "request_url": "https://h.example/{n}",
        "text": "Msg={n}",
        "late": "2s",
    }
    twilio = simulator(Clock(), entry)

    [alert] = alerts(twilio)

    sid = alert["sid"]
    assert alert == {
        "account_sid": twilio.accounts[0].account_sid,
        "alert_text": "Msg=0",
        "api_version": "2010-04-01",
        "date_created": "2026-03-29T00:57:02Z",
        "date_generated": "2026-03-29T00:57:00Z",
        "date_updated": "2026-03-29T00:57:02Z",
        "error_code": "11200",
        "log_level": "error",
        "more_info": "https://www.twilio.com/docs/errors/11200",
        "request_method": "POST",
        "request_url": "https://h.example/0",
        "resource_sid": alert["resource_sid"],
        "service_sid": alert["service_sid"],
        "sid": sid,
        "url": f"https://monitor.twilio.com/v1/Alerts/{sid}",
    }


def test_the_same_feed_gives_the_same_alerts() -> None:
    feed = {"times": 3, "spread": "9s", "code": 30008, "resource": "SM{n}"}

    first, second = (alerts(simulator(Clock(START + 10), feed)) for _ in range(2))

    assert first == second


def test_an_alert_without_a_code_is_a_notice_with_nulls() -> None:
    [alert] = alerts(simulator(Clock(), {"level": "notice"}))

    assert (alert["error_code"], alert["more_info"], alert["request_method"]) == (None, None, None)
    assert alert["alert_text"] == "Msg=Notice&LogLevel=NOTICE&EmailNotification=false"


def test_fields_nulls_and_date_formats_are_as_ordered() -> None:
    entry = {"fields": {"error_code": 30008}, "nulls": ["date_created"], "dates": "rfc2822"}
    [alert] = alerts(simulator(Clock(), entry))

    assert alert["error_code"] == 30008
    assert alert["date_created"] is None
    assert alert["date_generated"] == "Sun, 29 Mar 2026 00:58:00 +0000"


def test_both_ends_of_a_window_are_included() -> None:
    twilio = simulator(Clock(), {"at": "-10s", "every": "1s", "times": 10, "code": 30008})

    found = alerts(twilio, StartDate="2026-03-29T00:57:52Z", EndDate="2026-03-29T00:57:54Z")

    assert seconds(found) == [54, 53, 52]


@pytest.mark.parametrize(("variant", "count"), [("whole_day", 1), ("midnight", 0)])
def test_an_end_date_without_a_time_is_the_day_or_its_midnight(variant: str, count: int) -> None:
    twilio = simulator(Clock(), {"at": "-60s", "code": 30008}, date_only_end=variant)

    assert len(alerts(twilio, StartDate="2026-03-28", EndDate="2026-03-29")) == count


@pytest.mark.parametrize(
    ("variant", "found"), [("generated", ["2026-03-29T00:57:00Z"]), ("created", [])]
)
def test_filters_go_by_the_date_that_is_switched_on(variant: str, found: list[str]) -> None:
    twilio = simulator(Clock(), {"at": "-60s", "late": "30s", "code": 1})
    twilio.set_switches({"sort_by": variant})

    assert times(alerts(twilio, EndDate="2026-03-29T00:57:10Z")) == found


def test_order_follows_the_date_that_is_switched_on_at_any_time() -> None:
    twilio = simulator(Clock(), {"at": "-60s", "late": "30s"}, {"at": "-50s"})
    by_generated = times(alerts(twilio))

    twilio.set_switches({"sort_by": "created"})

    assert times(alerts(twilio)) == by_generated[::-1]


def test_levels_are_filtered_one_at_a_time() -> None:
    clock = Clock()
    twilio = simulator(clock, {"level": "error"}, {"level": "warning", "at": "5s"})
    assert [a["log_level"] for a in alerts(twilio, LogLevel="Warning")] == []

    clock.now += 5

    assert [a["log_level"] for a in alerts(twilio, LogLevel="warning")] == ["warning"]
    assert len(alerts(twilio)) == 2


def test_a_late_alert_is_listed_once_it_is_stored_and_in_its_place() -> None:
    clock = Clock()
    twilio = simulator(clock, {"at": "-9s", "late": "30s", "code": 1}, {"at": "-5s", "code": 2})
    before = [a["error_code"] for a in alerts(twilio)]

    clock.now += 21

    assert before == ["2"]
    assert [a["error_code"] for a in alerts(twilio)] == ["2", "1"]


def test_visibility_lags_as_switched_also_for_alerts_already_waiting() -> None:
    clock = Clock()
    twilio = simulator(clock, {"code": 1}, visible_after="5s")
    twilio.set_switches({"visible_after": "60s"})

    clock.now += 59
    assert alerts(twilio) == []

    clock.now += 1
    assert len(alerts(twilio)) == 1


@pytest.mark.parametrize("tokens", ["keyset", "offset"])
def test_pages_hold_every_alert_once(tokens: str) -> None:
    twilio = simulator(Clock(), {"at": "-1h", "every": "1s", "times": 45}, tokens=tokens)

    pages = walk(twilio, PageSize="20")

    sids = [alert["sid"] for page in pages for alert in page]
    assert [len(page) for page in pages] == [20, 20, 5]
    assert len(set(sids)) == 45


@pytest.mark.parametrize(("tokens", "shift"), [("keyset", 0), ("offset", 1)])
def test_new_alerts_shift_later_pages_only_under_offset_tokens(tokens: str, shift: int) -> None:
    clock = Clock()
    twilio = simulator(clock, {"at": "-10s", "every": "1s", "times": 10}, tokens=tokens)
    _, first = ask(twilio, "GET", "/v1/Alerts", query={"PageSize": "5"})
    twilio.add(AlertEntry())

    query = dict(parse_qsl(urlsplit(first["meta"]["next_page_url"]).query))

    assert seconds(alerts(twilio, **query))[0] == 54 + shift


def test_a_link_to_the_next_page_is_absolute_and_carries_filters_and_token() -> None:
    twilio = simulator(Clock(), {"at": "-10s", "every": "1s", "times": 5, "code": 1})
    query = {"LogLevel": "error", "StartDate": "2026-03-28", "PageSize": "2"}
    _, body = ask(twilio, "GET", "/v1/Alerts", query=query)

    base = "http://127.0.0.1:8001/v1/Alerts?LogLevel=error&StartDate=2026-03-28T00:00:00Z&"
    last = body["alerts"][-1]["sid"]
    assert body["meta"] == {
        "page": 0,
        "page_size": 2,
        "first_page_url": f"{base}PageSize=2&Page=0",
        "previous_page_url": None,
        "url": f"{base}PageSize=2&Page=0",
        "next_page_url": f"{base}PageSize=2&Page=1&PageToken=PA{last}",
        "key": "alerts",
    }


@pytest.mark.parametrize("tokens", ["keyset", "offset"])
def test_the_link_to_the_previous_page_leads_back(tokens: str) -> None:
    twilio = simulator(Clock(), {"at": "-1m", "every": "1s", "times": 9}, tokens=tokens)
    _, first = ask(twilio, "GET", "/v1/Alerts", query={"PageSize": "3"})
    forward = dict(parse_qsl(urlsplit(first["meta"]["next_page_url"]).query))
    _, second = ask(twilio, "GET", "/v1/Alerts", query=forward)

    back = dict(parse_qsl(urlsplit(second["meta"]["previous_page_url"]).query))

    assert alerts(twilio, **back) == first["alerts"]


def test_a_listing_ends_silently_at_the_cap() -> None:
    twilio = simulator(Clock(), {"at": "-1h", "every": "1s", "times": 30}, cap=20)

    assert [len(page) for page in walk(twilio, PageSize="8")] == [8, 8, 4]


def test_paging_past_the_cap_is_an_error_where_that_is_switched_on() -> None:
    feed = {"at": "-1h", "every": "1s", "times": 30}
    twilio = simulator(Clock(), feed, cap=20, at_cap="error", tokens="offset")
    query = {"PageSize": "20", "Page": "1", "PageToken": f"PAOFFSET{20:028d}"}

    status, body = ask(twilio, "GET", "/v1/Alerts", query=query)

    assert (status, body["message"]) == (400, "At most 20 Alerts can be listed")


def test_a_start_of_more_than_thirty_days_ago_gives_what_there_is() -> None:
    twilio = simulator(Clock(), {"at": "-31d"}, {"at": "-29d"})

    assert len(alerts(twilio, StartDate="2025-01-01")) == 1
    assert len(alerts(twilio)) == 1


@pytest.mark.parametrize(
    ("query", "switches", "status", "code"),
    [
        ({"StartDate": "2026-01-01T00:00:00Z"}, {"old_start": "refuse"}, 400, 20004),
        ({"StartDate": "yesterday"}, {}, 400, 20001),
        ({"EndDate": "2026-02-30"}, {}, 400, 20001),
        ({"PageSize": "0"}, {}, 400, 20001),
        ({"PageSize": "x"}, {}, 400, 20001),
        ({"PageSize": "1001"}, {"big_page": "refuse"}, 400, 20007),
        ({"Page": "1"}, {}, 400, None),
        ({"Page": "1", "PageToken": "PANO1"}, {}, 400, 21481),
        ({"Page": "1", "PageToken": "PAOFFSETx"}, {}, 400, 21481),
    ],
)
def test_what_can_not_be_listed_is_answered_as_twilio_does(
    query: dict[str, str], switches: dict[str, Any], status: int, code: int | None
) -> None:
    twilio = simulator(Clock(), **switches)

    got, body = ask(twilio, "GET", "/v1/Alerts", query=query)

    assert (got, body["code"], body["status"]) == (status, code, status)


def test_a_page_size_over_a_thousand_is_a_thousand() -> None:
    _, body = ask(simulator(Clock()), "GET", "/v1/Alerts", query={"PageSize": "2000"})

    assert body["meta"]["page_size"] == 1000


def test_a_page_token_grows_old_where_that_is_switched_on() -> None:
    clock = Clock()
    feed = {"at": "-1m", "every": "1s", "times": 5}
    twilio = simulator(clock, feed, token_lifetime="60s")
    _, body = ask(twilio, "GET", "/v1/Alerts", query={"PageSize": "2"})
    query = dict(parse_qsl(urlsplit(body["meta"]["next_page_url"]).query))
    in_time = ask(twilio, "GET", "/v1/Alerts", query=query)[0]

    clock.now += 61

    assert (in_time, ask(twilio, "GET", "/v1/Alerts", query=query)[0]) == (200, 400)


@pytest.mark.parametrize(
    "authorization",
    ["", "Bearer x", "Basic !", "Basic eDp5", "Basic /w==", basic(fake_account("other"))],
)
def test_wrong_credentials_get_twilios_401(authorization: str) -> None:
    headers = {"authorization": authorization}

    reply = deliver(TwilioSimulator(now=Clock()), "GET", "/v1/Alerts", headers=headers).reply

    assert reply is not None
    assert ("www-authenticate", 'Basic realm="Twilio API"') in reply.headers
    assert json.loads(reply.body) == {
        "code": 20003,
        "message": "Authenticate",
        "more_info": "https://www.twilio.com/docs/errors/20003",
        "status": 401,
    }


def test_each_account_sees_its_own_alerts_only() -> None:
    accounts = (fake_account("prod"), fake_account("eu"))
    twilio = TwilioSimulator(accounts, now=Clock())
    twilio.add(AlertEntry(account="eu", code=1), AlertEntry(code=2))

    headers = {"authorization": basic(accounts[1])}
    _, body = ask(twilio, "GET", "/v1/Alerts", headers=headers)

    assert [a["error_code"] for a in body["alerts"]] == ["1"]


def test_an_api_key_opens_its_account() -> None:
    account = fake_account()
    key = type(account)("key", account.api_key_sid, account.api_key_secret)

    headers = {"authorization": basic(key)}

    assert ask(TwilioSimulator(now=Clock()), "GET", "/v1/Alerts", headers=headers)[0] == 200


def test_an_alert_for_an_unknown_account_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(NotationError, match='unknown account "defualt", did you mean "default"'):
        TwilioSimulator(now=Clock()).add(AlertEntry(account="defualt"))


def test_one_alert_is_fetched_with_the_details_that_the_list_lacks() -> None:
    twilio = simulator(Clock(), {"code": 11200})
    [listed] = alerts(twilio)

    status, body = ask(twilio, "GET", f"/v1/Alerts/{listed['sid']}")

    details = ("request_headers", "request_variables", "response_body", "response_headers")
    assert (status, body) == (200, listed | dict.fromkeys(details))


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/v1/Alerts/NO00000000000000000000000000000000", 404, 20404),
        ("GET", "/v1/Events", 404, 20404),
        ("DELETE", "/v1/Alerts", 405, 20004),
    ],
)
def test_what_there_is_not_is_answered_as_twilio_does(
    method: str, path: str, status: int, code: int
) -> None:
    got, body = ask(TwilioSimulator(now=Clock()), method, path)

    assert (got, body["code"]) == (status, code)


def test_the_date_header_is_the_clocks_or_skewed_to_order() -> None:
    twilio = simulator(Clock(), date_skew="90s")

    reply = deliver(twilio, "GET", "/v1/Alerts").reply

    assert reply is not None
    assert ("date", "Sun, 29 Mar 2026 00:59:30 GMT") in reply.headers


def test_reset_leaves_nothing_behind() -> None:
    twilio = simulator(Clock(), {"code": 1}, cap=5)
    alerts(twilio)

    twilio.reset()

    assert twilio.switches == TwilioSwitches()
    assert twilio.journal.report() == {"requests": [], "writes": []}
    assert alerts(twilio) == []


def test_many_alerts_stay_in_order_however_they_arrive() -> None:
    clock = Clock()
    feed = {"at": "-10m", "every": "1s", "times": 500, "spread": "60s", "late": "20s"}
    twilio = simulator(clock, feed, {"at": "-5m", "every": "3s", "times": 200})
    alerts(twilio)
    clock.now += 300

    found = [alert for page in walk(twilio, PageSize="90") for alert in page]

    assert len(found) == 700
    assert all(a >= b for a, b in pairwise(times(found)))
    assert times(found)[0] <= timestamp(clock.now)
