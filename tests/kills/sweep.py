"""Kill the real program before every system call that matters: `make kills`, or

PYTHONPATH=src:tests python -m kills.sweep --points 100

A violation is printed with the deaths that led to it; `--only pwrite64:17,connect:3` dies them
again, one process after the other.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import shutil
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, field

from kills.launch import FAULTS, program
from kills.life import Moment, Told, TooSlowError, live
from kills.points import Chain, census, evenly, moments, pairs
from kills.strace import Injection, unusable

HOW_TO_GET_IT = "strace is not installed: install it with your system's package manager."


@dataclass
class Tally:
    """What became of the lives with a death of one kind."""

    points: int = 0
    struck: Counter[str] = field(default_factory=Counter)
    """Kills, by what the process was about to do."""
    restarts: int = 0
    seconds: float = 0.0
    missed: list[str] = field(default_factory=list)
    """Deaths that were to be died and were not: the life was over before."""
    broken: list[str] = field(default_factory=list)

    @property
    def kills(self) -> int:
        return self.struck.total()

    def take(self, deaths: Chain, told: Told) -> None:
        self.points += 1
        self.struck.update(_kind((death,)) for death in told.deaths)
        self.restarts += told.starts - 1
        self.seconds += told.took
        if not told.deaths:
            self.missed.append(named(deaths))
        self.broken += [f"{named(deaths)}: {what}" for what in told.found]


def named(deaths: Chain) -> str:
    """Return *deaths* as `--only` takes them."""
    return ",".join(
        f"{d.call}:{d.nth}" if isinstance(d, Injection) else f"{d.seconds:.3f}" for d in deaths
    )


def read(text: str) -> Chain:
    """Return the deaths that `named` wrote as *text*."""
    split = (part.partition(":") for part in text.split(","))
    return tuple(
        Injection(name, int(nth)) if nth else Moment(float(name)) for name, _, nth in split
    )


def sweep(lives: Iterable[Chain], at_once: int, fault: str = "") -> dict[str, Tally]:
    """Live all *lives*, *at_once* together; return what became of them by kind of death.

    *fault*: planted in the program.
    """
    tallies: dict[str, Tally] = defaultdict(Tally)
    with ProcessPoolExecutor(at_once) as pool:
        told_of = {pool.submit(lived, deaths, fault): deaths for deaths in lives}
        for number, done in enumerate(as_completed(told_of), start=1):
            _progress(number, len(told_of))
            deaths = told_of[done]
            try:
                told = done.result()
            except TooSlowError:
                tallies[_kind(deaths)].missed.append(f"{named(deaths)} (the machine is too slow)")
                continue
            tallies[_kind(deaths)].take(deaths, told)
            for what in told.found:
                sys.stderr.write(f"violation: {named(deaths)}: {what}\n")
    return dict(tallies)


def _progress(done: int, of: int) -> None:
    if sys.stderr.isatty():
        sys.stderr.write(f"\r{done} of {of} lives" + "\n" * (done == of))


def lived(deaths: Chain, fault: str = "") -> Told:
    """Return what became of a life with *deaths*."""
    hurried = not isinstance(deaths[0], Moment)
    return asyncio.run(live(deaths, program(fault), hurried=hurried))


def _kind(deaths: Chain) -> str:
    first = deaths[0]
    if isinstance(first, Moment):
        return "at a random moment"
    return first.call if len(deaths) == 1 else "while recovering"


def report(tallies: dict[str, Tally], took: float) -> str:
    """Return the figures as a table, with what was not reached below it."""
    total = Tally()
    rows = [
        f"{'before':<20}{'points':>8}{'kills':>8}{'restarts':>10}{'violations':>12}{'a min':>8}"
    ]
    work = sum(tally.seconds for tally in tallies.values())
    for kind, tally in tallies.items():
        rows.append(_row(kind, tally, took * tally.seconds / work))
        total.points += tally.points
        total.struck += tally.struck
        total.restarts += tally.restarts
        total.broken += tally.broken
        total.missed += tally.missed
    rows.append(_row("all", total, took))
    rows.append(f"{took / 60:.1f} minutes")
    rows.append(f"not reached: {', '.join(total.missed) or 'nothing'}")
    return "\n".join(rows)


def _row(kind: str, tally: Tally, seconds: float) -> str:
    figures = f"{tally.points:>8,}{tally.kills:>8,}{tally.restarts:>10,}{len(tally.broken):>12,}"
    return f"{kind:<20}{figures}{60 * tally.points / seconds:>8.0f}"


def install() -> None:
    """Install strace where it is missing and this process may; else say how to get it."""
    if shutil.which("strace") is not None:
        return
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        sys.exit(HOW_TO_GET_IT)
    for words in (("update",), ("install", "--yes", "--no-install-recommends", "strace")):
        if subprocess.run(("apt-get", "-qq", *words), check=False).returncode != 0:
            sys.exit(HOW_TO_GET_IT)


def _chosen(asked: argparse.Namespace) -> Iterator[Chain]:
    found = asyncio.run(census(program(asked.fault)))
    every = list(found.points())
    number = min(asked.points or len(every), len(every))
    share = number / len(every)
    sys.stdout.write(f"{number} of {len(every)} points\n")
    yield from ((point,) for point in evenly(every, number, asked.seed))
    yield from pairs(found, round(asked.pairs * share), asked.seed)
    yield from moments(round(asked.moments * share), asked.seed)


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"expected a number from 1, not {text!r}")
    return int(text)


def _arguments(args: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--points", type=_positive, help="how many, evenly spread; without it, all")
    parser.add_argument("--pairs", type=int, default=150, help="beside all: deaths by two")
    parser.add_argument("--moments", type=int, default=40, help="beside all: deaths by the clock")
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--at-once", type=int, default=3 * (os.cpu_count() or 1), help="lives")
    parser.add_argument("--only", type=read, help="just these deaths, in one life")
    parser.add_argument("--fault", default="", choices=FAULTS, help="planted in the program")
    return parser.parse_args(args)


def main(args: Sequence[str] | None = None) -> int:
    """Sweep as *args* say; return 1 where a promise was broken."""
    asked = _arguments(args)
    install()
    if why := unusable():
        sys.exit(f"{why}.")
    # A process that strace reaped first is nothing to be warned of: its log says how it ended.
    logging.getLogger("asyncio").setLevel(logging.ERROR)
    sys.stdout.write(f"seed {asked.seed}\n")
    sys.stdout.flush()
    lives = [asked.only] if asked.only else list(_chosen(asked))
    began = time.perf_counter()
    tallies = sweep(lives, asked.at_once, asked.fault)
    sys.stdout.write(f"{report(tallies, time.perf_counter() - began)}\n")
    return 1 if any(tally.broken for tally in tallies.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
