"""How far back alerts are needed: the older ones may go, and nothing that is decided changes.

Knows who looks back, and how far; not where alerts are kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256

from statusbridge.core.coverage import DAY, Coverage, Lookback
from statusbridge.core.detectors import Detector, lookback
from statusbridge.core.episodes import Episode, Group
from statusbridge.core.model import Instant, Phase, Seconds, Stage
from statusbridge.core.rules import Rule, longest_reach, probes

KEPT: Seconds = 35 * DAY
"""Longer than Twilio answers for: what went can't be read again and count twice.

Also longer than any rule looks back, 22 days (docs/rules.md has the bounds), so that a reload finds
what it needs, and than the 30 days that `explain` and `status --unmatched` speak of.
"""


def measured_from(rule: Rule, detector: Detector | None, heard: Instant) -> Instant:
    """Return the time after which *rule* needs every alert to go on from *detector*.

    None: it begins anew, at *heard* as the newest time heard of.
    """
    position = heard - rule.reach if detector is None else detector.position
    return position - max(lookback(rule, phase) for phase in Phase) - rule.window


def lookback_of(rules: tuple[Rule, ...], overlap: Seconds) -> Lookback:
    """Return how far back a poll for *rules* starts.

    Whether a text condition held is decided where an alert is read. So what *rules* with such
    conditions look at is read again when there are others.
    """
    traits = sorted(probe.trait for probe in probes(rules))
    asking = [rule for rule in rules if rule.match.texts]
    return Lookback(
        overlap,
        first=max(overlap, longest_reach(rules)),
        terms=sha256("\n".join(traits).encode()).hexdigest()[:16] if traits else "",
        again=max((-measured_from(rule, None, 0) for rule in asking), default=0),
    )


def dispensable_until(
    rules: tuple[Rule, ...],
    detectors: Mapping[str, tuple[Group, Detector]],
    episodes: Iterable[Episode],
    coverage: Iterable[Coverage],
) -> Instant | None:
    """Return the time up to which alerts may be dropped; None: nothing was read yet.

    *episodes* are the open ones, *coverage* that of the accounts that are read. The time is by
    Twilio's clock, as far as all of them were read without a gap: this machine's may be set wrong.
    """
    covered = [c.covered_until for c in coverage if c.covered_until is not None]
    if not covered:
        return None
    read = min(covered)
    return min(read - KEPT, needed_after(rules, detectors, episodes, read))


def needed_after(
    rules: tuple[Rule, ...],
    detectors: Mapping[str, tuple[Group, Detector]],
    episodes: Iterable[Episode],
    read: Instant,
) -> Instant:
    """Return the time after which what is under way, or new at *read*, may need every alert."""
    needs = (*_by_rules(rules, detectors, read), *_by_outages(rules, episodes))
    return min(needs, default=read)


def _by_rules(
    rules: tuple[Rule, ...], detectors: Mapping[str, tuple[Group, Detector]], read: Instant
) -> Iterator[Instant]:
    for rule in rules:
        group, detector = detectors.get(rule.id, (None, None))
        yield measured_from(rule, None, read)
        if detector is None or group is None:
            continue
        yield measured_from(rule, detector, read)
        if detector.phase is Phase.FIRING and group.stage is not Stage.SHADOW:
            # The oldest alert since then names the outage: were another the oldest, what a person
            # has closed would be taken for a new one.
            yield max(detector.since - rule.window, detector.floor)


def _by_outages(rules: tuple[Rule, ...], episodes: Iterable[Episode]) -> Iterator[Instant]:
    """Yield from when on the outages that are open need alerts, as `explain` looks at them.

    Not those of rules on trial: one that is set too low fires for ever, and the file would grow for
    ever.
    """
    reach = max((rule.reach for rule in rules), default=0)
    window = max((rule.window for rule in rules), default=0)
    for episode in episodes:
        if episode.group.stage is not Stage.SHADOW:
            yield episode.started_at - reach - window - 1
