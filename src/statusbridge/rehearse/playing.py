"""A rule test, played: the feed into a world, and what was expected against what came.

Decides nothing: the world is the production cycle.
"""

from __future__ import annotations

from dataclasses import dataclass

from statusbridge.config.durations import parse
from statusbridge.core.acts import Refused
from statusbridge.core.evaluate import Standing
from statusbridge.core.model import Instant, Seconds
from statusbridge.core.rules import probes
from statusbridge.rehearse.act_tables import ActTable
from statusbridge.rehearse.acting import perform, told
from statusbridge.rehearse.feeds import Span, arrivals, failure, merged
from statusbridge.rehearse.observing import Check, checks, scene
from statusbridge.rehearse.peaks import Peak
from statusbridge.rehearse.reading import Expectation, RuleTest
from statusbridge.rehearse.replay import Arrival, Failure
from statusbridge.rehearse.tables import AlertTable, PollErrorTable
from statusbridge.rehearse.timeline import Event, Timeline, measured, needed
from statusbridge.rehearse.world import Rehearsal, rehearse
from statusbridge.simulators.notation import NotationError


@dataclass(frozen=True, slots=True)
class Stand:
    """Where a rule stood, and the most that it had measured by then."""

    rule: str
    phase: str
    measured: str
    most: str
    at: Instant
    """When it measured the most."""
    needed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Judged:
    """An expectation with each of its keys. *rules*: where those stood that it is about."""

    expectation: Expectation
    checks: tuple[Check, ...]
    rules: tuple[Stand, ...]

    @property
    def met(self) -> bool:
        return all(check.right for check in self.checks)


@dataclass(frozen=True, slots=True)
class Undone:
    """An act that could not be done, as there was nothing to do it to."""

    at: Instant
    where: str
    why: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of a rule test."""

    test: RuleTest
    judged: tuple[Judged, ...]
    undone: tuple[Undone, ...]
    events: tuple[Event, ...]

    @property
    def passed(self) -> bool:
        return not self.undone and all(one.met for one in self.judged)


async def play(test: RuleTest) -> Verdict:
    """Play *test* to its last expectation, also where one before it is not met."""
    alerts, failures = _sources(test)
    world = rehearse(test.config, test.start, alerts, failures, test.components)
    try:
        return await _Performance(test, world).play()
    finally:
        world.close()


def _sources(test: RuleTest) -> tuple[dict[str, list[Arrival]], dict[str, list[Failure]]]:
    """Return what each account shows, and when polls of it fail."""
    accounts = [account.name for account in test.config.twilio.accounts]
    asked = probes(test.config.rules)
    span = Span(test.start, test.start + test.end)
    found: dict[str, list[Arrival]] = {account: [] for account in accounts}
    failures: dict[str, list[Failure]] = {account: [] for account in accounts}
    for number, (_, entry) in enumerate(test.feed):
        match entry:
            case AlertTable():
                account = entry.account or accounts[0]
                label = f"{test.name}/{number}"
                found[account] += arrivals(entry, span, account, label, asked)
            case PollErrorTable():
                for account in [entry.account] if entry.account else accounts:
                    failures[account].append(failure(entry, test.start))
    return {account: merged(alerts) for account, alerts in found.items()}, failures


class _Performance:
    """A test on its stage: what was seen of it so far."""

    def __init__(self, test: RuleTest, world: Rehearsal) -> None:
        self._test = test
        self._world = world
        self._timeline = Timeline(world)
        self._judged: list[Judged] = []
        self._undone: list[Undone] = []

    async def play(self) -> Verdict:
        acts = [(parse(e.at), w, e) for w, e in self._test.feed if isinstance(e, ActTable)]
        waiting = sorted(acts, key=lambda act: act[0])
        for expectation in self._test.expectations:
            while waiting and waiting[0][0] <= expectation.at:
                await self._act(*waiting.pop(0))
            await self._run(expectation.at)
            self._timeline.pause()
            self._judged.append(self._judge(expectation))
        events = tuple(self._timeline.events)
        return Verdict(self._test, tuple(self._judged), tuple(self._undone), events)

    async def _run(self, until: Seconds) -> None:
        async for _ in self._world.run_to(self._test.start + until):
            self._timeline.look()

    async def _act(self, at: Seconds, where: str, table: ActTable) -> None:
        """Do what people do by *table*, before the poll of the same time."""
        await self._run(at - 1)
        self._world.clock.time = self._test.start + at
        self._timeline.act(told(table))
        try:
            if await perform(self._world, table):
                self._timeline.look()
        except (NotationError, Refused) as error:
            self._undone.append(Undone(self._world.clock.time, where, str(error)))

    def _judge(self, expectation: Expectation) -> Judged:
        found = scene(self._world, expectation.page, expectation.table.incident)
        rules = [
            standing
            for standing in self._world.bridge.standings
            if (standing.rule.page, standing.rule.incident) == (found.name, found.incident)
        ]
        standings = tuple(_standing(one, self._timeline.peaks.ever[one.rule.id]) for one in rules)
        return Judged(expectation, checks(found, expectation.table), standings)


def _standing(standing: Standing, peak: Peak) -> Stand:
    rule, phase = standing.rule, str(standing.detector.phase)
    now, most = measured(rule, standing.measures), measured(rule, peak.measures)
    return Stand(rule.id, phase, now, most, peak.at, needed(rule))
