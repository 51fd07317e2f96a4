"""Many runs, and what all of them together must have met.

A batch that never lost an answer or never died in the middle of a write has shown nothing, however
green it is: `missing` names what did not happen.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from simulation.setting import draw
from simulation.story import Story
from simulation.telling import tell

YEAR = 365.25 * 86_400

MUST_BE_MET: tuple[str, ...] = (
    *(f"outcome {row}" for row in (
        "Applied", "NotSent", "Limited", "Refused", "Unauthorized", "Gone", "Unknown",
    )),
    *(f"crash {point}" for point in (
        "commit.before", "commit.after", "get.before", "get.leaving", "get.after",
        "post.before", "post.leaving", "post.after",
    )),
    *(f"person {act}" for act in (
        "PostUpdate", "ResolveIncident", "RenameIncident", "DeleteUpdate", "DeleteIncident",
        "OpenIncident", "OpenMaintenance", "RemoveComponent", "Subscribers",
    )),
    *(f"fault page {kind} POST" for kind in (
        "LostBefore", "LostAfter", "AppliedLate", "Status", "Garbage", "WrongType", "Truncated",
        "Gzip", "Slow", "Hang", "Drip", "Redirect",
    )),
    *(f"fault twilio {kind} GET" for kind in (
        "LostBefore", "Status", "Garbage", "WrongType", "Truncated", "Gzip", "Slow", "Hang", "Drip",
        "Redirect", "OtherOrigin",
    )),
    *(f"log {event}" for event in (
        "operation.adopted", "operation.repeated", "operation.parked", "operation.delayed",
        "incident.touched", "incident.handed_over", "subscribers.unreachable", "echo.drifted",
        "gap.recorded", "poll.noted", "source.unavailable", "source.recovered",
    )),
    *(f"order {kind}" for kind in ("approve", "reject", "release", "pause", "resume")),
    "fault NotSent", "power cut", "reload", "restore", "nap",
)  # fmt: skip
"""What every batch of some thousand seeds meets."""


@dataclass(slots=True)
class Batch:
    """What many runs came to."""

    runs: int = 0
    crashes: int = 0
    effects: int = 0
    posts: int = 0
    seconds: float = 0.0
    """Virtual."""
    took: float = 0.0
    """Seconds on the wall."""
    marks: Counter[str] = field(default_factory=Counter)
    broken: dict[int, list[str]] = field(default_factory=dict)
    """What was found, by seed."""

    def take(self, seed: int, story: Story) -> None:
        self.runs += 1
        self.crashes += story.crashes
        self.effects += story.effects
        self.posts += story.posts
        self.seconds += story.seconds
        self.marks.update(story.marks)
        if story.found:
            self.broken[seed] = story.found

    def add(self, other: Batch) -> None:
        self.runs += other.runs
        self.crashes += other.crashes
        self.effects += other.effects
        self.posts += other.posts
        self.seconds += other.seconds
        self.marks.update(other.marks)
        self.broken |= other.broken

    @property
    def missing(self) -> list[str]:
        """What was not met."""
        return [mark for mark in MUST_BE_MET if not self.marks[mark]]

    def report(self) -> str:
        """Return the figures, one a line."""
        lines = [
            f"{self.runs:>12,} runs, {60 * self.runs / max(self.took, 1e-9):,.0f} a minute",
            f"{self.crashes:>12,} deaths of the process, {self.marks['power cut']:,} by power cut",
            f"{self.effects:>12,} points at which it could have died",
            f"{self.posts:>12,} writes sent",
            f"{self.seconds / YEAR:>12,.1f} years of virtual time",
            f"{len(self.broken):>12,} violations",
        ]
        counted = sorted(self.marks.items())
        lines += [
            f"{n:>12,} {mark}" for mark, n in counted if mark.startswith(("fault", "outcome"))
        ]
        return "\n".join(lines)


def run(seeds: Iterable[int], limit: float = float("inf")) -> Batch:
    """Return what *seeds* came to; at most *limit* seconds of it."""
    batch = Batch()
    began = time.perf_counter()
    for seed in seeds:
        batch.take(seed, tell(draw(seed)))
        batch.took = time.perf_counter() - began
        if batch.took > limit:
            break
    return batch
