from __future__ import annotations

import socket

import httpx
from starlette.types import Receive, Scope, Send

from statusbridge.simulators.serve import served


async def test_an_answer_in_two_writes_is_not_held_back_for_an_acknowledgement() -> None:
    options: list[int] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        transport = scope["extensions"]["statusbridge.abort"].__self__
        connection = transport.get_extra_info("socket")
        options.append(connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    async with served(app, "127.0.0.1", 0) as url, httpx.AsyncClient() as client:
        await client.get(url)

    assert options == [1]
