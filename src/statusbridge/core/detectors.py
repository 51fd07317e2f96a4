"""The life of one rule: inactive → pending → firing → recovering → inactive.

A detector is a fold over event times. What is kept between two folds is only the phase, the level
and since when; how long a trigger or `below` has been true is found again from the measures each
time. So a late alert, a restart and a changed number need no code of their own: the next fold sees
the measures as they now are.

Three zones of time, because evidence counts at once and absence only where we looked:

- up to `position`: decided before. Only watched, so that holds and quiet times are known.
- up to `covered`, the watermark: everything was read. The detector moves up and down.
- up to `heard`, the newest server time: what was read is a lower bound. It may only move up.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from statusbridge.core.model import Instant, Phase, Seconds, Status
from statusbridge.core.rules import Rule
from statusbridge.core.windows import Measures, Series


class Signal(StrEnum):
    """What the measures say at one time. In order of precedence, strongest first."""

    WORSE = "worse"
    """A trigger above the present level has held."""
    REACHED = "reached"
    """A trigger has held, none above the present level."""
    QUIET = "quiet"
    """`below` has held for `after` (firing) or `settle` (recovering)."""
    MET = "met"
    """A trigger is met but has not held long enough."""
    NONE = "none"


_I, _P, _F, _R = Phase.INACTIVE, Phase.PENDING, Phase.FIRING, Phase.RECOVERING
NEXT_PHASE: dict[tuple[Phase, Signal], Phase] = {
    (_I, Signal.WORSE): _F, (_I, Signal.REACHED): _F, (_I, Signal.QUIET): _I, (_I, Signal.MET): _P,
    (_I, Signal.NONE): _I,
    (_P, Signal.WORSE): _F, (_P, Signal.REACHED): _F, (_P, Signal.QUIET): _I, (_P, Signal.MET): _P,
    (_P, Signal.NONE): _I,
    (_F, Signal.WORSE): _F, (_F, Signal.REACHED): _F, (_F, Signal.QUIET): _R, (_F, Signal.MET): _F,
    (_F, Signal.NONE): _F,
    (_R, Signal.WORSE): _F, (_R, Signal.REACHED): _F, (_R, Signal.QUIET): _I, (_R, Signal.MET): _R,
    (_R, Signal.NONE): _R,
}  # fmt: skip
"""Every phase under every signal. `docs/rules.md` draws its diagram from this table."""


@dataclass(frozen=True, slots=True)
class Detector:
    """Where a rule stands. *since*: start of the phase. *position*: decided up to here.

    *floor*: end of the rule's last outage, or the start of what is known; nothing opens from
    alerts at or before it.
    """

    phase: Phase
    level: Status
    since: Instant
    position: Instant
    floor: Instant

    @staticmethod
    def fresh(start: Instant, floor: Instant | None = None) -> Detector:
        """Return the detector of a rule that decided nothing before *start*.

        *floor*, default *start*: how old an alert may be to count for what is firing then.
        """
        floor = start if floor is None else floor
        return Detector(Phase.INACTIVE, Status.OPERATIONAL, start, start, floor)

    def ended(self, at: Instant) -> Detector:
        """Return the detector after its outage was ended at *at* by other means than its measures.

        It fires again as any does, on alerts after *at*.
        """
        floor = max(at, self.floor)
        return replace(self, phase=Phase.INACTIVE, level=Status.OPERATIONAL, since=at, floor=floor)


@dataclass(frozen=True, slots=True)
class Transition:
    """A change that the public may hear of: firing, worse, recovering or over.

    *quiet_since*: start of the window in which `below` first held; only on becoming recovering.
    *floor*: the detector's; alerts at or before it belong to an earlier outage.
    """

    at: Instant
    rule: str
    phase: Phase
    level: Status
    floor: Instant
    quiet_since: Instant | None = None


@dataclass(frozen=True, slots=True)
class Fold:
    """What a fold found: the detector after it, the transitions in time order, the measures now.

    *met*: since when each of the rule's triggers is true, None: it is not; *below* likewise. A time
    before which the fold did not look is the earliest it can say.
    """

    detector: Detector
    transitions: tuple[Transition, ...]
    measures: Measures
    met: tuple[Instant | None, ...] = ()
    below: Instant | None = None


@dataclass(frozen=True, slots=True)
class Bounds:
    """How far a fold may go. *covered* None: nothing was read without a gap yet.

    *present*: between what is known and this time alerts may still be missing that are there to be
    read, and nothing is decided before they were; None: there is no such time.
    """

    covered: Instant | None
    heard: Instant
    present: Instant | None = None


def fold(rule: Rule, series: Series, detector: Detector, bounds: Bounds) -> Fold:
    """Step *detector* through every event time and deadline up to `bounds.heard`.

    Folding to one time and then on to a later one gives what folding there at once gives, as long
    as no alert came late in between.
    """
    covered = bounds.covered
    known = max(detector.position, covered if covered is not None else detector.position)
    until = max(bounds.heard, detector.position)
    walk = _Walk(rule, detector, known, max(known, bounds.present or known))
    for time, measures in series.changes(walk.start, until):
        walk.advance(time)
        walk.arrive(time, measures)
        if time >= detector.position:
            walk.decide(time)
    walk.advance(until)
    walk.stand(until)
    detector = replace(walk.detector, position=known)
    met, below = tuple(walk.met), walk.below
    return Fold(detector, tuple(walk.transitions), walk.measures, met, below)


def lookback(rule: Rule, phase: Phase) -> Seconds:
    """How far before a decided time a fold in *phase* must watch to know what has held since when.

    What held longer than that would have changed the phase already.
    """
    if phase is Phase.FIRING:
        return max(rule.longest_hold, rule.recovery.after)
    if phase is Phase.RECOVERING:
        return max(rule.longest_hold, rule.recovery.settle)
    return rule.longest_hold


class _Walk:
    """One fold under way: the detector, and since when each condition has been true."""

    def __init__(self, rule: Rule, detector: Detector, known: Instant, present: Instant) -> None:
        self.rule = rule
        self.detector = detector
        self.decided = detector.position
        self.known = known
        self.present = present
        self.transitions: list[Transition] = []
        self.measures = Measures()
        # Also from before the phase began: the hold of a worse trigger may have begun then.
        self.start = max(detector.floor, detector.position - lookback(rule, detector.phase))
        self.time = self.start
        self.met: list[Instant | None] = [None] * len(rule.triggers)
        self.below: Instant | None = None

    def arrive(self, time: Instant, measures: Measures) -> None:
        """Note what holds from *time* on."""
        self.time, self.measures = time, measures
        for place, trigger in enumerate(self.rule.triggers):
            if not measures.reach(trigger.threshold):
                self.met[place] = None
            elif self.met[place] is None:
                self.met[place] = time
        if not measures.within(self.rule.recovery.below):
            self.below = None
        elif self.below is None:
            self.below = time

    def advance(self, before: Instant) -> None:
        """Stand at every deadline before *before*, and at both ends of what is newly known.

        At the first for late evidence, at the last for a quiet that is over by new numbers.
        """
        while True:
            due = self.decided if self.time < self.decided else self._next_deadline()
            if due is None or due >= before:
                return
            self.stand(due)

    def stand(self, time: Instant) -> None:
        """Let time pass to *time* with no change of the measures, and decide there."""
        self.arrive(time, self.measures)
        if time >= self.decided:
            self.decide(time)

    def decide(self, time: Instant) -> None:
        """Apply the table at *time* until nothing changes.

        That ends: a level only rises, and what goes quiet comes to rest.
        """
        if self.known < time <= self.present:
            return
        if self.detector.phase is _F and time < self.detector.since:
            # It fired on later evidence, read before this: what this tells of was over by then.
            return
        only_up = time == self.decided or time > self.known
        while True:
            signal = self.signal(time)
            if only_up and signal is Signal.QUIET and self.detector.phase in (_F, _R):
                return
            phase = NEXT_PHASE[self.detector.phase, signal]
            if phase is self.detector.phase and signal is not Signal.WORSE:
                return
            self._move(time, phase)

    def signal(self, time: Instant) -> Signal:
        """Return the strongest thing that the measures say at *time*."""
        reached = self._level(time)
        phase = self.detector.phase
        if reached > Status.OPERATIONAL:
            worse = phase is _F and reached > self.detector.level
            return Signal.WORSE if worse else Signal.REACHED
        if (quiet_at := self._quiet_at()) is not None and quiet_at <= time:
            return Signal.QUIET
        return Signal.MET if any(since is not None for since in self.met) else Signal.NONE

    def _level(self, time: Instant) -> Status:
        held = (
            min(trigger.status, self.rule.max_status)
            for trigger, since in zip(self.rule.triggers, self.met, strict=True)
            if since is not None and time - since >= trigger.hold
        )
        return max(held, default=Status.OPERATIONAL)

    def _quiet_at(self) -> Instant | None:
        """When `below` will have held long enough, should nothing change; None: never."""
        recovery, phase = self.rule.recovery, self.detector.phase
        if self.below is None or phase not in (_F, _R):
            return None
        needed = recovery.after if phase is _F else recovery.settle
        return max(self.below, self.detector.since) + needed

    def _next_deadline(self) -> Instant | None:
        holds = (
            since + trigger.hold
            for trigger, since in zip(self.rule.triggers, self.met, strict=True)
            if since is not None
        )
        quiet_at = self._quiet_at()
        due = [self.known, *holds, *([] if quiet_at is None else [quiet_at])]
        return min((time for time in due if time > self.time), default=None)

    def _move(self, time: Instant, phase: Phase) -> None:
        before = self.detector
        level = self._level(time)
        if before.phase is _F and phase is _F:
            self.detector = replace(before, level=level)
        else:
            floor = time if before.phase is _R and phase is _I else before.floor
            self.detector = Detector(phase, level, time, before.position, floor)
        if phase is _P or (before.phase is _P and phase is _I):
            return
        quiet = self.below - self.rule.window if phase is _R and self.below is not None else None
        self.transitions.append(Transition(time, self.rule.id, phase, level, before.floor, quiet))
