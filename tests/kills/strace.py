"""Real processes under strace: which system calls they make, and what befalls one of these.

A call is struck as it begins, before the kernel has done anything of it: a process killed at its
third `fdatasync` has made two. So the moments before every call are all the moments there are.
"""

from __future__ import annotations

import re
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from programs import PATIENCE, until

KILLED = "signal=SIGKILL"
"""The deed that ends the process."""

_CALL = re.compile(r"(?P<pid>\d+) +(?P<name>\w+)\((?P<rest>.*)")
_END = re.compile(r"(?P<pid>\d+) +\+\+\+ (?:killed by (?P<signal>\w+)|exited with (?P<code>\d+))")


@dataclass(frozen=True, slots=True)
class Injection:
    """What befalls the *nth* call of the name *call*, from 1: one of those that are traced.

    Each thread counts for itself; the program makes its calls in one.
    """

    call: str
    nth: int
    deed: str = KILLED
    """As strace writes it: "signal=SIGKILL", "error=EIO", "retval=0"."""
    for_good: bool = False
    """Every later call of that name meets the same."""


def failing(call: str, nth: int, error: str, *, for_good: bool = False) -> Injection:
    """Return the injection of *error*, such as "EIO": the call fails and does nothing."""
    return Injection(call, nth, f"error={error}", for_good)


def under_strace(
    log: Path,
    calls: Iterable[str],
    paths: Iterable[Path] = (),
    injections: Iterable[Injection] = (),
) -> tuple[str, ...]:
    """Return the words that go before a command, so that *calls* are written to *log*.

    *paths*: only calls on these files exist, in *log* and for *injections*; each path is one file,
    not what lies under it. Without any, all calls do. The process that is started is the program
    itself: strace stands aside, and may write to *log* a little longer than the program lives.
    """
    struck = tuple(injections)
    names = dict.fromkeys((*calls, *(injection.call for injection in struck)))
    return (
        *("strace", "-D", "-f", "-q", "-o", str(log)),
        *("-e", f"trace={','.join(names)}"),
        *(word for path in paths for word in ("-P", str(path))),
        *(word for injection in struck for word in ("-e", _expression(injection))),
    )


def _expression(injection: Injection) -> str:
    later = "+" if injection.for_good else ""
    return f"inject={injection.call}:{injection.deed}:when={injection.nth}{later}"


@dataclass(frozen=True, slots=True)
class Call:
    """One system call as strace saw it. *told*: its arguments and what it returned."""

    pid: int
    name: str
    told: str


def calls_in(log: Path) -> list[Call]:
    """Return the calls in *log*, in the order in which they began."""
    found = map(_CALL.match, log.read_text(errors="replace").splitlines())
    return [Call(int(m["pid"]), m["name"], m["rest"]) for m in found if m]


def end_in(log: Path, pid: int) -> int | None:
    """Return how the process *pid* ended, as `Process.returncode` says it; None: not yet.

    The kernel may let strace reap the process before its parent hears of it: do not ask the parent.
    """
    lines = log.read_text(errors="replace").splitlines() if log.exists() else ()
    ends = (m for m in map(_END.match, lines) if m and int(m["pid"]) == pid)
    for end in ends:
        return int(end["code"]) if end["code"] else -signal.Signals[end["signal"]]
    return None


async def written(log: Path, pid: int) -> list[Call]:
    """Wait until *log* tells of the end of the process *pid*; return its calls."""
    await until(lambda: end_in(log, pid) is not None)
    return calls_in(log)


@cache
def unusable() -> str:
    """Return why no process can be struck here; "" where it can be."""
    if shutil.which("strace") is None:
        return "strace is not installed"
    with tempfile.TemporaryDirectory(prefix="sb-") as folder:
        log = Path(folder, "log")
        words = under_strace(log, ("exit_group",), injections=(Injection("exit_group", 1),))
        tried = subprocess.run(
            (*words, "true"), capture_output=True, text=True, timeout=PATIENCE, check=False
        )
        if log.exists() and "killed by SIGKILL" in log.read_text():
            return ""
    why = " ".join(tried.stderr.split()) or f"a process to be killed ended with {tried.returncode}"
    return f"strace can't be used here ({why[:200]})"
