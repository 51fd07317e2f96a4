"""Our own words where the ledger lacks them: a state file that was put back is older than the page.

A file that was restored, or lost, knows nothing of what was posted since it was copied. A post that
it does not know is ours where it reads as the episode's own texts do, names its components, and was
made before this process began, or by what the last one had sent. Any other one is a person's.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import tzinfo

from statusbridge.core.canonical import canonical, same_text
from statusbridge.core.coverage import Coverage
from statusbridge.core.drafting import Render
from statusbridge.core.episodes import Episode
from statusbridge.core.live import Incident, Structure, Update
from statusbridge.core.model import (
    ComponentId,
    ComponentStatus,
    IncidentId,
    IncidentStatus,
    Instant,
    Notify,
    Seconds,
    Status,
)
from statusbridge.core.operations import Ledger, Said, Verdict
from statusbridge.core.rules import Rule, Texts
from statusbridge.core.structure import resolve
from statusbridge.core.texts import FALLBACK_RESOLVED, Clock, public_values

CLOCKS_DIFFER: Seconds = 60
"""How much earlier than the alerts that caused it the page may date a post of ours."""

Post = tuple[Update, Said]
"""A post of ours, and what it made the public read."""
Posts = tuple[Post, ...]

_TIME = r"(?:\d{1,2}[a-z]+\d{4})?\d{4}[a-z0-9]{2,5}"
_VARYING = {
    "now": ("zznowzz", _TIME),
    "quiet_since": ("zzquietsincezz", _TIME),
    "duration": ("zzdurationzz", r"(?:\d+(?:day|hour|minute)s?){1,2}"),
}
"""What can't be said again as it was: a word to stand for it, and how it reads (`canonical`)."""


@dataclass(frozen=True, slots=True)
class Recall:
    """What it takes to know our own words again, for one page.

    *until*: what was posted later was posted by this process, which knows of it.
    """

    rules: Mapping[str, Rule]
    structure: Structure
    render: Render
    zone: tzinfo
    until: Instant

    def said(self, episode: Episode, update: Update, verdict: Verdict | None) -> Said | None:
        """Return what *update* says where *episode* may have said it, None where a person did.

        By its *verdict* an outage may have been told of in a person's words.
        """
        at = update.published_at
        told = _told(update)
        asked = self.components(episode)
        if at is None or at > self.until or told is None:
            return None
        named = {line.component for line in told.components}
        if not named <= asked:
            return None
        given = verdict.text if verdict is not None else ""
        began = told.incident_status is IncidentStatus.INVESTIGATING
        if given and began and same_text(given, update.message):
            return told
        values = self._values(episode, told, named or asked, at)
        sources = (s for rule in self._rules_of(episode) for s in _sources(rule.texts, told))
        return told if any(self._reads(s, values, update.message) for s in sources) else None

    def is_titled(
        self, episode: Episode, incident: Incident, opening: Post, verdict: Verdict | None
    ) -> bool:
        """Whether *incident*, begun by *opening*, has the title that *episode* gives."""
        if verdict is not None and verdict.title:
            return same_text(verdict.title, incident.name)
        update, first = opening
        rule = self.rules.get(episode.opened_by)
        named = {line.component for line in first.components}
        values = self._values(episode, first, named, update.published_at or 0)
        return rule is not None and self._reads(rule.texts.title, values, incident.name)

    def components(self, episode: Episode) -> frozenset[ComponentId]:
        """Return the components on the page that *episode* speaks of."""
        references = (name for member in episode.members for name in member.components)
        found = (resolve(reference, self.structure) for reference in references)
        return frozenset(ComponentId(one) for one in found if isinstance(one, str))

    def _rules_of(self, episode: Episode) -> Iterator[Rule]:
        ids = dict.fromkeys((episode.opened_by, *(member.rule for member in episode.members)))
        return (self.rules[id_] for id_ in ids if id_ in self.rules)

    def _values(
        self, episode: Episode, said: Said, named: Iterable[ComponentId], at: Instant
    ) -> Mapping[str, str]:
        names = {component.id: component.name for component in self.structure.components}
        worst = max((line.status for line in said.components), default=Status.OPERATIONAL)
        clock = Clock(at, self.zone)
        page = self.structure.name
        known = public_values(episode, (names[c] for c in sorted(named)), worst, page, clock)
        return {**known, **{name: word for name, (word, _) in _VARYING.items()}}

    def _reads(self, source: str, values: Mapping[str, str], text: str) -> bool:
        try:
            pattern = re.escape(canonical(self.render(source, values)))
        except ValueError:
            return False
        for word, form in _VARYING.values():
            pattern = pattern.replace(word, form)
        return pattern != "" and re.fullmatch(pattern, canonical(text)) is not None


def _told(update: Update) -> Said | None:
    """Return what *update* made the public read; None: in words that the bridge does not use."""
    by_word = {status.wire: status for status in Status}
    if update.incident_status not in [*IncidentStatus]:
        return None
    status = IncidentStatus(update.incident_status)
    if status is IncidentStatus.RESOLVED:
        return Said(status)
    lines = [(component, by_word.get(word)) for component, word in update.components]
    known = [ComponentStatus(component, s) for component, s in lines if s is not None]
    if not known or len(known) < len(lines):
        return None
    return Said(status, tuple(sorted(known, key=lambda line: line.component)))


def _sources(texts: Texts, said: Said) -> tuple[str, ...]:
    return {
        IncidentStatus.INVESTIGATING: (texts.investigating, texts.worsened, texts.returned),
        IncidentStatus.MONITORING: (texts.monitoring,),
        IncidentStatus.RESOLVED: (texts.resolved, FALLBACK_RESOLVED),
    }[said.incident_status]


def found_again(
    ledger: Ledger,
    episode: Episode,
    incidents: Iterable[Incident],
    recall: Recall,
    before: Instant | None,
) -> Ledger:
    """Return *ledger* with the incident that was opened for *episode*, where one of *incidents* is.

    *incidents*: those that no episode owns. *before*: what was opened later belongs to the next
    outage of the same rules. What else is on the incident is for `ownership.recognised` to judge.
    """
    opened = (
        (at, incident, posts)
        for incident in incidents
        if (posts := _own_posts(episode, incident, recall, ledger.verdict))
        # The one before is resolved before the next is opened.
        and (before is None or posts[-1][1].incident_status is IncidentStatus.RESOLVED)
        and (at := posts[0][0].published_at) is not None
        and posts[0][1].incident_status is IncidentStatus.INVESTIGATING
        and (_is_of(episode, posts, at, before) or _goes_on(episode, incident, posts))
        and _is_named(episode, incident, posts[0], recall, ledger.verdict)
    )
    found = min(opened, key=lambda one: (one[0], one[1].id), default=None)
    if found is None:
        return ledger
    at, incident, posts = found
    return _opened(ledger, episode, incident, posts, recall)


def _own_posts(
    episode: Episode, incident: Incident, recall: Recall, verdict: Verdict | None
) -> Posts:
    read = ((update, recall.said(episode, update, verdict)) for update in incident.updates)
    return tuple((update, said) for update, said in read if said is not None)


def _is_of(episode: Episode, posts: Posts, at: Instant, before: Instant | None) -> bool:
    """Whether *posts*, from *at* on, tell of *episode*: maybe afterwards, back-dated."""
    if before is not None and at >= before:
        return False
    if at == episode.started_at and episode.ended:
        # Told as over from the first. Where the end is missing, a person took it away.
        return posts[-1][1].incident_status is IncidentStatus.RESOLVED
    return at >= episode.opened_at - CLOCKS_DIFFER


def _goes_on(episode: Episode, incident: Incident, posts: Posts) -> bool:
    """Whether *episode*, found by a memory that reaches no further back, began with *incident*.

    Where a state file was lost, alerts are read again from shortly before now, however long the
    outage lasts. Where a person closed its incident meanwhile, that holds for this outage still.
    """
    if episode.known_rule or episode.ended:
        return False
    by_a_person = len(posts) < len(incident.updates)
    last = incident.updates[-1].published_at
    lasted = last is not None and last >= episode.started_at
    return not incident.resolved or (by_a_person and lasted)


def _is_named(
    episode: Episode, incident: Incident, opening: Post, recall: Recall, verdict: Verdict | None
) -> bool:
    """Whether the title is ours, or the components are all ours: then a person renamed it."""
    if recall.is_titled(episode, incident, opening, verdict):
        return True
    return {line.component for line in opening[1].components} == recall.components(episode)


def _opened(
    ledger: Ledger, episode: Episode, incident: Incident, posts: Posts, recall: Recall
) -> Ledger:
    rule, verdict = recall.rules.get(episode.opened_by), ledger.verdict
    ours = verdict.title if verdict is not None else ""
    ours = ours or (incident.name if rule is None else rule.texts.title)
    titled = recall.is_titled(episode, incident, posts[0], verdict)
    return replace(
        ledger,
        incident_id=IncidentId(incident.id),
        # Not what it is called: a person called it so.
        name=incident.name if titled else ours,
        said=posts[-1][1],
        updates=ledger.updates | {post.id for post, _ in posts},
        notified=rule is not None and rule.notify is not Notify.NEVER,
        parked=None,
        parked_why="",
        stuck=False,
        told_until=max(post.published_at or 0 for post, _ in posts),
    )


def is_behind(episode: Episode, ledger: Ledger, coverage: Mapping[str, Coverage]) -> bool:
    """Whether the page tells of a later time than the alerts of *episode* were read up to.

    Until they are, what seems due is what was due then.
    """
    if ledger.told_until is None:
        return False
    read = [coverage.get(account, Coverage()).covered_until for account in episode.accounts]
    return any(until is None or until < ledger.told_until for until in read)
