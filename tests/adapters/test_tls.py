"""TLS that must not be trusted or never comes about: nothing is sent, and no secret leaves."""

from __future__ import annotations

import asyncio
import ssl
import warnings
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import trustme
from honest import CREATE, SECRET, client_of

from http_server import Script, Server, answer, read_request, serving
from statusbridge.adapters import http_transport, unix_socket
from statusbridge.adapters.http_transport import Limits
from statusbridge.core.errors import Unavailable
from statusbridge.core.outcome import Applied, NotSent, Outcome, Unknown

CALM = Limits(deadline=10.0, connect=2.0, pool=5.0)
CREATED = answer("201 Created", b'{"status_page_incident":{"id":"01I","status_page_id":"01PAGE"}}')
PAST, FUTURE = datetime(2001, 1, 1, tzinfo=UTC), datetime(2199, 1, 1, tzinfo=UTC)


@pytest.fixture
def authority(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[trustme.CA]:
    """An authority that the product trusts, by $SSL_CERT_FILE."""
    made = trustme.CA()
    made.cert_pem.write_to_path(str(tmp_path / "roots.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "roots.pem"))
    http_transport.trusted_roots.cache_clear()
    yield made
    http_transport.trusted_roots.cache_clear()


def context_of(certificate: trustme.LeafCert) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    return context


def speaking_only(version: ssl.TLSVersion, authority: trustme.CA) -> ssl.SSLContext:
    context = context_of(authority.issue_cert("127.0.0.1"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version, context.maximum_version = ssl.TLSVersion.TLSv1, version
    context.set_ciphers("ALL:@SECLEVEL=0")
    return context


def creating(received: list[bytes]) -> Script:
    """Answer each request that comes, and remember it."""

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        received.append(await read_request(reader))
        writer.write(CREATED)
        await writer.drain()

    return script


def https(server: Server) -> str:
    return server.url.replace("http:", "https:")


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
async def test_server_of_the_right_name_by_a_trusted_authority_is_spoken_to(
    authority: trustme.CA, version: ssl.TLSVersion
) -> None:
    received: list[bytes] = []
    async with (
        serving(creating(received), speaking_only(version, authority)) as server,
        client_of(https(server), CALM) as client,
    ):
        done = await client.page.create(CREATE)

    assert isinstance(done, Applied)
    assert len(received) == 1


UNTRUSTED: dict[str, tuple[Callable[[trustme.CA], ssl.SSLContext], str]] = {
    "expired": (
        lambda ca: context_of(ca.issue_cert("127.0.0.1", not_before=PAST, not_after=PAST)),
        "certificate has expired",
    ),
    "not yet valid": (
        lambda ca: context_of(ca.issue_cert("127.0.0.1", not_before=FUTURE, not_after=FUTURE)),
        "certificate is not yet valid",
    ),
    "of another name": (
        lambda ca: context_of(ca.issue_cert("api.example.com")),
        "certificate is not valid for '127.0.0.1'",
    ),
    "of another address": (
        lambda ca: context_of(ca.issue_cert("127.0.0.2")),
        "certificate is not valid for '127.0.0.1'",
    ),
    "of an authority of its own": (
        lambda _: context_of(trustme.CA().issue_cert("127.0.0.1")),
        "certificate verify failed",
    ),
    "of TLS 1.1": (partial(speaking_only, ssl.TLSVersion.TLSv1_1), "could not connect"),
}


@pytest.mark.parametrize(("context", "why"), UNTRUSTED.values(), ids=UNTRUSTED)
async def test_server_that_cannot_be_trusted_is_sent_nothing(
    authority: trustme.CA, context: Callable[[trustme.CA], ssl.SSLContext], why: str
) -> None:
    received: list[bytes] = []
    async with (
        serving(creating(received), context(authority)) as server,
        client_of(https(server), CALM) as client,
    ):
        done = await client.page.create(CREATE)
        with pytest.raises(Unavailable, match=why):
            await client.wire.get("/v2/things")

    assert isinstance(done, NotSent)
    assert why in done.reason
    assert received == []


def test_server_of_tls_1_1_in_these_tests_can_be_spoken_to_by_who_wants_to(
    authority: trustme.CA,
) -> None:
    old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    authority.configure_trust(old)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        old.minimum_version = ssl.TLSVersion.TLSv1
    old.set_ciphers("ALL:@SECLEVEL=0")
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = old.wrap_bio(to_client, to_server, server_hostname="127.0.0.1")
    server = speaking_only(ssl.TLSVersion.TLSv1_1, authority).wrap_bio(
        to_server, to_client, server_side=True
    )

    for side in (client, server, client, server, client):
        with suppress(ssl.SSLWantReadError):
            side.do_handshake()

    assert client.version() == "TLSv1.1"


async def test_handshake_that_hangs_is_not_sent_and_ends_in_time() -> None:
    heard = bytearray()

    async def script(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        while data := await reader.read(1_000):
            heard.extend(data)

    clock = asyncio.get_running_loop().time
    async with serving(script) as server, client_of(https(server), CALM) as client:
        began = clock()
        done = await client.page.create(CREATE)
        took = clock() - began

    assert isinstance(done, NotSent)
    assert took < 2 * CALM.connect
    assert SECRET.encode() not in heard


@dataclass
class Relay:
    """Passes bytes on both ways, but to the client only as many as *room* says; then resets."""

    port: int
    room: int = 100_000
    said: int = 0
    """By the server, in the last connection, as far as that was let go on."""
    heard: bytearray = field(default_factory=bytearray)
    """From the client, in all."""

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        from_server, to_server = await asyncio.open_connection("127.0.0.1", self.port)
        forward = asyncio.create_task(self._forth(reader, to_server))
        self.said = 0
        try:
            while self.said < self.room and (data := await from_server.read(10_000)):
                writer.write(data[: self.room - self.said])
                await writer.drain()
                self.said += len(data)
            if self.said >= self.room:
                writer.transport.abort()
        finally:
            forward.cancel()
            to_server.close()
            await asyncio.gather(forward, return_exceptions=True)

    async def _forth(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(10_000):
            self.heard.extend(data)
            writer.write(data)


async def test_handshake_cut_off_anywhere_is_not_sent_and_what_follows_it_is_in_doubt(
    authority: trustme.CA,
) -> None:
    received: list[bytes] = []
    found: list[type] = []
    context = context_of(authority.issue_cert("127.0.0.1"))
    async with serving(creating(received), context) as server:
        relay = Relay(server.port)
        async with serving(relay) as front, client_of(https(front), CALM) as client:
            before = await client.page.create(CREATE)
            for room in range(0, relay.said, 29):
                relay.room = room
                arrived = len(received)
                found.append(type(await client.page.create(CREATE)))
                assert found[-1] is not NotSent or len(received) == arrived
            relay.room = 100_000
            after = await client.page.create(CREATE)

    # The last bytes of a connection say only that it ends: what was cut there was whole.
    assert [kind for kind, _ in groupby(found) if kind is not Applied] == [NotSent, Unknown]
    assert Applied not in found[:-1]
    assert isinstance(before, Applied)
    assert before == after
    assert SECRET.encode() not in relay.heard


@pytest.mark.parametrize("roots", ["missing.pem", "empty.pem", "garbage.pem"])
async def test_authorities_that_cannot_be_read_are_not_sent_and_read_again_next_time(
    authority: trustme.CA, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, roots: str
) -> None:
    (tmp_path / "empty.pem").touch()
    (tmp_path / "garbage.pem").write_text("-----BEGIN CERTIFICATE-----\nno\n")
    context = context_of(authority.issue_cert("127.0.0.1"))
    async with serving(creating([]), context) as server, client_of(https(server), CALM) as client:
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / roots))
        before = await client.page.create(CREATE)
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "roots.pem"))
        after = await client.page.create(CREATE)

    assert isinstance(before, NotSent)
    assert isinstance(after, Applied)


@pytest.fixture
def ways_out() -> Iterator[Path]:
    """A folder for sockets whose path is short enough for them."""
    with TemporaryDirectory(prefix="sb-") as folder:
        yield Path(folder)


async def sent_by_socket(folder: Path, tls: ssl.SSLContext, received: list[bytes]) -> Outcome:
    """Send an opening to api.example.com, by its socket in *folder*, to a server with *tls*."""
    listener = unix_socket.listen(folder / "api.example.com.sock")
    async with (
        serving(creating(received), tls, listener),
        client_of("https://api.example.com", replace(CALM, sockets=folder)) as client,
    ):
        return await client.page.create(CREATE)


async def test_host_is_reached_by_the_socket_of_its_name_and_by_that_alone(
    authority: trustme.CA, ways_out: Path
) -> None:
    received: list[bytes] = []
    tls = context_of(authority.issue_cert("api.example.com"))

    done = await sent_by_socket(ways_out, tls, received)
    async with client_of("https://127.0.0.1", replace(CALM, sockets=ways_out)) as client:
        elsewhere = await client.page.create(CREATE)

    assert isinstance(done, Applied)
    assert b"\r\nhost: api.example.com\r\n" in received[0].lower()
    assert elsewhere == NotSent(
        "POST 127.0.0.1/v2/status_page_incidents failed: could not connect: "
        f"{ways_out}/127.0.0.1.sock: No such file or directory"
    )


async def test_server_behind_a_socket_has_to_prove_the_name_of_the_host(
    authority: trustme.CA, ways_out: Path
) -> None:
    received: list[bytes] = []
    tls = context_of(authority.issue_cert("www.example.com"))

    refused = await sent_by_socket(ways_out, tls, received)

    assert isinstance(refused, NotSent)
    assert "certificate is not valid for 'api.example.com'" in refused.reason
    assert received == []
