"""Ask a running daemon through its socket."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import httpx

from statusbridge.adapters import unix_socket
from statusbridge.adapters.sqlite_errors import StoreError
from statusbridge.documents import Document

_PATIENCE = 330
"""Seconds: the daemon may have to finish a cycle, and to read a backlog, before it answers."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the daemon said."""

    status: int
    document: Document


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
