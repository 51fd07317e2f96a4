"""Who somebody is on this machine, for the record of what people ordered."""

from __future__ import annotations

import os
import pwd
import re
from pathlib import Path

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.@-]{0,63}")
_OVERFLOW = Path("/proc/sys/kernel/overflowuid")


def name_of(uid: int) -> str:
    """Return the name of user *uid*, or its number where it has none."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"uid {uid}"


def claimed() -> str:
    """Return the name by which the person at this process would be known: behind sudo, too."""
    behind = os.environ.get("SUDO_USER", "") if os.geteuid() == 0 else ""
    return behind or name_of(os.geteuid())


def recorded(uid: int, claim: str) -> str:
    """Return how user *uid*, who says to be *claim*, is recorded.

    Said by the kernel is only *uid*. The claim is put beside it where *uid* says nothing of a
    person: root may be anybody's sudo, and a daemon that systemd gave users of its own
    (`PrivateUsers=`) sees everybody else as the overflow user.
    """
    name = name_of(uid)
    if claim == name or not _NAME.fullmatch(claim) or uid not in (0, _overflow()):
        return name
    return f"{claim} (as {name})"


def _overflow() -> int:
    try:
        return int(_OVERFLOW.read_text())
    except (OSError, ValueError):
        return 65_534
