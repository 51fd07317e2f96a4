"""Clients of a daemon that mean it no good, or don't know what they do."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from daemons import a_config, a_daemon
from statusbridge.config.values import Address, Server
from statusbridge.server import bodies, served
from statusbridge.server.serve import serving
from world import World

PATIENCE = 0.3


@dataclass(frozen=True)
class Doors:
    """Where a daemon listens."""

    port: int
    socket: Path


@asynccontextmanager
async def open_daemon(host: str = "127.0.0.1") -> AsyncIterator[Doors]:
    with tempfile.TemporaryDirectory(prefix="sb-") as folder, capture_logs() as logs:
        daemon = a_daemon(World(), a_config(Path(folder)))
        daemon.config = replace(daemon.config, server=Server(Address(host, 0)))
        async with serving(daemon):
            port = int(logs[0]["listen"].rpartition(":")[2])
            yield Doors(port, daemon.config.socket_path)


async def answer(port: int, request: bytes) -> bytes:
    """Return all that is answered to *request* until the daemon hangs up."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request)
    async with asyncio.timeout(10):
        told = await reader.read()
    writer.close()
    return told


def asking(host: str, path: str = "/livez", more: str = "") -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{more}\r\n".encode()


async def drip(port: int, head: bytes) -> bytes:
    """Send *head* a byte at a time, faster than patience ends, until the daemon hangs up."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)

    async def send() -> None:
        for byte in head:
            writer.write(bytes([byte]))
            await asyncio.sleep(PATIENCE / 5)

    sending = asyncio.create_task(send())
    async with asyncio.timeout(10):
        try:
            return await reader.read()
        except ConnectionResetError:
            return b""
        finally:
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)
            writer.transport.abort()


@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:9464", "localhost.evil.example", "127.0.0.1.evil.example"],
)
async def test_name_that_was_made_to_mean_this_machine_is_given_nothing(host: str) -> None:
    async with open_daemon() as doors:
        told = await answer(doors.port, asking(host, "/metrics"))

    assert told.startswith(b"HTTP/1.1 421 ")
    assert b"statusbridge_" not in told


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.0.0.1:9464", "localhost:9464", "LOCALHOST", "[::1]:9464", "10.0.0.1"]
)
async def test_addresses_and_localhost_are_answered(host: str) -> None:
    async with open_daemon() as doors:
        told = await answer(doors.port, asking(host))

    assert told.startswith(b"HTTP/1.1 200 ")


async def test_daemon_that_listens_to_all_is_asked_by_any_name_and_one_without_is_answered() -> (
    None
):
    async with open_daemon("0.0.0.0") as doors:
        named = await answer(doors.port, asking("statusbridge.monitoring.svc"))
    async with open_daemon() as doors:
        nameless = await answer(doors.port, b"GET /livez HTTP/1.0\r\n\r\n")

    assert named.startswith(b"HTTP/1.1 200 ")
    assert b" 200 " in nameless.partition(b"\r\n")[0]


async def test_no_other_page_in_a_browser_may_read_or_frame_what_is_answered() -> None:
    async with open_daemon() as doors:
        told = await answer(
            doors.port, asking("localhost", more="Origin: https://evil.example\r\n")
        )

    head = told.partition(b"\r\n\r\n")[0].decode().lower()
    assert "access-control" not in head
    assert "server:" not in head
    assert {line for line in head.splitlines() if line.split(":")[0] in {
        "cache-control", "content-security-policy", "x-content-type-options",
    }} == {
        "cache-control: no-store",
        "content-security-policy: default-src 'none'; frame-ancestors 'none'",
        "x-content-type-options: nosniff",
    }  # fmt: skip


@pytest.mark.parametrize(
    "head",
    [
        b"G" * 100,
        b"GET /livez HTTP/1.1\r\nHost: localhost\r\nX: " + b"y" * 100,
        b"",
    ],
)
async def test_client_that_never_finishes_asking_is_hung_up_on(
    monkeypatch: pytest.MonkeyPatch, head: bytes
) -> None:
    monkeypatch.setattr(served, "PATIENCE", PATIENCE)
    async with open_daemon() as doors:
        told = await drip(doors.port, head)

    assert told == b""


async def test_body_that_never_ends_does_not_keep_a_connection(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(served, "PATIENCE", PATIENCE)
    head = b"GET /livez HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n"
    async with open_daemon() as doors:
        reader, writer = await asyncio.open_connection("127.0.0.1", doors.port)
        writer.write(head)
        first = await reader.readline()

        async def send() -> None:
            while True:
                writer.write(b"x")
                await asyncio.sleep(PATIENCE / 5)

        sending = asyncio.create_task(send())
        async with asyncio.timeout(10):
            await asyncio.gather(reader.read(), return_exceptions=True)
        sending.cancel()
        writer.transport.abort()

    assert first == b"HTTP/1.1 200 OK\r\n"


async def test_many_that_say_nothing_do_not_keep_a_probe_from_its_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Long enough for all of them to be there together, also on a busy machine.
    monkeypatch.setattr(served, "PATIENCE", 3.0)
    async with open_daemon() as doors:
        silent = [await asyncio.open_connection("127.0.0.1", doors.port) for _ in range(70)]
        refused = await answer(doors.port, asking("localhost"))
        async with asyncio.timeout(30):
            await asyncio.gather(*(r.read() for r, _ in silent), return_exceptions=True)
        told = await answer(doors.port, asking("localhost"))
        for _, writer in silent:
            writer.close()

    assert refused.startswith(b"HTTP/1.1 503 ")
    assert told.startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"GET /" + b"a" * 20_000, b"400"),
        (b"GET /livez HTTP/1.1\r\nHost: localhost\r\nX: " + b"y" * 20_000, b"400"),
        (b"\x16\x03\x01\x02\x00\x01\r\n\r\n", b"400"),
        (asking("localhost").replace(b"GET", b"TRACE"), b"405"),
        (asking("localhost").replace(b"GET", b"CONNECT"), b"405"),
        (asking("localhost", "/../../etc/passwd"), b"404"),
        (asking("localhost", "/%2e%2e/status"), b"404"),
    ],
)
async def test_odd_request_is_refused_and_the_next_one_answered(
    request_: bytes, status: bytes
) -> None:
    async with open_daemon() as doors:
        told = await answer(doors.port, request_)
        after = await answer(doors.port, asking("localhost"))

    assert told.split(b" ")[1] == status
    assert after.startswith(b"HTTP/1.1 200 ")


async def test_plan_that_is_never_brought_whole_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "PATIENCE", PATIENCE)
    async with open_daemon() as doors:
        reader, writer = await asyncio.open_unix_connection(str(doors.socket))
        writer.write(b"POST /apply HTTP/1.1\r\nHost: daemon\r\nContent-Length: 9\r\n\r\n[")
        async with asyncio.timeout(10):
            first = await reader.readline()
        writer.close()

    assert first == b"HTTP/1.1 400 Bad Request\r\n"
