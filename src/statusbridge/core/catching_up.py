"""What of an account's past can wait while it is being read, and when rules are stepped through it.

Alerts come newest first where there are many. What lies between what is decided and what can matter
now says nothing until all before it was read: it is left to the store, and then lived through in
order of time. Knows what was read and decided; not where alerts are kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Set

from statusbridge.core.backlog import unread
from statusbridge.core.coverage import Coverage
from statusbridge.core.detectors import Detector
from statusbridge.core.episodes import Episode, current_of
from statusbridge.core.keeping import measured_from
from statusbridge.core.model import Instant, Phase
from statusbridge.core.rules import Rule

Stretch = tuple[Instant, Instant]
"""(after, until]."""


def covered_for(
    rule: Rule, detector: Detector, episode: Episode | None, coverage: Mapping[str, Coverage]
) -> Instant | None:
    """Return the time up to which absence counts for *rule*; None: nowhere yet.

    In an episode only the accounts that gave it evidence; before one, all that the rule hears.
    """
    if episode is not None and detector.phase in (Phase.FIRING, Phase.RECOVERING):
        accounts = episode.accounts & frozenset(coverage)
    else:
        accounts = _heard_by(rule, coverage)
    marks = [coverage[account].covered_until for account in accounts]
    known = [mark for mark in marks if mark is not None]
    return min(known) if known and len(known) == len(marks) else None


def is_being_read(rule: Rule, coverage: Mapping[str, Coverage]) -> bool:
    """Whether of an account that *rule* hears a past is being read."""
    return any(unread(coverage[account]) for account in _heard_by(rule, coverage))


def _heard_by(rule: Rule, coverage: Mapping[str, Coverage]) -> frozenset[str]:
    return frozenset(coverage) & (rule.match.accounts or frozenset(coverage))


def left_out(
    rules: Iterable[Rule],
    detectors: Mapping[str, Detector],
    episodes: Iterable[Episode],
    coverage: Mapping[str, Coverage],
    heard: Instant,
) -> dict[str, Stretch]:
    """Return by rule id the stretches whose alerts are left to the store, none of them empty.

    *detectors* by rule id; of a rule that is not among them nothing is. *heard*: the newest time
    heard of.
    """
    open_ = tuple(episodes)
    found = {}
    for rule in rules:
        detector = detectors.get(rule.id)
        if detector is None:
            continue
        until = measured_from(rule, None, heard)
        covered = covered_for(rule, detector, current_of(rule, open_), coverage)
        was_read = covered is not None and covered > detector.position
        if detector.position < until and (was_read or is_being_read(rule, coverage)):
            found[rule.id] = detector.position, until
    return found


def ready(
    rules: Iterable[Rule],
    detectors: Mapping[str, Detector],
    episodes: Iterable[Episode],
    coverage: Mapping[str, Coverage],
    failing: Set[str],
) -> dict[str, Instant]:
    """Return by id up to when *rules*, which lack what was left out, can be stepped through it.

    For the past of accounts that are *failing* nobody waits who can go on without it.
    """
    open_ = tuple(episodes)
    answering = {account: one for account, one in coverage.items() if account not in failing}
    found = {}
    for rule in rules:
        detector = detectors.get(rule.id)
        if detector is None or is_being_read(rule, answering):
            continue
        covered = covered_for(rule, detector, current_of(rule, open_), coverage)
        end = max(covered or detector.position, detector.position)
        if end > detector.position or not is_being_read(rule, coverage):
            found[rule.id] = end
    return found


def wanted(
    rules: Iterable[Rule],
    detectors: Mapping[str, Detector],
    left: Mapping[str, Stretch],
    heard: Instant,
) -> list[Stretch]:
    """Return the stretches whose alerts *rules* need at *heard*, oldest first, each apart.

    *left*: as `left_out` says. The last one ends at *heard*.
    """
    needs = sorted(n for rule in rules for n in _wanted_by(rule, detectors, left, heard))
    found: list[Stretch] = []
    for after, until in needs:
        if found and after <= found[-1][1]:
            found[-1] = found[-1][0], max(until, found[-1][1])
        else:
            found.append((after, until))
    return found


def _wanted_by(
    rule: Rule, detectors: Mapping[str, Detector], left: Mapping[str, Stretch], heard: Instant
) -> Iterator[Stretch]:
    begin = measured_from(rule, detectors.get(rule.id), heard)
    if rule.id in left:
        after, until = left[rule.id]
        yield begin, after
        begin = until
    yield begin, max(begin, heard)
