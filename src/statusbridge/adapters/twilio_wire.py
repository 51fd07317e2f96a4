"""Twilio Monitor's answers, from bytes to the core's values. Makes no request.

Twilio declares every field of an alert nullable and adds values without notice, so a field is taken
where it makes sense and left out where not; only an entry without a usable sid is no alert. Alert
texts and URLs are looked at and dropped: no value returned here holds any of an alert's.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar
from urllib.parse import parse_qs, urlsplit

import msgspec

from statusbridge.adapters.http import one_line
from statusbridge.adapters.twilio_text import code_of, host_of, instant_of, trait_reader
from statusbridge.core.listing import Cursor, Page
from statusbridge.core.model import Alert, Instant
from statusbridge.core.rules import Probe

_LONGEST_ADDRESS = 2_048
"""Characters of a next page's address: what its token may have with room to spare."""
_LONGEST_SID = 64
_LONGEST_MESSAGE = 200

_K = TypeVar("_K")
_V = TypeVar("_V")
_I = TypeVar("_I", bound="Item")


class Malformed(Exception):  # noqa: N818 - named for what is then true
    """An answer that is no page of alerts; says what it is instead."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What one answer holds. *address*: the next page's as Twilio gave it, never to be followed."""

    alerts: tuple[Alert, ...]
    page: Page
    malformed: int = 0
    address: str | None = None


@dataclass(frozen=True, slots=True)
class Trouble:
    """What an error answer says of itself. *code*: Twilio's number, None where it gave none."""

    code: int | None
    message: str


class Item(msgspec.Struct, gc=False):
    """One alert as Twilio writes it, any field of which may be missing."""

    sid: str | None = None
    date_generated: str | None = None
    date_created: str | None = None
    error_code: str | int | float | None = None
    log_level: str | None = None
    resource_sid: str | None = None
    service_sid: str | None = None
    request_url: str | None = None
    alert_text: str | None = None


class _Meta(msgspec.Struct):
    next_page_url: str | None = None


class _Listed(msgspec.Struct):
    alerts: list[Item]
    meta: _Meta


class _Error(msgspec.Struct):
    code: str | int | float | None = None
    message: str | None = None
    detail: str | None = None
    title: str | None = None


class _Memo(dict[_K, _V]):
    """What *read* returned for each key so far. Lives as long as one page: keys may be private."""

    __slots__ = ("_read",)

    def __init__(self, read: Callable[[_K], _V]) -> None:
        super().__init__()
        self._read = read

    def __missing__(self, key: _K) -> _V:
        value = self[key] = self._read(key)
        return value


_listed = msgspec.json.Decoder(_Listed)
_error = msgspec.json.Decoder(_Error)


def read_page(body: bytes, account: str, probes: tuple[Probe, ...], server: Instant) -> Reading:
    """Return the alerts of a page in its order, and what it says about the listing.

    *server* is the server's time of the answer: it stands for missing times and caps later ones. A
    sid may occur twice. Raises `Malformed` where *body* is no page of alerts.
    """
    items, address = _decode(body)
    instants = _Memo(instant_of)
    alerts = tuple(_alerts(items, account, probes, server, instants))
    later, earlier = _oldest(items, instants)
    page = Page(
        rows=len(items),
        oldest=later,
        earlier=earlier,
        more=bool(address),
        following=_cursor(address) if address else None,
    )
    return Reading(alerts, page, len(items) - len(alerts), address)


def _decode(body: bytes) -> tuple[Sequence[Item], str | None]:
    """Return the entries of a page and the address of the next, by the fast way if it can be."""
    try:
        listed = _listed.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return _salvaged(body)
    return listed.alerts, listed.meta.next_page_url


def _salvaged(body: bytes) -> tuple[Sequence[Item], str | None]:
    """Return what can be had of a page where some value is of another type than expected.

    One odd entry must not cost the others, or the listing would end there in every poll.
    """
    try:
        # A number of thousands of digits is refused as an int, a raw control character as JSON.
        text = body.decode("utf-8-sig", "replace")
        listed = json.loads(text, parse_int=float, strict=False)
    except (ValueError, RecursionError):
        raise Malformed("not JSON, or cut short") from None
    match listed:
        case {"alerts": list(entries), "meta": dict(meta)}:
            address = meta.get("next_page_url")
        case _:
            raise Malformed("no page of alerts: `alerts` or `meta` is missing")
    if not isinstance(address, str | None):
        raise Malformed("no page of alerts: `meta.next_page_url` is no text")
    return [salvaged(entry, Item()) for entry in entries], _sendable(address) if address else None


def salvaged(entry: object, item: _I) -> _I:
    """Return *item*, an empty one, with those fields of *entry* that are of a known type."""
    if isinstance(entry, dict):
        for name in item.__struct_fields__:
            value = entry.get(name)
            if isinstance(value, str):
                setattr(item, name, _sendable(value))
            elif name == "error_code" and type(value) in (int, float):
                item.error_code = value
    return item


def _sendable(text: str) -> str:
    """A lone surrogate can be written in JSON, but in nothing that is stored or sent."""
    return text.encode("utf-8", "replace").decode()


def _alerts(
    items: Sequence[Item],
    account: str,
    probes: tuple[Probe, ...],
    server: Instant,
    instants: _Memo[str | None, Instant | None],
) -> Iterator[Alert]:
    codes, hosts, traits = _Memo(code_of), _Memo(host_of), _Memo(trait_reader(probes))
    # Past `Alert.__new__`, which costs as much again as the rest of the loop.
    new = tuple.__new__
    for item in items:
        sid = item.sid
        if sid is None or not (sid.isascii() and sid.isalnum() and len(sid) <= _LONGEST_SID):
            continue
        at = instants[item.date_generated]
        if at is None:
            at = instants[item.date_created]
        yield new(
            Alert,
            (
                account,
                sid,
                server if at is None or at > server else at,
                codes[item.error_code],
                item.log_level.lower() if item.log_level else "",
                item.resource_sid or None,
                item.service_sid or None,
                hosts[item.request_url],
                traits[item.alert_text],
            ),
        )


def _oldest(
    items: Sequence[Item], instants: _Memo[str | None, Instant | None]
) -> tuple[Instant | None, Instant | None]:
    """Return later and earlier date of the last entry that has both, else of the last that has one.

    With one of them missing, it might be the other that Twilio sorts by.
    """
    single = None
    for item in reversed(items):
        generated, created = instants[item.date_generated], instants[item.date_created]
        if generated is not None and created is not None:
            return max(generated, created), min(generated, created)
        single = single or generated or created
    return single, None


def _cursor(address: str) -> Cursor | None:
    """Return the page token that *address* carries; nothing else of it is ever used."""
    if len(address) > _LONGEST_ADDRESS:
        return None
    try:
        query = parse_qs(urlsplit(address).query)
    except ValueError:
        return None
    token, page = query.get("PageToken", [""])[0], query.get("Page", [None])[0]
    return Cursor(token, page) if token else None


def oddity(address: str | None, base_url: str) -> str | None:
    """Return what is odd about the next page's *address* for an API at *base_url*; None: nothing.

    Worth a line in the log only: the address is never followed.
    """
    if not address:
        return None
    try:
        origin = urlsplit(address)[:2]
    except ValueError:
        return "next_page_url is no URL"
    if any(origin) and origin != urlsplit(base_url)[:2]:
        return "next_page_url is of another origin: only its page token was used"
    return None if _cursor(address) else "next_page_url has no usable PageToken"


def read_trouble(body: bytes) -> Trouble:
    """Return what an error answer says, cut to a line: Twilio's own form, RFC 9457, or neither."""
    try:
        said = _error.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return Trouble(None, "")
    words = one_line(said.message or said.detail or said.title or "", _LONGEST_MESSAGE)
    return Trouble(code_of(said.code), words)
