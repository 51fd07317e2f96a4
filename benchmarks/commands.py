"""Whole processes from the outside: how long a command takes, and what an idle daemon costs."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.processes import ROOT, environment

COMMANDS = {
    "python -c pass": ("-c", "pass"),
    "statusbridge --version": ("-m", "statusbridge", "--version"),
    "statusbridge check --offline": ("-m", "statusbridge", "check", "--offline"),
}
_SETTLED = 10
"""Seconds after which a daemon has started and polled for the first time."""


def seconds_of(command: tuple[str, ...], env: Mapping[str, str]) -> float:
    """Return how long *command* of this Python takes from its start to its end."""
    began = time.perf_counter()
    subprocess.run(
        [sys.executable, *command],
        cwd=ROOT,
        env=environment(env),
        stdout=subprocess.DEVNULL,
        check=True,
        timeout=60,
    )
    return time.perf_counter() - began


@dataclass(frozen=True, slots=True)
class Idleness:
    """What a daemon with nothing to do took. *share* is of one core, *seconds* what it is over."""

    mb: float
    peak_mb: float
    share: float
    seconds: float


def idle(seconds: float, env: Mapping[str, str]) -> Idleness:
    """Run a daemon with the default poll interval, 30 s, and watch it for *seconds*."""
    with tempfile.TemporaryDirectory() as folder, running(Path(folder), env, "error") as pid:
        time.sleep(_SETTLED)
        before, began = _cpu_seconds(pid), time.monotonic()
        time.sleep(seconds)
        passed = time.monotonic() - began
        share = (_cpu_seconds(pid) - before) / passed
        return Idleness(_memory(pid, "VmRSS"), _memory(pid, "VmHWM"), share, passed)


@contextmanager
def running(folder: Path, env: Mapping[str, str], level: str) -> Iterator[int]:
    """Run a daemon that keeps its state in *folder* and logs from *level* on into `log`."""
    own = {
        "STATUSBRIDGE_STORE__PATH": str(folder / "state.db"),
        "STATUSBRIDGE_SERVER__LISTEN": "127.0.0.1:0",
        "STATUSBRIDGE_LOG__LEVEL": level,
    }
    command = [sys.executable, "-m", "statusbridge", "run"]
    with (folder / "log").open("wb") as log:
        daemon = subprocess.Popen(command, cwd=ROOT, env=environment({**env, **own}), stderr=log)
    try:
        yield daemon.pid
    finally:
        daemon.send_signal(signal.SIGTERM)
        assert daemon.wait(timeout=15) == 0


def _cpu_seconds(pid: int) -> float:
    # Fields 14 and 15 of proc(5), counted after the command's name, which may hold blanks.
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _memory(pid: int, name: str) -> float:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith(f"{name}:"))
