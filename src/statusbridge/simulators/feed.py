"""Feed entries: how scenarios and control requests write alerts, and the alerts that they mean.

The notation is that of the rule tests. Everything of an alert follows from the entry, its number,
the account and the seed: the same scenario gives the same SIDs on every run.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from typing import NamedTuple
from urllib.parse import quote

import msgspec
from msgspec import Struct

from statusbridge.simulators.notation import DateFormat, Span, digest, sid, timestamp

_ORIGIN = "https://monitor.twilio.com"
_DOCS = "https://www.twilio.com/docs/errors"


class AlertEntry(Struct, frozen=True, forbid_unknown_fields=True):
    """*times* alerts, *every* so often from *at* on.

    "{n}" in *resource*, *text* and *request_url* is the alert's number in the entry, from 0.
    *spread*: each alert happens up to so much later, by chance. *late*: stored so long after it
    happened. *fields* replaces what stands on the wire, *nulls* makes fields null.
    """

    at: Span = Span(0)
    every: Span = Span(0)
    times: int = 1
    code: int | None = None
    level: str = "error"
    resource: str | None = None
    service: str | None = None
    text: str | None = None
    request_url: str | None = None
    method: str | None = None
    account: str | None = None
    spread: Span = Span(0)
    late: Span = Span(0)
    dates: DateFormat = "iso"
    fields: Mapping[str, object] = {}
    nulls: tuple[str, ...] = ()


class FeedAlert(NamedTuple):
    """One alert to come: *generated* when it happened, *created* when it is stored."""

    sid: str
    generated: int
    created: int
    level: str
    encoded: bytes
    """The alert as JSON, as a listing shows it."""


class _Wire(Struct):
    """An alert in the order in which Twilio writes its fields."""

    account_sid: str
    alert_text: str
    api_version: str
    date_created: str
    date_generated: str
    date_updated: str
    error_code: str | None
    log_level: str
    more_info: str | None
    request_method: str | None
    request_url: str | None
    resource_sid: str | None
    service_sid: str | None
    sid: str
    url: str


def expand(entry: AlertEntry, start: float, account_sid: str, label: str) -> Iterator[FeedAlert]:
    """Yield the alerts of *entry*, its times counted from *start*; *label* tells it from others."""
    chance = random.Random(f"{label}/{account_sid}")
    for n in range(entry.times):
        delay = chance.uniform(0, entry.spread) if entry.spread else 0.0
        generated = int(start + entry.at + n * entry.every + delay)
        yield _alert(entry, generated, n, (account_sid, label))


def _alert(entry: AlertEntry, generated: int, n: int, source: tuple[str, str]) -> FeedAlert:
    account_sid, label = source
    created = generated + int(entry.late)
    alert_sid = "NO" + digest(label, account_sid, n)
    stored = timestamp(created, entry.dates)
    wire = _Wire(
        account_sid=account_sid,
        alert_text=_numbered(entry.text, n) or _text(entry),
        api_version="2010-04-01",
        date_created=stored,
        date_generated=timestamp(generated, entry.dates),
        date_updated=stored,
        error_code=None if entry.code is None else str(entry.code),
        log_level=entry.level,
        more_info=None if entry.code is None else f"{_DOCS}/{entry.code}",
        request_method=entry.method or (entry.request_url and "POST"),
        request_url=_numbered(entry.request_url, n),
        resource_sid=None if entry.resource is None else sid(entry.resource, n),
        service_sid=None if entry.service is None else sid(entry.service, n),
        sid=alert_sid,
        url=f"{_ORIGIN}/v1/Alerts/{alert_sid}",
    )
    return FeedAlert(alert_sid, generated, created, entry.level.lower(), _encoded(wire, entry))


def _encoded(wire: _Wire, entry: AlertEntry) -> bytes:
    if not entry.fields and not entry.nulls:
        return msgspec.json.encode(wire)
    table = msgspec.structs.asdict(wire) | dict(entry.fields) | dict.fromkeys(entry.nulls)
    return msgspec.json.encode(table)


def _numbered(text: str | None, n: int) -> str | None:
    return text and text.replace("{n}", str(n))


def _text(entry: AlertEntry) -> str:
    """Twilio's usual alert text: URL-encoded pairs."""
    told = quote(f"Error {entry.code}") if entry.code else "Notice"
    code = f"&ErrorCode={entry.code}" if entry.code else ""
    return f"Msg={told}{code}&LogLevel={entry.level.upper()}&EmailNotification=false"
