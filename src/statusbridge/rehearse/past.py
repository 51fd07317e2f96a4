"""A bridge that lives through a recorded past: the production cycle, where anything can happen.

Cycles are due every poll interval, some 86,000 a month, and nearly all of them find that nothing
happened. Of those only the outcome is kept: while no rule has anything under way and none of their
triggers is met, and while detectors sent ahead find no change. What is posted, and when, is what
running every cycle gives (`tests/rehearse/test_past.py`).
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import AsyncGenerator, Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

from statusbridge.adapters.sqlite_file import connect_copy
from statusbridge.adapters.sqlite_replayed import ReplayedStore
from statusbridge.bootstrap import policy
from statusbridge.bridge.cycle import run_cycle
from statusbridge.bridge.parts import Bridge
from statusbridge.bridge.protocols import Clock
from statusbridge.config.values import Config
from statusbridge.core.coverage import Batch, Budget, Coverage, Gap
from statusbridge.core.detectors import Detector
from statusbridge.core.episodes import group_of
from statusbridge.core.model import Alert, Instant, Phase, Seconds, Stage
from statusbridge.core.operations import HeldReason
from statusbridge.core.plan import Case
from statusbridge.core.rules import Matcher
from statusbridge.rehearse.clock import TurnedClock
from statusbridge.rehearse.meters import Meter
from statusbridge.rehearse.page import RememberedPage
from statusbridge.rehearse.scouts import Placed, Scouts, horizon
from statusbridge.rehearse.structure import structure_of
from statusbridge.rehearse.witness import Witness
from statusbridge.simulators.people import ResolveIncident

LEAP: Seconds = 1800
"""Scouts are sent so far ahead. Long: each time they look back first."""

_NOWHERE = Path("/nonexistent/statusbridge")

_LASTING = frozenset(
    {
        HeldReason.TOO_MANY_OPEN,
        HeldReason.EARLIER_OUTAGE,
        HeldReason.LATER_OUTAGE,
        HeldReason.UPDATE_BUDGET,
        HeldReason.MANUAL,
        HeldReason.NO_COMPONENT,
    }
)
"""What no passing of time and no alert ends, only something that is posted."""


@dataclass
class Fed:
    """A source that shows what it is given, all of it, up to the clock's time."""

    account: str
    clock: Clock
    alerts: list[Alert] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)

    async def poll(self, coverage: Coverage, budget: Budget) -> AsyncGenerator[Batch, None]:
        now = self.clock.now()
        alerts, gaps = tuple(self.alerts), tuple(self.gaps)
        self.alerts.clear()
        self.gaps.clear()
        yield Batch(alerts, replace(coverage, covered_until=now, heard_until=now), gaps)


class Past:
    """*bridge*, whose sources and store are of this module's kind, from *start* on."""

    def __init__(
        self, bridge: Bridge, clock: TurnedClock, store: ReplayedStore, interval: Seconds
    ) -> None:
        self.rules = bridge.policy.rules
        self.bridge = bridge
        self.interval = interval
        self.start: Instant = clock.time
        self.meters = tuple(Meter(rule, clock.time, interval) for rule in self.rules)
        self.unmatched: Counter[int | None] = Counter()
        self.matched = 0
        self.witness = Witness(bridge, store)
        self._clock = clock
        self._store = store
        self._matching = Matcher(self.rules).matching
        self._horizon = horizon(self.rules)
        self._sources = {s.account: s for s in bridge.sources if isinstance(s, Fed)}
        self._at: Instant = clock.time
        """The last cycle that was run or left out."""
        self._waiting: list[Placed] = []
        """Alerts not lived through yet, in order of time."""
        self._unfed: list[Placed] = []
        """Those that the scouts know and no cycle has read."""
        self._recent: list[Placed] = []
        """Those that were, as far back as they can matter."""
        self._met: list[Instant] = []
        """When a trigger was met, after the last cycle."""
        self._gaps: list[tuple[str, Gap]] = []
        self._resting: dict[str, Detector] = {}
        """The detectors, while nothing is under way."""
        self._scouts: Scouts | None = None
        """None: nothing is under way."""
        self._restless = False
        """The next cycle may do something though no rule changes."""

    async def begin(self, gaps: Iterable[tuple[str, Gap]] = ()) -> None:
        """Run the first cycle, in which nothing is known. *gaps*: what was never read."""
        self._gaps = list(gaps)
        await self._cycle(self.start)
        self._resting = {name: one for name, (_, one) in self._store.detectors().items()}

    async def live(self, alerts: Iterable[Alert], until: Instant) -> None:
        """Take *alerts*, in order of time, after which none comes up to *until*, and live on."""
        for alert in alerts:
            places = self._matching(alert)
            if not places:
                self.unmatched[alert.code] += 1
                continue
            self.matched += 1
            met = False
            for place in places:
                met |= self.meters[place].add(alert.at, alert.resource, alert.account)
            if met and alert.at not in self._met[-1:]:
                self._met.append(alert.at)
            self._waiting.append((alert, places))
        if until - self._at >= LEAP:
            await self._go(self._last_cycle(until))

    async def finish(self, end: Instant) -> None:
        """Live to *end*, when no more alerts come."""
        await self._go(self._last_cycle(end))
        for meter in self.meters:
            meter.finish(end)

    def close(self) -> None:
        self._store.close()

    def _last_cycle(self, until: Instant) -> Instant:
        return until - (until - self.start) % self.interval

    async def _go(self, until: Instant) -> None:
        if self._scouts is None:
            calm = self._last_cycle(self._met[0] - 1) if self._met else until
            self._leave_out(min(calm, until))
            if self._at < until:
                self._scouts = self._woken()
        if self._scouts is not None:
            await self._run(self._scouts, until)
        self._met = [at for at in self._met if at > until]

    def _leave_out(self, until: Instant) -> None:
        """Pass over cycles up to *until* in which no rule could do anything."""
        self._recent += self._taken(until)
        self._at = until
        self._forget()

    def _woken(self) -> Scouts:
        """Make the bridge know what it would, had it run every cycle, and send scouts from there.

        It counts anew from the store, as after a restart.
        """
        scouts = Scouts(self.rules, self._resting)
        scouts.detectors = standing = scouts.standing_at(self._at)
        scouts.add(self._recent)
        scouts.blind(self._gaps)
        self._store.forget_alerts(self._at)
        for account in self._sources:
            known = tuple(alert for alert, _ in self._recent if alert.account == account)
            gaps = tuple(gap for name, gap in self._gaps if name == account and gap.lo < self._at)
            self._store.record(account, Batch(known, Coverage(self._at, self._at), gaps))
        groups = {rule.id: (group_of(rule), standing[rule.id]) for rule in self.rules}
        self._store.commit_evaluation(groups, (), (), 0)
        self.bridge.forget()
        return scouts

    async def _run(self, scouts: Scouts, until: Instant) -> None:
        """Run the cycles up to *until* in which something can happen, and the last one."""
        taken = self._taken(until)
        scouts.add(taken)
        self._unfed += taken
        changes = {-(-(at - self.start) // self.interval) for at in scouts.go(until)}
        due = sorted(self.start + number * self.interval for number in changes)
        while self._at < until:
            if self._restless:
                await self._cycle(self._at + self.interval)
            else:
                following = bisect_right(due, self._at)
                await self._cycle(due[following] if following < len(due) else until)
        if scouts.at_rest and not self._restless and not self._store.cases():
            self._resting, self._scouts = scouts.detectors, None
        self._forget()
        self._store.forget_alerts(until - self._horizon)

    async def _cycle(self, now: Instant) -> None:
        self._clock.time = self._at = now
        ripe = bisect_right(self._unfed, now, key=_time)
        fresh, self._unfed = self._unfed[:ripe], self._unfed[ripe:]
        self._recent += fresh
        for alert, _ in fresh:
            self._sources[alert.account].alerts.append(alert)
        for account, gap in self._gaps:
            if gap.lo < now:
                self._sources[account].gaps.append(gap)
        before = [_essence(case) for case in self._store.cases()]
        report = await run_cycle(self.bridge)
        self.witness.see(now, fresh, self._recent)
        after = self._store.cases()
        resolved = self._resolve_by_hand(after)
        changed = report.published or report.transitions or before != [_essence(c) for c in after]
        self._restless = bool(changed or resolved) or self._must_look_again(after)

    def _must_look_again(self, cases: list[Case]) -> bool:
        """Whether time or an alert alone can change what the last cycle did."""
        going_on = {c.episode.group for c in cases if not c.episode.ended}
        return any(held.reason not in _LASTING for _, held, _ in self._store.held()) or any(
            s.detector.phase is Phase.FIRING and group_of(s.rule) not in going_on
            for s in self.bridge.standings
        )

    def _resolve_by_hand(self, cases: list[Case]) -> bool:
        """Resolve, as a person would, what only a person resolves; return whether there was any."""
        waiting = {h.episode for _, h, _ in self._store.held() if h.reason is HeldReason.MANUAL}
        mine = [case for case in cases if case.episode.id in waiting and case.ledger.incident_id]
        for case in mine:
            page = self.bridge.pages[case.episode.group.page]
            if isinstance(page, RememberedPage):
                page.act(ResolveIncident(incident=str(case.ledger.incident_id)))
        return bool(mine)

    def _taken(self, until: Instant) -> list[Placed]:
        ripe = bisect_right(self._waiting, until, key=_time)
        taken, self._waiting = self._waiting[:ripe], self._waiting[ripe:]
        return taken

    def _forget(self) -> None:
        del self._recent[: bisect_right(self._recent, self._at - self._horizon, key=_time)]


def _time(placed: Placed) -> Instant:
    return placed[0].at


def _essence(case: Case) -> Case:
    """Return *case* without what each new alert changes."""
    return replace(case, episode=replace(case.episode, newest_at=0))


def past_of(config: Config, start: Instant) -> Past:
    """Return the bridge that *config* describes before its first cycle, at *start*. Close it.

    Every rule is taken to be in stage auto. Nothing was read and nothing posted before, and the
    pages have the components that rules name. No secret is read.
    """
    rules = tuple(replace(rule, stage=Stage.AUTO) for rule in config.rules)
    clock = TurnedClock(start)
    pages = {}
    for page in config.incidentio.pages:
        named = [c for rule in rules if rule.page == page.name for c in rule.components]
        pages[page.name] = RememberedPage(structure_of(page.id, page.name, named), clock)
    store = ReplayedStore(connect_copy(_NOWHERE), _NOWHERE)
    sources = tuple(Fed(account.name, clock) for account in config.twilio.accounts)
    bridge = Bridge(policy(replace(config, rules=rules)), sources, pages, store, clock)
    return Past(bridge, clock, store, config.twilio.poll_interval)
