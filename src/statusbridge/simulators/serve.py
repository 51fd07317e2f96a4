"""The simulators on loopback HTTP, and the scenario's clock, for as long as a block lasts."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import uvicorn
from starlette.applications import Starlette
from starlette.types import ASGIApp

from statusbridge.embedded import EmbeddedServer
from statusbridge.simulators.incidentio import IncidentioSimulator
from statusbridge.simulators.player import Player
from statusbridge.simulators.scenario import Scenario
from statusbridge.simulators.twilio import TwilioSimulator
from statusbridge.simulators.webhook import PATH, WebhookSimulator
from statusbridge.simulators.wire import AbortableProtocol

_TICK = 0.05


@dataclass(frozen=True, slots=True)
class Running:
    """The simulators while they are served."""

    twilio_url: str
    incidentio_url: str
    twilio: TwilioSimulator
    incidentio: IncidentioSimulator
    player: Player
    webhook_url: str
    webhook: WebhookSimulator


class _Server(EmbeddedServer):
    """A server that stops at once."""

    def stop(self) -> None:
        """Close every connection, answered or not, and end `serve`."""
        self.should_exit = True
        for connection in list(self.server_state.connections):
            connection.transport.abort()


@asynccontextmanager
async def serving(
    scenario: Scenario,
    host: str = "127.0.0.1",
    twilio_port: int = 0,
    incidentio_port: int = 0,
    now: Callable[[], float] = time.time,
    webhook_port: int = 0,
) -> AsyncIterator[Running]:
    """Serve *scenario* from now on; port 0 takes a free one. Raises `OSError`: a port is taken.

    The scenario plays by *now*; a virtual clock may also call `Running.player.advance` itself.
    """
    player = Player(scenario, now)
    async with (
        served(player.twilio.app, host, twilio_port) as twilio_url,
        served(player.incidentio.app, host, incidentio_port) as incidentio_url,
        served(player.webhook.app, host, webhook_port) as webhook_url,
    ):
        ticking = asyncio.create_task(_tick(player, now))
        try:
            yield Running(
                twilio_url,
                incidentio_url,
                player.twilio,
                player.incidentio,
                player,
                f"{webhook_url}{PATH}",
                player.webhook,
            )
        finally:
            ticking.cancel()
            await asyncio.gather(ticking, return_exceptions=True)


@asynccontextmanager
async def served(app: Starlette | ASGIApp, host: str, port: int) -> AsyncIterator[str]:
    """Serve *app* while the block lasts, and yield its base URL. Raises `OSError`."""
    listener = socket.create_server((host, port))
    # asyncio does so only for sockets it opened itself. Head and body are two writes, and without
    # it the second waits 40 ms for the client to acknowledge the first.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    config = uvicorn.Config(
        app,
        http=AbortableProtocol,
        ws="none",
        log_config=None,
        access_log=False,
        lifespan="off",
        date_header=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=1,
    )
    server = _Server(config)
    running = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        await server.ready.wait()
        yield f"http://{host}:{listener.getsockname()[1]}"
    finally:
        server.stop()
        await running


async def _tick(player: Player, now: Callable[[], float]) -> None:
    while True:
        player.advance(now())
        await asyncio.sleep(_TICK)
