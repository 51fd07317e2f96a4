"""Durations as the file writes them: "30s", "10m", "2h", "1d", "1h30m"."""

from __future__ import annotations

import re
from collections.abc import Callable

from statusbridge.core.model import Seconds

UNITS = {"d": 86_400, "h": 3_600, "m": 60, "s": 1}

# Six digits a unit: over two centuries as "99999d", and no number too long to parse.
PATTERN = r"^(?=[0-9])([0-9]{1,6}d)?([0-9]{1,6}h)?([0-9]{1,6}m)?([0-9]{1,6}s)?$"
_PATTERN = re.compile(PATTERN.removesuffix("$") + r"\Z")


def parse(text: str) -> Seconds:
    """Return the whole seconds that *text* says.

    Units come once each, from days down to seconds. Raises ValueError saying the accepted forms.
    """
    found = _PATTERN.match(text)
    if found is None:
        raise ValueError(f'"{text}" is not a duration; expected a form such as {examples()}')
    return sum(int(part[:-1]) * UNITS[part[-1]] for part in found.groups() if part)


def show(seconds: Seconds) -> str:
    """Return the shortest text that `parse` reads as *seconds* (≥ 0): 5400 is "1h30m"."""
    parts = []
    for unit, size in UNITS.items():
        number, seconds = divmod(seconds, size)
        if number:
            parts.append(f"{number}{unit}")
    return "".join(parts) or "0s"


def between(low: str, high: str) -> Callable[[str], str]:
    """Return a check that passes a text whose duration lies from *low* to *high*, both included."""

    def check(text: str) -> str:
        if not parse(low) <= parse(text) <= parse(high):
            raise ValueError(f'"{text}" is out of range; expected from "{low}" to "{high}"')
        return text

    return check


def examples() -> str:
    return '"30s", "10m", "2h", "1d" or "1h30m"'
