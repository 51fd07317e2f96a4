"""What the public sees, as it was last read: also while nothing is going on, and cycles read none.

Pages are read only while somebody looks at the console, each once in `LASTS`, and soon after
something was posted on it. Not while a cycle runs: the requests of one that is stuck must stand
still, for the watchdog to see it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

from statusbridge.bridge.protocols import Page
from statusbridge.core.errors import Unauthorized, Unavailable
from statusbridge.core.live import Incident, Maintenance, Structure
from statusbridge.core.model import Instant, Seconds
from statusbridge.daemon import Daemon

LASTS: Seconds = 15
_LEAST: Seconds = 2
_PATIENCE = 10
"""Seconds that reading a page may take."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A page as it was read at *at*."""

    at: Instant
    structure: Structure
    incidents: tuple[Incident, ...]
    maintenances: tuple[Maintenance, ...]


class Lookout:
    """Reads the pages beside the cycles."""

    def __init__(self, daemon: Daemon) -> None:
        self._daemon = daemon
        self._tried: dict[str, Instant] = {}
        self._reading: asyncio.Task[None] | None = None
        self.seen: dict[str, Seen] = {}
        self.trouble: dict[str, str] = {}
        """Why a page can't be read now, by its name."""

    async def look(self, patience: float, posted: Mapping[str, Instant]) -> None:
        """Read what is too old, waiting at most *patience* seconds: the rest is there next time.

        *posted*: when something was last posted, by page.
        """
        bridge = self._daemon.parts.bridge
        now = bridge.clock.now()
        due = [name for name in bridge.pages if self._is_due(name, now, posted.get(name, 0))]
        idle = self._reading is None or self._reading.done()
        if due and idle and not self._daemon.is_busy:
            self._tried.update(dict.fromkeys(due, now))
            self._reading = asyncio.create_task(self._read(due))
        if self._reading is not None:
            await asyncio.wait({self._reading}, timeout=patience)

    def _is_due(self, name: str, now: Instant, posted: Instant) -> bool:
        seen = self.seen.get(name)
        lasts = _LEAST if seen is not None and posted >= seen.at else LASTS
        return not 0 <= now - self._tried.get(name, 0) < lasts

    async def _read(self, names: list[str]) -> None:
        pages = self._daemon.parts.bridge.pages
        # A reload may have taken one away.
        for name in pages.keys() & set(names):
            try:
                async with asyncio.timeout(_PATIENCE):
                    self.seen[name] = await self._page(pages[name])
                self.trouble.pop(name, None)
            except (Unavailable, Unauthorized) as error:
                self.trouble[name] = error.reason
            except TimeoutError:
                self.trouble[name] = f"no whole answer in {_PATIENCE} s"

    async def _page(self, page: Page) -> Seen:
        structure, incidents, windows = await asyncio.gather(
            page.structure(), page.incidents(), page.maintenances()
        )
        return Seen(self._daemon.parts.bridge.clock.now(), structure, incidents, windows)
