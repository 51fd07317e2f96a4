"""Both APIs on loopback as they should be, and every request that the adapters make of them."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any, Literal
from urllib.parse import parse_qsl, urlsplit

from twilio_fake import FakeTwilio
from twilio_polls import ALL, NOW, READ, SETTINGS, stored

from http_server import answer
from statusbridge.adapters.http import Wire
from statusbridge.adapters.http_transport import Limits
from statusbridge.adapters.incidentio import IncidentIo
from statusbridge.adapters.incidentio_bodies import (
    Post,
    create_body,
    retrospective_body,
    update_body,
)
from statusbridge.adapters.twilio_monitor import TwilioMonitor
from statusbridge.core.model import IncidentId, IncidentStatus, PageId

SECRET = "s3cr3t-t0ken"
PAGE = PageId("01PAGE")
ID = IncidentId("01INC")
LOOKING = Post("We are looking.", IncidentStatus.INVESTIGATING)
OVER = Post("It is over.", IncidentStatus.RESOLVED)
CREATE = create_body(PAGE, "Delays", LOOKING, "sb-1", notify=True)
UPDATE = update_body(ID, LOOKING, notify=True)
RETROSPECTIVE = retrospective_body(PAGE, "Delays", ((NOW, LOOKING), (NOW, OVER)), "sb-1")

WIRE_UPDATE = {"id": "01U1", "status_page_incident_id": ID, "message": "We are looking."}
WIRE_INCIDENT = {"id": ID, "status_page_id": PAGE, "name": "Delays", "updates": [WIRE_UPDATE]}
WIRE_PERIOD = {"component_id": "01A", "start_at": "2026-07-20T12:00:00Z"}
WIRE_WINDOW = {
    "id": "01M",
    "status_page_id": PAGE,
    "component_maintenance_periods": [WIRE_PERIOD],
}


@dataclass(frozen=True, slots=True)
class Answer:
    """What an API says, before it is brought onto the wire."""

    status: str
    body: bytes
    headers: tuple[str, ...] = ("Content-Type: application/json",)

    def sent(self, *more: str) -> bytes:
        return answer(self.status, self.body, *self.headers, *more)


@dataclass(frozen=True, slots=True)
class Client:
    """Both adapters over one wire. Their waiting takes no time."""

    wire: Wire
    twilio: FakeTwilio
    source: TwilioMonitor
    page: IncidentIo

    def rested(self) -> Client:
        """Return a client of the same connections, whom nobody asked to wait."""
        return replace(self, source=_source(self.wire, self.twilio))


@asynccontextmanager
async def client_of(url: str, limits: Limits) -> AsyncIterator[Client]:
    twilio = FakeTwilio(NOW, stored(*range(NOW - 7, NOW)), tokens="offset")
    wire = Wire(url, lambda: f"Bearer {SECRET}", limits=limits)
    try:
        yield Client(
            wire, twilio, _source(wire, twilio), IncidentIo(wire, PAGE, sleep=twilio.sleep)
        )
    finally:
        await wire.aclose()


def _source(wire: Wire, twilio: FakeTwilio) -> TwilioMonitor:
    return TwilioMonitor("prod", wire, (), SETTINGS, twilio.clock)


def honest_answer(client: Client, line: str) -> Answer:
    """Return what the API that a request with this *line* is for would say."""
    method, _, target = line.partition(" ")
    url = urlsplit(target)
    query = dict(parse_qsl(url.query))
    if url.path == "/v1/Alerts":
        reply = client.twilio.page(query)
        return Answer("200 OK", reply.body, tuple(f"{k}: {v}" for k, v in reply.headers.items()))
    parts = _written(url.path) if method == "POST" else _shown(url.path, query)
    return Answer("201 Created" if method == "POST" else "200 OK", json.dumps(parts).encode())


def _shown(path: str, query: dict[str, str]) -> dict[str, Any]:
    match path.removeprefix("/v2/"):
        case "status_page_incidents" if "after" in query:
            return {"status_page_incidents": [WIRE_INCIDENT]}
        case "status_page_incidents":
            other = {**WIRE_INCIDENT, "id": "01LATER"}
            return {"status_page_incidents": [other], "pagination_meta": {"after": "01LATER"}}
        case "status_page_maintenances":
            return {"status_page_maintenances": [WIRE_WINDOW]}
        case "status_pages/01PAGE":
            return {"status_page": {"id": PAGE, "name": "Acme"}}
        case "status_page_structures/01PAGE":
            component = {"component_id": "01A", "name": "API"}
            return {"current_structure": {"items": [{"component": component}]}}
        case "status_page_incidents/01INC":
            return {"status_page_incident": WIRE_INCIDENT}
    raise AssertionError(path)


def _written(path: str) -> dict[str, Any]:
    if path == "/v2/status_page_incident_updates":
        return {"status_page_incident_update": WIRE_UPDATE}
    return {"status_page_incident": WIRE_INCIDENT}


async def _poll(client: Client) -> object:
    return [alert async for batch in client.source.poll(READ, ALL) for alert in batch.alerts]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One request of an adapter. *line*: what its request line matches, and no other's.

    *call* makes it, after those that have to come before, and returns what it gave.
    """

    kind: Literal["poll", "turn", "read", "write"]
    line: re.Pattern[str]
    call: Callable[[Client], Awaitable[object]]


_LIST = r"GET /v2/status_page_incidents\?"

ENDPOINTS = {
    "first page of alerts": Endpoint("poll", re.compile(r"GET /v1/Alerts\?(?!.*PageToken)"), _poll),
    "middle page of alerts": Endpoint("turn", re.compile(r"GET .*PageToken=PO3"), _poll),
    "last page of alerts": Endpoint("turn", re.compile(r"GET .*PageToken=PO6"), _poll),
    "show": Endpoint(
        "read", re.compile("GET /v2/status_page_incidents/"), lambda c: c.page.incident(ID)
    ),
    "list": Endpoint("read", re.compile(_LIST + "(?!.*after)"), lambda c: c.page.incidents()),
    "rest of list": Endpoint("read", re.compile(_LIST + ".*after"), lambda c: c.page.incidents()),
    "structure": Endpoint(
        "read", re.compile("GET /v2/status_page_structures/"), lambda c: c.page.structure()
    ),
    "maintenances": Endpoint(
        "read", re.compile("GET /v2/status_page_maintenances"), lambda c: c.page.maintenances()
    ),
    "create": Endpoint(
        "write", re.compile("POST /v2/status_page_incidents$"), lambda c: c.page.create(CREATE)
    ),
    "update": Endpoint(
        "write",
        re.compile("POST /v2/status_page_incident_updates"),
        lambda c: c.page.update(UPDATE),
    ),
    "retrospective": Endpoint(
        "write",
        re.compile("POST /v2/status_page_retrospective_incidents"),
        lambda c: c.page.retrospective(RETROSPECTIVE),
    ),
}
