"""What happened in a rehearsal, in the order in which its owner would tell it.

Looks at a world after each of its cycles, and notes what has changed since the one before.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from statusbridge.config.durations import show
from statusbridge.core.codes import fault_of
from statusbridge.core.evaluate import Standing
from statusbridge.core.model import Alert, Instant, Phase
from statusbridge.core.rules import Matcher, Rule, Threshold
from statusbridge.core.windows import Measures
from statusbridge.rehearse.page import Publication, RememberedPage
from statusbridge.rehearse.peaks import Peaks
from statusbridge.rehearse.world import Rehearsal

_UNITS = {"count": "alert", "distinct_resources": "resource", "distinct_accounts": "account"}


class Kind(StrEnum):
    """What sort of thing happened."""

    ALERTS = "alerts"
    RULE = "rule"
    POST = "post"
    HELD = "held"
    FREED = "freed"
    PERSON = "person"
    POLLS = "polls"


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened at *at*. *below*: what more there is to say, a line each."""

    at: Instant
    kind: Kind
    subject: str
    said: str
    below: tuple[str, ...] = ()
    since: Instant | None = None
    """The first of several polls that this sums up; None: there was but one."""


@dataclass(slots=True)
class _Arrived:
    """The alerts of several polls, counted by code. *lost*: those that no rule counts."""

    since: Instant
    codes: Counter[int | None] = field(default_factory=Counter)
    lost: Counter[int | None] = field(default_factory=Counter)
    accounts: set[str] = field(default_factory=set)

    def add(self, alerts: Iterable[Alert], matcher: Matcher) -> None:
        for alert in alerts:
            self.codes[alert.code] += 1
            self.accounts.add(alert.account)
            if not matcher.matching(alert):
                self.lost[alert.code] += 1

    def event(self, now: Instant) -> Event:
        """Return what arrived by *now* as one event."""
        said = " · ".join(f"{_code(code)} ×{count}" for code, count in _most_first(self.codes))
        below = (
            f"{_code(code)} ×{count} counted by no rule; whose fault: {fault_of(code)}"
            for code, count in _most_first(self.lost)
        )
        since = self.since if self.since < now else None
        subject = ", ".join(sorted(self.accounts))
        return Event(now, Kind.ALERTS, subject, said, tuple(below), since)


class Timeline:
    """The events of *world* so far."""

    def __init__(self, world: Rehearsal) -> None:
        self.events: list[Event] = []
        self.peaks = Peaks(world.bridge.policy.rules, world.clock.now())
        self._world = world
        self._phases: dict[str, str] = {}
        self._told = dict.fromkeys(world.pages, 0)
        self._held: dict[tuple[str, str, str], str] = {}
        self._trouble: dict[str, str] = {}
        self._matcher = Matcher(world.bridge.policy.rules)
        self._arrived: _Arrived | None = None
        """What the last polls brought, while nothing else happened."""

    def look(self) -> None:
        """Note what the cycle that has just ended changed."""
        fresh = tuple(alert for source in self._world.sources for alert in source.fresh)
        self.peaks.advance(fresh, self._world.clock.now())
        self._look_at_polls()
        self._look_at_alerts(fresh)
        for standing in self._world.bridge.standings:
            self._look_at_rule(standing)
        for name, page in self._world.pages.items():
            self._look_at_page(name, page)
        self._look_at_held()

    def act(self, said: str) -> None:
        """Note what a person does."""
        self._note(Kind.PERSON, "", said)

    def pause(self) -> None:
        """Begin a new line for what comes: somebody looks at what there is by now."""
        self._arrived = None

    def _note(self, kind: Kind, subject: str, said: str, *below: str) -> None:
        self.pause()
        self.events.append(Event(self._world.clock.now(), kind, subject, said, below))

    def _look_at_polls(self) -> None:
        trouble = self._world.bridge.trouble
        for name in self._trouble.keys() - trouble.keys():
            self._note(Kind.POLLS, name, "can be read again")
        for name, why in trouble.items():
            if self._trouble.get(name) != why:
                self._note(Kind.POLLS, name, f"can't be read: {why}")
        self._trouble = dict(trouble)

    def _look_at_alerts(self, fresh: tuple[Alert, ...]) -> None:
        """Sum up with the polls before, if nothing else has happened since."""
        if not fresh:
            return
        now = self._world.clock.now()
        if self._arrived is None:
            self._arrived = _Arrived(now)
        else:
            self.events.pop()
        self._arrived.add(fresh, self._matcher)
        self.events.append(self._arrived.event(now))

    def _look_at_rule(self, standing: Standing) -> None:
        rule, detector = standing.rule, standing.detector
        firing = detector.phase is Phase.FIRING
        phase = f"{detector.phase}{f' {detector.level.wire}' if firing else ''}"
        before = self._phases.get(rule.id, str(Phase.INACTIVE))
        if phase != before:
            up = detector.phase in {Phase.PENDING, Phase.FIRING}
            shown = self.peaks.lately[rule.id].measures if up else standing.measures
            self._note(Kind.RULE, rule.id, f"{before} → {phase}", measured(rule, shown))
        self._phases[rule.id] = phase

    def _look_at_page(self, name: str, page: RememberedPage) -> None:
        for publication in page.publications[self._told[name] :]:
            self._note(Kind.POST, publication.draft.incident, *posted(publication, page))
        self._told[name] = len(page.publications)

    def _look_at_held(self) -> None:
        held = {
            (page, one.incident, str(one.reason)): one.detail
            for page, one, _ in self._world.store.held()
        }
        for key in self._held.keys() - held.keys():
            self._note(Kind.FREED, key[1], f"no longer {key[2]}")
        for key in held.keys() - self._held.keys():
            self._note(Kind.HELD, key[1], key[2], held[key])
        self._held = held


def _most_first(codes: Counter[int | None]) -> list[tuple[int | None, int]]:
    return sorted(codes.items(), key=lambda one: (-one[1], one[0] or 0))


def _code(code: int | None) -> str:
    return "no code" if code is None else str(code)


def measured(rule: Rule, measures: Measures) -> str:
    """Return what *rule* measures, in a line."""
    return f"{_numbers(rule.measures, measures)} in {show(rule.window)}"


def needed(rule: Rule) -> tuple[str, ...]:
    """Return what each trigger of *rule* needs, a line each."""
    return tuple(
        f"{t.status.wire} needs {_numbers(_UNITS, t.threshold)}"
        + (f" for {show(t.hold)}" if t.hold else "")
        for t in rule.triggers
    )


def _numbers(names: Container[str], found: Measures | Threshold) -> str:
    numbers = [(getattr(found, name), unit) for name, unit in _UNITS.items() if name in names]
    return ", ".join(
        f"{number} {unit}{'' if number == 1 else 's'}"
        for number, unit in numbers
        if number is not None
    )


def posted(publication: Publication, page: RememberedPage) -> tuple[str, ...]:
    """Return what *publication* told the public: stage and components, title, text."""
    draft = publication.draft
    names = {c.id: c.full_name for c in page.made_of.components}
    said = draft.said
    lines = [f"{names.get(one.component, '?')} {one.status.wire}" for one in said.components]
    mail = ["mails subscribers"] if draft.notify else []
    head = " · ".join([str(said.incident_status), *lines, *mail])
    title = (f"“{draft.name}”",) if draft.incident_id is None else ()
    return (head, *title, *(f"“{part}”" for part in draft.message.splitlines() if part))
