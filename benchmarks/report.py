"""What measurements are told in: medians with their range, ratios, and the machine."""

from __future__ import annotations

import os
import platform
import resource
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from statistics import median


def peak_mb() -> float:
    """Return the most memory that this process has had resident so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def resident_mb() -> float:
    """Return the memory that this process has resident now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def spread(values: Sequence[float], unit: str, digits: int = 0) -> str:
    """Return the median of *values* with the least and the greatest."""
    low, middle, high = (
        f"{value:,.{digits}f}" for value in (min(values), median(values), max(values))
    )
    return f"{middle} {unit} ({low}–{high})".replace("  ", " ")


def ratio(ours: Sequence[float], theirs: Sequence[float]) -> str:
    """Return how many times theirs ours is, of values measured in turn: the median of the pairs."""
    pairs = [a / b for a, b in zip(ours, theirs, strict=True)]
    return spread(pairs, "×", 2)


def machine() -> str:
    """Return what the figures were measured on."""
    cpu = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.processor(),
    )
    return (
        f"{os.cpu_count()} × {cpu}, {platform.system()} {platform.release()}, "
        f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}"
    )
