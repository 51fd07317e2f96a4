"""The open episodes of all rules, while the transitions of an evaluation are applied to them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from statusbridge.core.detectors import Detector, Transition
from statusbridge.core.episodes import Episode, Onset, advanced, current_of, opened
from statusbridge.core.model import Instant, PageId, Phase
from statusbridge.core.rules import Rule


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
        changed = replace(before, members=after.members) != after
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
