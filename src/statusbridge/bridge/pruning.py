"""Letting go of alerts that nothing needs any more, a few at a time, beside the cycles.

What was decided, said and done is kept for good. Knows when an alert is not needed from
`core.keeping` alone.
"""

from __future__ import annotations

import asyncio

import structlog

from statusbridge.bridge.parts import Bridge
from statusbridge.core.keeping import dispensable_until
from statusbridge.core.model import iso

log = structlog.get_logger()

PORTION = 500
"""Alerts in one transaction: a few hundredths of a second, in which nothing else happens."""
PORTIONS = 10
"""Transactions after one cycle. At a cycle each 30 s that is 14 million alerts a day."""


async def prune(bridge: Bridge) -> bool:
    """Drop old alerts, `PORTIONS` transactions at most; return whether all were that may go.

    What waits in the event loop is let in between two transactions. Raises StoreError; what was
    dropped before stays so.
    """
    store = bridge.store
    coverage = store.coverage()
    until = dispensable_until(
        bridge.policy.rules,
        store.detectors(),
        (case.episode for case in store.cases()),
        (coverage[s.account] for s in bridge.sources if s.account in coverage),
    )
    dropped, count = 0, PORTION
    while until is not None and count == PORTION and dropped < PORTION * PORTIONS:
        count = store.drop_alerts(until, PORTION)
        dropped += count
        await asyncio.sleep(0)
    if dropped and until is not None:
        log.info("alerts.pruned", count=dropped, until=iso(until))
    return dropped < PORTION * PORTIONS
