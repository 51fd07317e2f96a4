"""A daemon on a small world: a real one, but for the page, the feed and the clock."""

from __future__ import annotations

from collections.abc import AsyncIterator, MutableMapping
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
from structlog.testing import capture_logs

from outside import RULE
from statusbridge.bootstrap import Parts
from statusbridge.config.load import load
from statusbridge.config.values import Config
from statusbridge.daemon import Daemon
from statusbridge.server.serve import serving
from world import World


def a_config(
    folder: Path,
    poll_interval: str = "1h",
    more: str = "",
    environ: MutableMapping[str, str] | None = None,
) -> Config:
    """A whole configuration in *folder*; cycles come by themselves once an hour.

    *environ*: what more is in its environment, and stays there only for as long.
    """
    file = folder / "config.toml"
    file.write_text(
        f'[twilio]\npoll_interval = "{poll_interval}"\noverlap = "2h"\n'
        f'[incidentio]\npages = {{ public = "01PAGE" }}\n[server]\nlisten = "127.0.0.1:0"\n{more}'
        + RULE.replace('"3s"', '"1h"')
    )
    environ = {} if environ is None else environ
    environ |= {
        "TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
        "TWILIO_AUTH_TOKEN": "token",
        "INCIDENT_API_KEY": "key",
        "STATE_DIRECTORY": str(folder / "state"),
    }
    return load(file, environ)


async def no_reload(daemon: Daemon) -> None:
    """Keep what there is."""


def a_daemon(world: World, config: Config) -> Daemon:
    """A daemon that runs *world*'s bridge."""
    return Daemon(config, Parts(world.bridge, world.store, ()), no_reload)


@asynccontextmanager
async def served(daemon: Daemon) -> AsyncIterator[tuple[httpx.AsyncClient, httpx.AsyncClient]]:
    """Serve *daemon*; yield clients of its public face and of its socket."""
    with capture_logs() as logs:
        async with serving(daemon):
            public = httpx.AsyncClient(base_url=f"http://{logs[0]['listen']}", trust_env=False)
            transport = httpx.AsyncHTTPTransport(uds=str(daemon.config.socket_path))
            commands = httpx.AsyncClient(base_url="http://daemon", transport=transport)
            async with public, commands:
                yield public, commands
