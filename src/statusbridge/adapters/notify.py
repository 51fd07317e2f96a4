"""What systemd is told of the service: ready, alive, stopping. Nothing where it does not listen.

The protocol is one datagram of KEY=VALUE lines to $NOTIFY_SOCKET: sd_notify(3).
"""

from __future__ import annotations

import os
import socket
from contextlib import suppress

from statusbridge.terminal import spelled_out

_PATIENCE = 0.5
"""Seconds. The kernel keeps ten datagrams or so for a service manager that does not read: then
sending blocks, and with it all that this process does."""


def tell(**facts: str) -> None:
    """Send *facts*, as READY="1". A service manager that is gone, or does not read, is no error.

    A fact is a line, and shown on terminals: what breaks it or steers them is spelled out.
    """
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address:
        return
    if address.startswith("@"):
        address = "\0" + address[1:]
    lines = "\n".join(f"{key}={_one_line(value)}" for key, value in facts.items())
    with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as out:
        out.settimeout(_PATIENCE)
        out.connect(address)
        out.sendall(lines.encode())


def _one_line(value: str) -> str:
    return " ".join(spelled_out(value).splitlines())


def watchdog_interval() -> float | None:
    """Return how often, in seconds, the service manager wants WATCHDOG=1; None: it watches nothing.

    Half of its patience, as sd_watchdog_enabled(3) advises.
    """
    patience = os.environ.get("WATCHDOG_USEC", "")
    if not patience.isdecimal() or not int(patience):
        return None
    if os.environ.get("WATCHDOG_PID") not in (None, str(os.getpid())):
        return None
    return int(patience) / 2_000_000
