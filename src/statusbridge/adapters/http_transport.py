"""Under `adapters.http`: sockets held to one origin and to what is left of the exchange.

Knows nothing of what is asked or answered. Nothing here cancels a request, since httpcore 1.0 loses
the slot of one that is cancelled: time and size are bounded at each operation on the socket, which
also bounds a slow drip that no read timeout would end.
"""

from __future__ import annotations

import asyncio
import ssl
from base64 import b64decode
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import httpcore
import httpx

FAILURES = (
    httpcore.NetworkError,
    httpcore.TimeoutException,
    httpcore.ProtocolError,
    OSError,
    UnicodeError,  # of a host name that DNS can't carry
)
"""All that can end an exchange without a whole answer."""

_NOT_FOR_HTTPX = (b"location", b"set-cookie", b"set-cookie2")


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one exchange, in seconds and bytes, and the way that it has to take."""

    deadline: float = 30.0
    """Connecting, sending and the whole answer together."""
    connect: float = 5.0
    pool: float = 5.0
    body: int = 16 * 2**20
    """Of an answer as it comes off the wire, framing included."""
    header: int = 64 * 2**10
    connections: int = 4
    sockets: Path | None = None
    """Each host is reached by the Unix socket HOST.sock in this folder; None: over the network."""


@dataclass(slots=True)
class Budget:
    """What is left of one exchange, and how far it came. *clock* is the event loop's."""

    clock: Callable[[], float]
    deadline: float
    capacity: int
    received: int = 0
    request_left: bool = False
    """Whether a byte of the request was handed to a socket; a TLS handshake is none of it."""

    def seconds(self, timeout: float | None) -> float:
        left = max(self.deadline - self.clock(), 0.0)
        return left if timeout is None else min(timeout, left)

    def take(self, size: int) -> None:
        self.received += size
        if self.received > self.capacity:
            raise httpcore.ReadError(f"the answer is over {self.capacity} bytes")


_budget: ContextVar[Budget] = ContextVar("budget of the exchange that this task is in")


@contextmanager
def spending(limits: Limits) -> Iterator[Budget]:
    """Hold every socket operation of this task, while inside, to one budget within *limits*."""
    clock = asyncio.get_running_loop().time
    budget = Budget(clock, clock() + limits.deadline, limits.body + limits.header)
    token = _budget.set(budget)
    try:
        yield budget
    finally:
        _budget.reset(token)


@cache
def trusted_roots() -> ssl.SSLContext:
    # Loading the authorities takes some 60 ms: once a process, and never for loopback.
    # $SSL_CERT_FILE and $SSL_CERT_DIR are heeded, as users of httpx expect.
    return httpx.create_ssl_context()


class PinnedOrigin(httpx.AsyncBaseTransport):
    """Carries requests to one origin; anything else raises before a byte or a credential leaves."""

    def __init__(
        self, base: httpx.URL, authorization: Callable[[], str] | None, limits: Limits
    ) -> None:
        self._base = base
        self._authorization = authorization
        self._limits = limits
        self._kept: httpcore.AsyncConnectionPool | None = None
        self.rebuilds = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        url = request.url
        if _origin_of(url) != _origin_of(self._base):
            raise ValueError(f"refused a request to {url.host}: this wire is for {self._base.host}")
        credentials = self._credentials()
        outgoing = httpcore.Request(
            request.method,
            httpcore.URL(
                scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path
            ),
            headers=[*request.headers.raw, *credentials.items()],
            content=request.content,
            extensions=request.extensions,
        )
        if request.method == "GET":
            return await self._whole(await self._read(outgoing), credentials)
        async with self._pool(connections=1) as fresh:
            return await self._whole(await fresh.handle_async_request(outgoing), credentials)

    async def aclose(self) -> None:
        if self._kept is not None:
            await self._kept.aclose()

    async def _read(self, request: httpcore.Request) -> httpcore.Response:
        pool = self._kept = self._kept or self._pool(self._limits.connections)
        try:
            return await pool.handle_async_request(request)
        except httpcore.PoolTimeout:
            # httpcore 1.0 never frees the slot of a request that was cancelled (its issue 1093).
            if self._kept is pool:
                self.rebuilds += 1
                self._kept = self._pool(self._limits.connections)
                await pool.aclose()
        return await self._kept.handle_async_request(request)

    async def _whole(
        self, response: httpcore.Response, credentials: Mapping[bytes, bytes]
    ) -> httpx.Response:
        try:
            self._check(response)
            body = await response.aread()
        finally:
            await response.aclose()
        if response.status >= 400:
            for value in credentials.values():
                body = _without(value, body)
        # What httpx would act upon: it reads a redirect's address though it may not follow it, and
        # raises what nobody here expects where that is no URL.
        kept = [pair for pair in response.headers if pair[0].lower() not in _NOT_FOR_HTTPX]
        return httpx.Response(response.status, headers=kept, content=body)

    def _check(self, response: httpcore.Response) -> None:
        headers = httpx.Headers(response.headers)
        encoding = headers.get("Content-Encoding", "identity").strip().lower()
        if encoding not in ("", "identity"):
            raise httpcore.RemoteProtocolError("the answer is encoded, which was not asked for")
        size = sum(len(name) + len(value) + 4 for name, value in response.headers)
        if size > self._limits.header:
            raise httpcore.RemoteProtocolError(f"a header over {self._limits.header} bytes")
        if not _budget.get().received:
            # Bytes past the end of the last answer would pass for the answer to this request.
            raise httpcore.RemoteProtocolError("the answer came before the request")

    def _credentials(self) -> dict[bytes, bytes]:
        """Return the header that lets us in; none where the address alone does."""
        if self._authorization is None:
            return {}
        try:
            value = self._authorization()
        except Exception as error:
            # Of whatever kind: nothing has been sent, and the caller must learn just that.
            raise httpcore.LocalProtocolError(f"the credentials can't be read: {error}") from error
        if not (value.isascii() and value.isprintable()):
            # Said here, without the value: h11's own error would quote the secret.
            raise httpcore.LocalProtocolError(
                "the credentials hold characters that a header can't (a line break?)"
            )
        return {b"Authorization": value.encode("ascii")}

    def _pool(self, connections: int) -> httpcore.AsyncConnectionPool:
        return httpcore.AsyncConnectionPool(
            ssl_context=trusted_roots() if self._base.scheme == "https" else None,
            max_connections=connections,
            keepalive_expiry=15.0,
            http2=False,
            network_backend=_BoundedBackend(self._limits.sockets),
        )


def _without(credentials: bytes, body: bytes) -> bytes:
    """Return an error's *body*, which may be logged and stored, without what we sent to get in."""
    scheme, _, value = credentials.partition(b" ")
    secrets = [value]
    if scheme == b"Basic":
        secrets.append(b64decode(value).partition(b":")[2])
    for secret in filter(None, secrets):
        body = body.replace(secret, b"...")
    return body


def _origin_of(url: httpx.URL) -> tuple[str, str, int]:
    return url.scheme, url.host, url.port or (443 if url.scheme == "https" else 80)


class _BoundedBackend(httpcore.AsyncNetworkBackend):
    """Opens connections whose every operation is held to the budget of the exchange.

    Over TCP, or where *sockets* is a folder by the Unix socket in it that has the host's name.
    """

    def __init__(self, sockets: Path | None) -> None:
        self._sockets = sockets

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's interface
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        seconds = _budget.get().seconds(timeout)
        backend = httpcore.AnyIOBackend()
        if self._sockets is not None:
            return _BoundedStream(
                await _by_socket(backend, self._sockets / f"{host}.sock", seconds)
            )
        return _BoundedStream(
            await backend.connect_tcp(host, port, seconds, local_address, socket_options)
        )


async def _by_socket(
    backend: httpcore.AnyIOBackend, path: Path, seconds: float
) -> httpcore.AsyncNetworkStream:
    try:
        return await backend.connect_unix_socket(str(path), seconds)
    except httpcore.ConnectError as error:
        raise httpcore.ConnectError(f"{path}: {error}") from error


class _BoundedStream(httpcore.AsyncNetworkStream):
    def __init__(self, stream: httpcore.AsyncNetworkStream) -> None:
        self._stream = stream

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109
        budget = _budget.get()
        data = await self._stream.read(max_bytes, budget.seconds(timeout))
        budget.take(len(data))
        return data

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109
        budget = _budget.get()
        budget.request_left = True
        await self._stream.write(buffer, budget.seconds(timeout))

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's interface
    ) -> httpcore.AsyncNetworkStream:
        seconds = _budget.get().seconds(timeout)
        return _BoundedStream(await self._stream.start_tls(ssl_context, server_hostname, seconds))

    async def aclose(self) -> None:
        await self._stream.aclose()

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)
