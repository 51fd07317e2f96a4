"""What `init` says of what it wrote."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path

from statusbridge.commands.printing import indented
from statusbridge.starter.proposal import Counts, Past, Proposal, Surroundings

_SHOWN = 3


def summary(
    config: Path, around: Surroundings, proposals: Sequence[Proposal], past: Past, *, named: bool
) -> list[str]:
    """Return what was seen and written, and in the last line what to do next.

    *named*: commands find *config* only where they are told.
    """
    active = [one for one in proposals if one.active]
    rules = "1 rule" if len(active) == 1 else f"{len(active)} rules"
    days = "the last day" if past.days == 1 else f"the last {past.days} days"
    program = "statusbridge" + (f" --config {shlex.quote(str(config))}" if named else "")
    return [
        f"page {around.page_name}: “{around.page_title}”",
        f"{past.alerts:,} alerts in {days}",
        *indented(_rows(proposals, past)),
        f"Wrote {config} with {rules}, all in stage shadow, and {around.tests} with their tests.",
        f"Next: {program} check, then backtest, then run --dry-run, then run.",
    ]


def _rows(proposals: Sequence[Proposal], past: Past) -> Iterator[tuple[str, ...]]:
    for one in proposals:
        if one.codes:
            where = " and ".join(one.components) or "left out"
            yield one.product.id, _count(one.codes), _listed(one.codes), f"→ {where}"
    if past.left_out:
        yield "no rule", _count(past.left_out), _listed(past.left_out), "→ see the end of the file"


def _count(codes: Counts) -> str:
    return f"{sum(count for _, count in codes):,}"


def _listed(codes: Counts) -> str:
    shown = " · ".join(f"{code or 'no code'} ×{count:,}" for code, count in codes[:_SHOWN])
    return shown + (" · …" if len(codes) > _SHOWN else "")
