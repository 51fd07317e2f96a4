"""Text of others on a terminal: what would steer it is spelled out instead."""

from __future__ import annotations

import re

# Controls but tab and line feed, and the marks that change the direction of what follows.
_STEERING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def spelled_out(text: str) -> str:
    """Return *text* with each character that steers a terminal as its escape, such as \\x1b."""
    return _STEERING.sub(lambda found: repr(found[0])[1:-1], text)
