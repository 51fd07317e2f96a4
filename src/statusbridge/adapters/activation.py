"""Sockets that the service manager has opened for this process: sd_listen_fds(3)."""

from __future__ import annotations

import os
import socket

_FIRST = 3
"""The file descriptor from which on they are passed."""


def inherited(name: str) -> socket.socket | None:
    """Return the listening socket that was passed as *name*; None: there is none.

    Whoever closes it has closed it for good. Raises OSError where it is none.
    """
    if os.environ.get("LISTEN_PID") != str(os.getpid()):
        return None
    names = os.environ.get("LISTEN_FDNAMES", "").split(":")
    if name not in names:
        return None
    found = socket.socket(fileno=_FIRST + names.index(name))
    found.set_inheritable(False)
    return found
