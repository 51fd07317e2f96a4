"""Time that passes only when everyone waits: an event loop without a second to lose.

A sleep of an hour takes microseconds here, in the same order every time. `Machine` is the computer
that the bridge runs on: its wall clock may be set, and it may be booted anew.
"""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Mapping
from typing import Any

from statusbridge.core.operations import Mark

START = 1_790_000_000
"""When every run begins, in epoch seconds."""


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop whose clock jumps to the next timer. It has no sockets."""

    def __init__(self) -> None:
        self.virtual = 0.0
        super().__init__(_Nothing(self))
        # Timers are compared with this slack; the monotonic clock's own is finer than sums of
        # floats are exact.
        self._clock_resolution = 1e-6

    def time(self) -> float:
        return self.virtual


class _Nothing(selectors.BaseSelector):
    """Waits for no file. Where the loop would wait, its clock moves on."""

    def __init__(self, loop: VirtualLoop) -> None:
        self._loop = loop

    def select(self, timeout: float | None = None) -> list[Any]:
        if timeout is None:
            raise RuntimeError("everyone waits, and nothing is ever going to happen")
        self._loop.virtual += max(timeout, 0.0)
        return []

    def register(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        return selectors.SelectorKey(fileobj, 0, events, data)

    def unregister(self, fileobj: Any) -> selectors.SelectorKey:
        return selectors.SelectorKey(fileobj, 0, 0, None)

    def get_key(self, fileobj: Any) -> selectors.SelectorKey:
        raise KeyError(fileobj)

    def get_map(self) -> Mapping[Any, selectors.SelectorKey]:
        return {}


class Machine:
    """The clocks of one computer; satisfies `bridge.Clock` and lends itself to the adapters'."""

    def __init__(self, loop: VirtualLoop) -> None:
        self._loop = loop
        self.offset = 0.0
        """How far the wall clock is ahead of the true time."""
        self._boots = 1
        self._booted = 0.0

    def true(self) -> float:
        """Return the world's time in epoch seconds: what no one on this machine can know."""
        return START + self._loop.virtual

    def wall(self) -> float:
        return self.true() + self.offset

    def steady(self) -> float:
        return self._loop.virtual - self._booted

    def now(self) -> int:
        return int(self.wall())

    def mark(self) -> Mark:
        return Mark(f"boot-{self._boots}", self.steady())

    def reboot(self) -> None:
        """Begin the steady clock anew."""
        self._boots += 1
        self._booted = self._loop.virtual
