"""systemd's journal, where it is what listens on stderr: a line begins with its priority there.

sd-daemon(3) has the form, systemd.exec(5) says by what the journal is known: $JOURNAL_STREAM. Knows
nothing of what is written.
"""

from __future__ import annotations

import os
from typing import TextIO

_PRIORITIES = {"critical": 2, "error": 3, "warning": 4, "info": 6, "debug": 7}


def listens_on(stream: TextIO) -> bool:
    """Whether what is written to *stream* goes straight to the journal."""
    expected = os.environ.get("JOURNAL_STREAM")
    if not expected:
        return False
    try:
        found = os.fstat(stream.fileno())
    except (OSError, ValueError):
        return False
    return expected == f"{found.st_dev}:{found.st_ino}"


def marked(text: str, level: str) -> str:
    """Return *text* with the priority of *level*, as logs name it, before each of its lines."""
    return "".join(f"<{_PRIORITIES[level]}>{line}" for line in text.splitlines(keepends=True))


def for_stream(text: str, level: str, stream: TextIO) -> str:
    """Return *text* as it is to be written to *stream*: marked where the journal listens there."""
    return marked(text, level) if listens_on(stream) else text
