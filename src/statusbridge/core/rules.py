"""Rules as values, and whether an alert matches one.

Knows alerts and codes; not windows, time or the page.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from statusbridge.core.codes import fault_of
from statusbridge.core.model import Alert, Fault, Notify, Seconds, Stage, Status


@dataclass(frozen=True, slots=True)
class CodeRange:
    """Error codes *first* to *last*, both included."""

    first: int
    last: int

    def __contains__(self, code: int) -> bool:
        return self.first <= code <= self.last


@dataclass(frozen=True, slots=True)
class Probe:
    """A condition on an alert's text, decided where the text is read and kept as a trait.

    *key* None: *needle* occurs anywhere in the decoded text, in any case. Otherwise the decoded
    text's field *key* equals *needle*.
    """

    needle: str
    key: str | None = None

    @property
    def trait(self) -> str:
        return f"text~{self.needle.lower()}" if self.key is None else f"{self.key}={self.needle}"


@dataclass(frozen=True, slots=True)
class Match:
    """Which alerts count for a rule. Keys are ANDed, values of one ORed; an empty key passes."""

    codes: tuple[CodeRange, ...] = ()
    codes_not: tuple[CodeRange, ...] = ()
    levels: frozenset[str] = frozenset()
    faults: frozenset[Fault] = frozenset()
    accounts: frozenset[str] = frozenset()
    services: frozenset[str] = frozenset()
    resource_prefixes: tuple[str, ...] = ()
    request_hosts: frozenset[str] = frozenset()
    texts: tuple[tuple[Probe, ...], ...] = ()
    """Each inner tuple is one key of the configuration: any probe of it, all the keys."""


@dataclass(frozen=True, slots=True)
class Threshold:
    """Numbers of one trigger or of `below`. None: that measure is not asked about."""

    count: int | None = None
    distinct_resources: int | None = None
    distinct_accounts: int | None = None


@dataclass(frozen=True, slots=True)
class Trigger:
    """Reaching *threshold* for *hold* asks for *status*."""

    status: Status
    threshold: Threshold
    hold: Seconds = 0


@dataclass(frozen=True, slots=True)
class Recovery:
    """At or under *below* for *after*: monitoring; for *settle* more: resolved.

    *manual*: the outage is over by then, but only a person resolves its incident.
    """

    after: Seconds
    settle: Seconds
    below: Threshold = Threshold(count=0)
    manual: bool = False


@dataclass(frozen=True, slots=True)
class Texts:
    """Public templates; *title* and every message the rule may post."""

    title: str
    investigating: str
    worsened: str
    returned: str
    monitoring: str
    resolved: str


@dataclass(frozen=True, slots=True)
class Review:
    """How long a proposal waits for a person (None: for as long as it is true), and what then."""

    timeout: Seconds | None = None
    publishes: bool = False


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of the configuration, complete and checked.

    *page* is the configured page name, *components* are as written there: ids, unique names or
    "Group / Name"; the page's structure says which ids they mean. *order* is the place in the file.
    """

    id: str
    page: str
    components: tuple[str, ...]
    incident: str
    window: Seconds
    stage: Stage
    match: Match
    triggers: tuple[Trigger, ...]
    recovery: Recovery
    texts: Texts
    notify: Notify = Notify.OPEN_AND_CLOSE
    max_status: Status = Status.FULL_OUTAGE
    review: Review = Review()
    summary: str = ""
    order: int = 0
    measures: frozenset[str] = field(init=False)
    """The names of `Threshold` that the rule asks about, `count` always."""

    def __post_init__(self) -> None:
        asked = [t.threshold for t in self.triggers] + [self.recovery.below]
        names = {n for n in Threshold.__slots__ if any(getattr(t, n) is not None for t in asked)}
        object.__setattr__(self, "measures", frozenset(names | {"count"}))

    @property
    def longest_hold(self) -> Seconds:
        return max((t.hold for t in self.triggers), default=0)

    @property
    def reach(self) -> Seconds:
        """How far back from a time evidence can matter for opening at that time."""
        return self.window + self.longest_hold


def matches(rule: Rule, alert: Alert) -> bool:
    """Return whether *alert* counts for *rule*."""
    return not mismatches(rule, alert)


def mismatches(rule: Rule, alert: Alert) -> tuple[str, ...]:
    """Return the keys of *rule*'s match that *alert* fails, as the file names them."""
    wanted = rule.match
    code = alert.code
    verdicts = (
        ("codes", not wanted.codes or (code is not None and any(code in r for r in wanted.codes))),
        ("codes_not", code is None or not any(code in r for r in wanted.codes_not)),
        ("levels", not wanted.levels or alert.level in wanted.levels),
        ("faults", not wanted.faults or fault_of(code) in wanted.faults),
        ("accounts", not wanted.accounts or alert.account in wanted.accounts),
        *_wide_verdicts(wanted, alert),
        ("text", all(any(p.trait in alert.traits for p in key) for key in wanted.texts)),
    )
    return tuple(key for key, held in verdicts if not held)


def _wide_verdicts(wanted: Match, alert: Alert) -> tuple[tuple[str, bool], ...]:
    """Return the verdicts on what differs from alert to alert."""
    resource, prefixes = alert.resource, wanted.resource_prefixes
    return (
        ("services", not wanted.services or alert.service in wanted.services),
        (
            "resource_prefix",
            not prefixes or (resource is not None and resource.startswith(prefixes)),
        ),
        ("request_hosts", not wanted.request_hosts or alert.host in wanted.request_hosts),
    )


_MOST_KNOWN = 4096
"""Bounded: codes and levels come from outside."""


class Matcher:
    """Which of *rules* an alert matches, by place. Asks each question once where it can.

    Most rules ask only for account, code, level and text, of which there are few combinations; of a
    rule that asks for more, the rest is asked for every alert that passes those.
    """

    def __init__(self, rules: tuple[Rule, ...]) -> None:
        self._rules = rules
        self._wide = frozenset(
            place
            for place, rule in enumerate(rules)
            if rule.match.services or rule.match.resource_prefixes or rule.match.request_hosts
        )
        self._known: dict[tuple[object, ...], tuple[tuple[int, ...], bool]] = {}

    def matching(self, alert: Alert) -> tuple[int, ...]:
        """Return the places of the rules that *alert* matches, in file order."""
        key = (alert.code, alert.level, alert.account, alert.traits)
        known = self._known.get(key)
        if known is None:
            if len(self._known) == _MOST_KNOWN:
                self._known.clear()
            known = self._known[key] = self._learn(alert)
        places, exact = known
        if exact:
            return places
        return tuple(
            place
            for place in places
            if place not in self._wide
            or all(held for _, held in _wide_verdicts(self._rules[place].match, alert))
        )

    def _learn(self, alert: Alert) -> tuple[tuple[int, ...], bool]:
        wide_keys = {key for key, _ in _wide_verdicts(Match(), alert)}
        places = tuple(
            place
            for place, rule in enumerate(self._rules)
            if wide_keys.issuperset(mismatches(rule, alert))
        )
        return places, self._wide.isdisjoint(places)


def candidates(
    rules: tuple[Rule, ...], code: int | None, level: str, account: str
) -> tuple[Rule, ...]:
    """Return those of *rules* that can match an alert of which no more is known than this."""
    known = Alert(account, "", 0, code, level, None, None, None, ())
    unknown = {"text", *(key for key, _ in _wide_verdicts(Match(), known))}
    return tuple(rule for rule in rules if unknown.issuperset(mismatches(rule, known)))


def probes(rules: tuple[Rule, ...]) -> tuple[Probe, ...]:
    """Return every text condition of *rules*, once each, in order of appearance."""
    return tuple(dict.fromkeys(p for r in rules for key in r.match.texts for p in key))


def longest_reach(rules: tuple[Rule, ...]) -> Seconds:
    """Return how far back the first poll ever must read for *rules* to open what is firing."""
    return max((rule.reach for rule in rules), default=0)
