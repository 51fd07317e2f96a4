"""Each request of both adapters, lied to in every way: what is then known, and that it passes."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest
from honest import ENDPOINTS, SECRET, Client, Endpoint, client_of, honest_answer
from lies import ELSEWHERE, NO_WHOLE_ANSWER, NOT_THE_JSON, STATUSES
from lying import Lie

from http_server import Server, answer, answering, read_request, serving
from statusbridge.adapters.http_transport import Limits
from statusbridge.core.errors import Unauthorized, Unavailable

BRISK = Limits(deadline=3.0, connect=3.0, pool=3.0, body=40_000, header=20_000)
"""The product's limits, but for less patience and less room."""

LIES = {**NO_WHOLE_ANSWER, **NOT_THE_JSON, **ELSEWHERE, **STATUSES}


@dataclass
class Liar:
    """A server that answers honestly, but *endpoint* with *lie* as often as *left* says."""

    endpoint: Endpoint
    lie: Lie
    left: int = 0


@dataclass(frozen=True)
class Told:
    """How one call ended, and what was said of it."""

    end: str
    reason: str


async def ended(client: Client, endpoint: Endpoint) -> Told:
    try:
        result = await endpoint.call(client)
    except (Unavailable, Unauthorized) as error:
        return Told(type(error).__name__, error.reason)
    if endpoint.kind == "write":
        return Told(type(result).__name__, getattr(result, "reason", ""))
    return Told("read", "")


@asynccontextmanager
async def lied_to(liar: Liar, elsewhere: str) -> AsyncIterator[tuple[Client, Server]]:
    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            request = await read_request(reader)
            server.requests.append(request)
            line = request.split(b" HTTP/1.1", 1)[0].decode()
            truth = honest_answer(client, line)
            if liar.left and liar.endpoint.line.match(line):
                liar.left -= 1
                await liar.lie.act(truth, elsewhere, writer)
                if not liar.lie.stays:
                    return
            else:
                writer.write(truth.sent())
                await writer.drain()

    async with serving(script) as server, client_of(server.url, BRISK) as client:
        yield client, server


async def before_during_and_after(
    endpoint: Endpoint, lie: Lie, elsewhere: str
) -> tuple[Told, list[bytes]]:
    """Return how a call ended that was lied to, between two others that gave the same."""
    liar = Liar(endpoint, lie)
    async with lied_to(liar, elsewhere) as (client, server):
        before = await endpoint.call(client)
        liar.left = 1 if lie.once else 1_000
        told = await ended(client, endpoint)
        liar.left = 0
        after = await endpoint.call(client.rested())
    assert after == before
    return told, server.requests


@pytest.mark.parametrize("lie", LIES.values(), ids=LIES)
async def test_lie_is_known_for_what_it_is_at_every_endpoint_and_leaves_nothing_behind(
    lie: Lie,
) -> None:
    async with asyncio.timeout(30), answering(answer()) as elsewhere:
        played = await asyncio.gather(
            *(before_during_and_after(e, lie, elsewhere.url) for e in ENDPOINTS.values())
        )

    found = {name: told.end for name, (told, _) in zip(ENDPOINTS, played, strict=True)}
    expected = {name: lie.end(endpoint.kind) for name, endpoint in ENDPOINTS.items()}
    assert found == expected
    assert elsewhere.connections == 0
    for told, requests in played:
        assert SECRET not in told.reason
        assert told.reason.isprintable()
        assert len(told.reason) < 400
        assert not re.search(rb"(?i)\r\ncookie:", b"".join(requests))
        assert sum(r.startswith(b"POST") for r in requests) in (0, 3)
