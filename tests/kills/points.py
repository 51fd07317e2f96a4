"""Where the program can die in the short life, and which of these deaths to try."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain, cycle, islice

from kills.launch import PLAIN
from kills.life import ANYWHERE, WATCHED, Death, Moment, live
from kills.strace import Call, Injection

Chain = tuple[Death, ...]
"""The deaths of one life: of its first process, of the one started after it, and so on."""

_LONGEST = 6.0
"""Seconds that a life takes whose cycles come by themselves."""


@dataclass(frozen=True, slots=True)
class Census:
    """Every call that a life makes which nothing disturbs."""

    calls: tuple[Call, ...]

    @property
    def counts(self) -> Mapping[str, int]:
        """How often each call is made, in the order in which `points` names them."""
        seen = Counter(call.name for call in self.calls)
        return {name: seen[name] for name in (*WATCHED, *ANYWHERE) if seen[name]}

    def points(self) -> Iterator[Injection]:
        """Yield the moment before each call."""
        for name, count in self.counts.items():
            yield from (Injection(name, nth) for nth in range(1, count + 1))

    def after(self, write: int, name: str, nth: int = 1) -> Injection:
        """Return the moment before the *nth* call *name* since the write number *write* left.

        The write itself is the first `sendto`. Of calls that count anywhere.
        """
        writes = (n for n, call in enumerate(self.calls) if '"POST ' in call.told)
        begin = next(islice(writes, write - 1, None))
        before = sum(1 for call in self.calls[:begin] if call.name == name)
        return Injection(name, before + nth)


async def census(
    program: tuple[str, ...] = PLAIN, kinds: tuple[tuple[str, ...], ...] = (WATCHED, ANYWHERE)
) -> Census:
    """Return the calls of an undisturbed life, one for each of *kinds*.

    Raises AssertionError where it breaks a promise.
    """
    calls: list[Call] = []
    for names in kinds:
        told = await live((), program, names)
        if told.found:
            raise AssertionError(f"undisturbed, too: {told.found}")
        calls += chain.from_iterable(told.calls)
    return Census(tuple(calls))


def pairs(found: Census, number: int, seed: int) -> Iterator[Chain]:
    """Yield deaths by two: one anywhere, the next while the program recovers from it."""
    dice = random.Random(f"{seed}/pairs")
    counts = found.counts
    for _ in range(number):
        first, second = dice.choices(list(counts), k=2)
        # A process that recovers has about a third of the calls of a whole life to make.
        yield (
            Injection(first, dice.randint(1, counts[first])),
            Injection(second, dice.randint(1, max(1, counts[second] // 3))),
        )


def chains(found: Census, lives: int, deaths: int, seed: int) -> Iterator[Chain]:
    """Yield *lives* in which *deaths* processes die one after the other, each at another call."""
    dice = random.Random(f"{seed}/chains")
    names = cycle(found.counts.items())
    for _ in range(lives):
        yield tuple(
            Injection(name, dice.randint(1, max(1, count // deaths)))
            for name, count in islice(names, deaths)
        )


def moments(number: int, seed: int) -> Iterator[Chain]:
    """Yield deaths by the clock, two a life."""
    dice = random.Random(f"{seed}/moments")
    for _ in range(number):
        yield (Moment(dice.uniform(0.2, _LONGEST)), Moment(dice.uniform(0.2, _LONGEST / 2)))


def evenly(points: list[Injection], number: int, seed: int) -> list[Injection]:
    """Return *number* of *points*, in their order, evenly spread over all."""
    if number >= len(points):
        return points
    step = len(points) / number
    offset = random.Random(f"{seed}/points").random()
    return [points[int((n + offset) * step)] for n in range(number)]
