"""A file whose mere presence stops publishing: for an emergency, where nothing can be asked."""

from __future__ import annotations

import os
from pathlib import Path

NAME = "pause"
"""Beside the state file."""
_MOST = 2000
"""Bytes of it that are read."""


def reason(path: Path) -> str | None:
    """Return what stands in the file, in one line; None where there is none.

    "" where it is empty, or there but can't be read: it stops all the same.
    """
    try:
        # A pipe of that name must not make us wait for who would write into it.
        file = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError):
        # A link to what is not there was put there by somebody, too.
        return "" if path.is_symlink() else None
    except OSError:
        return ""
    try:
        return " ".join(os.read(file, _MOST).decode(errors="replace").split())
    except OSError:
        return ""
    finally:
        os.close(file)
