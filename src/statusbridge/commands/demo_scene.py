"""What a demonstration shows at one moment, as values: the two sides as people outside see them,
and the daemon as it speaks of itself. Knows no terminal and no process.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

import msgspec

from statusbridge.documents import Document
from statusbridge.simulators.feed import FeedAlert
from statusbridge.simulators.incidentio import IncidentioSimulator
from statusbridge.simulators.page_state import OPERATIONAL, SEVERITY, Incident, Post, shown
from statusbridge.simulators.public_page import visible

PULSE = 20
"""Seconds for which a tally keeps the counts one by one."""


@dataclass(frozen=True, slots=True)
class Tally:
    """The alerts of one code. *pulse*: how many happened in each of the last `PULSE` seconds, the
    newest last. *code* None: they have none."""

    code: int | None
    count: int
    pulse: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Component:
    """One component as the page shows it; *group* "" is none."""

    group: str
    name: str
    status: str


@dataclass(frozen=True, slots=True)
class Face:
    """The status page, as customers see it. *incidents*: the oldest first, resolved ones too."""

    name: str
    components: tuple[Component, ...]
    incidents: tuple[Incident, ...] = ()


@dataclass(frozen=True, slots=True)
class Scene:
    """One moment. *at*: epoch seconds; *elapsed*: seconds since the scenario began.

    *tallies*: what Twilio has, in the order in which the codes appeared. *status*: the daemon's
    own document; None: it does not answer yet. *console*: its address for a browser; "": not yet.
    """

    at: float
    elapsed: float
    tallies: tuple[Tally, ...]
    page: Face
    status: Document | None
    console: str = ""

    @property
    def ready(self) -> bool:
        """Whether the daemon says that it is."""
        return self.status is not None and bool(self.status["daemon"]["ready"])


class _Coded(msgspec.Struct):
    error_code: int | None = None


def tally(alerts: Iterable[FeedAlert], now: float) -> tuple[Tally, ...]:
    """Return *alerts* by code, as of *now*, in the order in which the codes appeared."""
    times: dict[int | None, list[int]] = {}
    for alert in sorted(alerts, key=lambda a: a.created):
        times.setdefault(_code(alert), []).append(alert.generated)
    return tuple(Tally(code, len(found), _pulse(found, int(now))) for code, found in times.items())


def face(simulator: IncidentioSimulator) -> Face:
    """Return the simulator's first page as it is now."""
    page, world = next(iter(simulator.pages.values())), simulator.world
    down = shown(world, page.entry.id)
    return Face(
        page.entry.name,
        tuple(Component(g, n, down.get(i, OPERATIONAL)) for g, n, i in visible(page.items)),
        tuple(world.incidents.values()),
    )


def worst(post: Post) -> str:
    """Return the worst status that *post* gives a component."""
    statuses = (status for _, status in post.components)
    return max(statuses, key=SEVERITY.index, default=OPERATIONAL)


def _code(alert: FeedAlert) -> int | None:
    return msgspec.json.decode(alert.encoded, type=_Coded, strict=False).error_code


def _pulse(times: list[int], now: int) -> tuple[int, ...]:
    counts = Counter(times)
    return tuple(counts[second] for second in range(now - PULSE + 1, now + 1))
