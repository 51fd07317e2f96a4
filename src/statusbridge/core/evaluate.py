"""From alerts to episodes: match, measure, step every detector, tell the episodes.

The same function runs in the daemon, in `plan` and wherever a past is replayed. It is level
triggered: given the same stored facts it gives the same answer, whatever happened in between.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from operator import attrgetter

from statusbridge.core.coverage import Coverage, Gap
from statusbridge.core.detectors import Detector, Fold, Transition, fold, lookback
from statusbridge.core.episodes import Episode, Onset, advanced, opened
from statusbridge.core.model import Alert, Instant, PageId, Phase, Stage
from statusbridge.core.rules import Matcher, Rule
from statusbridge.core.windows import Measures, Series


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a rule stands now, for people to read."""

    rule: Rule
    detector: Detector
    measures: Measures
    met: tuple[Instant | None, ...] = ()
    """Since when each of the rule's triggers is true; None: it is not."""
    below: Instant | None = None
    """Since when the rule's `below` is true; None: it is not."""


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What one evaluation found. *episodes*: those given and those begun, also where now over."""

    standings: tuple[Standing, ...]
    episodes: tuple[Episode, ...]
    transitions: tuple[Transition, ...]


class Detection:
    """The rules with their measures: all that is kept in memory between two evaluations.

    Fed with every stored alert once; can be thrown away and fed again from the store at any time.
    """

    def __init__(self, rules: tuple[Rule, ...], pages: Mapping[str, PageId]) -> None:
        self.rules = rules
        self._pages = pages
        self._matcher = Matcher(rules)
        self._series = tuple(Series(rule.window, rule.measures) for rule in rules)
        self.matched = 0
        self.counted = [0] * len(rules)
        """By the rules' places, how many alerts counted for each."""
        self.missed: Counter[int | None] = Counter()
        """By code, how many counted for none."""

    def add(self, alerts: Iterable[Alert]) -> None:
        """Count *alerts*, none of which was counted before, for every rule that they match."""
        matching, series = self._matcher.matching, self._series
        for alert in alerts:
            places = matching(alert)
            if places:
                self.matched += 1
                for place in places:
                    series[place].add(alert.at, alert.resource, alert.account)
                    self.counted[place] += 1
            else:
                self.missed[alert.code] += 1

    def begin_count(self) -> None:
        """Count from here on: what was added so far was counted before."""
        self.matched = 0
        self.counted = [0] * len(self.rules)
        self.missed.clear()

    def blind(self, gaps: Iterable[tuple[str, Gap]]) -> None:
        """Mark *gaps*, by account, for every rule that listens to the account."""
        for account, gap in gaps:
            for rule, series in zip(self.rules, self._series, strict=True):
                if account in (rule.match.accounts or (account,)):
                    series.blind(gap.lo, gap.hi)

    def evaluate(
        self,
        detectors: Mapping[str, Detector],
        episodes: Iterable[Episode],
        coverage: Mapping[str, Coverage],
        onset: Onset,
    ) -> Evaluation:
        """Step every detector as far as *coverage* allows and carry the episodes along.

        *detectors* by rule id; a rule that is not among them begins as far back as it can matter.
        *episodes* are the open ones.
        """
        heard = max((c.heard_until for c in coverage.values() if c.heard_until), default=None)
        if heard is None:
            return Evaluation((), tuple(episodes), ())
        current = _Episodes(episodes, self._pages, onset)
        self._tell_accounts(current)
        folds = []
        for rule, series in zip(self.rules, self._series, strict=True):
            detector = detectors.get(rule.id) or _fresh(rule, heard)
            covered = _covered(rule, detector, current.of(rule), coverage)
            folds.append(fold(rule, series, detector, covered, heard))
        transitions = [t for folded in folds for t in folded.transitions]
        order = {rule.id: rule for rule in self.rules}
        for transition in sorted(transitions, key=lambda t: (t.at, order[t.rule].order)):
            rule = order[transition.rule]
            current.advance(rule, transition, known_rule=rule.id in detectors)
        for rule, folded in zip(self.rules, folds, strict=True):
            current.make_good(rule, folded.detector, heard)
        self._tell_accounts(current)
        self._forget(folds)
        standings = tuple(map(_standing, self.rules, folds))
        return Evaluation(
            standings, current.all(), tuple(sorted(transitions, key=attrgetter("at")))
        )

    def _tell_accounts(self, current: _Episodes) -> None:
        for rule, series in zip(self.rules, self._series, strict=True):
            current.hear(rule, series.last_from)

    def _forget(self, folds: list[Fold]) -> None:
        for rule, series, folded in zip(self.rules, self._series, folds, strict=True):
            series.forget(folded.detector.position - max(lookback(rule, p) for p in Phase))


def _fresh(rule: Rule, heard: Instant) -> Detector:
    """Return the detector of a rule that is new: it may open what fires within its reach."""
    start = heard - rule.reach
    return Detector.fresh(start, start - rule.window)


def _standing(rule: Rule, folded: Fold) -> Standing:
    return Standing(rule, folded.detector, folded.measures, folded.met, folded.below)


def _covered(
    rule: Rule, detector: Detector, episode: Episode | None, coverage: Mapping[str, Coverage]
) -> Instant | None:
    """Return the time up to which absence counts for *rule*; None: nowhere yet.

    In an episode only the accounts that gave it evidence; before one, all that the rule hears.
    """
    if episode is not None and detector.phase in (Phase.FIRING, Phase.RECOVERING):
        accounts = episode.accounts & frozenset(coverage)
    else:
        accounts = frozenset(coverage) & (rule.match.accounts or frozenset(coverage))
    marks = [coverage[account].covered_until for account in accounts]
    known = [mark for mark in marks if mark is not None]
    return min(known) if known and len(known) == len(marks) else None


class _Episodes:
    """The open episodes while transitions are applied.

    At most one of a group goes on.
    """

    def __init__(
        self, episodes: Iterable[Episode], pages: Mapping[str, PageId], onset: Onset
    ) -> None:
        self._by_id = {episode.id: episode for episode in episodes}
        self._pages = pages
        self._onset = onset
        self._first: dict[tuple[str, Instant, Phase], str] = {}

    def of(self, rule: Rule) -> Episode | None:
        """Return the episode that goes on and takes *rule*: a public one where one does."""
        here = (e for e in self._by_id.values() if e.goes_on and e.takes(rule))
        return min(here, key=_is_in_review, default=None)

    def advance(self, rule: Rule, transition: Transition, *, known_rule: bool) -> None:
        episode = self.of(rule)
        if episode is not None:
            after = advanced(episode, rule, transition)
            episode = self._first_cause(episode, after, transition)
        elif transition.phase is Phase.FIRING:
            begin = max(transition.at - rule.window, transition.floor)
            oldest = self._onset(rule, begin, transition.at)
            if oldest is None:
                return
            page = self._pages[rule.page]
            episode = replace(opened(rule, transition, oldest, page), known_rule=known_rule)
            if episode.id in self._by_id:
                return
            self._first[episode.id, transition.at, Phase.FIRING] = rule.id
        else:
            return
        self._by_id[episode.id] = episode

    def make_good(self, rule: Rule, detector: Detector, heard: Instant) -> None:
        """Open what *detector* fires for, where it began to on alerts of an outage that is over.

        Those open nothing (`Detector.floor`); the first alert after them does.
        """
        if detector.phase is not Phase.FIRING or self.of(rule) is not None:
            return
        oldest = self._onset(rule, max(detector.since - rule.window, detector.floor), heard)
        if oldest is not None:
            at = max(oldest.at, detector.since)
            begun = Transition(at, rule.id, Phase.FIRING, detector.level, detector.floor)
            episode = opened(rule, begun, oldest, self._pages[rule.page])
            self._by_id.setdefault(episode.id, episode)

    def _first_cause(self, before: Episode, after: Episode, transition: Transition) -> Episode:
        """Let the first in file order speak of those that moved likewise at the same time."""
        changed = replace(before, members=after.members, peak=after.peak) != after
        key = (before.id, transition.at, transition.phase)
        if changed or transition.phase is not Phase.FIRING:
            self._first.setdefault(key, transition.rule)
        return replace(after, cause=self._first[key]) if changed else after

    def hear(self, rule: Rule, last_from: Mapping[str, Instant]) -> None:
        """Note which accounts gave evidence to the episode of *rule* since it started."""
        episode = self.of(rule)
        if episode is None or all(member.rule != rule.id for member in episode.members):
            return
        heard = {account: at for account, at in last_from.items() if at >= episode.started_at}
        newest = max((episode.newest_at, *heard.values()))
        if newest > episode.newest_at or not heard.keys() <= episode.accounts:
            accounts = episode.accounts | heard.keys()
            self._by_id[episode.id] = replace(episode, accounts=accounts, newest_at=newest)

    def all(self) -> tuple[Episode, ...]:
        return tuple(self._by_id.values())


def _is_in_review(episode: Episode) -> bool:
    return episode.group.stage is Stage.REVIEW
