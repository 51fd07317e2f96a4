"""One page of a listing of alerts, in Monitor's envelope, with the links to its neighbours."""

from __future__ import annotations

from dataclasses import dataclass, field

import msgspec

from statusbridge.simulators.alerts_query import (
    AlertsQuery,
    Problem,
    TwilioSwitches,
    bad_token,
    read_query,
)
from statusbridge.simulators.exchange import Request
from statusbridge.simulators.feed import FeedAlert
from statusbridge.simulators.shelf import Listing, Shelf

LIST_PATH = "/v1/Alerts"

_OFFSET = "PAOFFSET"
"""Begins a token that counts rows; a keyset token is "PA" (next) or "PB" (previous) and a SID."""


@dataclass(slots=True)
class Tokens:
    """Page tokens given out: how they are made, when, and how long they are good."""

    issued: dict[str, float] = field(default_factory=dict)

    def issue(self, token: str, switches: TwilioSwitches, now: float) -> str:
        """Return *token*, remembered where tokens grow old."""
        if switches.token_lifetime is not None:
            self.issued[token] = now
        return token

    def check(self, token: str, switches: TwilioSwitches, now: float) -> None:
        """Raise `Problem` unless *token* is still good at *now*."""
        lifetime = switches.token_lifetime
        if lifetime is not None and self.issued.get(token, float("-inf")) + lifetime < now:
            raise bad_token()


@dataclass(frozen=True, slots=True)
class _Page:
    """The rows from position *start* on, of which *reachable* can be paged to."""

    rows: list[FeedAlert]
    start: int
    reachable: int


def list_alerts(
    request: Request, shelf: Shelf, switches: TwilioSwitches, tokens: Tokens, now: float
) -> bytes:
    """Return the page of *shelf* that *request* asks for. Raises `Problem`."""
    query = read_query(request.query, switches, now)
    if query.token is not None:
        tokens.check(query.token, switches, now)
    page = _page(query, shelf, switches, now)
    links = {name: tokens.issue(t, switches, now) for name, t in _tokens(page, query, switches)}
    body = b",".join([row.encoded for row in page.rows])
    return b'{"meta":' + _meta(request, query, links) + b',"alerts":[' + body + b"]}"


def _page(query: AlertsQuery, shelf: Shelf, switches: TwilioSwitches, now: float) -> _Page:
    listing = shelf.listing(now, query.level, query.low, query.high)
    start = _start(query, shelf, listing)
    if start >= switches.cap and switches.at_cap == "error":
        raise Problem(400, 20001, f"At most {switches.cap} Alerts can be listed")
    reachable = len(listing) if switches.at_cap == "error" else min(len(listing), switches.cap)
    return _Page(listing.rows(start, min(start + query.size, switches.cap)), start, reachable)


def _start(query: AlertsQuery, shelf: Shelf, listing: Listing) -> int:
    token = query.token
    if token is None:
        return 0
    if token.startswith(_OFFSET):
        count = token.removeprefix(_OFFSET)
        if not count.isdecimal():
            raise bad_token()
        return int(count)
    key = shelf.key(token[2:])
    if key is None or token[:2] not in ("PA", "PB"):
        raise bad_token()
    position = listing.position(key)
    return max(0, position + 1 if token.startswith("PA") else position - query.size)


def _tokens(page: _Page, query: AlertsQuery, switches: TwilioSwitches) -> list[tuple[str, str]]:
    keyset = switches.tokens == "keyset"
    following = page.start + len(page.rows)
    found = []
    if page.rows and following < page.reachable:
        found.append(("next", f"PA{page.rows[-1].sid}" if keyset else _offset(following)))
    if page.rows and page.start:
        before = max(0, page.start - query.size)
        found.append(("previous", f"PB{page.rows[0].sid}" if keyset else _offset(before)))
    return found


def _offset(count: int) -> str:
    return f"{_OFFSET}{count:028d}"


def _meta(request: Request, query: AlertsQuery, links: dict[str, str]) -> bytes:
    base = f"{request.origin}{LIST_PATH}?{query.echo}PageSize={query.size}&Page="

    def link(page: int, token: str | None) -> str | None:
        return token and f"{base}{max(0, page)}&PageToken={token}"

    return msgspec.json.encode(
        {
            "page": query.page,
            "page_size": query.size,
            "first_page_url": f"{base}0",
            "previous_page_url": link(query.page - 1, links.get("previous")),
            "url": link(query.page, query.token) or f"{base}{query.page}",
            "next_page_url": link(query.page + 1, links.get("next")),
            "key": "alerts",
        }
    )
