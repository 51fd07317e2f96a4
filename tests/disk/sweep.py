"""Let every system call of the real program on its state file fail: part of `make disk`, or

PYTHONPATH=src:tests python -m disk.sweep --points 100

A violation is printed with the call; `--only pwrite64:17:ENOSPC+` lets it fail again, for good.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import sys
import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, field

from disk.striking import Struck, strikes, struck
from kills.life import TooSlowError
from kills.points import census
from kills.strace import Injection, failing, unusable


@dataclass
class Tally:
    """What became of the lives in which calls of one kind failed in one way."""

    points: int = 0
    unmet: int = 0
    """Lives that were over before the call, or to which it made no difference."""
    paused: int = 0
    went_on: int = 0
    ended: int = 0
    missed: int = 0
    broken: list[str] = field(default_factory=list)

    def take(self, told: Struck) -> None:
        self.points += 1
        self.paused += told.paused > 0
        self.went_on += told.went_on > 0
        self.ended += told.ended > 0
        self.unmet += not (told.paused or told.ended)
        self.broken += [f"{named(told.injection)}: {what}" for what in told.found]


def named(injection: Injection) -> str:
    """Return *injection* as `--only` takes it."""
    error = injection.deed.partition("=")[2]
    return f"{injection.call}:{injection.nth}:{error}{'+' if injection.for_good else ''}"


def read(text: str) -> Injection:
    """Return the injection that `named` wrote as *text*."""
    call, nth, error = text.split(":")
    return failing(call, int(nth), error.rstrip("+"), for_good=error.endswith("+"))


def lived(injection: Injection) -> Struck:
    """Return what became of a life with *injection*; again where the machine was too slow for it.

    Raises TooSlowError where it was so three times.
    """
    # A process that strace reaped first is nothing to be warned of.
    logging.getLogger("asyncio").setLevel(logging.ERROR)
    for _ in range(2):
        try:
            return asyncio.run(struck(injection))
        except (TooSlowError, TimeoutError):
            continue
    return asyncio.run(struck(injection))


def sweep(injections: Iterable[Injection], at_once: int) -> dict[str, Tally]:
    """Live with each of *injections*, *at_once* together; return what became of them by kind."""
    tallies: dict[str, Tally] = defaultdict(Tally)
    with ProcessPoolExecutor(at_once) as pool:
        told_of = {pool.submit(lived, injection): injection for injection in injections}
        for done in as_completed(told_of):
            injection = told_of[done]
            tally = tallies[f"{injection.call} {injection.deed.partition('=')[2]}"]
            try:
                told = done.result()
            except (TooSlowError, TimeoutError):
                tally.missed += 1
                continue
            tally.take(told)
            for what in told.found:
                sys.stderr.write(f"violation: {named(injection)}: {what}\n")
    return dict(sorted(tallies.items()))


def report(tallies: dict[str, Tally]) -> str:
    """Return the figures as a table."""
    heads = ("points", "paused", "went on", "ended", "no matter", "too slow", "violations")
    rows = [f"{'failing':<20}" + "".join(f"{head:>12}" for head in heads)]
    sums = [0] * len(heads)
    for kind, t in tallies.items():
        figures = (t.points, t.paused, t.went_on, t.ended, t.unmet, t.missed, len(t.broken))
        sums = [a + b for a, b in zip(sums, figures, strict=True)]
        rows.append(f"{kind:<20}" + "".join(f"{figure:>12,}" for figure in figures))
    rows.append(f"{'all':<20}" + "".join(f"{figure:>12,}" for figure in sums))
    return "\n".join(rows)


def _arguments(args: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--points", type=int, help="how many, evenly spread; without it, all")
    parser.add_argument("--at-once", type=int, default=3 * (os.cpu_count() or 1), help="lives")
    parser.add_argument("--only", type=read, help="just this failure")
    return parser.parse_args(args)


def chosen(points: int | None = None) -> list[Injection]:
    """Return *points* of all failures, evenly spread; None: all."""
    every = list(strikes(asyncio.run(census())))
    step = 1 if points is None else max(1.0, len(every) / points)
    return [every[int(n * step)] for n in range(int(len(every) / step))]


def main(args: Sequence[str] | None = None) -> int:
    """Sweep as *args* say; return 1 where a promise was broken."""
    asked = _arguments(args)
    if why := unusable():
        sys.exit(f"{why}.")
    began = time.perf_counter()
    tallies = sweep([asked.only] if asked.only else chosen(asked.points), asked.at_once)
    took = time.perf_counter() - began
    sys.stdout.write(f"{report(tallies)}\n{took / 60:.1f} minutes\n")
    return 1 if any(tally.broken for tally in tallies.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
