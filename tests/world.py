"""A bridge in a small world, cycle by cycle, on a clock that a test turns."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from builders import T0, a_rule, an_alert
from fakes import PAGE, Feed, MemoryPage, TurnedClock
from statusbridge.adapters.sqlite import SqliteStore
from statusbridge.bridge.cycle import CycleReport, run_cycle
from statusbridge.bridge.parts import Bridge, Policy
from statusbridge.core.live import Incident
from statusbridge.core.rules import Rule


def fill(source: str, values: Mapping[str, str]) -> str:
    return re.sub(r"{{ *(\w+) *}}", lambda m: values[m[1]], source)


class World:
    """One account, one page, a store in memory; `restart` forgets all but store, page and feeds."""

    def __init__(self, *rules: Rule, **policy: Any) -> None:
        from pathlib import Path

        self.clock = TurnedClock(T0)
        self.feed = Feed(self.clock)
        self.feeds = [self.feed]
        self.page = MemoryPage(clock=self.clock)
        self.store = SqliteStore.copy(Path("/nonexistent/state.db"))
        self.configure(*(rules or (a_rule(),)), **policy)
        self.reports: list[CycleReport] = []

    def configure(self, *rules: Rule, **policy: Any) -> None:
        """Start the bridge anew with *rules*, as a restart or a reload does."""
        self.policy = Policy(rules, {"public": PAGE}, fill, **policy)
        self.restart()

    def restart(self) -> None:
        self.bridge = Bridge(
            self.policy, tuple(self.feeds), {"public": self.page}, self.store, self.clock
        )

    def storm(self, count: int, at: int = 0, **changes: Any) -> None:
        """Let *count* alerts happen from T0 + *at* on, one a second."""
        for n in range(count):
            self.feed.alerts.append(an_alert(T0 + at + n, **changes))

    def account(self, name: str) -> Feed:
        """Add an account, read from the next restart on."""
        self.feeds.append(Feed(self.clock, account=name))
        self.restart()
        return self.feeds[-1]

    async def cycle(self, at: int | None = None) -> CycleReport:
        """Run a cycle at T0 + *at*, or where the clock stands."""
        if at is not None:
            self.clock.time = T0 + at
        self.reports.append(await run_cycle(self.bridge))
        return self.reports[-1]

    async def run(self, start: int, end: int, every: int = 10) -> None:
        """Run a cycle each *every* seconds from *start* to *end*."""
        for at in range(start, end + 1, every):
            await self.cycle(at)

    @property
    def posts(self) -> list[str]:
        """Every message on the page, in order of posting."""
        updates = [u for i in self.page.incidents_.values() for u in i.updates]
        return [u.message for u in sorted(updates, key=lambda u: u.id)]

    def the_incident(self) -> Incident:
        """The only incident on the page."""
        (incident,) = self.page.incidents_.values()
        return incident

    def held(self) -> list[str]:
        return [str(held.reason) for _, held, _ in self.store.held()]
