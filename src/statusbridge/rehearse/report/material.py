"""What a report is made of, as values."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from statusbridge.core.model import IncidentStatus, Instant, Seconds
from statusbridge.rehearse.comparing import Difference
from statusbridge.rehearse.result import Outage, Result
from statusbridge.rehearse.suggesting import Suggestion


@dataclass(frozen=True, slots=True)
class Unread:
    """What of a recording could not be read: *lines*: the first such by number, and why."""

    count: int = 0
    lines: tuple[tuple[int, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Other:
    """The same past under another configuration. *name*: what sentences call it."""

    title: str
    result: Result
    differences: tuple[Difference, ...]
    name: str = "the other"


@dataclass(frozen=True, slots=True)
class Material:
    """All that a report shows. *tried*: the same past with what is suggested."""

    result: Result
    made_at: Instant
    other: Other | None = None
    suggested: tuple[Suggestion, ...] = ()
    tried: Result | None = None
    unread: Unread = Unread()


Told: TypeAlias = tuple[Outage, str]
"""An outage and whose it is: ours | others."""


def opened(outages: Sequence[Outage]) -> tuple[Outage, ...]:
    """Return those of *outages* that the public would have read of."""
    return tuple(outage for outage in outages if outage.posts)


def lasted(outage: Outage) -> tuple[Instant, Instant | None]:
    """Return from when to when the public read of *outage*; of what it did not, when it was.

    None: it was not over, or nobody had said so, when the recording ended.
    """
    if not outage.changes:
        return outage.fired_at, outage.ended_at
    last = outage.changes[-1]
    return outage.changes[0].at, last.at if last.state is IncidentStatus.RESOLVED else None


def all_outages(material: Material) -> list[Told]:
    """Return the outages of ours, then those of the other."""
    others = () if material.other is None else material.other.result.outages
    ours = [(outage, "ours") for outage in material.result.outages]
    return ours + [(outage, "others") for outage in others]


def worst(told: Iterable[Told], size: Callable[[Outage], int], room: int) -> list[Told]:
    """Return the worst and longest of *told*, as many as have *room* by their *size*."""
    chosen = []
    for outage, whose in sorted(told, key=lambda one: (-one[0].worst, -_length(one[0]))):
        room -= size(outage)
        if room < 0:
            break
        chosen.append((outage, whose))
    return chosen


def twins(material: Material) -> dict[str, str]:
    """Return by the ids of the other's outages those of ours in which the public reads the same."""
    ours = {_read(outage): outage.id for outage in opened(material.result.outages)}
    others = () if material.other is None else opened(material.other.result.outages)
    return {one.id: ours[_read(one)] for one in others if _read(one) in ours}


def _read(outage: Outage) -> tuple[object, ...]:
    return outage.page, outage.incident, outage.changes, outage.posts


def _length(outage: Outage) -> Seconds:
    return (outage.ended_at or outage.fired_at) - outage.fired_at
