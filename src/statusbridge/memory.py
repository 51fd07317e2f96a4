"""What lies in the memory of this process stays there: it holds secrets."""

from __future__ import annotations

import ctypes
import resource
from contextlib import suppress

_PR_SET_DUMPABLE = 4
"""https://man7.org/linux/man-pages/man2/pr_set_dumpable.2const.html"""


def close_to_others() -> None:
    """Let no core be dumped, and no other process of the same user look in.

    The first by two means: a limit of 0 does not keep the kernel from handing a core to a program
    (core(5)), and not every kernel has the second.
    """
    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
