from __future__ import annotations

import asyncio
import gzip
from dataclasses import dataclass
from urllib.parse import urlsplit

import pytest

from http_server import serving
from outside import OPENED, Outside
from programs import get, until

pytestmark = pytest.mark.process

_JSON = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
GARBAGE = (
    b"",
    b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 5\r\n\r\n<html",
    b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: \xff\xfe://\x01\r\n\r\n",
    _JSON + b"Content-Length: 4\r\n\r\nnull",
    _JSON + b"Content-Length: 100000\r\n\r\n" + b"[" * 100_000,
    _JSON + b"Content-Encoding: gzip\r\n\r\n" + gzip.compress(bytes(10_000_000)),
    _JSON + b"Date: Fri, 31 Dec 9999 23:59:59 -2359\r\nContent-Length: 2\r\n\r\n{}",
    b"HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffffff\r\n",
    b"HTTP/1.1 200 OK\r\nX: " + b"x" * 300_000,
    b"\x15\x03\x01\x00\x02\x02\x28",
)


@dataclass
class Front:
    """Stands before a service: plays garbage in turn until *honest*, and to *spoiled* writes after.

    A spoiled write reaches the service; only its answer is garbage.
    """

    upstream: int
    honest: bool = False
    spoiled: int = 0
    played: int = 0

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        if self.honest:
            await self._pass_on(head, reader, writer)
        else:
            self._play(writer)
        await writer.drain()

    def _play(self, writer: asyncio.StreamWriter) -> None:
        writer.write(GARBAGE[self.played % len(GARBAGE)])
        self.played += 1

    async def _pass_on(
        self, head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        from_service, to_service = await asyncio.open_connection("127.0.0.1", self.upstream)
        to_service.write(head)
        forth = asyncio.create_task(_copy(reader, to_service))
        try:
            if head.startswith(b"POST") and self.spoiled:
                self.spoiled -= 1
                await from_service.read()
                self._play(writer)
            else:
                await _copy(from_service, writer)
        finally:
            forth.cancel()
            await asyncio.gather(forth, return_exceptions=True)
            to_service.close()
            await to_service.wait_closed()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65_536):
        writer.write(data)
        await writer.drain()


def port_of(url: str) -> int:
    return urlsplit(url).port or 0


async def test_bridge_that_hears_only_garbage_for_a_while_recovers_and_posts_once(
    outside: Outside,
) -> None:
    twilio = Front(port_of(outside.world.twilio_url))
    page = Front(port_of(outside.world.incidentio_url))
    async with serving(twilio) as before_twilio, serving(page) as before_page:
        outside.configure(
            twilio_url=f'"{before_twilio.url}"', incidentio_url=f'"{before_page.url}"'
        )
        async with outside.storm(), outside.daemon() as daemon:
            await until(lambda: twilio.played >= len(GARBAGE) and page.played >= len(GARBAGE) // 2)
            unready, reasons = await get(f"{await daemon.url()}/readyz")
            posted = outside.posts()
            twilio.honest = page.honest = True
            page.spoiled = 1
            adopted = await until(lambda: daemon.event("operation.adopted"))
            await daemon.cycle()
            ready, _ = await get(f"{await daemon.url()}/readyz")
            events = daemon.events()
            code = await daemon.end()

    assert (unready, posted, ready, code) == (503, [], 200, 0)
    assert "page public: " in reasons
    assert adopted["level"] == "info"
    assert (outside.texts(), outside.writes()) == ([OPENED], 1)
    assert not [event for event in events if "exception" in event or event["level"] == "error"]
