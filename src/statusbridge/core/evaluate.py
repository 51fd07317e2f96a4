"""From alerts to episodes: match, measure, step every detector, tell the episodes.

The same function runs in the daemon, in `plan` and wherever a past is replayed. It is level
triggered: given the same stored facts it gives the same answer, whatever happened in between.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from operator import attrgetter

from statusbridge.core.advancing import OpenEpisodes
from statusbridge.core.catching_up import Stretch, covered_for, is_being_read, left_out
from statusbridge.core.coverage import Coverage, Gap
from statusbridge.core.detectors import Bounds, Detector, Fold, Transition, fold, lookback
from statusbridge.core.episodes import Episode, Onset
from statusbridge.core.model import Alert, Instant, PageId, Phase
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


_NOWHERE: Stretch = (0, 0)


class Detection:
    """The rules with their measures: all that is kept in memory between two evaluations.

    Fed with every stored alert once, or all but those in the stretches *left*, by rule id, to the
    store. Can be thrown away and fed again from the store at any time.
    """

    def __init__(
        self,
        rules: tuple[Rule, ...],
        pages: Mapping[str, PageId],
        left: Mapping[str, Stretch] | None = None,
    ) -> None:
        self.rules = rules
        self._pages = pages
        self._matcher = Matcher(rules)
        self._series = tuple(Series(rule.window, rule.measures) for rule in rules)
        self.matched = 0
        self.counted = [0] * len(rules)
        """By the rules' places, how many alerts counted for each."""
        self.missed: Counter[int | None] = Counter()
        """By code, how many counted for none."""
        self.left = dict(left or {})
        """By rule id, the stretches whose alerts are not measured when they come."""
        self.lacking = set(self.left)
        """The ids of rules that may lack such alerts: absence proves nothing to them."""

    def add(self, alerts: Iterable[Alert]) -> None:
        """Count *alerts*, none of which was counted before, for every rule that they match."""
        matching, series = self._matcher.matching, self._series
        left = [self.left.get(rule.id, _NOWHERE) for rule in self.rules]
        for alert in alerts:
            places = matching(alert)
            if places:
                self.matched += 1
                for place in places:
                    after, until = left[place]
                    if after < alert.at <= until:
                        self.lacking.add(self.rules[place].id)
                    else:
                        series[place].add(alert.at, alert.resource, alert.account)
                    self.counted[place] += 1
            else:
                self.missed[alert.code] += 1

    def begin_count(self) -> None:
        """Count from here on: what was added so far was counted before."""
        self.matched = 0
        self.counted = [0] * len(self.rules)
        self.missed.clear()

    def count_on(self, other: Detection) -> None:
        """Take over what *other*, of the same rules, has counted."""
        self.matched += other.matched
        self.counted = [a + b for a, b in zip(self.counted, other.counted, strict=True)]
        self.missed += other.missed

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
        current = OpenEpisodes(episodes, self._pages, onset)
        self._tell_accounts(current)
        folds = []
        for rule, series in zip(self.rules, self._series, strict=True):
            detector = detectors.get(rule.id) or _fresh(rule, heard)
            covered = covered_for(rule, detector, current.of(rule), coverage)
            whole = None if rule.id in self.lacking else covered
            present = heard - rule.reach if is_being_read(rule, coverage) else None
            folds.append(fold(rule, series, detector, Bounds(whole, heard, present)))
        transitions = [t for folded in folds for t in folded.transitions]
        order = {rule.id: rule for rule in self.rules}
        for transition in sorted(transitions, key=lambda t: (t.at, order[t.rule].order)):
            rule = order[transition.rule]
            current.advance(rule, transition, known_rule=rule.id in detectors)
        for rule, folded in zip(self.rules, folds, strict=True):
            current.make_good(rule, folded.detector, heard)
        self._tell_accounts(current)
        self._forget(folds)
        standing = {rule.id: f.detector for rule, f in zip(self.rules, folds, strict=True)}
        self.left = left_out(self.rules, standing, current.all(), coverage, heard)
        standings = tuple(map(_standing, self.rules, folds))
        return Evaluation(
            standings, current.all(), tuple(sorted(transitions, key=attrgetter("at")))
        )

    def _tell_accounts(self, current: OpenEpisodes) -> None:
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
