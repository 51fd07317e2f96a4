"""What each rule measured in the last hours, found again from the stored alerts.

Read beside the cycles and kept for a few seconds: a storm of alerts must not be read anew for
everybody who looks.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping

from statusbridge.adapters.sqlite import SqliteStore
from statusbridge.adapters.sqlite_errors import StoreError
from statusbridge.adapters.sqlite_lookups import reader
from statusbridge.core.model import Instant, Seconds
from statusbridge.core.rules import Matcher, Rule
from statusbridge.daemon import Daemon
from statusbridge.rehearse.meters import Meter
from statusbridge.rehearse.result import Curve

SPAN: Seconds = 3 * 3600
WIDTH: Seconds = 60
_LASTS: Seconds = 5

Curves = Mapping[str, tuple[Curve, ...]]


class Recent:
    """The curves of all rules, of a few seconds ago at most while somebody looks."""

    def __init__(self, daemon: Daemon) -> None:
        self._daemon = daemon
        self._reading: asyncio.Task[None] | None = None
        self._tried: Instant = 0
        self.curves: Curves = {}
        """By rule id; empty until they were read once."""

    async def look(self, patience: float) -> None:
        """Read them where they are too old, waiting at most *patience* seconds."""
        now = self._daemon.parts.bridge.clock.now()
        idle = self._reading is None or self._reading.done()
        if idle and not 0 <= now - self._tried < _LASTS:
            self._tried = now
            self._reading = asyncio.create_task(self._read(now))
        if self._reading is not None:
            await asyncio.wait({self._reading}, timeout=patience)

    async def _read(self, now: Instant) -> None:
        parts = self._daemon.parts
        # Where the state file can't be read, the page says so; the curves stay what they were.
        with contextlib.suppress(StoreError):
            self.curves = await asyncio.to_thread(
                _beside, parts.bridge.policy.rules, parts.store, now
            )


def _beside(rules: tuple[Rule, ...], store: SqliteStore, now: Instant) -> Curves:
    with reader(store) as beside:
        return curves(rules, beside, now)


def curves(rules: tuple[Rule, ...], store: SqliteStore, now: Instant) -> Curves:
    """Return what *rules* measured in the `SPAN` before *now*: the highest value of each `WIDTH`.

    The last bucket holds *now*.
    """
    longest = max((rule.window for rule in rules), default=0)
    start = (now - SPAN - longest) // WIDTH * WIDTH
    matching = Matcher(rules).matching
    meters = [Meter(rule, start, WIDTH) for rule in rules]
    for alert in store.alerts_between(start - 1, now):
        for place in matching(alert):
            meters[place].add(alert.at, alert.resource, alert.account)
    found = {}
    for rule, meter in zip(rules, meters, strict=True):
        meter.finish(now)
        found[rule.id] = tuple(_tail(meter, name, now) for name in meter.peaks)
    return found


def _tail(meter: Meter, measure: str, now: Instant) -> Curve:
    whole = meter.peaks[measure].curve(measure, now, 1 << 30)
    values = whole.values[-(SPAN // WIDTH) :]
    peak = max(values, default=0)
    return Curve(measure, whole.width, values, peak, None)
