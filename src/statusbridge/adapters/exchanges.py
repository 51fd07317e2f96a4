"""How requests to one service ended and how long they took: counted for the metrics."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, field

BOUNDS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
"""Upper ends of the classes that durations are counted in, in seconds; the last class is open."""


@dataclass(slots=True)
class Durations:
    """The durations of the requests that ended in one way."""

    by_class: list[int] = field(default_factory=lambda: [0] * (len(BOUNDS) + 1))
    seconds: float = 0.0


@dataclass(slots=True)
class Exchanges:
    """Requests by outcome: the status of the answer, or "not_sent" or "interrupted"."""

    by_outcome: dict[str, Durations] = field(default_factory=dict)

    @property
    def total(self) -> int:
        """How many requests have ended."""
        return sum(sum(found.by_class) for found in self.by_outcome.values())

    def note(self, outcome: str, seconds: float) -> None:
        """Count a request that ended as *outcome* after *seconds*."""
        found = self.by_outcome.setdefault(outcome, Durations())
        found.by_class[bisect_left(BOUNDS, seconds)] += 1
        found.seconds += seconds
