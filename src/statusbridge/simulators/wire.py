"""A `Front` on ASGI, and the one thing ASGI can't say: to close the connection without an answer.

Under `serve` that ends the TCP connection. In process (httpx.ASGITransport) there is none to close,
so `ConnectionResetError` is raised instead.
"""

from __future__ import annotations

import asyncio
from math import inf
from urllib.parse import parse_qsl

from starlette.types import Message, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from statusbridge.simulators.exchange import Delivery, Reply, Request
from statusbridge.simulators.front import Front

_ABORT = "statusbridge.abort"
_CHUNK = 1024 * 1024
_DRIPS = 20


class AbortableProtocol(H11Protocol):
    """uvicorn's HTTP/1.1, its transport's `abort` put within the application's reach."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        served = self.app

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            scope.setdefault("extensions", {})[_ABORT] = transport.abort
            await served(scope, receive, send)

        self.app = app


class Wire:
    """The ASGI application that hands every request to *front* and delivers what comes back."""

    def __init__(self, front: Front) -> None:
        self._front = front

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = await _read(scope, receive)
        await _deliver(self._front.receive(request), scope, receive, send)


async def _read(scope: Scope, receive: Receive) -> Request:
    body = b""
    more = True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return Request(
        method=scope["method"],
        path=scope["path"],
        query=dict(parse_qsl(scope["query_string"].decode(), keep_blank_values=True)),
        headers={
            name.decode().lower(): value.decode("latin-1") for name, value in scope["headers"]
        },
        body=body,
    )


async def _deliver(delivery: Delivery, scope: Scope, receive: Receive, send: Send) -> None:
    if delivery.delay and await _left_within(delivery.delay, receive):
        return
    reply = delivery.reply
    if reply is None:
        await _abort(scope, receive)
        return
    await send(_head(reply, len(reply.body) + delivery.pad))
    if delivery.cut is not None:
        await send(_part(reply.body[: delivery.cut], more=True))
        await _abort(scope, receive)
    elif delivery.drip:
        await _drip(reply.body, delivery.drip, receive, send)
    else:
        await send(_part(reply.body, more=delivery.pad > 0))
        for sent in range(0, delivery.pad, _CHUNK):
            rest = delivery.pad - sent
            await send(_part(b" " * min(_CHUNK, rest), more=rest > _CHUNK))


def _head(reply: Reply, length: int) -> Message:
    headers = [(name.encode(), value.encode("latin-1")) for name, value in reply.headers]
    headers.append((b"content-type", reply.content_type.encode()))
    headers.append((b"content-length", str(length).encode()))
    return {"type": "http.response.start", "status": reply.status, "headers": headers}


def _part(body: bytes, *, more: bool) -> Message:
    return {"type": "http.response.body", "body": body, "more_body": more}


async def _drip(body: bytes, seconds: float, receive: Receive, send: Send) -> None:
    size = max(1, -(-len(body) // _DRIPS))
    for start in range(0, len(body), size):
        if await _left_within(seconds / _DRIPS, receive):
            return
        await send(_part(body[start : start + size], more=True))
    await send(_part(b"", more=False))


async def _left_within(seconds: float, receive: Receive) -> bool:
    """Wait *seconds*; return at once, and True, when the client has gone."""
    try:
        await asyncio.wait_for(_gone(receive), None if seconds == inf else seconds)
    except TimeoutError:
        return False
    return True


async def _gone(receive: Receive) -> None:
    message = await receive()
    while message["type"] != "http.disconnect":
        message = await receive()


async def _abort(scope: Scope, receive: Receive) -> None:
    abort = scope.get("extensions", {}).get(_ABORT)
    if abort is None:
        raise ConnectionResetError("the simulator closed the connection without a whole answer")
    abort()
    await _left_within(1, receive)
