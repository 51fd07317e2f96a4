"""Ending by a signal also as the first process of a container, which the kernel keeps signals from
that nobody handles: pid_namespaces(7).
"""

from __future__ import annotations

import os
import signal
from types import FrameType


def prepare() -> None:
    """Let SIGTERM end this process from now on, until somebody handles it otherwise."""
    if _is_first():
        ends_at_once(signal.SIGTERM)


def ends_at_once(number: int) -> None:
    """Let the signal *number* end this process as by default: at once, without any clearing up."""
    signal.signal(number, _end if _is_first() else signal.SIG_DFL)


def _is_first() -> bool:
    return os.getpid() == 1


def _end(number: int, _: FrameType | None) -> None:
    os._exit(128 + number)
