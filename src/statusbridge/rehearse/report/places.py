"""Where things stand on the time axis, as CSS.

A page under a strict policy may hold no style attribute. So a place is a class whose rule sets two
numbers, seconds from the report's start; the style sheet makes a left edge and a width of them, and
a zoom changes only the stretch that is looked at.
"""

from __future__ import annotations

from hashlib import sha256

from statusbridge.core.model import Instant, Seconds

_STEPS = (60, 300, 900, 1800, 3600, 10_800, 21_600, 43_200, 86_400)
"""Between ticks: up to a day these, beyond it whole days of _DAYS."""
_DAYS = (2, 5, 7, 14, 30, 90, 365)


class Places:
    """The places that were asked for, from *start* on."""

    def __init__(self, start: Instant, end: Instant) -> None:
        self._start = start
        self._span = max(1, end - start)
        self._known: dict[tuple[Seconds, Seconds], str] = {}

    def of(self, start: Instant, end: Instant | None = None) -> str:
        """Return the class of what stands from *start* to *end*; None: to the report's end.

        What reaches over an end of the report is cut off there.
        """
        first = self._inside(start)
        last = self._span if end is None else max(first, self._inside(end))
        return self._known.setdefault((first, last), f"p{len(self._known)}")

    def css(self) -> str:
        """Return the rules of all places so far, and of the same as parts of another (`-in`).

        The whole of the report's time is in view: a script may change that.
        """
        return f":root{{--span:{self._span}}}" + "".join(
            f".{name}{{--a:{first};--b:{last}}}.{name}-in{{--c:{first};--d:{last}}}"
            for (first, last), name in self._known.items()
        )

    def _inside(self, at: Instant) -> Seconds:
        return min(max(at - self._start, 0), self._span)


def target(whose: str, key: str) -> str:
    """Return the id of the element that tells of *whose* incident *key*."""
    return f"{whose}-{sha256(key.encode(errors='replace')).hexdigest()[:12]}"


def ticks(start: Instant, end: Instant, most: int) -> tuple[Instant, ...]:
    """Return at most *most* round times in [start, end), evenly apart."""
    span = end - start
    steps = (*_STEPS, *(days * 86_400 for days in _DAYS))
    step = next((step for step in steps if span / step <= most), span)
    first = -(-start // step) * step if step <= 86_400 else -(-start // 86_400) * 86_400
    return tuple(range(first, end, step))[:most]
