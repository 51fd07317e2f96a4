"""A loopback server that says exactly the bytes it is told, and remembers what it was sent."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import TypeAlias

Script: TypeAlias = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@dataclass
class Server:
    port: int = 0
    requests: list[bytes] = field(default_factory=list)
    """Each as it came: head and body."""
    connections: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


async def read_request(reader: asyncio.StreamReader) -> bytes:
    head = await reader.readuntil(b"\r\n\r\n")
    lengths = [
        int(line.split(b":")[1])
        for line in head.split(b"\r\n")
        if line.lower().startswith(b"content-length:")
    ]
    return head + await reader.readexactly(lengths[0] if lengths else 0)


@asynccontextmanager
async def serving(
    script: Script, tls: ssl.SSLContext | None = None, on: socket.socket | None = None
) -> AsyncIterator[Server]:
    """Run *script* for each connection; a connection ends with its script, or with the test.

    *on*: a socket that is listening already.
    """
    told = Server()
    tasks: set[asyncio.Task[None]] = set()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        told.connections += 1
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        with suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            await script(reader, writer)
        writer.close()
        with suppress(OSError, asyncio.CancelledError):
            await writer.wait_closed()

    listening = on or socket.create_server(("127.0.0.1", 0))
    server = await asyncio.start_server(connected, sock=listening, ssl=tls)
    told.port = server.sockets[0].getsockname()[1]
    try:
        yield told
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await server.wait_closed()


@asynccontextmanager
async def answering(*answers: bytes) -> AsyncIterator[Server]:
    """Answer the requests of each connection with *answers* in turn, then close it."""

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for answer in answers:
            told.requests.append(await read_request(reader))
            writer.write(answer)
            await writer.drain()

    async with serving(script) as told:
        yield told


@asynccontextmanager
async def replying(respond: Callable[[str, bytes], bytes]) -> AsyncIterator[Server]:
    """Answer every request with *respond* of its request line, less the version, and its body."""

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            request = await read_request(reader)
            told.requests.append(request)
            head, _, body = request.partition(b"\r\n\r\n")
            line = head.split(b"\r\n")[0].decode().removesuffix(" HTTP/1.1")
            writer.write(respond(line, body))
            await writer.drain()

    async with serving(script) as told:
        yield told


def answer(status: str = "200 OK", body: bytes = b"{}", *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers, "", ""]
    return "\r\n".join(lines).encode() + body
