"""Faults on a clock of our own: what is applied, what is answered, what is noted."""

from __future__ import annotations

import gzip
import json
from math import inf
from typing import Any

import pytest
from simulating import START, Clock, alerts, ask, create, deliver, incidents, opening
from simulating import page_simulator as fresh_page

from statusbridge.simulators.exchange import Delivery
from statusbridge.simulators.feed import AlertEntry
from statusbridge.simulators.incidentio import IncidentioSimulator
from statusbridge.simulators.notation import NotationError, Span
from statusbridge.simulators.strikes import read_rule
from statusbridge.simulators.twilio import TwilioSimulator

INCIDENTS = "/v2/status_page_incidents"


def order(simulator: Any, kind: str, **table: object) -> None:
    simulator.faults.add(read_rule({"kind": kind, **table}, simulator.clock(), "faults[0]"))


def post(page: IncidentioSimulator) -> Delivery:
    return deliver(page, "POST", INCIDENTS, body=opening())


def outcome(kind: str, **table: object) -> tuple[Delivery, IncidentioSimulator]:
    """Return what a create gets under a fault that strikes once, and the page afterwards."""
    page = fresh_page(Clock())
    order(page, kind, endpoint="incidents.create", nth=1, **table)
    return post(page), page


@pytest.mark.parametrize(("kind", "count"), [("lost_before", 0), ("lost_after", 1)])
def test_a_lost_request_is_not_answered_and_applied_or_not(kind: str, count: int) -> None:
    delivery, page = outcome(kind)

    assert delivery == Delivery(None)
    assert len(incidents(page)) == count
    assert [w.answered for w in page.journal.written] == [False] * count


def test_a_late_request_is_applied_when_its_time_has_come() -> None:
    clock = Clock()
    page = fresh_page(clock)
    order(page, "applied_late", seconds="30s", nth=1)
    first = post(page)
    clock.now += 29
    before = incidents(page)

    clock.now += 1
    page.front.settle()

    assert (first, before) == (Delivery(None), [])
    [write] = page.journal.written
    assert (write.request, write.at, write.answered) == (1, START + 30, False)


def test_a_late_create_after_its_own_repetition_changes_nothing() -> None:
    clock = Clock()
    page = fresh_page(clock)
    order(page, "applied_late", seconds="30s", nth=1)
    post(page)
    create(page)

    clock.now += 60

    assert len(incidents(page)) == 1
    assert len(page.journal.written) == 1


@pytest.mark.parametrize(("applied", "count"), [(False, 0), (True, 1)])
def test_an_error_status_may_hide_a_write_that_was_applied(applied: bool, count: int) -> None:
    delivery, page = outcome("status", status=503, applied=applied)

    assert delivery.reply is not None
    body = json.loads(delivery.reply.body)
    assert (delivery.reply.status, body["type"], body["status"]) == (503, "api_error", 503)
    assert len(incidents(page)) == count


@pytest.mark.parametrize(
    ("variant", "header", "in_body"),
    [
        ("absent", None, None),
        ("seconds", "7", None),
        ("date", "Sun, 29 Mar 2026 00:58:07 GMT", None),
        ("body", None, "2026-03-29T00:58:07Z"),
    ],
)
def test_the_page_tells_the_wait_in_each_way(
    variant: str, header: str | None, in_body: str | None
) -> None:
    delivery, _ = outcome("status", status=429, retry_after=variant, seconds="7s")

    assert delivery.reply is not None
    body = json.loads(delivery.reply.body)
    assert body["type"] == "too_many_requests"
    assert dict(delivery.reply.headers).get("retry-after") == header
    assert body.get("rate_limit", {}).get("retry_after") == in_body


@pytest.mark.parametrize(
    ("variant", "header"),
    [("absent", None), ("seconds", "7"), ("date", "Sun, 29 Mar 2026 00:58:07 GMT")],
)
def test_twilio_tells_the_wait_in_each_way(variant: str, header: str | None) -> None:
    twilio = TwilioSimulator(now=Clock())
    order(twilio, "status", status=429, retry_after=variant, seconds="7s")

    reply = deliver(twilio, "GET", "/v1/Alerts").reply

    assert reply is not None
    assert dict(reply.headers).get("retry-after") == header
    assert json.loads(reply.body)["code"] == 20429


def test_a_status_that_twilio_has_no_code_for_has_none() -> None:
    twilio = TwilioSimulator(now=Clock())
    order(twilio, "status", status=418)

    status, body = ask(twilio, "GET", "/v1/Alerts")

    assert (status, body["code"]) == (418, None)


@pytest.mark.parametrize(("applied", "status", "count"), [(True, 201, 1), (False, 200, 0)])
def test_garbage_is_a_success_with_another_body(applied: bool, status: int, count: int) -> None:
    delivery, page = outcome("garbage", applied=applied, text="<html>")

    assert delivery.reply is not None
    assert (delivery.reply.status, delivery.reply.body) == (status, b"<html>")
    assert len(incidents(page)) == count


@pytest.mark.parametrize(
    ("kind", "table", "expected"),
    [
        ("truncated", {"keep": 0.0}, {"cut": 0, "answered": False}),
        ("huge", {"size": 9}, {"pad": 9, "answered": True}),
        ("slow", {"seconds": "9s"}, {"delay": 9.0, "answered": True}),
        ("drip", {"seconds": "9s"}, {"drip": 9.0, "answered": True}),
    ],
)
def test_the_way_of_delivery_is_bent_and_the_write_counts(
    kind: str, table: dict[str, object], expected: dict[str, object]
) -> None:
    delivery, page = outcome(kind, **table)

    assert {name: getattr(delivery, name) for name in expected} == expected
    assert [w.answered for w in page.journal.written] == [expected["answered"]]


@pytest.mark.parametrize(("applied", "count"), [(False, 0), (True, 1)])
def test_a_hanging_request_is_never_answered(applied: bool, count: int) -> None:
    delivery, page = outcome("hang", applied=applied)

    assert delivery == Delivery(None, delay=inf)
    assert len(incidents(page)) == count


def test_a_wrong_content_type_is_told_with_the_right_body() -> None:
    delivery, page = outcome("wrong_type", content_type="text/plain")

    assert delivery.reply is not None
    told = json.loads(delivery.reply.body)["status_page_incident"]
    assert (delivery.reply.content_type, told) == ("text/plain", incidents(page)[0])


def test_a_compressed_body_inflates_to_the_right_one_and_its_padding() -> None:
    delivery, page = outcome("gzip", size=100_000)

    assert delivery.reply is not None
    body = gzip.decompress(delivery.reply.body)
    assert ("content-encoding", "gzip") in delivery.reply.headers
    assert len(delivery.reply.body) < 2000
    assert len(body) > 100_000
    assert json.loads(body)["status_page_incident"] == incidents(page)[0]


def test_a_redirect_leads_away_and_applies_nothing() -> None:
    delivery, page = outcome("redirect", location="http://127.0.0.1:9/", status=308)

    assert delivery.reply is not None
    assert delivery.reply.status == 308
    assert ("location", "http://127.0.0.1:9/") in delivery.reply.headers
    assert incidents(page) == []


def test_links_may_lead_to_another_origin() -> None:
    clock = Clock()
    twilio = TwilioSimulator(now=clock)
    twilio.add(AlertEntry(at=Span(-5), times=3))
    order(twilio, "other_origin", origin="https://evil.example")

    _, body = ask(twilio, "GET", "/v1/Alerts", query={"PageSize": "2"})

    assert body["meta"]["next_page_url"].startswith("https://evil.example/v1/Alerts?PageSize=2")


def test_a_fault_strikes_the_ordered_requests_only() -> None:
    twilio = TwilioSimulator(now=Clock())
    order(twilio, "status", status=500, nth=[1, 3])

    assert [ask(twilio, "GET", "/v1/Alerts")[0] for _ in range(4)] == [500, 200, 500, 200]


def test_a_fault_strikes_as_often_as_ordered() -> None:
    twilio = TwilioSimulator(now=Clock())
    order(twilio, "status", status=500, times=2)

    assert [ask(twilio, "GET", "/v1/Alerts")[0] for _ in range(3)] == [500, 500, 200]


def test_a_fault_strikes_within_its_span_end_not_included() -> None:
    clock = Clock()
    twilio = TwilioSimulator(now=clock)
    order(twilio, "status", status=500, at="10s", **{"for": "5s"})
    seen = []
    for clock.now in (START + 9, START + 10, START + 14, START + 15):
        seen.append(ask(twilio, "GET", "/v1/Alerts")[0])

    assert seen == [200, 500, 500, 200]


def test_chance_is_the_same_for_the_same_seed() -> None:
    runs = []
    for _ in range(2):
        twilio = TwilioSimulator(now=Clock(), seed=3)
        order(twilio, "status", status=500, probability=0.5)
        runs.append([ask(twilio, "GET", "/v1/Alerts")[0] for _ in range(40)])

    assert runs[0] == runs[1]
    assert set(runs[0]) == {200, 500}


@pytest.mark.parametrize(
    ("table", "struck"),
    [
        ({"endpoint": "incidents"}, [True, True, False]),
        ({"endpoint": "incidents.list"}, [False, True, False]),
        ({"method": "POST"}, [True, False, False]),
        ({}, [True, True, True]),
    ],
)
def test_a_fault_strikes_endpoints_groups_of_them_and_methods(
    table: dict[str, str], struck: list[bool]
) -> None:
    page = fresh_page(Clock())
    order(page, "lost_before", **table)
    query = {"status_page_id": opening()["status_page_id"]}

    asked = [
        deliver(page, "POST", INCIDENTS, body=opening()),
        deliver(page, "GET", INCIDENTS, query=query),
        deliver(page, "GET", "/v1/identity"),
    ]

    assert [delivery.reply is None for delivery in asked] == struck


def test_the_first_of_two_rules_strikes_and_both_count() -> None:
    twilio = TwilioSimulator(now=Clock())
    order(twilio, "status", status=500, nth=1)
    order(twilio, "status", status=503, nth=[1, 2])

    assert [ask(twilio, "GET", "/v1/Alerts")[0] for _ in range(3)] == [500, 503, 200]


@pytest.mark.parametrize(
    ("table", "told"),
    [
        ({"kind": "lost"}, 'faults[0]: unknown word "lost", did you mean "lost_after"?'),
        ({"kind": "slow", "secnds": "1s"}, 'unknown key "secnds", did you mean "seconds"?'),
        ({"kind": "hang", "endpont": "x"}, 'unknown key "endpont", did you mean "endpoint"?'),
        ({"kind": "hang", "nth": "x"}, "faults[0]: Expected `int | array`"),
    ],
)
def test_a_fault_that_can_not_be_read_names_its_place(table: dict[str, str], told: str) -> None:
    with pytest.raises(NotationError) as error:
        read_rule(table, 0, "faults[0]")

    assert told in str(error.value)


def test_a_fault_on_an_endpoint_that_is_not_there_names_the_nearest() -> None:
    with pytest.raises(NotationError, match='unknown endpoint "alert", did you mean "alerts"'):
        order(TwilioSimulator(now=Clock()), "hang", endpoint="alert")


def test_reset_forgets_faults_and_what_was_to_be_applied_late() -> None:
    clock = Clock()
    page = fresh_page(clock)
    order(page, "applied_late", seconds="5s")
    post(page)

    page.reset()
    clock.now += 10

    assert incidents(page) == []


def test_the_journal_names_the_fault_and_that_there_was_no_answer() -> None:
    twilio = TwilioSimulator(now=Clock())
    order(twilio, "lost_before", nth=1)
    deliver(twilio, "GET", "/v1/Alerts", query={"PageSize": "5"})
    alerts(twilio)

    seen = [(r.fault, r.status, dict(r.query)) for r in twilio.journal.received]

    assert seen == [("LostBefore", None, {"PageSize": "5"}), (None, 200, {})]
