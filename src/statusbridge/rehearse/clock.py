"""A clock that moves only when it is moved: time in a rehearsal costs nothing."""

from __future__ import annotations

from dataclasses import dataclass

from statusbridge.core.model import Instant
from statusbridge.core.operations import Mark


@dataclass
class TurnedClock:
    """A `bridge.Clock` that stands at *time*. *boot* names the machine's start: marks are of it."""

    time: Instant
    boot: str = "boot-1"

    def now(self) -> Instant:
        return self.time

    def mark(self) -> Mark:
        return Mark(self.boot, float(self.time))
