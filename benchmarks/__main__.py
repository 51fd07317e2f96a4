"""`python -m benchmarks [NAME…] [--quick]`: measure, and print Markdown for the README."""

from __future__ import annotations

import argparse
import os
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.commands import COMMANDS, idle, seconds_of
from benchmarks.console import served
from benchmarks.month import written
from benchmarks.processes import measured, simulators
from benchmarks.reader import READERS
from benchmarks.replays import WHATS
from benchmarks.report import machine, ratio, spread

Lines = Iterator[str]


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much is measured. Both are of the same code; only the large one is worth quoting."""

    alerts: int = 200_000
    readings: int = 5
    inside: int = 1_000_000
    outages: int = 10
    latencies: int = 3
    starts: int = 20
    idle_seconds: float = 90
    looks: int = 20
    backlog: int = 1_000_000
    days: int = 30
    recorded: tuple[int, ...] = (1_000_000, 100_000)
    replays: int = 3


QUICK = Sizes(2_000, 1, 2_000, 2, 1, 1, 1, 3, 2_000, 1, (20_000,), 1)


def reading(sizes: Sizes) -> Lines:
    """Reading a day of alerts over HTTP, beside Twilio's SDK and beside the libraries alone."""
    found: dict[str, list[dict[str, Any]]] = {who: [] for who in READERS}
    with simulators(sizes.alerts) as env:
        for _ in range(sizes.readings):
            for who, runs in found.items():
                run = measured("reader", who, env=env)
                assert run["alerts"] == sizes.alerts, f"{who} read {run['alerts']}"
                runs.append(run)
    rates = {who: [r["alerts"] / r["seconds"] for r in runs] for who, runs in found.items()}
    yield "| | alerts/s | beside twilio-python | CPU an alert | peak memory | of that imports |"
    yield "| --- | --- | --- | --- | --- | --- |"
    for who, runs in found.items():
        before, peak = (median(r["mb"][n] for r in runs) for n in (0, 1))
        cpu = [1e6 * r["cpu"] / r["alerts"] for r in runs]
        yield (
            f"| {who} | {spread(rates[who], '')} | {ratio(rates[who], rates['twilio-python'])} "
            f"| {spread(cpu, 'µs', 1)} | {peak:.0f} MB | {before:.0f} MB |"
        )


def cycle(sizes: Sizes) -> Lines:
    """A cycle with ten new alerts while very many are inside the windows of eight rules."""
    yield "| window of all rules | cycle | CPU | start, all counted anew | peak memory | before |"
    yield "| --- | --- | --- | --- | --- | --- |"
    for name, window in (("10 min", 600), ("24 h", 86_400)):
        with simulators(0) as env:
            run = measured("cycle", str(sizes.inside), str(window), env=env)
        times, cpu = ([1000 * seconds for seconds in run[kind]] for kind in ("cycles", "cpu"))
        before, peak = run["mb"]
        yield (
            f"| {name} | {spread(times, 'ms', 1)} | {spread(cpu, 'ms', 1)} | {run['start']:.1f} s "
            f"| {peak:.0f} MB | {before:.0f} MB |"
        )


def latency(sizes: Sizes) -> Lines:
    """From the last byte of a page of alerts to the first of the post that follows from it."""
    runs = []
    for _ in range(sizes.latencies):
        # A page of its own: to a new state file, incidents of the last run would be a person's.
        with simulators(0) as env:
            runs.append(measured("latency", str(sizes.outages), env=env))
    yield "| | page of alerts → post | of that waiting for the status page's answers |"
    yield "| --- | --- | --- |"
    for kind in ("openings", "worsenings"):
        posts = [post for run in runs for post in run[kind]]
        total, waiting = ([1000 * post[n] for post in posts] for n in (0, 1))
        yield f"| {kind} | {spread(total, 'ms', 1)} | {spread(waiting, 'ms', 1)} |"


def starting(sizes: Sizes) -> Lines:
    """Whole processes of commands."""
    found: dict[str, list[float]] = {name: [] for name in COMMANDS}
    with simulators(0) as env:
        for _ in range(sizes.starts):
            for name, command in COMMANDS.items():
                found[name].append(1000 * seconds_of(command, env))
    yield "| | time | beside Python alone |"
    yield "| --- | --- | --- |"
    for name, times in found.items():
        yield f"| `{name}` | {spread(times, 'ms')} | {ratio(times, found['python -c pass'])} |"


def idling(sizes: Sizes) -> Lines:
    """A daemon that polls each 30 s and finds nothing."""
    with simulators(0) as env:
        found = idle(sizes.idle_seconds, env)
    yield "| resident | highest | share of one core |"
    yield "| --- | --- | --- |"
    yield (
        f"| {found.mb:.0f} MB | {found.peak_mb:.0f} MB "
        f"| {found.share:.2%} over {found.seconds:.0f} s |"
    )


def console(sizes: Sizes) -> Lines:
    """What a daemon that has read a day of alerts serves over HTTP on loopback."""
    with simulators(sizes.alerts) as env:
        found = served(sizes.looks, env)
    yield "| | time | size |"
    yield "| --- | --- | --- |"
    yield f"| `/metrics` | {spread(found.metrics, 'ms', 1)} | |"
    yield f"| the console | {spread(found.page, 'ms', 1)} | {found.bytes_ / 1000:.1f} kB |"
    yield f"| what it brings every 2 s | | {found.live_bytes / 1000:.1f} kB |"
    paints = spread(found.paints, "ms") if found.paints else "no Chromium here"
    yield f"| its first paint in Chromium | {paints} | |"


def memory(sizes: Sizes) -> Lines:
    """Memory over a backlog that is read, and over a month of polls and outages."""
    with simulators(sizes.backlog) as env:
        backlog = measured("memory", "backlog", str(sizes.backlog), env=env)
    with simulators(0) as env:
        days = measured("memory", "month", str(sizes.days), env=env)
    yield "| | resident |"
    yield "| --- | --- |"
    for done, mb in _some(backlog):
        yield f"| {done:,} alerts of {sizes.backlog:,} read | {mb:.0f} MB |"
    for day, mb in _some(days):
        yield f"| day {day} of {sizes.days} | {mb:.0f} MB |"


def _some(samples: list[tuple[int, float]]) -> list[tuple[int, float]]:
    """Return at most some seven of *samples*, the first and the last among them."""
    step = max(1, (len(samples) - 1) // 6)
    return [*samples[:-1:step], samples[-1]]


def backtest(sizes: Sizes) -> Lines:
    """A month of recorded alerts with three outages, replayed, beside msgspec decoding the file."""
    yield "| alerts | | time | processor | beside structs | beside dicts | peak memory | before |"
    yield "| --- | --- | --- | --- | --- | --- | --- | --- |"
    for count in sizes.recorded:
        with tempfile.NamedTemporaryFile(suffix=".ndjson") as file:
            written(count, Path(file.name))
            found: dict[str, list[dict[str, Any]]] = {what: [] for what in WHATS}
            for _ in range(sizes.replays):
                for what, runs in found.items():
                    runs.append(measured("replays", what, file.name, env={}))
        cpu = {what: [run["cpu"] for run in runs] for what, runs in found.items()}
        for what, runs in found.items():
            before, peak = (median(r["mb"][n] for r in runs) for n in (0, 1))
            yield (
                f"| {count:,} | {what} | {spread([r['seconds'] for r in runs], 's', 2)} "
                f"| {spread(cpu[what], 's', 2)} | {ratio(cpu[what], cpu['structs'])} "
                f"| {ratio(cpu[what], cpu['dicts'])} | {peak:.0f} MB | {before:.0f} MB |"
            )


MEASUREMENTS: dict[str, Callable[[Sizes], Lines]] = {
    "reading": reading,
    "cycle": cycle,
    "latency": latency,
    "starting": starting,
    "idle": idling,
    "console": console,
    "memory": memory,
    "backtest": backtest,
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(MEASUREMENTS))
    parser.add_argument("--quick", action="store_true", help="only see whether it runs")
    args = parser.parse_args()
    if unknown := set(args.names) - MEASUREMENTS.keys():
        parser.error(f"no measurement {', '.join(sorted(unknown))}")
    sizes = QUICK if args.quick else Sizes()
    print(f"{date.today()} · {machine()} · load {os.getloadavg()[0]:.1f} at the start\n")
    for name in args.names or MEASUREMENTS:
        measurement = MEASUREMENTS[name]
        print(f"**{name}** {measurement.__doc__}\n", flush=True)
        for line in measurement(sizes):
            print(line, flush=True)
        print()


if __name__ == "__main__":
    main()
