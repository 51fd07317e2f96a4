"""A recorded past, lived through by the rules of a configuration, as a result.

Every rule is taken to be in stage auto, and marked with the stage that it has. Of each alert it is
taken that the first poll after it happened could read it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from statusbridge.adapters.recorded_alerts import DisorderedError, Sift, Tally, Wanted
from statusbridge.adapters.recorded_order import Read, in_order, sorted_portions
from statusbridge.adapters.recording_entries import Portion, Tell
from statusbridge.config.values import Config
from statusbridge.core.codes import describe, fault_of
from statusbridge.core.coverage import Gap
from statusbridge.core.model import Fault, Instant, Seconds
from statusbridge.core.rules import Rule, candidates, probes
from statusbridge.rehearse.meters import MEASURES, Meter
from statusbridge.rehearse.past import Past, past_of
from statusbridge.rehearse.result import (
    CodeCount,
    Outage,
    Result,
    RuleHistory,
    Volume,
)

POINTS = 2_000
"""Values at most in a curve of a result."""
_VOLUME_POINTS = 500
_VOLUME_CODES = 12

_NEVER: Instant = 1 << 62


@dataclass(frozen=True, slots=True)
class History:
    """A recording: how it is read from its beginning, and what it is known to hold.

    *names*: see `Wanted.names`. *after* and *until* None: from its first alert, to its last.
    """

    read: Read
    names: Callable[[str | None], str | None]
    after: Instant | None = None
    until: Instant | None = None
    gaps: tuple[tuple[str, Gap], ...] = ()


@dataclass(frozen=True, slots=True)
class Replayed:
    """A result, with what is needed to look closer at the same past. *was_sorted*: see `replay`."""

    result: Result
    tally: Tally
    meters: tuple[Meter, ...]
    was_sorted: bool


class EmptyError(Exception):
    """There is no alert in what was asked for."""


async def replay(config: Config, history: History, tell: Tell, heard: Heard) -> Replayed:
    """Return what *config* would have done. *heard* is told up to when it has got, now and then.

    A recording that is out of order is read twice, and sorted by way of a temporary file. Raises
    EmptyError, and what reading raises.
    """
    wanted = _wanted(config, history)
    try:
        sift = Sift(wanted, tell)
        return await _lived(config, history, sift, history.read(tell), heard)
    except DisorderedError:
        sift = Sift(wanted, tell)
        portions = sorted_portions(history.read, wanted, tell)
        return replace(await _lived(config, history, sift, portions, heard), was_sorted=True)


Heard = Callable[[Instant], None]
"""Hears up to when a replay has got."""


def _wanted(config: Config, history: History) -> Wanted:
    return Wanted(
        history.names,
        lambda code, level, account: candidates(config.rules, code, level, account),
        probes(config.rules),
        -_NEVER if history.after is None else history.after,
        _NEVER if history.until is None else history.until,
    )


async def _lived(
    config: Config, history: History, sift: Sift, portions: Iterator[Portion], heard: Heard
) -> Replayed:
    tally = sift.tally
    past: Past | None = None
    try:
        for alerts, settled in in_order(portions, sift):
            if past is None:
                start = _start(history, tally, settled, config.twilio.poll_interval)
                if start is None:
                    continue
                past = past_of(config, start)
                await past.begin(history.gaps)
            await past.live(alerts, min(settled, _end(history, tally)))
            heard(settled)
        if past is None:
            raise EmptyError
        await past.finish(_end(history, tally))
        result = _result(config, history, past, tally)
        return Replayed(result, tally, past.meters, was_sorted=False)
    finally:
        if past is not None:
            past.close()


def _start(history: History, tally: Tally, settled: Instant, interval: Seconds) -> Instant | None:
    """Return when the first cycle is, before any alert; None: an earlier alert may still come."""
    first = min(tally.counts, default=None)
    if first is None or settled < first:
        return None
    return first - interval if history.after is None else history.after


def _end(history: History, tally: Tally) -> Instant:
    if history.until is not None:
        return history.until
    return tally.last if tally.last is not None else -_NEVER


def _result(config: Config, history: History, past: Past, tally: Tally) -> Result:
    end = _end(history, tally)
    outages = past.witness.outages({rule.id: rule.stage for rule in config.rules})
    codes: Counter[int | None] = Counter()
    for by_code in tally.counts.values():
        codes.update(by_code)
    return Result(
        config=str(config.path),
        start=past.start,
        end=end,
        interval=past.interval,
        alerts=tally.alerts,
        matched=past.matched,
        outages=outages,
        rules=tuple(
            _rule_history(rule, meter, outages, end)
            for rule, meter in zip(config.rules, past.meters, strict=True)
        ),
        codes=_code_counts(codes),
        unmatched=_code_counts(tally.unwanted + past.unmatched),
        volume=_volume(tally, codes, past.start, end),
        gaps=tuple((account, gap.lo, gap.hi, gap.reason) for account, gap in history.gaps),
    )


def _rule_history(
    rule: Rule, meter: Meter, outages: tuple[Outage, ...], end: Instant
) -> RuleHistory:
    return RuleHistory(
        rule=rule.id,
        stage=rule.stage,
        page=rule.page,
        incident=rule.incident,
        components=rule.components,
        window=rule.window,
        triggers=rule.triggers,
        matched=meter.matched,
        fired=sum(rule.id in outage.rules for outage in outages),
        curves=tuple(
            meter.peaks[name].curve(name, end, POINTS) for name in MEASURES if name in meter.peaks
        ),
    )


def _code_counts(counted: Counter[int | None]) -> tuple[CodeCount, ...]:
    ordered = sorted(counted.items(), key=lambda item: (-item[1], item[0] or 0))
    return tuple(
        CodeCount(code, fault_of(code), None if code is None else describe(code).title, count)
        for code, count in ordered
    )


def _volume(tally: Tally, codes: Counter[int | None], start: Instant, end: Instant) -> Volume:
    steps = max(1, -(-(end - start) // (_VOLUME_POINTS * tally.width)))
    width = steps * tally.width
    size = (end - start) // width + 1
    frequent = {code: [0] * size for code, _ in codes.most_common(_VOLUME_CODES)}
    faults = {fault: [0] * size for fault in Fault}
    for at, by_code in tally.counts.items():
        place = min(size - 1, max(0, at - start) // width)
        for code, count in by_code.items():
            faults[fault_of(code)][place] += count
            if code in frequent:
                frequent[code][place] += count
    return Volume(
        width,
        tuple((fault, tuple(values)) for fault, values in faults.items() if any(values)),
        tuple((code, tuple(values)) for code, values in frequent.items()),
    )
