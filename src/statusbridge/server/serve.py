"""Where a daemon listens: the address of `[server] listen`, and its socket for commands."""

from __future__ import annotations

import os
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import structlog

from statusbridge.adapters.sqlite_file import StoreError
from statusbridge.config.values import Address
from statusbridge.daemon import Daemon
from statusbridge.server.apps import command_app, public_app
from statusbridge.server.embedded import served

log = structlog.get_logger()


@asynccontextmanager
async def serving(daemon: Daemon) -> AsyncIterator[None]:
    """Answer for *daemon* while the block lasts. Raises StoreError where it can't listen."""
    async with AsyncExitStack() as stack:
        path = daemon.config.socket_path
        commands = _listen_on_path(path)
        stack.callback(path.unlink, missing_ok=True)
        await stack.enter_async_context(served(command_app(daemon), commands))
        address = daemon.config.server.listen
        if address is not None:
            await stack.enter_async_context(served(public_app(daemon), _listen_on(address)))
            log.info("server.started", listen=f"{address.host}:{address.port}")
        yield


def _listen_on_path(path: Path) -> socket.socket:
    """Listen on a socket only its owner and group may use. We hold the store's lock: any file that
    is there is left over."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        listener = socket.socket(socket.AF_UNIX)
        mask = os.umask(0o117)
        try:
            listener.bind(str(path))
        finally:
            os.umask(mask)
    except OSError as error:
        raise StoreError(f"The socket {path} can't be made ({error.strerror}).") from error
    return listener


def _listen_on(address: Address) -> socket.socket:
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    try:
        return socket.create_server((address.host, address.port), family=family)
    except OSError as error:
        raise StoreError(
            f"{address.host}:{address.port} can't be listened on ({error.strerror}). "
            'Choose another [server] listen, or "" for none.'
        ) from error
