"""Text of others inside of TOML: as a value, or in a comment that it can't leave."""

from __future__ import annotations

import json
from collections.abc import Iterable

_WIDTH = 100


def quoted(text: str) -> str:
    """Return *text* as a TOML string."""
    # What JSON writes is TOML too, but for the one control character that JSON leaves as it is.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def printable(text: str) -> str:
    """Return *text* on one line, a space for each character that could end it."""
    return "".join(char if char.isprintable() else " " for char in text)


def listed(key: str, values: Iterable[str]) -> list[str]:
    """Return `key = [values]`, on several lines where one would be too long."""
    whole = f"{key} = [{', '.join(values := list(values))}]"
    if len(whole) <= _WIDTH:
        return [whole]
    lines, line = [f"{key} = ["], " "
    for value in values:
        if len(line) + len(value) + 2 > _WIDTH:
            lines.append(line)
            line = " "
        line += f" {value},"
    return [*lines, line, "]"]


def commented(lines: Iterable[str]) -> list[str]:
    """Return *lines* as comments that become what they were by removing the first character."""
    return [f"#{line}" for line in lines]
