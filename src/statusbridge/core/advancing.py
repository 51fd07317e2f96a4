"""The open episodes of all rules, while the transitions of an evaluation are applied to them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from statusbridge.core.detectors import Detector, Transition
from statusbridge.core.episodes import Episode, Onset, advanced, current_of, opened
from statusbridge.core.model import Instant, PageId, Phase
from statusbridge.core.rules import Rule


def _is_told(rule: Rule, detector: Detector, episode: Episode | None, heard: Instant) -> bool:
    """Whether *episode* tells of what *detector* fires for, as far as it had begun at *heard*."""
    if episode is None:
        return False
    late = detector.since < episode.opened_at <= heard
    return not late or _has_part(episode, rule)


def _has_part(episode: Episode, rule: Rule) -> bool:
    return any(member.rule == rule.id for member in episode.members)


class OpenEpisodes:
    """At most one of a group goes on."""

    def __init__(
        self, episodes: Iterable[Episode], pages: Mapping[str, PageId], onset: Onset
    ) -> None:
        self._by_id = {episode.id: episode for episode in episodes}
        self._pages = pages
        self._onset = onset
        self._first: dict[tuple[str, Instant, Phase], str] = {}

    def of(self, rule: Rule) -> Episode | None:
        """Return the episode that goes on and takes *rule*: a public one where one does."""
        return current_of(rule, self._by_id.values())

    def advance(self, rule: Rule, transition: Transition, *, known_rule: bool) -> None:
        episode = self.of(rule)
        if episode is not None:
            if transition.at < episode.opened_at and not _has_part(episode, rule):
                # Of the past, read after this one was opened. What of it goes on: `make_good`.
                return
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
        """Tell of what *detector* fires for, where its transition could not.

        It began to on alerts of an outage that is over: those open nothing (`Detector.floor`), the
        first alert after them does. Or it has since before the outage of its group was opened.
        """
        episode = self.of(rule)
        if detector.phase is not Phase.FIRING or _is_told(rule, detector, episode, heard):
            return
        oldest = self._onset(rule, max(detector.since - rule.window, detector.floor), heard)
        if oldest is None:
            return
        at = max(oldest.at if episode is None else episode.opened_at, detector.since)
        begun = Transition(at, rule.id, Phase.FIRING, detector.level, detector.floor)
        if episode is not None:
            self._by_id[episode.id] = self._first_cause(
                episode, advanced(episode, rule, begun), begun
            )
            return
        episode = opened(rule, begun, oldest, self._pages[rule.page])
        self._by_id.setdefault(episode.id, episode)

    def _first_cause(self, before: Episode, after: Episode, transition: Transition) -> Episode:
        """Let the first in file order speak of those that moved likewise at the same time."""
        changed = replace(before, members=after.members) != after
        key = (before.id, transition.at, transition.phase)
        if changed or transition.phase is not Phase.FIRING:
            self._first.setdefault(key, transition.rule)
        return replace(after, cause=self._first[key]) if changed else after

    def hear(self, rule: Rule, last_from: Mapping[str, Instant]) -> None:
        """Note which accounts gave evidence to the episode of *rule* since it started."""
        episode = self.of(rule)
        if episode is None or not _has_part(episode, rule):
            return
        heard = {account: at for account, at in last_from.items() if at >= episode.started_at}
        newest = max((episode.newest_at, *heard.values()))
        if newest > episode.newest_at or not heard.keys() <= episode.accounts:
            accounts = episode.accounts | heard.keys()
            self._by_id[episode.id] = replace(episode, accounts=accounts, newest_at=newest)

    def all(self) -> tuple[Episode, ...]:
        return tuple(self._by_id.values())
