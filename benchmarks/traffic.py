"""The alerts of the measurements, and the process that serves them.

`python -m benchmarks.traffic COUNT` prints the simulators' addresses as one line of JSON and serves
until its standard input ends, as it does when the one who started it ends.
"""

from __future__ import annotations

import asyncio
import sys

import msgspec

from statusbridge.simulators.alerts_query import TwilioSwitches
from statusbridge.simulators.feed import AlertEntry
from statusbridge.simulators.notation import Span
from statusbridge.simulators.page_layout import PageEntry
from statusbridge.simulators.page_payloads import PageSwitches
from statusbridge.simulators.scenario import Scenario
from statusbridge.simulators.serve import serving

DAY = 86_400
UNLIMITED = 10**9
"""A cap on listings that none reaches, so that every reader gets the same alerts."""

STRUCTURE = (
    {"group": "Messaging", "components": ["SMS", "WhatsApp"]},
    {"group": "Voice", "components": ["Calls"]},
)
_URL = "https://hooks.example.com/voice?call={n}"
_WEBHOOK = (
    "sourceComponent=12000&ErrorCode=11200&httpResponse=502&LogLevel=ERROR&Msg=Bad+Gateway"
    "&url=https%3A%2F%2Fhooks.example.com%2Fvoice%3Fcall%3D{n}"
)

MIX: tuple[tuple[float, AlertEntry], ...] = (
    (0.35, AlertEntry(code=30008, resource="SM{n}unknown")),
    (0.05, AlertEntry(code=30410, resource="SM{n}timeout")),
    (0.15, AlertEntry(code=30003, resource="SM{n}off")),
    (0.10, AlertEntry(code=21610, resource="SM{n}stopped")),
    (0.15, AlertEntry(code=11200, resource="CA{n}hook", request_url=_URL, text=_WEBHOOK)),
    (0.05, AlertEntry(code=31005, resource="CA{n}dropped")),
    (0.10, AlertEntry(code=63016, resource="SM{n}outside", level="warning")),
    (0.05, AlertEntry(code=60200, resource="VE{n}verify")),
)
"""Kinds of alerts and their shares. Every alert has a resource of its own, the hardest to count."""


def a_day_of(count: int) -> tuple[AlertEntry, ...]:
    """Return *count* alerts of the last 24 h but the last minute, evenly, all kinds mixed."""
    span = DAY - 60
    return tuple(
        msgspec.structs.replace(
            kind,
            at=Span(-DAY),
            times=round(count * share),
            every=Span(span / max(1, count * share)),
        )
        for share, kind in MIX
    )


def scenario(count: int) -> Scenario:
    """Return both simulators' state with *count* alerts and no cap on listings."""
    return Scenario(
        twilio=TwilioSwitches(cap=UNLIMITED),
        pages=(PageEntry(structure=STRUCTURE),),
        incidentio=PageSwitches(rate_limit=0),
        alerts=a_day_of(count),
    )


async def _serve(count: int) -> None:
    played = scenario(count)
    async with serving(played) as running:
        account = played.accounts[0]
        addresses = {
            "twilio": running.twilio_url,
            "incidentio": running.incidentio_url,
            "account_sid": account.account_sid,
            "auth_token": account.auth_token,
            "api_key": played.api_key,
        }
        print(msgspec.json.encode(addresses).decode(), flush=True)
        await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1])))
