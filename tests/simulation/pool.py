"""The network below the real `adapters.http.Wire`: its connections are simulated, nothing else.

Slower than `SimulatedWire`, so that only a part of the seeds goes this way: through the product's
own building of requests, pinning of the origin, naming of failures and refusing of answers.
"""

from __future__ import annotations

from types import TracebackType
from urllib.parse import parse_qsl

import httpcore

from simulation.network import Network, SimulatedWire
from statusbridge.adapters import http_transport
from statusbridge.adapters.http import Interrupted, NotSent, Wire
from statusbridge.simulators.exchange import Request


def real_wire(network: Network, base_url: str, below: SimulatedWire) -> Wire:
    """Return the product's wire to *base_url*, which ends at *below*."""
    wire = Wire(base_url, below.authorization)
    pool = _Pool(network, below)
    wire._origin._pool = lambda connections: pool  # type: ignore[method-assign,assignment,return-value]
    return wire


class _Pool:
    """What the wire uses of a connection pool of httpcore."""

    def __init__(self, network: Network, below: SimulatedWire) -> None:
        self._network = network
        self._below = below

    async def handle_async_request(self, request: httpcore.Request) -> httpcore.Response:
        headers = {name.decode().lower(): value.decode() for name, value in request.headers}
        host = request.url.host.decode()
        if headers["host"] != self._below.host or host != headers["host"].partition(":")[0]:
            self._network.onlooker.strays(host, headers)
            raise httpcore.ConnectError("nobody is there")
        path, _, query = request.url.target.decode().partition("?")
        body = b"".join([part async for part in request.stream])  # type: ignore[union-attr]
        received = Request(request.method.decode(), path, dict(parse_qsl(query)), headers, body)
        budget = http_transport._budget.get()
        try:
            reply = await self._below.exchange(received)
        except NotSent as error:
            raise httpcore.ConnectError(error.reason) from error
        except Interrupted as error:
            budget.request_left = True
            raise httpcore.ReadError(error.reason) from error
        budget.request_left = True
        budget.take(len(reply.body) + 1)
        return httpcore.Response(reply.status, headers=reply.headers.raw, content=reply.body)

    async def aclose(self) -> None:
        """Nothing is open."""

    async def __aenter__(self) -> _Pool:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None = None,
        error: BaseException | None = None,
        trace: TracebackType | None = None,
    ) -> None:
        """Nothing is open."""
