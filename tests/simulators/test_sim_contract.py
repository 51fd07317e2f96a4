"""What the simulators take and answer, held against the official OpenAPI files."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from openapi_core import OpenAPI
from openapi_core.testing import MockRequest, MockResponse
from simulating import PAGE, SMS, VOICE, Clock, deliver, opening, page_simulator

from statusbridge.adapters.receivers import event_body
from statusbridge.core.hearing import Entry
from statusbridge.core.notice_texts import worded
from statusbridge.core.notices import Event, Notice
from statusbridge.simulators.alert_events import AlertSource
from statusbridge.simulators.feed import AlertEntry
from statusbridge.simulators.notation import Span
from statusbridge.simulators.people import OpenIncident
from statusbridge.simulators.strikes import read_rule
from statusbridge.simulators.twilio import TwilioSimulator

FACTS = Path(os.environ.get("FACTS_FOLDER", "nowhere"), "openapi")

pytestmark = [
    pytest.mark.contract,
    pytest.mark.skipif(
        not FACTS.is_dir(), reason="needs openapi/ in $FACTS_FOLDER: the official OpenAPI files"
    ),
    # The official file itself still uses what OpenAPI has deprecated.
    pytest.mark.filterwarnings("ignore:Use of allowEmptyValue:DeprecationWarning"),
]


def official(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((FACTS / name).read_text(encoding="utf-8"))
    return found


@pytest.fixture(scope="module")
def monitor() -> OpenAPI:
    """Monitor's file. Its `request_method` is nullable, yet the enum has no null."""
    table = official("twilio_monitor_v1.json")
    for schema in table["components"]["schemas"].values():
        if "request_method" in schema.get("properties", {}):
            schema["properties"]["request_method"]["enum"].append(None)
    return OpenAPI.from_dict(table)


@pytest.fixture(scope="module")
def status_pages() -> OpenAPI:
    """incident.io's file. openapi-core can't do without "query", a map that may be left out."""
    table = official("incidentio_statuspages_v2.json")
    event = table["paths"]["/v2/alert_events/http/{alert_source_config_id}"]["post"]
    event["parameters"] = [one for one in event["parameters"] if one["name"] != "query"]
    return OpenAPI.from_dict(table)


def exchange(
    api: OpenAPI, simulator: Any, method: str, path: str, *, valid: bool = True, **more: Any
) -> Any:
    """Ask, hold request (if it is meant to be valid) and answer against *api*; return the body."""
    twilio = isinstance(simulator, TwilioSimulator)
    delivery = deliver(simulator, method, path, **more)
    assert delivery.reply is not None
    body = json.dumps(more["body"]).encode() if more.get("body") else None
    request = MockRequest(
        "https://monitor.twilio.com" if twilio else "https://api.incident.io",
        method.lower(),
        path,
        args=more.get("query"),
        headers={"Authorization": "Basic eDp5" if twilio else "Bearer x"},
        data=body,
    )
    reply = delivery.reply
    if valid:
        api.validate_request(request)
    response = MockResponse(reply.body, reply.status, dict(reply.headers), reply.content_type)
    api.validate_response(request, response)
    return json.loads(reply.body) if reply.body else None


def test_alerts_are_listed_as_the_official_file_says(monitor: OpenAPI) -> None:
    twilio = TwilioSimulator(now=Clock())
    twilio.add(
        AlertEntry(at=Span(-9), every=Span(1), times=9, code=30008, resource="SM{n}"),
        AlertEntry(level="notice", service="MG{n}"),
        AlertEntry(code=11200, resource="CA{n}", request_url="https://hooks.example.com/"),
        AlertEntry(nulls=("date_generated", "error_code", "log_level")),
    )
    query = {"LogLevel": "error", "PageSize": "4", "EndDate": "2026-03-29T00:58:00Z"}

    body = exchange(monitor, twilio, "GET", "/v1/Alerts", query=query)
    following = dict(parse_qsl(urlsplit(body["meta"]["next_page_url"]).query))
    second = exchange(monitor, twilio, "GET", "/v1/Alerts", query=following)

    assert len(second["alerts"]) == 4


def test_an_alert_is_fetched_as_the_official_file_says(monitor: OpenAPI) -> None:
    twilio = TwilioSimulator(now=Clock())
    [sid] = twilio.add(AlertEntry(code=30008, resource="SM{n}"))

    assert exchange(monitor, twilio, "GET", f"/v1/Alerts/{sid}")["sid"] == sid


@pytest.mark.parametrize("order", ["newest_first", "oldest_first"])
@pytest.mark.parametrize("echo", ["verbatim", "rerendered"])
def test_an_incidents_life_is_as_the_official_file_says(
    status_pages: OpenAPI, order: str, echo: str
) -> None:
    page = page_simulator(Clock(), updates_order=order, echo=echo)
    path = "/v2/status_page_incidents"
    made = exchange(status_pages, page, "POST", path, body=opening())["status_page_incident"]["id"]
    page.act(OpenIncident(components={VOICE: "full_outage"}))

    for fields in (
        {"component_statuses": [{"component_id": SMS, "component_status": "full_outage"}]},
        {"incident_status": "monitoring"},
        {"incident_status": "resolved"},
    ):
        body = {"status_page_incident_id": made, "message": "m", "notify_subscribers": False}
        updates = "/v2/status_page_incident_updates"
        exchange(status_pages, page, "POST", updates, body=body | fields)
    exchange(status_pages, page, "PUT", f"{path}/{made}", body={"name": "Other"})
    shown = exchange(status_pages, page, "GET", f"{path}/{made}")
    query = {"status_page_id": PAGE, "page_size": "1"}
    listed = exchange(status_pages, page, "GET", path, query=query)

    assert shown["status_page_incident"]["incident_status"] == "resolved"
    assert "after" in listed["pagination_meta"]


def test_pages_and_identity_are_as_the_official_file_says(status_pages: OpenAPI) -> None:
    page = page_simulator(Clock())

    exchange(status_pages, page, "GET", "/v1/identity")
    exchange(status_pages, page, "GET", "/v2/status_pages")
    exchange(status_pages, page, "GET", f"/v2/status_pages/{PAGE}")
    body = exchange(status_pages, page, "GET", f"/v2/status_page_structures/{PAGE}")

    assert len(body["current_structure"]["items"]) == 2


def test_a_retrospective_incident_is_as_the_official_file_says(status_pages: OpenAPI) -> None:
    updates = [
        {
            "incident_status": "resolved",
            "message": "Over.",
            "published_at": "2026-03-29T00:20:00Z",
        }
    ]
    body = {"status_page_id": PAGE, "name": "Past", "idempotency_key": "p", "updates": updates}
    path = "/v2/status_page_retrospective_incidents"

    made = exchange(status_pages, page_simulator(Clock()), "POST", path, body=body)

    assert made["status_page_incident"]["incident_status"] == "resolved"


def test_a_maintenances_life_is_as_the_official_file_says(status_pages: OpenAPI) -> None:
    page = page_simulator(Clock())
    path = "/v2/status_page_maintenances"
    times = {"start_at": "2026-03-29T01:00:00Z", "end_at": "2026-03-29T02:00:00Z"}
    body = {
        "status_page_id": PAGE,
        "name": "Works",
        "maintenance_status": "maintenance_scheduled",
        "idempotency_key": "m",
        "affected_component_ids": [SMS],
        "message": "Planned.",
        "notify_subscribers": False,
        **times,
    }
    made = exchange(status_pages, page, "POST", path, body=body)["status_page_maintenance"]["id"]
    posted = {
        "status_page_maintenance_id": made,
        "message": "m",
        "notify_subscribers": False,
        "maintenance_status": "maintenance_in_progress",
        "component_statuses": [{"component_id": SMS, "component_status": "under_maintenance"}],
    }

    exchange(status_pages, page, "POST", "/v2/status_page_maintenance_updates", body=posted)
    exchange(status_pages, page, "PUT", f"{path}/{made}", body={"name": "Later", **times})
    exchange(status_pages, page, "GET", f"{path}/{made}")
    exchange(status_pages, page, "GET", path, query={"status_page_id": PAGE})

    assert exchange(status_pages, page, "DELETE", f"{path}/{made}") is None


def test_alert_events_are_taken_as_the_official_file_says(status_pages: OpenAPI) -> None:
    page, source = page_simulator(Clock()), AlertSource()
    held = Notice("held", Event.HELD, "maintenance", page="public", incident="sms", name="sms")
    bodies = [
        event_body(worded(Entry(held, 0, over=over)), link)
        for over in (False, True)
        for link in ("", "https://wiki.example.com/")
    ]

    answers = [
        exchange(
            status_pages,
            page,
            "POST",
            f"/v2/alert_events/http/{source.id}",
            headers={"authorization": f"Bearer {source.secret}"},
            body=json.loads(body),
        )
        for body in bodies
    ]

    assert [answer["status"] for answer in answers] == ["success"] * 4
    assert [alert.status for alert in page.world.alerts.values()] == ["resolved"]


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 408, 409, 422, 429, 500])
def test_errors_are_as_the_official_file_says(status_pages: OpenAPI, status: int) -> None:
    page = page_simulator(Clock())
    table = {"kind": "status", "status": status, "retry_after": "body"}
    page.faults.add(read_rule(table, 0, "faults[0]"))

    body = exchange(status_pages, page, "GET", "/v1/identity")

    assert body["status"] == status


def test_a_refused_body_is_answered_as_the_official_file_says(status_pages: OpenAPI) -> None:
    path = "/v2/status_page_incidents"

    body = opening(name="x" * 201)
    answer = exchange(status_pages, page_simulator(Clock()), "POST", path, body=body, valid=False)

    assert answer["type"] == "validation_error"
