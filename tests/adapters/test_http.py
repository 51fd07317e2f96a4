"""The wire against a raw socket: every way an exchange can end, and what is then known."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace

import httpx
import pytest

from http_server import answer, answering, read_request, serving
from statusbridge.adapters.http import (
    Interrupted,
    NotSent,
    Reply,
    Wire,
    other_than_json,
    retry_after,
    server_time,
)
from statusbridge.adapters.http_transport import Limits
from statusbridge.core.errors import Unavailable

AMPLE = Limits(deadline=20.0, connect=20.0, pool=20.0, body=20_000, header=2_000, connections=4)
BRISK = replace(AMPLE, deadline=0.6, pool=0.1)
"""For what waits until its time is up: a slow machine may need as long for what does not."""
SECRET = "Bearer s3cr3t-t0ken"


@asynccontextmanager
async def wire_to(
    url: str,
    authorization: Callable[[], str] | None = lambda: SECRET,
    *,
    private_path: bool = False,
    limits: Limits = AMPLE,
) -> AsyncIterator[Wire]:
    wire = Wire(url, authorization, private_path=private_path, limits=limits)
    try:
        yield wire
    finally:
        await wire.aclose()


async def test_read_carries_path_prefix_parameters_and_credentials() -> None:
    async with answering(answer()) as server, wire_to(f"{server.url}/prefix/") as wire:
        reply = await wire.get("/v2/things", {"after": "a b&c"})

    assert (reply.status, reply.body) == (200, b"{}")
    head = server.requests[0].decode().splitlines()
    assert head[0] == "GET /prefix/v2/things?after=a+b%26c HTTP/1.1"
    assert "Authorization: Bearer s3cr3t-t0ken" in head
    assert "Accept-Encoding: identity" in head
    assert any(line.startswith("User-Agent: statusbridge/") for line in head)


async def test_address_that_is_the_secret_itself_is_in_no_failure_and_needs_no_header() -> None:
    garbled = answering(b"nonsense\r\n\r\n")
    async with garbled as server, wire_to(server.url, None, private_path=True) as wire:
        with pytest.raises(Interrupted) as failure:
            await wire.post_once("/hooks/s3cr3t?and=m0re", b"{}")

    head = server.requests[0].decode()
    assert head.startswith("POST /hooks/s3cr3t?and=m0re HTTP/1.1")
    assert "authorization" not in head.lower()
    assert failure.value.reason.startswith("POST 127.0.0.1 failed: ")
    assert "s3cr3t" not in failure.value.reason


@pytest.mark.parametrize(
    ("credentials", "secret"),
    [
        (SECRET, b"s3cr3t-t0ken"),
        ("Basic dXNlcjpwYXNz", b"dXNlcjpwYXNz"),
        ("Basic dXNlcjpwYXNz", b"pass"),
    ],
)
async def test_error_that_repeats_our_credentials_is_read_without_them(
    credentials: str, secret: bytes
) -> None:
    body = b'{"message": "unknown: ' + secret + b'"}'
    async with (
        answering(answer("401 No", body)) as server,
        wire_to(server.url, lambda: credentials) as wire,
    ):
        reply = await wire.get("/")

    assert (reply.status, reply.body) == (401, b'{"message": "unknown: ..."}')


async def test_write_sends_the_given_bytes_unchanged() -> None:
    body = '{"b":"ü","a":1}'.encode()
    async with answering(answer("201 Created")) as server, wire_to(server.url) as wire:
        reply = await wire.post_once("/v2/things", body)

    assert reply.status == 201
    assert server.requests[0].endswith(b"\r\n\r\n" + body)


@pytest.mark.parametrize("status", ["401 No", "404 No", "429 Slow", "500 Oops", "503 Oops"])
async def test_error_statuses_are_answers_and_not_failures(status: str) -> None:
    async with (
        answering(answer(status, b"why")) as server,
        wire_to(server.url) as wire,
    ):
        read = await wire.get("/a")
        written = await wire.post_once("/a", b"{}")

    assert (read.status, read.body) == (written.status, written.body) == (int(status[:3]), b"why")


async def test_reads_share_a_connection_and_writes_never_do() -> None:
    answers = [answer()] * 3
    async with answering(*answers) as server, wire_to(server.url) as wire:
        await wire.get("/a")
        await wire.get("/b")
        after_reads = server.connections
        await wire.post_once("/c", b"{}")
        await wire.post_once("/d", b"{}")

    assert (after_reads, server.connections) == (1, 3)
    assert b"Connection: close" in server.requests[-1]


async def test_credentials_are_read_anew_for_each_request() -> None:
    secrets = iter(["Bearer old", "Bearer new"])
    async with (
        answering(answer(), answer()) as server,
        wire_to(server.url, lambda: next(secrets)) as wire,
    ):
        await wire.get("/a")
        await wire.get("/b")

    assert b"Bearer old" in server.requests[0]
    assert b"Bearer new" in server.requests[1]


async def refused_port() -> str:
    async with answering() as server:
        return server.url


async def test_refused_connection_is_not_sent() -> None:
    url = await refused_port()
    async with wire_to(url) as wire:
        with pytest.raises(
            NotSent, match=r"^POST 127\.0\.0\.1/a failed: could not connect: Connection refused \("
        ):
            await wire.post_once("/a", b"{}")
        with pytest.raises(Unavailable, match=r"^GET 127\.0\.0\.1/a failed: could not connect: "):
            await wire.get("/a")


async def test_tls_to_a_plain_port_is_not_sent() -> None:
    heard = bytearray()

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.extend(await reader.read(1000))
        writer.write(answer("400 Bad Request"))
        await writer.drain()

    async with serving(script) as server, wire_to(server.url.replace("http:", "https:")) as wire:
        with pytest.raises(NotSent):
            await wire.post_once("/a", b"{}")

    assert b"s3cr3t" not in heard


async def test_reset_before_the_answer_leaves_a_write_unknown() -> None:
    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readexactly(10)
        writer.transport.abort()

    async with serving(script) as server, wire_to(server.url) as wire:
        with pytest.raises(Interrupted):
            await wire.post_once("/a", b"{}")


BROKEN = {
    "closed without a word": b"",
    "half a head": b"HTTP/1.1 201 Crea",
    "half a body": b"HTTP/1.1 201 Created\r\nContent-Length: 9\r\n\r\n{}",
    "half a chunk": b"HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n9\r\n{}",
    "bad chunk size": b"HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n",
    "two lengths": b"HTTP/1.1 201 Created\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
    "garbage": b"\x00\xff\x00 not http at all\r\n\r\n",
    "HTTP/0.9": b"{}\r\n\r\n",
    "switched protocols": b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\n",
    "huge header": answer("201 Created", b"{}", f"X-Pad: {'x' * 5_000}"),
    "endless header": b"HTTP/1.1 201 Created\r\nX-Pad: " + b"x" * 300_000,
    "huge body": answer("201 Created", b"x" * 30_000),
    "gzip unasked": answer("201 Created", gzip.compress(b"{}"), "Content-Encoding: gzip"),
    "nested encodings": answer("201 Created", b"?", "Content-Encoding: br, gzip"),
}


@pytest.mark.parametrize("sent", BROKEN.values(), ids=BROKEN)
async def test_answer_that_is_not_whole_is_never_taken_for_one(sent: bytes) -> None:
    async with answering(sent) as server, wire_to(server.url) as wire:
        with pytest.raises(Interrupted):
            await wire.post_once("/a", b"{}")
        with pytest.raises(Unavailable):
            await wire.get("/a")


@pytest.mark.parametrize(
    ("head", "drop"),
    [
        (b"", b"H"),
        (b"HTTP/1.1 201 Created\r\n", b"X: y\r\n"),
        (b"HTTP/1.1 201 Created\r\nContent-Length: 10000\r\n\r\n", b"x"),
        (b"", b"HTTP/1.1 103 Early Hints\r\n\r\n"),
        (b"", b""),
    ],
    ids=["status line", "headers", "body", "interim answers", "silence"],
)
async def test_slow_drip_cannot_outlive_the_deadline(head: bytes, drop: bytes) -> None:
    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(head)
        while True:
            writer.write(drop)
            await asyncio.sleep(0.02)

    clock = asyncio.get_running_loop().time
    async with serving(script) as server, wire_to(server.url, limits=BRISK) as wire:
        began = clock()
        with pytest.raises(Interrupted):
            await wire.post_once("/a", b"{}")
        took_write = clock() - began
        with pytest.raises(Unavailable):
            await wire.get("/a")
        took_both = clock() - began

    assert took_write < 2 * BRISK.deadline
    assert took_both < 4 * BRISK.deadline


async def test_receiver_that_never_reads_cannot_hold_a_write() -> None:
    async def script(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        reader._transport.pause_reading()  # type: ignore[attr-defined]
        await asyncio.Event().wait()

    async with serving(script) as server, wire_to(server.url, limits=BRISK) as wire:
        with pytest.raises(Interrupted):
            await wire.post_once("/a", b"x" * 40_000_000)


async def test_answer_in_one_byte_chunks_is_whole() -> None:
    body = b'{"a":"' + b"x" * 300 + b'"}'
    chunks = b"".join(b"1\r\n%c\r\n" % byte for byte in body) + b"0\r\n\r\n"
    sent = b"HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks
    async with answering(sent) as server, wire_to(server.url) as wire:
        reply = await wire.post_once("/a", b"{}")

    assert reply.body == body


async def test_answer_to_a_write_counts_though_the_connection_ends_with_it() -> None:
    async with answering(b"HTTP/1.1 201 Created\r\n\r\n{}") as server, wire_to(server.url) as wire:
        reply = await wire.post_once("/a", b"{}")

    assert (reply.status, reply.body) == (201, b"{}")


async def test_bytes_after_an_answer_never_pass_for_the_next_answer() -> None:
    smuggled = answer("200 OK", b'{"smuggled":true}')
    async with answering(answer() + smuggled, answer()) as server, wire_to(server.url) as wire:
        first = await wire.get("/a")
        with pytest.raises(Unavailable, match="before the request"):
            await wire.get("/b")
        third = await wire.get("/c")

    assert (first.body, third.body) == (b"{}", b"{}")


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "304 Same", "307 Moved", "308 Moved"])
async def test_redirects_are_never_followed(status: str) -> None:
    async with answering() as elsewhere:
        location = f"Location: {elsewhere.url}/steal"
        async with (
            answering(answer(status, b"", location)) as server,
            wire_to(server.url) as wire,
        ):
            with pytest.raises(Unavailable, match="redirected"):
                await wire.get("/a")
            reply = await wire.post_once("/a", b"{}")

    assert reply.status == int(status[:3])
    assert elsewhere.connections == 0


@pytest.mark.parametrize(
    "location", [b"http://[", b"https://xn--/", b"http://a:99999999/", b"\xff://\x01", b""]
)
async def test_redirect_to_what_is_no_address_is_a_redirect_like_any_other(location: bytes) -> None:
    sent = b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: " + location + b"\r\n\r\n"
    async with answering(sent) as server, wire_to(server.url) as wire:
        with pytest.raises(Unavailable, match="redirected"):
            await wire.get("/a")
        reply = await wire.post_once("/a", b"{}")

    assert reply.status == 302


@pytest.mark.parametrize("path", ["@127.0.0.1:{port}/x", ":{port}/x", ".evil.example:{port}/x"])
async def test_credentials_never_leave_the_origin(path: str) -> None:
    async with answering(answer()) as elsewhere, wire_to("http://127.0.0.1") as wire:
        with pytest.raises(ValueError, match="refused a request to"):
            await wire.get(path.format(port=elsewhere.port))
        with pytest.raises(ValueError, match="refused a request to"):
            await wire.post_once(path.format(port=elsewhere.port), b"{}")

    assert elsewhere.connections == 0


@pytest.mark.parametrize(
    ("path", "params"),
    [("/" + "x" * 70_000, {}), ("/a", {"after": "x" * 70_000}), ("/a", {"after": "\ud800"})],
)
async def test_address_that_cannot_be_is_not_asked_for(path: str, params: dict[str, str]) -> None:
    async with answering(answer()) as server, wire_to(server.url) as wire:
        with pytest.raises(Unavailable, match="can't be asked for") as failure:
            await wire.get(path, params)

    assert server.connections == 0
    assert len(failure.value.reason) < 300


async def test_cookies_and_the_environment_are_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", await refused_port())
    monkeypatch.setenv("ALL_PROXY", await refused_port())
    crumb = answer("200 OK", b"{}", "Set-Cookie: a=b; Path=/")
    async with answering(crumb, answer()) as server, wire_to(server.url) as wire:
        await wire.get("/a")
        await wire.get("/a")

    assert b"ookie" not in server.requests[1]


async def test_wire_works_after_a_burst_of_cancelled_reads() -> None:
    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if b"/slow" in await read_request(reader):
            await asyncio.Event().wait()
        writer.write(answer())

    async with serving(script) as server, wire_to(server.url, limits=BRISK) as wire:
        burst = [asyncio.create_task(wire.get("/slow")) for _ in range(20)]
        await asyncio.sleep(0)
        for task in burst:
            task.cancel()
        await asyncio.gather(*burst, return_exceptions=True)

        replies = await asyncio.gather(wire.get("/quick"), wire.get("/quick"))

    assert [reply.status for reply in replies] == [200, 200]
    assert wire.pool_rebuilds == 1


async def test_write_is_not_held_up_by_reads_that_wait() -> None:
    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if (await read_request(reader)).startswith(b"GET"):
            await asyncio.Event().wait()
        writer.write(answer("201 Created"))

    async with serving(script) as server, wire_to(server.url, limits=BRISK) as wire:
        reads = [asyncio.create_task(wire.get("/a")) for _ in range(BRISK.connections)]
        reply = await wire.post_once("/b", b"{}")
        await asyncio.gather(*reads, return_exceptions=True)

    assert reply.status == 201


def missing() -> str:
    raise LookupError("INCIDENT_API_KEY is not set")


@pytest.mark.parametrize(
    ("authorization", "told"),
    [
        (missing, "INCIDENT_API_KEY is not set"),
        (lambda: "Bearer abc\r\nX-Evil: 1", "line break"),
        (lambda: "Bearer sésame", "line break"),
    ],
    ids=["missing", "line break", "not ASCII"],
)
async def test_unusable_credentials_send_nothing_and_are_not_quoted(
    authorization: Callable[[], str], told: str
) -> None:
    async with answering(answer()) as server, wire_to(server.url, authorization) as wire:
        with pytest.raises(NotSent, match=told) as write:
            await wire.post_once("/a", b"{}")
        with pytest.raises(Unavailable, match=told):
            await wire.get("/a")

    assert server.connections == 0
    assert "abc" not in str(write.value)


async def test_failures_never_quote_the_credentials_or_the_body() -> None:
    async with answering(b"nonsense\r\n\r\n") as server, wire_to(server.url) as wire:
        with pytest.raises(Interrupted) as failure:
            await wire.post_once("/a", b"private body")

    text = repr(failure.value) + repr(failure.value.__cause__)
    assert "s3cr3t" not in text
    assert "private" not in text


ECHOES = {
    "status line": b"Authorization: Bearer s3cr3t-t0ken\r\n\r\n",
    "header": b"HTTP/1.1 201 Created\r\nAuthorization Bearer s3cr3t-t0ken\r\n\r\n",
    "chunk": b"HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\ns3cr3t-t0ken\r\n",
    "encoding": answer("201 Created", b"{}", "Content-Encoding: s3cr3t-t0ken"),
}


@pytest.mark.parametrize("sent", ECHOES.values(), ids=ECHOES)
async def test_answer_that_repeats_our_credentials_where_none_belong_is_not_quoted(
    sent: bytes,
) -> None:
    async with answering(sent) as server, wire_to(server.url) as wire:
        with pytest.raises(Interrupted) as write:
            await wire.post_once("/a", b"{}")
        with pytest.raises(Unavailable) as read:
            await wire.get("/a")

    assert "s3cr3t" not in write.value.reason + read.value.reason


@pytest.mark.parametrize(
    "base_url",
    [
        "http://api.incident.io",
        "http://10.0.0.1",
        "ftp://127.0.0.1",
        "https://user:pw@api.incident.io",
        "https://api.incident.io?x=1",
        "https://api.incident.io#x",
        "https://",
        "api.incident.io",
        "https://[::1",
        "https://xn--",
        "https://xn--a.example.com",
        "",
    ],
)
def test_base_url_must_be_plain_https_or_loopback(base_url: str) -> None:
    with pytest.raises(ValueError, match="base URL"):
        Wire(base_url, lambda: SECRET)


@pytest.mark.parametrize(
    "base_url",
    [
        "http://localhost:1",
        "http://[::1]:1/p",
        "https://api.incident.io/p/",
        "https://xn--bcher-kva.example",
    ],
)
def test_base_url_may_be_https_anywhere_or_http_on_loopback(base_url: str) -> None:
    assert Wire(base_url, lambda: SECRET).pool_rebuilds == 0


NOW = 1_784_548_800.0  # 2026-07-20T12:00:00Z


@pytest.mark.parametrize(
    ("header", "body", "seconds"),
    [
        ("7", b"", 7),
        (" 0 ", b"", 0),
        ("1.2", b"", 2),
        ("-5", b"", 0),
        ("1000000000", b"", 900),
        ("9" * 5000, b"", 900),
        ("Mon, 20 Jul 2026 12:00:30 GMT", b"", 30),
        ("Mon, 20 Jul 2026 12:00:30 -0000", b"", 30),
        ("Mon, 20 Jul 2026 11:59:00 GMT", b"", 0),
        ("soon", b"", None),
        ("nan", b"", None),
        (None, b"", None),
        (None, b'{"rate_limit":{"retry_after":"2026-07-20T12:01:00Z"}}', 60),
        (None, b'{"rate_limit":{"retry_after":"2026-07-20T12:01:00"}}', 60),
        ("soon", b'{"rate_limit":{"retry_after":"2026-07-20T13:30:00+01:00"}}', 900),
        (None, b'{"rate_limit":{"retry_after":"tomorrow"}}', None),
        (None, b'{"rate_limit":null}', None),
        (None, b"<html>", None),
        (None, b"[" * 100_000, None),
        (None, b"\xff\xfe", None),
    ],
)
def test_retry_after_is_read_from_seconds_date_or_body_within_bounds(
    header: str | None, body: bytes, seconds: int | None
) -> None:
    headers = httpx.Headers({} if header is None else {"Retry-After": header})

    assert retry_after(Reply(429, headers, body), NOW) == seconds


@pytest.mark.parametrize(
    ("kind", "other"),
    [
        (None, None),
        ("", None),
        ("application/json", None),
        ("Application/JSON; charset=utf-8", None),
        ("application/problem+json", None),
        ("text/json", None),
        ("text/html; json", "text/html"),
        ("text/html, application/json", "something unnamed"),
        ("application/jsonp", "application/jsonp"),
        ("a secret that was sent back", "something unnamed"),
        ("text/" + "x" * 500, "something unnamed"),
    ],
)
def test_answer_is_json_unless_it_says_otherwise(kind: str | None, other: str | None) -> None:
    headers = httpx.Headers({} if kind is None else {"Content-Type": kind})

    assert other_than_json(Reply(200, headers, b"{}")) == other


@pytest.mark.parametrize(
    ("date", "instant"),
    [
        ("Mon, 20 Jul 2026 12:00:00 GMT", int(NOW)),
        ("yesterday", None),
        ("Mon, 20 Jul 99999999999 12:00:00 GMT", None),
        ("Fri, 31 Dec 9999 23:59:59 -0001", None),
        (None, None),
    ],
)
def test_server_time_is_the_date_header(date: str | None, instant: int | None) -> None:
    headers = httpx.Headers({} if date is None else {"Date": date})

    assert server_time(Reply(200, headers, b"")) == instant
