"""Where a daemon listens: the address of `[server] listen`, and its socket for commands.

A socket that systemd has opened and named "http" goes before the address.
"""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import structlog

from statusbridge.adapters import unix_socket
from statusbridge.adapters.activation import inherited
from statusbridge.adapters.sqlite_errors import StoreError
from statusbridge.config.addresses import is_loopback
from statusbridge.config.values import Address
from statusbridge.daemon import Daemon
from statusbridge.server.apps import command_app
from statusbridge.server.guarded import guarded
from statusbridge.server.public import public_app
from statusbridge.server.served import served

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
            listener = inherited("http") or _listen_on(address)
            public = guarded(public_app(daemon), local=_is_local(listener))
            await stack.enter_async_context(served(public, listener))
            log.info("server.started", listen=_shown(listener))
        yield


def _listen_on_path(path: Path) -> socket.socket:
    try:
        return unix_socket.listen(path)
    except OSError as error:
        raise StoreError(
            f"The socket {path} can't be made ({error.strerror}). Choose another [server] socket."
        ) from error


def _listen_on(address: Address) -> socket.socket:
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    try:
        return socket.create_server((address.host, address.port), family=family)
    except OSError as error:
        raise StoreError(
            f"{address.host}:{address.port} can't be listened on ({error.strerror}). "
            'Choose another [server] listen, or "" for none.'
        ) from error


def _is_local(listener: socket.socket) -> bool:
    """Whether *listener* listens on loopback. A Unix socket does not: a proxy asks there."""
    return listener.family != socket.AF_UNIX and is_loopback(listener.getsockname()[0])


def _shown(listener: socket.socket) -> str:
    """Return where *listener* really listens: the configured port may be 0, for a free one."""
    if listener.family == socket.AF_UNIX:
        return str(listener.getsockname())
    host, port = listener.getsockname()[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
