"""The numbers of a rule from what it measured: well above what days without an outage show."""

from __future__ import annotations

from math import ceil, floor, log10

from statusbridge.core.coverage import DAY
from statusbridge.core.model import Instant, Seconds
from statusbridge.rehearse.meters import Peaks
from statusbridge.starter.proposal import Numbers, Quiet

WINDOW: Seconds = 600
HOLD: Seconds = 120
_LEAST = 10
"""Fewer alerts are no outage of anybody but those who have them."""
_ABOVE = 3
"""So many times what is usual."""
_DAYS = 0.75
"""The share of days of which `Quiet.usual` speaks, rounded down: an outage that lasted over
midnight, or a second one, is not usual in a week."""
_RESOURCES = 0.6


def quiet_of(peaks: Peaks, since: Instant, until: Instant) -> Quiet:
    """Return what *peaks* say of the days before *until*, counted back from it to *since*."""
    days = max(1, ceil((until - since) / DAY))
    highs = sorted(
        max(peaks.between(until - (n + 1) * DAY, until - n * DAY), default=0) for n in range(days)
    )
    most = max(peaks.values, default=0)
    at = peaks.start + peaks.values.index(most) * peaks.width if most else None
    return Quiet(highs[max(1, int(days * _DAYS)) - 1], most, at, days)


def numbers_for(quiet: Quiet, *, with_resources: bool) -> Numbers:
    """Return numbers above *quiet*, and a recovery that its usual alerts do not hold up."""
    degraded = _rounded_up(max(_LEAST, _ABOVE * quiet.usual))
    return Numbers(
        degraded=degraded,
        partial=5 * degraded,
        below=max(quiet.usual, degraded // 5),
        resources=ceil(degraded * _RESOURCES) if with_resources else None,
    )


def _rounded_up(value: int) -> int:
    """Return *value* to two digits, not less."""
    unit = 10 ** max(0, floor(log10(value)) - 1)
    return int(ceil(value / unit) * unit)
