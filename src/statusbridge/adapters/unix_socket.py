"""Unix sockets: whether somebody listens, taking the place where nobody does, and who asks."""

from __future__ import annotations

import os
import socket
import stat
import struct
from pathlib import Path


def answers(path: Path) -> bool:
    """Whether a process listens on *path*. Raises OSError where that can't be asked."""
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(str(path))
        except (FileNotFoundError, NotADirectoryError, ConnectionRefusedError):
            return False
    return True


def peer_uid(connection: socket.socket) -> int:
    """Return the user at the other end, as the kernel noted it when they connected."""
    form = "3i"
    size = struct.calcsize(form)
    found = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, size)
    _, uid, _ = struct.unpack(form, found)
    return int(uid)


def listen(path: Path) -> socket.socket:
    """Listen on *path*, open to its owner and group alone.

    Takes the place of a socket that nobody listens on any more, and of nothing else: raises
    FileExistsError for any other file, and OSError.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if answers(path):
        raise FileExistsError(0, "another process listens there")
    if path.exists() and not stat.S_ISSOCK(path.lstat().st_mode):
        raise FileExistsError(0, "a file that is no socket is there")
    path.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX)
    mask = os.umask(0o117)
    try:
        listener.bind(str(path))
    except OSError:
        listener.close()
        raise
    finally:
        os.umask(mask)
    return listener
