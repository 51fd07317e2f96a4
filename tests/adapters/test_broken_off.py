"""Connections that end at any byte, never begin, or fail two hundred times in a row."""

from __future__ import annotations

import asyncio
import gzip
import itertools
import socket
import tracemalloc
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import TypeAlias

import pytest
from honest import CREATE, ID, SECRET, Answer, client_of, honest_answer
from lies import NO_WHOLE_ANSWER, NOT_THE_JSON
from lying import Lie, body, endless
from twilio_polls import ALL, READ

from http_server import Server, answer, answering, read_request, serving
from statusbridge.adapters.http import Interrupted, Wire
from statusbridge.adapters.http_transport import Limits
from statusbridge.core.errors import Unavailable
from statusbridge.core.outcome import Applied, NotSent, Unknown

CALM = Limits(deadline=10.0, connect=5.0, pool=5.0)
BODY = b'{"status_page_incident":{"id":"01INC","status_page_id":"01PAGE"}}'
KIND = "Content-Type: application/json"
PLAIN = answer("201 Created", BODY, KIND)
CHUNKED_HEAD = b"HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n"
GZIP_HEAD = b"HTTP/1.1 201 Created\r\nContent-Encoding: gzip\r\n\r\n"
CHUNKED = CHUNKED_HEAD + b"%x\r\n%s\r\n%x\r\n%s\r\n0\r\n\r\n" % (
    9,
    BODY[:9],
    len(BODY) - 9,
    BODY[9:],
)

Ending: TypeAlias = Callable[[asyncio.StreamWriter], None]
ENDINGS: dict[str, Ending] = {
    "closed": lambda writer: writer.close(),
    "reset": lambda writer: writer.transport.abort(),
}


@asynccontextmanager
async def ending_after(offsets: Iterator[int], sent: bytes, end: Ending) -> AsyncIterator[Server]:
    """Answer each request with as many bytes of *sent* as *offsets* says, in turn; then *end*."""

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        server.requests.append(await read_request(reader))
        writer.write(sent[: next(offsets)])
        await writer.drain()
        end(writer)

    async with serving(script) as server:
        yield server


@pytest.mark.parametrize("end", ENDINGS.values(), ids=ENDINGS)
@pytest.mark.parametrize("sent", [PLAIN, CHUNKED], ids=["plain", "chunked"])
async def test_answer_to_a_write_that_ends_at_any_byte_but_the_last_is_in_doubt(
    sent: bytes, end: Ending
) -> None:
    offsets = range(len(sent) + 1)
    async with (
        ending_after(iter(offsets), sent, end) as server,
        client_of(server.url, CALM) as client,
    ):
        found = [type(await client.page.create(CREATE)) for _ in offsets]

    assert found == [*[Unknown] * len(sent), Applied]
    assert len(server.requests) == len(found)


@pytest.mark.parametrize("end", ENDINGS.values(), ids=ENDINGS)
async def test_answer_to_a_read_that_ends_at_any_byte_but_the_last_is_none(end: Ending) -> None:
    offsets = range(len(PLAIN) + 1)
    found = []
    async with (
        ending_after(iter(offsets), PLAIN, end) as server,
        client_of(server.url, CALM) as client,
    ):
        for _ in offsets:
            try:
                found.append((await client.wire.get("/v2/things")).body)
            except Unavailable:
                found.append(b"")

    assert found == [*[b""] * len(PLAIN), BODY]


async def test_request_that_is_cut_off_at_any_byte_leaves_the_write_in_doubt() -> None:
    async with answering(PLAIN) as honest, client_of(honest.url, CALM) as client:
        await client.page.create(CREATE)
    whole = len(honest.requests[0])
    offsets = iter(range(whole + 1))

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readexactly(next(offsets))
        writer.transport.abort()

    async with serving(script) as server, client_of(server.url, CALM) as client:
        found = [type(await client.page.create(CREATE)) for _ in range(whole + 1)]

    assert found == [Unknown] * (whole + 1)


QUICK = [
    lie
    for name, lie in {**NO_WHOLE_ANSWER, **NOT_THE_JSON}.items()
    if not (lie.once or name.startswith(("endless", "300 kB")))
]


async def test_two_hundred_bad_exchanges_in_a_row_use_nothing_up() -> None:
    untold = [lie for _, lie in zip(range(200), itertools.cycle(QUICK), strict=False)]

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            request = await read_request(reader)
            truth = honest_answer(client, request.split(b" HTTP/1.1", 1)[0].decode())
            if not untold:
                writer.write(truth.sent())
                continue
            lie = untold.pop()
            await lie.act(truth, "http://127.0.0.1:9", writer)
            if not lie.stays:
                return

    async with serving(script) as server, client_of(server.url, CALM) as client:
        before = open_files()
        while untold:
            await read_and_write(client.wire)
        after = open_files()
        done = await client.page.create(CREATE)
        shown = await asyncio.gather(*(client.page.incident(ID) for _ in range(10)))

    assert isinstance(done, Applied)
    assert shown == [done.incident] * 10
    assert client.wire.pool_rebuilds == 0
    assert after <= before + 2 * CALM.connections


async def read_and_write(wire: Wire) -> None:
    """Read and write once, however that ends."""
    with suppress(Unavailable):
        await wire.get("/v2/status_page_maintenances")
    with suppress(Interrupted):
        await wire.post_once("/v2/status_page_incidents", CREATE)


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


@contextmanager
def full_backlog() -> Iterator[socket.socket]:
    """A port where no more connections are completed: the kernel leaves requests for them alone."""
    with ExitStack() as stack:
        listening = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        for _ in range(16):
            waiting = stack.enter_context(socket.socket())
            waiting.settimeout(0.1)
            try:
                waiting.connect(listening.getsockname())
            except TimeoutError:
                yield listening
                return
        pytest.skip("this kernel completes connections beyond the backlog")


async def test_connection_that_never_comes_about_is_not_sent_and_ends_in_time() -> None:
    limits = replace(CALM, connect=1.0)
    clock = asyncio.get_running_loop().time

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(PLAIN)

    with full_backlog() as listening:
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        async with client_of(url, limits) as client:
            began = clock()
            write = await client.page.create(CREATE)
            with pytest.raises(Unavailable, match="could not connect in time"):
                await client.wire.get("/v2/things")
            took = clock() - began
            async with serving(script, on=listening):
                after = await client.page.create(CREATE)

    assert isinstance(write, NotSent)
    assert took < 5.0
    assert isinstance(after, Applied)


async def test_name_that_is_not_found_is_not_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    async with client_of("https://api.example.com", CALM) as client:
        done = await client.page.create(CREATE)

    assert isinstance(done, NotSent)
    assert "Name or service not known" in done.reason


async def test_proxies_and_netrc_of_the_environment_are_ignored(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("default login mallory password hunter2\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    async with answering(PLAIN) as proxy, answering(PLAIN, PLAIN) as server:
        for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy"):
            monkeypatch.setenv(name, proxy.url)
        async with client_of(server.url, CALM) as client:
            await read_and_write(client.wire)

    assert proxy.connections == 0
    for request in server.requests:
        assert request.count(b"uthorization:") == 1
        assert f"Authorization: Bearer {SECRET}\r\n".encode() in request


MEBIBYTE = 2**20
BOMBS = {
    "endless body": NO_WHOLE_ANSWER["endless body"],
    "endless headers": NO_WHOLE_ANSWER["endless headers"],
    "body in large chunks": Lie(
        endless(CHUNKED_HEAD, b"%x\r\n%s\r\n" % (MEBIBYTE, bytes(MEBIBYTE)))
    ),
    "gigabyte in gzip": Lie(endless(GZIP_HEAD, gzip.compress(bytes(10 * MEBIBYTE)))),
    "one long text": body(lambda _: b'{"alerts": "' + b"x" * 15 * MEBIBYTE + b'"}'),
}


@pytest.mark.parametrize("bomb", BOMBS.values(), ids=BOMBS)
async def test_no_answer_takes_more_memory_than_a_few_times_the_cap_on_its_body(bomb: Lie) -> None:
    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        await bomb.act(Answer("201 Created", b"{}"), "", writer)

    async with serving(script) as server, client_of(server.url, CALM) as client:
        tracemalloc.start()
        try:
            done = await client.page.create(CREATE)
            with pytest.raises(Unavailable):
                await anext(client.source.poll(READ, ALL))
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()

    assert isinstance(done, Unknown)
    assert peak < 4 * CALM.body
