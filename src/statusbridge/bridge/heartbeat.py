"""The dead man's switch: somebody outside is told that all is well, and misses it when it is not.

A ping is a task of its own, with its own deadline: no cycle waits for it. Whoever calls `beat`
decides whether all is well. Knows no HTTP.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import structlog

from statusbridge.bridge.parts import Bridge
from statusbridge.bridge.protocols import Clock
from statusbridge.bridge.sighting import STRUCTURE_LASTS
from statusbridge.core.errors import Unauthorized, Unavailable
from statusbridge.core.model import Instant, Seconds

log = structlog.get_logger()

_EARLY = 1.0
"""Seconds that a ping may come before its time, so that cycles as long as its interval each have
one."""


class Switch(Protocol):
    """Whoever is pinged."""

    async def ping(self) -> None:
        """Ping once, within a deadline. Raises Unavailable and Unauthorized."""
        ...


@dataclass(slots=True)
class Heartbeat:
    """Pings *switch* every *interval*, at most. Times are the event loop's but for `last`."""

    switch: Switch
    clock: Clock
    interval: Seconds
    sent: int = 0
    failed: int = 0
    last: Instant = 0
    """When a ping last succeeded; 0: none since the start."""
    complaint: str = ""
    """The event by which its silence was logged; "": it is not silent."""
    began: float = float("-inf")
    """When the last ping began."""
    task: asyncio.Task[None] | None = None

    def remember(self, other: Heartbeat) -> None:
        """Take over what *other*, before a reload, has counted, and when it last pinged."""
        self.sent, self.failed, self.last = other.sent, other.failed, other.last
        self.complaint, self.began = other.complaint, other.began

    def beat(self, reasons: Sequence[str]) -> None:
        """Begin a ping if one is due and there are no *reasons* against it. Returns at once."""
        if reasons:
            self._complain("heartbeat.withheld", reasons[0])
            return
        now = asyncio.get_running_loop().time()
        busy = self.task is not None and not self.task.done()
        if busy or now - self.began < self.interval - _EARLY:
            return
        self.began = now
        self.task = asyncio.create_task(self._ping())

    async def finish(self) -> None:
        """Break off a ping that is under way."""
        if self.task is not None:
            self.task.cancel()
            await asyncio.gather(self.task, return_exceptions=True)

    async def _ping(self) -> None:
        try:
            await self.switch.ping()
        except (Unavailable, Unauthorized) as error:
            self.failed += 1
            self._complain("heartbeat.failed", error.reason)
            return
        self.sent += 1
        self.last = self.clock.now()
        if self.complaint:
            self.complaint = ""
            log.info("heartbeat.recovered")

    def _complain(self, event: str, why: str) -> None:
        """Say *why* once, until it beats again or is silent for another cause."""
        if self.complaint == event:
            return
        self.complaint = event
        if event == "heartbeat.failed":
            log.warning("heartbeat.failed", why=why)
        else:
            log.warning("heartbeat.withheld", why=why)


def reasons_against(
    bridge: Bridge, unready: Sequence[str], parked: int, patience: Seconds
) -> list[str]:
    """Return why whoever is pinged should miss it; empty: all is well.

    *unready*: as `status.unready_reasons` says. A page with no outage is read each
    `STRUCTURE_LASTS`, so that its last answer may be older than *patience* by that.
    """
    reasons, now = list(unready), bridge.clock.now()
    for page in bridge.pages:
        read = bridge.read_at.get(f"page {page}")
        if read is None or now - read > STRUCTURE_LASTS + patience:
            reasons.append(f"page {page}: not read of late")
    if parked:
        reasons.append(f"{parked} posts were given up")
    return reasons
