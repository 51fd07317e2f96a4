"""What happened in a replay, written down cycle by cycle: posts, holds, the alerts behind them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from statusbridge.adapters.sqlite_replayed import ReplayedStore
from statusbridge.bridge.parts import Bridge
from statusbridge.core.episodes import Episode
from statusbridge.core.model import ComponentId, Instant, Stage
from statusbridge.core.operations import Held
from statusbridge.core.rules import Rule
from statusbridge.rehearse.page import Publication, RememberedPage
from statusbridge.rehearse.result import Change, Hold, Outage, Post
from statusbridge.rehearse.scouts import Placed


@dataclass(slots=True)
class _Notes:
    """What was seen of one episode."""

    changes: list[Change] = field(default_factory=list)
    codes: Counter[int | None] = field(default_factory=Counter)


class Witness:
    """Looks at *bridge* after each of its cycles."""

    def __init__(self, bridge: Bridge, store: ReplayedStore) -> None:
        self.seen = 0
        """How many cycles were run."""
        self._bridge = bridge
        self._store = store
        self._notes: dict[str, _Notes] = {}
        self._holds: dict[str, list[Hold]] = {}
        self._held: dict[str, Held] = {}
        self._places = {rule.id: place for place, rule in enumerate(bridge.policy.rules)}

    def see(self, now: Instant, fresh: list[Placed], recent: list[Placed]) -> None:
        """Write down what is now. *fresh*: alerts since the last cycle; *recent*: also before."""
        self.seen += 1
        for case in self._store.cases():
            episode = case.episode
            known = self._notes.get(episode.id)
            notes = known or self._notes.setdefault(episode.id, _Notes())
            self._count(episode, notes, recent if known is None else fresh)
            change = Change(now, episode.status, max(m.asked for m in episode.members))
            if not notes.changes or replace(notes.changes[-1], at=now) != change:
                notes.changes.append(change)
        self._see_held(now)

    def _count(self, episode: Episode, notes: _Notes, alerts: list[Placed]) -> None:
        """Count the codes of *alerts*, none of which was counted before, that are its evidence."""
        mine = {self._places[m.rule] for m in episode.members}
        until = episode.ended_at
        for alert, places in alerts:
            inside = alert.at >= episode.started_at and (until is None or alert.at <= until)
            if inside and not mine.isdisjoint(places):
                notes.codes[alert.code] += 1

    def _see_held(self, now: Instant) -> None:
        held = {one.episode: one for _, one, _ in self._store.held()}
        for id_, before in self._held.items():
            if id_ not in held or held[id_].reason is not before.reason:
                holds = self._holds[id_]
                holds[-1] = replace(holds[-1], until=now)
        for id_, one in held.items():
            if id_ not in self._held or self._held[id_].reason is not one.reason:
                hold = Hold(now, None, str(one.reason), one.detail)
                self._holds.setdefault(id_, []).append(hold)
        self._held = held

    def outages(self, stages: dict[str, Stage]) -> tuple[Outage, ...]:
        """Return every outage, oldest first. *stages*: as configured, by rule."""
        posts = self._posts()
        rules = {rule.id: rule for rule in self._bridge.policy.rules}
        return tuple(
            self._outage(episode, posts.get(episode.id, []), rules, stages)
            for episode in self._store.episodes()
        )

    def _outage(
        self, episode: Episode, posts: list[Post], rules: dict[str, Rule], stages: dict[str, Stage]
    ) -> Outage:
        notes = self._notes.get(episode.id, _Notes())
        order = [episode.opened_by]
        order += [m.rule for m in episode.members if m.rule != episode.opened_by]
        spoken = tuple(dict.fromkeys(stages[rule] for rule in order))
        components = dict.fromkeys(c for rule in order for c in rules[rule].components)
        return Outage(
            id=episode.id,
            page=episode.group.page,
            incident=episode.group.incident,
            title=posts[0].title if posts else rules[episode.opened_by].texts.title,
            rules=tuple(order),
            stages=tuple(sorted(spoken, key=list(Stage).index)),
            components=tuple(components),
            started_at=episode.started_at,
            fired_at=episode.opened_at,
            ended_at=episode.ended_at,
            worst=episode.peak,
            codes=tuple(notes.codes.most_common()),
            changes=tuple(notes.changes),
            posts=tuple(posts),
            holds=tuple(self._holds.get(episode.id, ())),
        )

    def _posts(self) -> dict[str, list[Post]]:
        found: dict[str, list[Post]] = {}
        for name, page in self._bridge.pages.items():
            if isinstance(page, RememberedPage) and page.publications:
                _, structure = self._bridge.structures[name]
                names = {part.id: part.full_name for part in structure.components}
                for one in page.publications:
                    found.setdefault(one.draft.episode, []).append(_post(one, names))
        return found


def _post(one: Publication, names: Mapping[ComponentId, str]) -> Post:
    draft = one.draft
    said = {line.component: line.status for line in draft.said.components}
    return Post(
        at=one.at,
        action=str(draft.action),
        reason=str(draft.reason),
        state=draft.said.incident_status,
        components=tuple((name, said[id_]) for id_, name in names.items() if id_ in said),
        title=draft.name,
        text=draft.message,
        mailed=draft.notify,
    )
