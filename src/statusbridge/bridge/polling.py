"""Reading what is new of every account, into the store and the measures of the rules."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from dataclasses import replace

import structlog

from statusbridge.bridge.evaluating import leave_out, load
from statusbridge.bridge.parts import Bridge
from statusbridge.bridge.protocols import Source
from statusbridge.core.backlog import unread
from statusbridge.core.coverage import Batch, Coverage, Gap, joined
from statusbridge.core.errors import Unauthorized, Unavailable
from statusbridge.core.model import Instant, iso
from statusbridge.core.operations import Mark

log = structlog.get_logger()

_PORTION = 10
"""Answers stored in one transaction. To bring each to the disk costs as much as storing it."""


async def poll(bridge: Bridge) -> tuple[int, int]:
    """Read all accounts at once into the store; return how many alerts were new and malformed."""
    if bridge.detection is None:
        bridge.detection = load(bridge)
    coverage = bridge.store.coverage()
    polls = [asyncio.create_task(_poll_one(bridge, s, coverage)) for s in bridge.sources]
    if polls:
        # All end before a failure of one is heard of: none may go on behind the next step's back.
        await asyncio.wait(polls)
    failures = [task.exception() for task in polls]
    for failure in filter(None, failures):
        raise failure
    counts = [task.result() for task in polls]
    return sum(new for new, _ in counts), sum(bad for _, bad in counts)


async def _poll_one(
    bridge: Bridge, source: Source, coverage: dict[str, Coverage]
) -> tuple[int, int]:
    new = malformed = 0
    waiting: list[Batch] = []
    name = f"account {source.account}"
    try:
        rereads_since: Mark | None = None
        known = coverage.get(source.account, Coverage())
        async with aclosing(source.poll(known, bridge.budget)) as batches:
            async for batch in batches:
                waiting.append(batch)
                malformed += batch.malformed
                if len(waiting) == _PORTION:
                    new += _take(bridge, source.account, joined(waiting))
                    waiting.clear()
                if batch.rest and all(hole.deep for hole in batch.coverage.holes):
                    now = bridge.clock.mark()
                    rereads_since = rereads_since or now
                    spent = now.since(rereads_since)
                    if spent is None or spent >= bridge.deep_seconds:
                        break
    except (Unavailable, Unauthorized) as error:
        bridge.note_trouble(name, error)
    else:
        bridge.clear_trouble(name)
        bridge.note_read(name)
    if waiting:
        new += _take(bridge, source.account, joined(waiting))
    return new, malformed


def _take(bridge: Bridge, account: str, batch: Batch) -> int:
    """Store *batch* and count what is new in it; return how many alerts that is."""
    batch = replace(batch, gaps=_unknown(bridge, account, batch.gaps))
    fresh, changed = bridge.store.record(account, batch)
    bridge.gaps_recorded[account] += len(batch.gaps)
    _tell(account, batch)
    before = bridge.detection
    if before is not None:
        if unread(batch.coverage):
            leave_out(bridge, before)
        before.add(fresh)
        before.blind((account, gap) for gap in batch.gaps)
    if changed or before is None:
        bridge.detection = load(bridge)
    return len(fresh)


def _unknown(bridge: Bridge, account: str, gaps: tuple[Gap, ...]) -> tuple[Gap, ...]:
    """Return those of *gaps* that are not recorded yet: each poll's overlap finds them again."""
    if not gaps:
        return gaps
    recorded = bridge.store.gaps(min(gap.lo for gap in gaps))
    known = {(gap.lo, gap.hi) for of, gap in recorded if of == account}
    new: dict[tuple[Instant, Instant], Gap] = {}
    for gap in gaps:
        if (gap.lo, gap.hi) not in known:
            new.setdefault((gap.lo, gap.hi), gap)
    return tuple(new.values())


def _tell(account: str, batch: Batch) -> None:
    for note in batch.notes:
        log.warning("poll.noted", account=account, note=note)
    for gap in batch.gaps:
        log.error(
            "gap.recorded", account=account, after=iso(gap.lo), until=iso(gap.hi), why=gap.reason
        )
