"""What a backtest found, as values that can be printed, compared and drawn.

All that is said of a past stands here; nothing here knows how it was replayed or how it is shown.
Times are Instants; stretches over time are in equal buckets, the first beginning at the result's
`start`. A result's size depends on how many outages there were, not on how many alerts.
"""

from __future__ import annotations

from dataclasses import dataclass

from statusbridge.core.model import Fault, IncidentStatus, Instant, Seconds, Stage, Status
from statusbridge.core.rules import Trigger


@dataclass(frozen=True, slots=True)
class Post:
    """What the public would have read, and when. *components*: name and status, in page order."""

    at: Instant
    action: str
    """open | update | resolve"""
    reason: str
    state: IncidentStatus
    components: tuple[tuple[str, Status], ...]
    title: str
    text: str
    mailed: bool


@dataclass(frozen=True, slots=True)
class Change:
    """The public state from *at* on; *status* is the worst that it said of a component."""

    at: Instant
    state: IncidentStatus
    status: Status


@dataclass(frozen=True, slots=True)
class Hold:
    """A stretch in which something due was held back. *until* None: to the end of the replay."""

    since: Instant
    until: Instant | None
    reason: str
    detail: str


@dataclass(frozen=True, slots=True)
class Outage:
    """One episode of an incident key, as it would have gone.

    *posts* are empty where nothing was ever published: then *holds* say why, or it was over before
    a cycle came.
    """

    id: str
    page: str
    incident: str
    title: str
    rules: tuple[str, ...]
    """Its rules in order of firing; the first opened it."""
    stages: tuple[Stage, ...]
    """The configured stages of its rules, worst trusted first: only auto would have published."""
    components: tuple[str, ...]
    started_at: Instant
    """Event time of the oldest alert that counted."""
    fired_at: Instant
    """When the trigger was reached."""
    ended_at: Instant | None
    """None: it was not over when the recording ended."""
    worst: Status
    codes: tuple[tuple[int | None, int], ...]
    """The codes of the alerts that counted until it was over, the most frequent first."""
    changes: tuple[Change, ...] = ()
    posts: tuple[Post, ...] = ()
    holds: tuple[Hold, ...] = ()

    @property
    def opened_at(self) -> Instant | None:
        """When the public first read of it; None: never."""
        return self.posts[0].at if self.posts else None

    @property
    def notified(self) -> int:
        """How many posts mailed the subscribers."""
        return sum(post.mailed for post in self.posts)


@dataclass(frozen=True, slots=True)
class Curve:
    """A measure over time: the highest value in each bucket of *width* seconds."""

    measure: str
    """count | distinct_resources | distinct_accounts"""
    width: Seconds
    values: tuple[int, ...]
    peak: int
    peak_at: Instant | None
    """None: it was never above zero."""


@dataclass(frozen=True, slots=True)
class RuleHistory:
    """What one rule saw. *curves*: one for each measure that it asks for, `count` first."""

    rule: str
    stage: Stage
    page: str
    incident: str
    components: tuple[str, ...]
    window: Seconds
    triggers: tuple[Trigger, ...]
    matched: int
    fired: int
    """How many outages it was part of."""
    curves: tuple[Curve, ...]


@dataclass(frozen=True, slots=True)
class CodeCount:
    """How often a code came. *code* None: alerts without one."""

    code: int | None
    fault: Fault
    title: str | None
    count: int


@dataclass(frozen=True, slots=True)
class Volume:
    """Alerts per bucket of *width* seconds: by whose fault, and of the most frequent codes."""

    width: Seconds
    by_fault: tuple[tuple[Fault, tuple[int, ...]], ...]
    by_code: tuple[tuple[int | None, tuple[int, ...]], ...]


@dataclass(frozen=True, slots=True)
class Posted:
    """An incident that people posted."""

    id: str
    page: str
    title: str
    components: tuple[str, ...]
    started_at: Instant
    """When it was first posted, or when they said that it began, where that is earlier."""
    posted_at: Instant
    ended_at: Instant | None
    worst: Status | None
    """None: they said of no component how bad it was."""


@dataclass(frozen=True, slots=True)
class Hit:
    """An incident of people that the rules would have opened too."""

    posted: Posted
    outage: Outage
    early: Seconds
    """How long before people it would have been read; negative: after them."""


@dataclass(frozen=True, slots=True)
class RuleScore:
    """How a rule stands against people: *right* of *opened*, *found* of *posted*."""

    rule: str
    opened: int
    right: int
    posted: int
    found: int


@dataclass(frozen=True, slots=True)
class Grades:
    """The replay against what people posted in the same time on the rules' pages."""

    posted: tuple[Posted, ...]
    hits: tuple[Hit, ...]
    misses: tuple[Posted, ...]
    false_opens: tuple[Outage, ...]
    uncovered: tuple[Posted, ...]
    """On components that no rule speaks of: neither hit nor miss."""
    scores: tuple[RuleScore, ...]


@dataclass(frozen=True, slots=True)
class Result:
    """A past, replayed. *end* is the last time of which the recording tells."""

    config: str
    start: Instant
    end: Instant
    interval: Seconds
    alerts: int
    matched: int
    outages: tuple[Outage, ...]
    rules: tuple[RuleHistory, ...]
    codes: tuple[CodeCount, ...]
    """All codes, the most frequent first."""
    unmatched: tuple[CodeCount, ...]
    """What no rule matched, the most frequent first."""
    volume: Volume
    gaps: tuple[tuple[str, Instant, Instant, str], ...] = ()
    """By account: stretches that could not be read, and why."""
    grades: Grades | None = None
    """None: what people posted is not known."""

    @property
    def posts(self) -> int:
        return sum(len(outage.posts) for outage in self.outages)

    @property
    def notified(self) -> int:
        return sum(outage.notified for outage in self.outages)
