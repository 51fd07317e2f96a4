"""Twilio Monitor as the poller sees it, in memory and with its own clock."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime

import httpx

from statusbridge.adapters.http import Reply
from statusbridge.adapters.twilio_clock import Clock
from statusbridge.core.errors import Unavailable

ORIGIN = "https://monitor.twilio.com"


def iso(instant: float) -> str:
    return datetime.fromtimestamp(instant, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def instant(text: str) -> int:
    return int(datetime.strptime(text, "%Y-%m-%dT%H:%M:%S%z").timestamp())


@dataclass(frozen=True, slots=True)
class Stored:
    """An alert at Twilio: generated at *at*, stored and listed from *late* seconds after on."""

    sid: str
    at: int
    late: int = 0
    level: str = "error"
    text: str = ""

    @property
    def created(self) -> int:
        return self.at + self.late


Fault = Callable[["FakeTwilio", Mapping[str, str]], Reply | None]
"""Answers a request in Twilio's stead, or raises; None: Twilio answers it after all."""


@dataclass
class FakeTwilio:
    """Lists *alerts* newest first, *cap* a listing, each request taking *pace* seconds.

    The cap counts what was listed before; if *ranked* what stands before, late arrivals included.
    *faults* maps the number of a request, from 1, to what happens to it instead.
    """

    now: float
    alerts: list[Stored] = field(default_factory=list)
    cap: int = 10_000
    ranked: bool = False
    sorted_by: str = "at"
    tokens: str = "key"
    pace: float = 0.0
    skew: float = 0.0
    dated: bool = True
    faults: dict[int, Fault] = field(default_factory=dict)
    asked: list[dict[str, str]] = field(default_factory=list)
    in_flight: int = 0
    slept: list[float] = field(default_factory=list)

    @property
    def clock(self) -> Clock:
        """A machine whose wall clock is right and whose steady clock began elsewhere."""
        return Clock(wall=lambda: self.now, steady=lambda: self.now - 1_000_000, sleep=self.sleep)

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds

    async def get(self, path: str, params: Mapping[str, str]) -> Reply:
        assert path == "/v1/Alerts"
        assert self.in_flight == 0, "a second request at a time"
        self.in_flight += 1
        try:
            self.asked.append(dict(params))
            self.now += self.pace
            fault = self.faults.get(len(self.asked))
            answered = fault(self, params) if fault else None
            return answered or self.page(params)
        finally:
            self.in_flight -= 1

    def reply(self, status: int, body: bytes, **headers: str) -> Reply:
        date = format_datetime(datetime.fromtimestamp(int(self.now + self.skew), UTC), usegmt=True)
        sent = {"Content-Type": "application/json"} | ({"Date": date} if self.dated else {})
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        return Reply(status, httpx.Headers(sent), body)

    def page(self, params: Mapping[str, str], **meta: str) -> Reply:
        listed = list(self.listed(params))[: self.cap if self.ranked else None]
        start = self.start(listed, params)
        if start is None:
            return self.reply(400, b'{"code": 21481, "message": "Invalid PageToken"}')
        size = int(params["PageSize"])
        number = int(params.get("Page", "0"))
        rows = listed[start : start + min(size, self.cap - number * size)]
        number += 1
        following = None
        if start + size < len(listed) and number * size < self.cap:
            token = f"PA{rows[-1].sid}" if self.tokens == "key" else f"PO{start + size}"
            following = f"{ORIGIN}/v1/Alerts?PageSize={size}&Page={number}&PageToken={token}"
        answer = {
            "alerts": [
                {
                    "sid": row.sid,
                    "date_generated": iso(row.at),
                    "date_created": iso(row.created),
                    "log_level": row.level,
                    "error_code": "30008",
                    "alert_text": row.text,
                }
                for row in rows
            ],
            "meta": {"next_page_url": following} | meta,
        }
        return self.reply(200, json.dumps(answer).encode())

    def listed(self, params: Mapping[str, str]) -> Iterator[Stored]:
        lo, hi = instant(params["StartDate"]), instant(params["EndDate"])
        level = params.get("LogLevel")
        for alert in sorted(self.alerts, key=self.key, reverse=True):
            visible = alert.created <= self.now
            if visible and lo <= self.key(alert) <= hi and level in (None, alert.level):
                yield alert

    def key(self, alert: Stored) -> int:
        return alert.at if self.sorted_by == "at" else alert.created

    def start(self, listed: list[Stored], params: Mapping[str, str]) -> int | None:
        token = params.get("PageToken", "PO0")
        if token.startswith("PO"):
            return int(token[2:])
        places = [place for place, row in enumerate(listed) if f"PA{row.sid}" == token]
        return places[0] + 1 if places else None


def answers(status: int, body: bytes = b"", **headers: str) -> Fault:
    """The fault of being answered so."""
    return lambda twilio, params: twilio.reply(status, body, **headers)


def unreachable(twilio: FakeTwilio, params: Mapping[str, str]) -> Reply:
    raise Unavailable("GET monitor.twilio.com failed: could not connect")
