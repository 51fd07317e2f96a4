"""Try mutants: a pytest plugin that collects the tests once and forks a process for each mutant.

The tests that reach the mutated function run in it, quickest first, up to the first that fails. A
test may use ten times the processor time that it needed without a mutant, and some seconds more.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from mutmut.mutation.trampoline import set_mutant_under_test
from mutmut.state import state

SPARE = 5
"""Seconds of processor time that a test may use beyond ten times its own."""
QUICK = 0.5
"""Seconds. Slower tests are kept for what the quicker ones let live."""

KILLED, SURVIVED, TIMED_OUT, UNREACHED = "killed", "survived", "timed out", "unreached"


@dataclass(slots=True)
class Reach:
    """What a test took, in seconds of processor time, and which mutated functions it ran."""

    took: float
    functions: list[str]


@dataclass(slots=True)
class Trials:
    """Tries *mutants*, *cores* at once; calls *verdict* with each name, what came of it, and
    whether the slow tests said so.
    """

    mutants: list[str]
    cores: int
    quick_only: bool
    verdict: Callable[[str, str, bool], None]
    reaches: dict[str, Reach] = field(default_factory=dict)

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        self.reaches = _reaches(session, self.cores)
        for slow in (False,) if self.quick_only else (False, True):
            self.mutants = [
                name
                for name, found in self._each(session, slow=slow)
                if self.tell(name, found, slow=slow)
            ]
        return True

    def tell(self, name: str, found: str, *, slow: bool) -> bool:
        """Pass *found* on; return whether the mutant lives."""
        self.verdict(name, found, slow)
        return found == SURVIVED

    def _each(self, session: pytest.Session, *, slow: bool) -> Iterator[tuple[str, str]]:
        running: dict[int, str] = {}
        for name in self.mutants:
            items = self._reaching(session.items, name, slow=slow)
            if not items and not slow and not self._reaching(session.items, name, slow=True):
                yield name, UNREACHED
                continue
            if len(running) == self.cores:
                yield _ended(running)
            running[_forked(lambda n=name, i=items: _try(session, n, i, self.reaches))] = name  # type: ignore[misc]
        while running:
            yield _ended(running)

    def _reaching(self, items: list[pytest.Item], name: str, *, slow: bool) -> list[pytest.Item]:
        function = name.partition("__mutmut_")[0]
        reached = [
            item
            for item in items
            if function in self.reaches[item.nodeid].functions
            and (self.reaches[item.nodeid].took > QUICK) == slow
        ]
        return sorted(reached, key=lambda item: self.reaches[item.nodeid].took)


def _forked(work: Callable[[], int]) -> int:
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            nothing = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nothing, 1)
            os.dup2(nothing, 2)
            code = work()
        finally:
            os._exit(code)
    return pid


def _ended(running: dict[int, str]) -> tuple[str, str]:
    pid, status = os.wait()
    if os.WIFSIGNALED(status):
        return running.pop(pid), TIMED_OUT
    return running.pop(pid), KILLED if os.waitstatus_to_exitcode(status) else SURVIVED


def _try(
    session: pytest.Session, name: str, items: list[pytest.Item], reaches: dict[str, Reach]
) -> int:
    set_mutant_under_test(name)
    for item in items:
        _limit(reaches[item.nodeid].took)
        if _fails(session, item):
            return 1
    return 0


def _limit(usual: float) -> None:
    """Let this process end by a signal where what comes now takes far longer than *usual*."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    limit = used.ru_utime + used.ru_stime + SPARE + 10 * usual
    resource.setrlimit(resource.RLIMIT_CPU, (int(limit) + 1, resource.RLIM_INFINITY))
    signal.alarm(120 + int(100 * usual))


def _fails(session: pytest.Session, item: pytest.Item) -> bool:
    item.config.hook.pytest_runtest_protocol(item=item, nextitem=None)
    return session.testsfailed > 0


def _reaches(session: pytest.Session, cores: int) -> dict[str, Reach]:
    """Return what each test took and reached; known from last time for those that were there."""
    kept = Path("../reaches.json")
    known = json.loads(kept.read_text()) if kept.exists() else {}
    new = [item for item in session.items if item.nodeid not in known]
    parts = [Path(f"reaches.{number}.json") for number in range(cores)]
    running = {
        _forked(lambda n=number, p=part: _measure(session, new[n::cores], p)): part.name  # type: ignore[misc]
        for number, part in enumerate(parts)
    }
    while running:
        part, found = _ended(running)
        if found != SURVIVED:
            raise pytest.UsageError(f"without any mutant: {Path(part).read_text()}")
    for part in parts:
        known |= json.loads(part.read_text())
    kept.write_text(json.dumps(known))
    return {nodeid: Reach(*reach) for nodeid, reach in known.items()}


def _measure(session: pytest.Session, items: Iterable[pytest.Item], part: Path) -> int:
    set_mutant_under_test("stats")
    found = {}
    for item in items:
        state()._stats.clear()
        began = time.process_time()
        if _fails(session, item):
            part.write_text(f"{item.nodeid} fails")
            return 1
        found[item.nodeid] = (time.process_time() - began, sorted(state()._stats))
    part.write_text(json.dumps(found))
    return 0
