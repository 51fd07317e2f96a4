"""One short life, told in every way that it can be interrupted.

An outage opens, worsens, is watched and resolved: four writes. `moments` numbers every point at
which the process could die in it; the sweeps let it die at each, at each pair, and at each with
each fault of each call.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from builders import a_rule, a_trigger
from simulation.setting import EVERY_FAULT, Setting, wave
from simulation.story import Story
from simulation.telling import tell
from statusbridge.core.model import Status
from statusbridge.core.rules import Recovery
from statusbridge.simulators.faults import Fault
from statusbridge.simulators.strikes import Rule as Ordered
from statusbridge.simulators.strikes import Strike

WRITES = 4

SHORT = Setting(
    seed=1,
    rules=(
        a_rule(
            "sms",
            window=10,
            triggers=(a_trigger(count=3), a_trigger(Status.PARTIAL_OUTAGE, count=6)),
            recovery=Recovery(after=10, settle=10),
        ),
    ),
    accounts=("prod",),
    alerts=(wave(at=2, times=3, every=0), wave(at=12, times=6, every=0)),
    slowest=0.0,
    span=50.0,
)


def faulty(fault: Fault, call: int, method: str, setting: Setting = SHORT) -> Setting:
    """Return *setting* where call number *call* of *method* meets *fault*, on either service."""
    struck = (Ordered(Strike(method=method, nth=call), fault),)
    return replace(setting, page_faults=struck, twilio_faults=struck if method == "GET" else ())


def dying(setting: Setting, *moments: int) -> Story:
    """Return the story of *setting* where the process dies at each of *moments*."""
    return tell(setting, lambda number, kind: number in moments)


def moments() -> range:
    """Return every moment of the first phase of the undisturbed life, by number."""
    counted = 0

    def never(number: int, kind: str) -> bool:
        nonlocal counted
        counted = number
        return False

    tell(SHORT, never)
    return range(1, counted + 1)


def every_death() -> Iterator[tuple[str, Story]]:
    """Yield the life with each single death."""
    for moment in moments():
        yield f"death at {moment}", dying(SHORT, moment)


def every_pair_of_deaths(stride: int = 1, offset: int = 0) -> Iterator[tuple[str, Story]]:
    """Yield the life with two deaths, of every *stride*-th pair."""
    everything = moments()
    pairs = ((a, b) for a in everything for b in everything if a < b)
    for number, (first, second) in enumerate(pairs):
        if number % stride == offset:
            yield f"deaths at {first} and {second}", dying(SHORT, first, second)


def every_fault(faults: Iterable[Fault] = EVERY_FAULT) -> Iterator[tuple[str, Story]]:
    """Yield the life with each fault at each write, and at each of the first reads."""
    for fault in faults:
        for method, calls in (("POST", WRITES), ("GET", 12)):
            for call in range(1, calls + 1):
                setting = faulty(fault, call, method)
                yield f"{fault} at {method} {call}", dying(setting)


def every_fault_and_death(stride: int = 1, offset: int = 0) -> Iterator[tuple[str, Story]]:
    """Yield the life with each fault at each write and one death, of every *stride*-th such."""
    cases = (
        (fault, call, moment)
        for fault in EVERY_FAULT
        for call in range(1, WRITES + 1)
        for moment in moments()
    )
    for number, (fault, call, moment) in enumerate(cases):
        if number % stride == offset:
            story = dying(faulty(fault, call, "POST"), moment)
            yield f"{fault} at POST {call}, death at {moment}", story
