"""A webhook and an alert source against loopback: what they get, and what answers mean."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from builders import T0
from http_server import Server, answer, answering, serving
from statusbridge.adapters import receivers
from statusbridge.adapters.exchanges import Exchanges
from statusbridge.adapters.http import Wire
from statusbridge.adapters.http_transport import Limits
from statusbridge.adapters.receivers import AlertSource, Webhook
from statusbridge.core.errors import Unavailable
from statusbridge.core.hearing import Entry
from statusbridge.core.notice_texts import Message, worded
from statusbridge.core.notices import Event, Notice
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

HELD = Notice(
    "e1-held-maintenance", Event.HELD, "maintenance", "", "public", "sms", "public/sms",
    "<!here> R&D", episode="e1",
)  # fmt: skip
MESSAGE = worded(Entry(HELD, T0))
OVER = worded(Entry(HELD, T0, over=True))
LINK = "https://wiki.example.com/?a=1&b=2"
FACTS = {
    "version": 1,
    "event": "held",
    "state": "firing",
    "key": f"e1-held-maintenance-{T0}",
    "page": "public",
    "incident": "sms",
    "title": "<!here> R&D",
    "source": None,
    "reason": "maintenance",
    "since": "2026-09-21T14:13:20Z",
    "command": "statusbridge explain public/sms",
    "link": None,
}


async def posted(url: str, message: Message = MESSAGE, link: str = "") -> Outcome:
    return await Webhook(lambda: url, link, Exchanges()).tell(message)


@asynccontextmanager
async def a_source(url: str, link: str = "") -> AsyncIterator[AlertSource]:
    wire = Wire(url, lambda: "Bearer s0urce-s3cret", limits=receivers.LIMITS)
    try:
        yield AlertSource(wire, "01SOURCE", link)
    finally:
        await wire.aclose()


def body_of(server: Server) -> dict[str, Any]:
    (request,) = server.requests
    found: dict[str, Any] = json.loads(request.partition(b"\r\n\r\n")[2])
    return found


async def test_webhook_is_sent_a_text_without_markup_of_others_and_the_facts() -> None:
    async with answering(answer(body=b"ok")) as server:
        outcome = await posted(f"{server.url}/services/T0/B0?thread=1")

    assert outcome == Applied()
    assert server.requests[0].startswith(b"POST /services/T0/B0?thread=1 HTTP/1.1\r\n")
    assert b"authorization" not in server.requests[0].lower()
    assert body_of(server) == {
        "text": "Held: “&lt;!here&gt; R&amp;D” (sms) on page public: a component of it is under "
        "maintenance. Run `statusbridge explain public/sms`.\nSince 2026-09-21T14:13:20Z.",
        **FACTS,
    }


async def test_link_goes_along() -> None:
    async with answering(answer()) as hook, answering(answer("202 Accepted")) as events:
        await posted(hook.url, link=LINK)
        async with a_source(events.url, LINK) as source:
            await source.tell(MESSAGE)

    assert body_of(hook)["text"].endswith("\nhttps://wiki.example.com/?a=1&amp;b=2")
    assert body_of(hook)["link"] == body_of(events)["source_url"] == LINK


async def test_alert_source_is_told_by_its_own_secret_with_a_key_that_stays() -> None:
    async with answering(answer("202 Accepted")) as server, a_source(server.url) as source:
        outcome = await source.tell(OVER)

    assert outcome == Applied()
    head = server.requests[0].partition(b"\r\n\r\n")[0].decode()
    assert head.startswith("POST /v2/alert_events/http/01SOURCE HTTP/1.1\r\n")
    assert "Authorization: Bearer s0urce-s3cret" in head
    assert body_of(server) == {
        "title": "Over: “<!here> R&D” (sms) on page public is no longer held for this: a component "
        "of it is under maintenance.",
        "description": "Since 2026-09-21T14:13:20Z.",
        "deduplication_key": MESSAGE.id,
        "status": "resolved",
        "metadata": FACTS | {"state": "resolved", "command": None},
    }


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        ("200 OK", Applied()),
        ("204 No Content", Applied()),
        ("302 Found", Gone("302 no_text (redirects are not followed)")),
        ("400 Bad Request", Refused(400, "400 no_text")),
        ("403 Forbidden", Unauthorized(403, "403 no_text")),
        ("404 Not Found", Gone("404 no_text")),
        ("410 Gone", Gone("410 no_text")),
        ("413 Content Too Large", Refused(413, "413 no_text")),
        ("500 Internal Server Error", Unknown("500 no_text")),
    ],
)
async def test_answer_of_a_webhook_says_what_became_of_the_message(
    status: str, outcome: Outcome
) -> None:
    async with answering(answer(status, b"no_text\n", "Location: https://example.com/")) as server:
        assert await posted(f"{server.url}/s3cret") == outcome

    assert server.connections == 1


async def test_full_receiver_says_how_long_to_wait() -> None:
    async with answering(answer("429 Too Many", b"slow", "Retry-After: 30")) as server:
        assert await posted(server.url) == Limited("429 slow", 30)


async def test_silent_receiver_is_left_at_the_deadline_and_may_have_heard(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(receivers, "LIMITS", Limits(deadline=0.6))
    async with serving(say_nothing) as server:
        outcome = await posted(f"{server.url}/s3cret/hook")

    assert isinstance(outcome, Unknown)
    assert outcome.reason == "POST 127.0.0.1 failed: no whole answer in time"


async def test_address_that_cannot_be_read_or_reached_was_told_nothing() -> None:
    def unreadable() -> str:
        raise Unavailable("environment variable HOOK is not set")

    async with answering() as server:
        closed = server.url
    unread = await Webhook(unreadable, "", Exchanges()).tell(MESSAGE)
    unreached = await posted(f"{closed}/s3cret")

    assert unread == NotSent("environment variable HOOK is not set")
    assert isinstance(unreached, NotSent)
    assert "s3cret" not in unreached.reason
