"""The production cycle in a world of its own: virtual time, alerts known beforehand, pages kept.

Nothing is read from a network, a file or the machine's clock, and nobody waits: what takes the
daemon a week takes a rehearsal seconds.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from statusbridge.adapters.sqlite import SqliteStore
from statusbridge.bootstrap import policy, source_settings
from statusbridge.bridge.cycle import CycleReport, run_cycle
from statusbridge.bridge.parts import Bridge
from statusbridge.config.values import Config
from statusbridge.core.coverage import Batch, Coverage
from statusbridge.core.model import Instant, Phase, Seconds
from statusbridge.rehearse.clock import TurnedClock
from statusbridge.rehearse.page import RememberedPage
from statusbridge.rehearse.replay import Arrival, Failure, Replay
from statusbridge.rehearse.structure import structures

_NOWHERE = Path("/nonexistent/statusbridge")


@dataclass(slots=True)
class Rehearsal:
    """A bridge with its world. Cycles are due at `start`, and every *interval* after it."""

    bridge: Bridge
    clock: TurnedClock
    store: SqliteStore
    sources: tuple[Replay, ...]
    pages: Mapping[str, RememberedPage]
    interval: Seconds
    skips: bool = True
    """False: every cycle is run, also where none of them could do anything."""
    due: Instant = field(init=False)
    """When the next cycle is."""

    def __post_init__(self) -> None:
        self.due = self.clock.time

    async def run_to(self, until: Instant) -> AsyncIterator[CycleReport]:
        """Run the cycles up to *until*, which is one of them where it falls on one.

        Yields after each. Then the clock stands at *until*.
        """
        while self.due <= until:
            self.clock.time = self.due
            report = await run_cycle(self.bridge)
            self.due += self.interval
            yield report
            if self.skips:
                self._skip(until)
        self.clock.time = until

    async def wake(self) -> bool:
        """Run a cycle between two that are due, as the daemon does once a person has decided.

        Returns False where one is due now anyway.
        """
        if self.clock.time == self.due:
            return False
        await run_cycle(self.bridge)
        return True

    def close(self) -> None:
        self.store.close()

    def _skip(self, until: Instant) -> None:
        """Leave out cycles that could do nothing but read that nothing happened.

        The one before something happens is run: there the watermark is where it would be, and so is
        everything else (`tests/rehearse/test_skipping.py`).
        """
        rest = self._rests_until(until + 1)
        last = self.due + (rest - 1 - self.due) // self.interval * self.interval
        if last <= self.due:
            return
        coverage = self.store.coverage()
        for source in self.sources:
            known = coverage.get(source.account, Coverage())
            times = range(self.due, last, self.interval)
            after, gaps = source.idle(known, times)
            self.store.record(source.account, Batch((), after, tuple(gaps)))
        self.due = last

    def _rests_until(self, limit: Instant) -> Instant:
        """Return from when on, *limit* at most, a cycle could find something to do."""
        now = self.clock.time
        idle = all(s.detector.phase is Phase.INACTIVE for s in self.bridge.standings)
        if not idle or self.bridge.trouble or self.store.cases():
            return now
        times = [source.rests_until(now) for source in self.sources]
        return min([limit, *(time for time in times if time is not None)])


def rehearse(
    config: Config,
    start: Instant,
    arrivals: Mapping[str, Iterable[Arrival]],
    failures: Mapping[str, Iterable[Failure]] | None = None,
    components: Iterable[str] = (),
) -> Rehearsal:
    """Return the bridge that *config* describes before its first cycle, at *start*. Close it.

    *arrivals* and *failures* by account; every page has *components* besides those that rules name.
    Nothing was read and nothing posted before. No secret is read.
    """
    clock = TurnedClock(start)
    lookback = source_settings(config).lookback
    sources = tuple(
        Replay(
            account.name,
            clock,
            lookback,
            arrivals.get(account.name, ()),
            (failures or {}).get(account.name, ()),
        )
        for account in config.twilio.accounts
    )
    built = structures(config, components)
    pages = {name: RememberedPage(structure, clock) for name, structure in built.items()}
    store = SqliteStore.copy(_NOWHERE)
    bridge = Bridge(policy(config), sources, pages, store, clock)
    return Rehearsal(bridge, clock, store, sources, pages, config.twilio.poll_interval)
