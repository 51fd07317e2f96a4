"""`statusbridge alive`: whether a daemon answers, for a health check that asks twice a minute.

Knows no more of it than that: whether the daemon can do its work says `/readyz`.
"""

from __future__ import annotations

import argparse
import http.client
import os
import sys
from pathlib import Path

from statusbridge.commands.exits import FAILED
from statusbridge.config.addresses import split_address
from statusbridge.config.errors import ConfigError, Problem

_PATIENCE = 4.0
"""Seconds: the loop of a healthy daemon is never held up for so long."""

_LISTEN = "STATUSBRIDGE_SERVER__LISTEN"


def add_arguments(_: argparse.ArgumentParser) -> None:
    """Declare the arguments of `alive`: none."""


def run(args: argparse.Namespace) -> int:
    """Ask `/livez` on `[server] listen`. Returns 0; 1 where nobody answers with 200."""
    address = _address(args.config)
    if address is None:
        print('statusbridge: [server] listen is "": there is nobody to ask', file=sys.stderr)
        return FAILED
    host, port = address
    try:
        status = _asked(_reached_by(host), port)
    except (OSError, http.client.HTTPException) as error:
        why = getattr(error, "strerror", None) or str(error) or type(error).__name__
        print(f"statusbridge: no daemon answers on {host}:{port} ({why})", file=sys.stderr)
        return FAILED
    if status != 200:
        print(f"statusbridge: {host}:{port} answers with {status}", file=sys.stderr)
        return FAILED
    print("alive")
    return 0


def _address(config: Path | None) -> tuple[str, int] | None:
    """Return host and port of `[server] listen`; None: it is off. Raises ConfigError."""
    written = os.environ.get(_LISTEN)
    if written is None:
        # Where the variable decides, as in a container, the file is not read: that takes ten times
        # as long as all else here.
        from statusbridge.config.load import load

        listen = load(config, os.environ).server.listen
        return None if listen is None else (listen.host, listen.port)
    try:
        return split_address(written) if written else None
    except ValueError as error:
        raise ConfigError((Problem(_LISTEN, str(error)),)) from None


def _reached_by(host: str) -> str:
    """Return where a daemon that listens on *host* is reached from its own machine."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)


def _asked(host: str, port: int) -> int:
    connection = http.client.HTTPConnection(host, port, timeout=_PATIENCE)
    try:
        connection.request("GET", "/livez")
        return connection.getresponse().status
    finally:
        connection.close()
