"""The machine's clocks: the one place that reads them."""

from __future__ import annotations

import time
from pathlib import Path
from uuid import uuid4

from statusbridge.core.model import Instant
from statusbridge.core.operations import Mark

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


class SystemClock:
    """The time of day, and marks on the clock since boot, which goes on in a machine's sleep."""

    def __init__(self) -> None:
        try:
            self._boot = _BOOT_ID.read_text().strip()
            self._clock = time.CLOCK_BOOTTIME
        except (OSError, AttributeError):
            # No Linux: marks are then good for this process alone.
            self._boot = uuid4().hex
            self._clock = time.CLOCK_MONOTONIC

    def now(self) -> Instant:
        return int(time.time())

    def steady(self) -> float:
        """Return seconds since boot, or since some moment where that is not known."""
        return time.clock_gettime(self._clock)

    def mark(self) -> Mark:
        return Mark(self._boot, self.steady())
