"""Those who take notices: a webhook, and an HTTP alert source of incident.io's.

A message goes out once for each call, within a deadline; what became of it is a value. Satisfy
`telling.Receiver`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import msgspec

from statusbridge.adapters import http
from statusbridge.adapters.exchanges import Exchanges
from statusbridge.adapters.http import Reply, Wire, one_line
from statusbridge.adapters.http_transport import Limits
from statusbridge.adapters.incidentio_outcome import REFUSED, complaint, wait_asked
from statusbridge.core.errors import Unavailable
from statusbridge.core.model import iso
from statusbridge.core.notice_texts import Message
from statusbridge.core.outcome import (
    Applied,
    Gone,
    Limited,
    NotSent,
    Outcome,
    Refused,
    Unauthorized,
    Unknown,
)

LIMITS = Limits(deadline=10.0, connect=5.0, body=64 * 2**10, header=16 * 2**10, connections=1)


class Webhook:
    """Takes JSON with a "text", as Slack, Mattermost and the like do, and facts beside it.

    *url* is asked for each message anew; it raises Unavailable where it can't be read, without
    quoting it. No failure names more of it than its host.
    """

    name = "webhook"

    def __init__(
        self,
        url: Callable[[], str],
        link: str,
        exchanges: Exchanges,
        sockets: Path | None = None,
    ) -> None:
        self._url = url
        self._link = link
        self._open = partial(_opened, exchanges=exchanges, sockets=sockets)

    async def tell(self, message: Message) -> Outcome:
        try:
            wire, target = self._open(self._url())
        except Unavailable as error:
            return NotSent(error.reason)
        try:
            return await _sent(wire, target, text_body(message, self._link), _first_line)
        finally:
            await wire.aclose()


class AlertSource:
    """The alert source *id*, on the origin of incident.io's API, with a secret of its own."""

    name = "alert_source"

    def __init__(self, wire: Wire, id: str, link: str) -> None:  # noqa: A002
        self._wire = wire
        self._path = f"/v2/alert_events/http/{quote(id, safe='')}"
        self._link = link

    async def tell(self, message: Message) -> Outcome:
        return await _sent(self._wire, self._path, event_body(message, self._link), complaint)


class HeartbeatUrl:
    """What is pinged at *url*, which is read as a `Webhook`'s is. Satisfies `heartbeat.Switch`."""

    def __init__(
        self,
        url: Callable[[], str],
        method: str,
        exchanges: Exchanges,
        sockets: Path | None = None,
    ) -> None:
        self._url = url
        self._method = method
        self._open = partial(_opened, exchanges=exchanges, sockets=sockets)

    async def ping(self) -> None:
        wire, target = self._open(self._url())
        try:
            if self._method == "GET":
                reply = await wire.get(target)
            else:
                reply = await wire.post_once(target, b"{}")
        except (http.NotSent, http.Interrupted, Unavailable) as error:
            raise Unavailable(error.reason.replace(target, "…")) from None
        finally:
            await wire.aclose()
        if not 200 <= reply.status < 300:
            raise Unavailable(f"it answered {reply.status}")


def _opened(address: str, exchanges: Exchanges, sockets: Path | None) -> tuple[Wire, str]:
    """Return a connection to the host of *address*, and what to ask it for."""
    url = urlsplit(address)
    limits = replace(LIMITS, sockets=sockets)
    wire = Wire(
        f"{url.scheme}://{url.netloc}", None, private_path=True, limits=limits, exchanges=exchanges
    )
    return wire, f"{url.path or '/'}{f'?{url.query}' if url.query else ''}"


async def _sent(wire: Wire, path: str, body: bytes, words: Callable[[bytes], str]) -> Outcome:
    try:
        reply = await wire.post_once(path, body)
    except http.NotSent as error:
        return NotSent(error.reason)
    except http.Interrupted as error:
        return Unknown(error.reason)
    return _outcome(reply, f"{reply.status} {words(reply.body)}".rstrip())


def _outcome(reply: Reply, why: str) -> Outcome:
    redirected = 300 <= reply.status < 400
    match reply.status:
        case status if 200 <= status < 300:
            return Applied()
        case 401 | 403:
            return Unauthorized(reply.status, why)
        case status if redirected or status in (404, 410):
            return Gone(f"{why} (redirects are not followed)" if redirected else why)
        case 429:
            return Limited(why, wait_asked(reply))
        case status if status in REFUSED:
            return Refused(status, why)
        case _:
            return Unknown(why)


def _first_line(body: bytes) -> str:
    return one_line(body.decode(errors="replace"), 100)


def text_body(message: Message, link: str) -> bytes:
    """Return what a webhook is sent: a "text" for people, facts for programs."""
    lines = (message.head, message.more, link)
    text = "\n".join(_escaped(line) for line in lines if line)
    return msgspec.json.encode({"text": text, **_facts(message, link)})


def _escaped(text: str) -> str:
    """Return *text* as no markup: https://api.slack.com/reference/surfaces/formatting#escaping."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def event_body(message: Message, link: str) -> bytes:
    """Return the event that an alert source is sent (AlertEventsCreateHTTPPayloadV2)."""
    event = {
        "title": message.head.replace("`", ""),
        "description": message.more,
        "deduplication_key": message.id,
        "status": message.state,
        "metadata": _facts(message, link),
    }
    return msgspec.json.encode({**event, "source_url": link} if link else event)


def _facts(message: Message, link: str) -> dict[str, Any]:
    notice = message.notice
    return {
        "version": 1,
        "event": str(notice.event),
        "state": message.state,
        "key": message.id,
        "page": notice.page or None,
        "incident": notice.incident or None,
        "title": notice.title or None,
        "source": notice.subject or None,
        "reason": notice.reason or None,
        "since": iso(message.since),
        "command": message.command or None,
        "link": link or None,
    }
