"""What became of a run, as a value."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from hashlib import sha256

from simulation.setting import Setting


@dataclass(slots=True)
class Story:
    """What became of a run."""

    setting: Setting
    trace: list[str] = field(default_factory=list)
    marks: Counter[str] = field(default_factory=Counter)
    found: list[str] = field(default_factory=list)
    seconds: float = 0.0
    """Virtual."""
    effects: int = 0
    crashes: int = 0
    posts: int = 0
    """Writes that were sent."""
    told: list[str | None] = field(default_factory=list)
    """What was applied of them: the incident's status, None for a past outage."""

    @property
    def digest(self) -> str:
        return sha256("\n".join(self.trace).encode()).hexdigest()
