"""Asks simulators without HTTP, on a clock that only moves when told."""

from __future__ import annotations

import json
from base64 import b64encode
from dataclasses import dataclass
from typing import Any

from statusbridge.simulators.exchange import Delivery, Request
from statusbridge.simulators.incidentio import IncidentioSimulator
from statusbridge.simulators.page_layout import PageEntry
from statusbridge.simulators.page_payloads import PageSwitches
from statusbridge.simulators.twilio import Account, TwilioSimulator

START = 1_774_745_880  # 2026-03-29T00:58:00Z
PAGE = PageEntry().id
SMS = "01FA4ESMS"
VOICE = "01FA4EVOICE"
STRUCTURE = (
    {"group": "Messaging", "id": "01FA4EMSG", "components": [{"component": "SMS", "id": SMS}]},
    {"component": "Voice", "id": VOICE},
)


@dataclass
class Clock:
    now: float = START

    def __call__(self) -> float:
        return self.now


def basic(account: Account) -> str:
    return "Basic " + b64encode(f"{account.account_sid}:{account.auth_token}".encode()).decode()


def deliver(simulator: Any, method: str, path: str, **more: Any) -> Delivery:
    headers = {"host": "127.0.0.1:8001"} | more.pop("headers", {})
    if isinstance(simulator, TwilioSimulator):
        headers.setdefault("authorization", basic(simulator.accounts[0]))
    else:
        headers.setdefault("authorization", f"Bearer {simulator.api_key}")
    body = more.pop("body", None)
    raw = b"" if body is None else json.dumps(body).encode()
    return simulator.front.receive(Request(method, path, more.pop("query", {}), headers, raw))


def ask(simulator: Any, method: str, path: str, **more: Any) -> tuple[int, Any]:
    """Return status and decoded body of an answer that comes whole."""
    reply = deliver(simulator, method, path, **more).reply
    assert reply is not None
    return reply.status, json.loads(reply.body) if reply.body else None


def alerts(simulator: TwilioSimulator, **query: str) -> list[dict[str, Any]]:
    status, body = ask(simulator, "GET", "/v1/Alerts", query=query)
    assert status == 200, body
    return body["alerts"]


def page_simulator(
    clock: Clock, *, subscribers: int = 10, roles: tuple[str, ...] | None = None, **switches: Any
) -> IncidentioSimulator:
    page = PageEntry(structure=STRUCTURE, subscribers=subscribers)
    more = {} if roles is None else {"roles": roles}
    return IncidentioSimulator((page,), now=clock, switches=PageSwitches(**switches), **more)


def opening(**changes: Any) -> dict[str, Any]:
    body = {
        "status_page_id": PAGE,
        "name": "Delays sending SMS",
        "incident_status": "investigating",
        "idempotency_key": "sb-1",
        "message": "We are looking.",
        "notify_subscribers": False,
        "component_statuses": [{"component_id": SMS, "component_status": "partial_outage"}],
    }
    return {key: value for key, value in (body | changes).items() if value is not None}


def create(simulator: IncidentioSimulator, **changes: Any) -> dict[str, Any]:
    path = "/v2/status_page_incidents"
    status, body = ask(simulator, "POST", path, body=opening(**changes))
    assert status == 201, body
    return body["status_page_incident"]


def update(simulator: IncidentioSimulator, incident: str, **fields: Any) -> tuple[int, Any]:
    body = {"status_page_incident_id": incident, "message": "More.", "notify_subscribers": False}
    return ask(simulator, "POST", "/v2/status_page_incident_updates", body=body | fields)


def show(simulator: IncidentioSimulator, incident: str) -> dict[str, Any]:
    status, body = ask(simulator, "GET", f"/v2/status_page_incidents/{incident}")
    assert status == 200, body
    return body["status_page_incident"]


def incidents(simulator: IncidentioSimulator, **query: str) -> list[dict[str, Any]]:
    query = {"status_page_id": PAGE} | query
    status, body = ask(simulator, "GET", "/v2/status_page_incidents", query=query)
    assert status == 200, body
    return body["status_page_incidents"]
