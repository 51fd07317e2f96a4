"""Which requests a fault strikes: how it is written, read, and kept count of."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from math import inf

from msgspec import Struct, field

from statusbridge.simulators.faults import KINDS, Fault
from statusbridge.simulators.notation import NotationError, Span, build, choose, nearest


class Strike(Struct, frozen=True, forbid_unknown_fields=True):
    """Which requests a fault strikes: all keys given must agree.

    *endpoint* is a name such as "incidents.create" or the part before its dot. *nth* counts, from
    1, the requests that agree with the keys above it in the span. *times* caps the strikes.
    """

    endpoint: str | None = None
    method: str | None = None
    at: Span = Span(0)
    lasts: Span | None = field(default=None, name="for")
    nth: int | tuple[int, ...] = ()
    probability: float = 1.0
    times: int | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """A fault and what it strikes, its span in epoch seconds: since ≤ t < until."""

    strike: Strike
    fault: Fault
    since: float = -inf
    until: float = inf


def read_rule(table: Mapping[str, object], start: float, place: str) -> Rule:
    """Return the rule that a scenario or a control request writes, `at` counted from *start*.

    The keys of `Strike` and of the fault stand side by side. Raises `NotationError`.
    """
    rest = dict(table)
    kind = choose(KINDS, rest.pop("kind", None), place)
    where = {key: rest.pop(key) for key in Strike.__struct_encode_fields__ if key in rest}
    known = (*Strike.__struct_encode_fields__, *kind.__struct_encode_fields__)
    for key in rest:
        if key not in known:
            raise NotationError(f'{place}: unknown key "{key}", {nearest(key, known)}')
    strike = build(Strike, where, place)
    since = start + strike.at if "at" in where else -inf
    until = inf if strike.lasts is None else start + strike.at + strike.lasts
    return Rule(strike, build(kind, rest, place), since, until)


class FaultBook:
    """The rules in force, and how often each was met. *endpoints*: the names that exist."""

    def __init__(self, endpoints: frozenset[str], seed: int = 0) -> None:
        self._endpoints = endpoints | {name.split(".")[0] for name in endpoints}
        self._seed = seed
        self.clear()

    def add(self, *rules: Rule) -> None:
        """Put *rules* in force after those there are. Raises `NotationError`: no such endpoint."""
        for rule in rules:
            endpoint = rule.strike.endpoint
            if endpoint is not None and endpoint not in self._endpoints:
                hint = nearest(endpoint, self._endpoints)
                raise NotationError(f'faults: unknown endpoint "{endpoint}", {hint}')
            self._rules.append(_Entry(rule))

    def clear(self) -> None:
        """Forget all rules; chance starts anew from the seed."""
        self._rules: list[_Entry] = []
        self._chance = random.Random(self._seed)

    def pick(self, endpoint: str, method: str, at: float) -> Fault | None:
        """Return the fault of the first rule that strikes this request; every rule counts it."""
        struck: Fault | None = None
        for entry in self._rules:
            if not _agrees(entry.rule, endpoint, method, at):
                continue
            entry.met += 1
            if struck is None and self._strikes(entry):
                entry.struck += 1
                struck = entry.rule.fault
        return struck

    def _strikes(self, entry: _Entry) -> bool:
        strike = entry.rule.strike
        nth = (strike.nth,) if isinstance(strike.nth, int) else strike.nth
        return (
            (not nth or entry.met in nth)
            and (strike.times is None or entry.struck < strike.times)
            and (strike.probability >= 1 or self._chance.random() < strike.probability)
        )


@dataclass(slots=True)
class _Entry:
    rule: Rule
    met: int = 0
    struck: int = 0


def _agrees(rule: Rule, endpoint: str, method: str, at: float) -> bool:
    strike = rule.strike
    return (
        rule.since <= at < rule.until
        and strike.endpoint in (None, endpoint, endpoint.partition(".")[0])
        and strike.method in (None, method)
    )
