"""What of an account's past has been read, and what a poll has yet to read, as values.

Decides which stretches are open, which can't be read any more, and when the watermark may move.
Knows nothing of requests and pages (`core.listing` does), nor of rules.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from statusbridge.core.model import Alert, Instant, Seconds

MINUTE: Seconds = 60
HOUR: Seconds = 60 * MINUTE
DAY: Seconds = 24 * HOUR

RETENTION: Seconds = 30 * DAY
"""Twilio: "Queries for alerts older than 30 days are not supported" (Monitor API, Alerts)."""
CLAMPS: tuple[Seconds, ...] = (29 * DAY, 7 * DAY, DAY)
"""How far back a start is moved that is, or is refused as, too old: each refusal one further."""

EDGE: Seconds = MINUTE
"""Read twice at least: Twilio's clocks may be apart by half of it, and it stores seconds later."""

SHORT_SWEEP: Seconds = 4 * HOUR
SHORT_EVERY: Seconds = 30 * MINUTE
LONG_SWEEP: Seconds = 48 * HOUR
LONG_EVERY: Seconds = DAY


@dataclass(frozen=True, slots=True)
class Hole:
    """A closed stretch of time still to be read, newest first: *hi* comes down as pages are stored.

    *deep*: reads again what was read, for alerts that Twilio stored late. Holds nothing back.
    """

    lo: Instant
    hi: Instant
    deep: bool = False


@dataclass(frozen=True, slots=True)
class Gap:
    """A stretch (lo, hi] that can never be read, and why. Absence in it proves nothing."""

    lo: Instant
    hi: Instant
    reason: str


@dataclass(frozen=True, slots=True)
class Coverage:
    """How far one account has been read.

    *covered_until* is the watermark: everything up to it was read, or lies in a recorded gap. None:
    nothing yet. *heard_until* is the newest server time heard of. *holes* are what is left to read,
    in the order of reading: the newest first, deep ones last.
    """

    covered_until: Instant | None = None
    heard_until: Instant | None = None
    holes: tuple[Hole, ...] = ()
    swept_short: Instant | None = None
    """When the 4 h re-read was last begun."""
    swept_long: Instant | None = None
    """When the 48 h re-read was last begun."""
    asked_until: Instant | None = None
    """What the watermark becomes once no hole but deep ones is left. None: as `covered_until`."""
    terms: str = ""
    """By which text conditions alerts were looked at when they were read: a digest of them."""


@dataclass(frozen=True, slots=True)
class Batch:
    """What answers of a source brought. All of it is stored in one transaction, or none.

    *coverage* is true once *alerts* and *gaps* are stored; either may come again in a later batch.
    *malformed* counts entries that had no usable sid. *notes* are sentences for the log. Without
    *rest* reading must go on: taken up anew from *coverage*, it would only get here again.
    """

    alerts: tuple[Alert, ...]
    coverage: Coverage
    gaps: tuple[Gap, ...] = ()
    malformed: int = 0
    notes: tuple[str, ...] = ()
    rest: bool = True


def joined(batches: Sequence[Batch]) -> Batch:
    """Return *batches*, which followed each other and are at least one, as one batch."""
    return Batch(
        alerts=tuple(alert for batch in batches for alert in batch.alerts),
        coverage=batches[-1].coverage,
        gaps=tuple(gap for batch in batches for gap in batch.gaps),
        malformed=sum(batch.malformed for batch in batches),
        notes=tuple(dict.fromkeys(note for batch in batches for note in batch.notes)),
    )


@dataclass(frozen=True, slots=True)
class Budget:
    """What one poll may cost; where it is used up the rest is left to the next poll."""

    pages: int
    seconds: Seconds


@dataclass(frozen=True, slots=True)
class Lookback:
    """How far back a poll starts: before what was asked last, and *first* where nothing was yet.

    Where alerts were read by other *terms* (see `Coverage`), by *again* at least.
    """

    overlap: Seconds
    first: Seconds
    terms: str = ""
    again: Seconds = 0


def begin(coverage: Coverage, now: Instant, lookback: Lookback) -> tuple[Coverage, tuple[Gap, ...]]:
    """Return *coverage* with all that a poll at server time *now* is to read, and what it can't.

    What earlier polls left unread stays. The watermark stands.
    """
    top = coverage.covered_until if coverage.asked_until is None else coverage.asked_until
    if top is None:
        front: tuple[Hole, ...] = (Hole(now - max(lookback.first, lookback.overlap), now),)
    else:
        front = _front(coverage, min(top, now), now, lookback.overlap)
    if coverage.terms != lookback.terms:
        # Nothing counts as read by conditions that were not asked about.
        front = (*front, Hole(now - lookback.again, now))
    laid = replace(
        coverage,
        holes=_in_order((*front, *coverage.holes)),
        asked_until=now if top is None else max(top, now),
        terms=lookback.terms,
    )
    oldest = min(hole.lo for hole in laid.holes)
    swept = _with_sweep(laid, now)
    return clamped(swept, now - CLAMPS[0]) if oldest < now - RETENTION else (swept, ())


def _front(coverage: Coverage, top: Instant, now: Instant, overlap: Seconds) -> tuple[Hole, ...]:
    """Return what is new since *top*, the end of the last poll, and the overlap before that.

    Where the last poll came to an end in its overlap, that is read again only once all else is, but
    for its edge: polls too short for it would begin with it each time, and never get through.
    """
    lo, again = top - overlap, coverage.covered_until
    newest = max((hole.hi for hole in coverage.holes if not hole.deep), default=top)
    if newest < top and (newest > lo or (again is not None and newest < again < top)):
        return Hole(max(lo, top - EDGE), now), Hole(lo, top, deep=True)
    return (Hole(lo, now),)


def _with_sweep(coverage: Coverage, now: Instant) -> Coverage:
    """Add the re-read that is due, up to the newest hole, which is about to be read anyway.

    Away for as long as the short interval counts as a start: Twilio may have buffered meanwhile.
    """
    heard = coverage.heard_until
    away = heard is not None and now - heard >= SHORT_EVERY
    if away or _due(coverage.swept_long, now, LONG_EVERY):
        span, begun = LONG_SWEEP, replace(coverage, swept_short=now, swept_long=now)
    elif _due(coverage.swept_short, now, SHORT_EVERY):
        span, begun = SHORT_SWEEP, replace(coverage, swept_short=now)
    else:
        return coverage
    deep = Hole(now - span, coverage.holes[0].lo, deep=True)
    return begun if deep.lo >= deep.hi else replace(begun, holes=_in_order((*begun.holes, deep)))


def _due(last: Instant | None, now: Instant, every: Seconds) -> bool:
    return last is None or now - last >= every


def _in_order(holes: tuple[Hole, ...]) -> tuple[Hole, ...]:
    """Return *holes* in reading order, those that touch as one, so that failed polls add none."""
    merged: list[Hole] = []
    for hole in sorted(holes, key=lambda hole: (hole.deep, -hole.hi)):
        upper = merged[-1] if merged else None
        if upper is None or upper.deep != hole.deep or hole.hi < upper.lo - 1:
            merged.append(hole)
        else:
            merged[-1] = replace(upper, lo=min(upper.lo, hole.lo))
    return tuple(merged)


def clamped(coverage: Coverage, floor: Instant) -> tuple[Coverage, tuple[Gap, ...]]:
    """Return *coverage* with nothing left to read before *floor*, and what is given up by that.

    Nothing up to the watermark is given up, and nothing by a deep hole: those were read before.
    """
    kept: list[Hole] = []
    gaps: list[Gap] = []
    for hole in coverage.holes:
        if hole.hi >= floor:
            kept.append(replace(hole, lo=max(hole.lo, floor)))
        lo, hi = hole.lo - 1, min(hole.hi, floor - 1)
        if coverage.covered_until is not None:
            lo = max(lo, coverage.covered_until)
        if lo < hi and not hole.deep:
            gaps.append(Gap(lo, hi, "older than Twilio answers for"))
    return settled(replace(coverage, holes=tuple(kept))), tuple(gaps)


def shortened(
    coverage: Coverage, now: Instant, *, said_so: bool
) -> tuple[Coverage, tuple[Gap, ...]] | None:
    """Return *coverage* after Twilio refused to read the first hole; None: not for being too old.

    Each refusal moves the start to the next newer of `CLAMPS`, as long as *now* is the same.
    Unless Twilio *said_so*, only a start of over a week ago is taken for the cause.
    """
    start = coverage.holes[0].lo
    spans = CLAMPS if said_so else CLAMPS[:2]
    floor = next((now - span for span in spans if now - span > start), None)
    return None if floor is None else clamped(coverage, floor)


def heard(coverage: Coverage, server: Instant) -> Coverage:
    """Return *coverage* after an answer of server time *server*.

    What was asked for beyond that time had not happened yet, and has not been read.
    """
    newest = server if coverage.heard_until is None else max(coverage.heard_until, server)
    asked = None if coverage.asked_until is None else min(coverage.asked_until, server)
    return replace(coverage, heard_until=newest, asked_until=asked)


def lowered(coverage: Coverage, hi: Instant) -> Coverage:
    """Return *coverage* with the first hole read down to *hi*, which is to be read again.

    Below its start the hole is closed, and the watermark moves if it was the last to hold it back.
    """
    head, *rest = coverage.holes
    if hi >= head.lo:
        return replace(coverage, holes=(replace(head, hi=min(hi, head.hi)), *rest))
    return settled(replace(coverage, holes=tuple(rest)))


def settled(coverage: Coverage) -> Coverage:
    """Return *coverage* with the watermark where it may stand: moved only when all was read."""
    asked, covered = coverage.asked_until, coverage.covered_until
    if asked is None or not all(hole.deep for hole in coverage.holes):
        return coverage
    return replace(coverage, covered_until=asked if covered is None else max(asked, covered))
