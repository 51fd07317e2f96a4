"""What rules made of a past, read once in order of time: what they counted, how near they came.

Keeps one window of alerts a rule, so memory does not grow with the past. Knows no outage: a trigger
that is reached again and again is told as that.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable
from dataclasses import dataclass

from statusbridge.core.model import Alert, Instant, Seconds
from statusbridge.core.rules import Matcher, Rule, Threshold, Trigger
from statusbridge.core.windows import Measures

DAY: Seconds = 86_400


@dataclass(frozen=True, slots=True)
class Peak:
    """The time at which a trigger was nearest to being reached. *ratio*: 1 or more where it was."""

    ratio: float
    at: Instant
    measures: Measures


@dataclass(frozen=True, slots=True)
class TriggerPast:
    """What a trigger saw. *usual*: the ratio of the middle one of all days (UTC), 0 without any.

    *days*: on how many it was reached and held.
    """

    trigger: Trigger
    peak: Peak | None
    usual: float
    days: int


@dataclass(frozen=True, slots=True)
class RulePast:
    """What a rule counted. *last*: time of the newest alert that it did."""

    rule: Rule
    matched: int
    last: Instant | None
    triggers: tuple[TriggerPast, ...]

    @property
    def nearest(self) -> TriggerPast:
        """The trigger that came nearest; of equals the first."""
        return max(self.triggers, key=lambda t: 0 if t.peak is None else t.peak.ratio)


@dataclass(frozen=True, slots=True)
class CodePast:
    """The alerts of a code that counted for no rule."""

    code: int | None
    count: int
    last: Instant


@dataclass(frozen=True, slots=True)
class History:
    """What became of all alerts of a past. *first* is the oldest one's time, None without any.

    *days*: how many days (UTC) lie between that and the end, both begun ones included.
    """

    alerts: int
    first: Instant | None
    days: int
    rules: tuple[RulePast, ...]
    unmatched: tuple[CodePast, ...]
    """The most frequent first."""


def ratio(threshold: Threshold, measures: Measures) -> float:
    """Return how much of *threshold* is there: of several numbers the one that is missing most."""
    asked = zip(
        (threshold.count, threshold.distinct_resources, threshold.distinct_accounts),
        measures,
        strict=False,
    )
    return min(got / needed for needed, got in asked if needed is not None)


def history(rules: tuple[Rule, ...], alerts: Iterable[Alert], until: Instant) -> History:
    """Return what *rules* made of *alerts* up to *until*; they come oldest first and each once."""
    matching = Matcher(rules).matching
    tracks = [_Track(rule) for rule in rules]
    missed: Counter[int | None] = Counter()
    last_missed: dict[int | None, Instant] = {}
    seen, first = 0, None
    for alert in alerts:
        seen += 1
        first = alert.at if first is None else first
        places = matching(alert)
        for place in places:
            tracks[place].add(alert)
        if not places:
            missed[alert.code] += 1
            last_missed[alert.code] = alert.at
    unmatched = (CodePast(code, n, last_missed[code]) for code, n in missed.most_common())
    days = 0 if first is None else until // DAY - first // DAY + 1
    pasts = tuple(track.past(until, days) for track in tracks)
    return History(seen, first, days, pasts, tuple(unmatched))


class _Track:
    """One rule on its way through the past."""

    def __init__(self, rule: Rule) -> None:
        self.rule = rule
        self.time: Instant | None = None
        self.matched = 0
        self.last: Instant | None = None
        self.window: deque[tuple[Instant, str | None, str]] = deque()
        self.resources: Counter[str] = Counter()
        self.accounts: Counter[str] = Counter()
        self.watches = [_Watch(trigger) for trigger in rule.triggers]

    def add(self, alert: Alert) -> None:
        self.advance(alert.at)
        self.matched += 1
        self.last = alert.at
        self.window.append((alert.at + self.rule.window, alert.resource, alert.account))
        self.accounts[alert.account] += 1
        if alert.resource is not None:
            self.resources[alert.resource] += 1

    def advance(self, to: Instant) -> None:
        """Let time pass to *to*: look at each time at which something changed, then drop it.

        What leaves the window and what comes at one time count as one change.
        """
        while self.window and self.window[0][0] < to:
            self._look(self.window[0][0])
            self._drop(self.window[0][0])
        self._look(to)
        self._drop(to)

    def _look(self, until: Instant) -> None:
        if self.time is not None and until > self.time:
            measures = Measures(len(self.window), len(self.resources), len(self.accounts))
            for watch in self.watches:
                watch.see(self.time, until, measures)
        self.time = until

    def _drop(self, time: Instant) -> None:
        while self.window and self.window[0][0] <= time:
            _, resource, account = self.window.popleft()
            _less(self.accounts, account)
            if resource is not None:
                _less(self.resources, resource)

    def past(self, end: Instant, days: int) -> RulePast:
        """Return what was seen up to *end*, in a past of so many *days*."""
        self.advance(end + 1)
        triggers = tuple(watch.past(days) for watch in self.watches)
        return RulePast(self.rule, self.matched, self.last, triggers)


def _less(counts: Counter[str], key: str) -> None:
    counts[key] -= 1
    if not counts[key]:
        del counts[key]


class _Watch:
    """One trigger on its way through the past."""

    def __init__(self, trigger: Trigger) -> None:
        self.trigger = trigger
        self.since: Instant | None = None
        self.peak: Peak | None = None
        self.by_day: dict[int, float] = {}
        self.held: set[int] = set()

    def see(self, at: Instant, until: Instant, measures: Measures) -> None:
        """Take it that *measures* stood from *at* to *until*."""
        found = ratio(self.trigger.threshold, measures)
        day = at // DAY
        if found > self.by_day.get(day, 0):
            self.by_day[day] = found
        if found and (self.peak is None or found > self.peak.ratio):
            self.peak = Peak(found, at, measures)
        if found < 1:
            self.since = None
            return
        self.since = at if self.since is None else self.since
        counts_from = max(at, self.since + self.trigger.hold)
        if counts_from < until:
            self.held.update(range(counts_from // DAY, (until - 1) // DAY + 1))

    def past(self, days: int) -> TriggerPast:
        ratios = sorted(self.by_day.values())
        ranked = [0.0] * max(0, days - len(ratios)) + ratios
        usual = ranked[(len(ranked) - 1) // 2] if ranked else 0.0
        return TriggerPast(self.trigger, self.peak, usual, len(self.held))
