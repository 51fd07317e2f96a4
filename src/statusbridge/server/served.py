"""Serve one face of the daemon on a listener, beside its cycles."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from statusbridge.adapters import unix_socket
from statusbridge.embedded import EmbeddedServer

PEER = "peer_uid"
"""Where a request's state says who asks, by number; only on a Unix socket."""
PATIENCE = 5.0
"""Seconds that a connection has to bring the whole head of its next request."""


class _Impatient(H11Protocol):
    """Ends a connection that does not ask: uvicorn alone waits for ever for the end of a head.

    Else a few that say nothing, or a byte now and then, would use up all there may be.
    """

    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        connection = transport.get_extra_info("socket")
        if connection is not None and connection.family == socket.AF_UNIX:
            self.app_state = {**self.app_state, PEER: unix_socket.peer_uid(connection)}
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._head_is_here()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.cycle is not None and not self.cycle.response_complete:
            self._head_is_here()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        # Unless the next request was sent along with this one.
        if self.cycle.response_complete:
            self._await_head()

    def _await_head(self) -> None:
        self._head_is_here()
        self._deadline = self.loop.call_later(PATIENCE, self.transport.abort)

    def _head_is_here(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None


@asynccontextmanager
async def served(app: ASGIApp, listener: socket.socket) -> AsyncIterator[None]:
    """Serve *app* on *listener* while the block lasts; open requests get a second to end."""
    config = uvicorn.Config(
        app,
        http=_Impatient,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        h11_max_incomplete_event_size=16_384,
        timeout_keep_alive=5,
        timeout_graceful_shutdown=1,
        limit_concurrency=64,
    )
    server = EmbeddedServer(config)
    running = asyncio.create_task(server.serve(sockets=[listener]))
    ready = asyncio.create_task(server.ready.wait())
    try:
        await asyncio.wait({running, ready}, return_when=asyncio.FIRST_COMPLETED)
        yield
    finally:
        ready.cancel()
        server.should_exit = True
        await running
