"""Ask a running daemon through its socket, also where its configuration has become wrong."""

from __future__ import annotations

import argparse
import os
from dataclasses import dataclass
from pathlib import Path

import httpx

from statusbridge.adapters import unix_socket
from statusbridge.adapters.sqlite_errors import StoreError
from statusbridge.commands.running import complain, log_by
from statusbridge.config.errors import ConfigError
from statusbridge.config.load import load
from statusbridge.config.remains import remains
from statusbridge.config.values import Config
from statusbridge.documents import Document

_PATIENCE = 330
"""Seconds: the daemon may have to finish a cycle, and to read a backlog, before it answers."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the daemon said."""

    status: int
    document: Document


def configured(args: argparse.Namespace) -> Config:
    """Return the configuration. No secret is needed: nothing is asked of an API.

    Where the file has become wrong under a daemon that runs, that is said on stderr, and what is
    returned leads to the daemon, which goes on with what it has read. Raises ConfigError.
    """
    try:
        config = load(args.config, os.environ)
    except ConfigError as error:
        config = remains(args.config, os.environ)
        if not _is_asked(config.socket_path):
            raise error from None
        for problem in error.problems:
            complain(str(problem))
        complain("The daemon that runs goes on with the configuration before.")
    log_by(config, at_least="warning")
    return config


def _is_asked(socket: Path) -> bool:
    """Whether a daemon listens on *socket*, or one may that can't be asked."""
    try:
        return unix_socket.answers(socket)
    except PermissionError:
        return True
    except OSError:
        return False


def ask(socket: Path, method: str, path: str, body: bytes = b"") -> Answer | None:
    """Return the daemon's answer; None: no daemon listens on *socket*. Raises StoreError."""
    try:
        # httpx leaves a socket that it could not connect to the garbage collector.
        if not unix_socket.answers(socket):
            return None
        transport = httpx.HTTPTransport(uds=str(socket))
        with httpx.Client(transport=transport, timeout=_PATIENCE, trust_env=False) as client:
            reply = client.request(method, f"http://daemon{path}", content=body)
        return Answer(reply.status_code, reply.json())
    except OSError as error:
        why = (error.strerror or "it can't be asked").lower()
        raise StoreError(
            f"The socket {socket} can't be used ({why}). Run as the daemon's user, or in its group."
        ) from error
    except (httpx.HTTPError, ValueError) as error:
        raise StoreError(f"The daemon at {socket} did not answer ({error}).") from error
