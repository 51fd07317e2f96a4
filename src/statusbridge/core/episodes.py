"""Outages of an incident key: what the detectors' transitions mean for one public incident.

An episode is opened by the first rule of its group that fires, joined by others, and over when all
of them are. One of rules in review becomes a public one, or joins it, by a person's word
(`admitted`). It says what the public should read; whether and how that is published is the plan's
business. Knows rules and transitions; not the page.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Set
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import NamedTuple

from statusbridge.core.detectors import Transition
from statusbridge.core.model import Alert, IncidentStatus, Instant, PageId, Phase, Stage, Status
from statusbridge.core.rules import Rule


class Group(NamedTuple):
    """Rules that share an episode. Stages keep apart: a rule on trial never joins a public one."""

    page: str
    incident: str
    stage: Stage


def group_of(rule: Rule) -> Group:
    return Group(rule.page, rule.incident, rule.stage)


@dataclass(frozen=True, slots=True)
class Member:
    """A rule's part in an episode. *asked*: the worst it asked for since the last quiet.

    *approved*: it is a rule in review, and a person let it speak in this episode.
    """

    rule: str
    phase: Phase
    asked: Status
    components: tuple[str, ...]
    approved: bool = False
    worst: Status = Status.OPERATIONAL
    """The worst it asked for in the whole episode, noted with each quiet."""


@dataclass(frozen=True, slots=True)
class Episode:
    """One outage of one incident key, from its first trigger to the end of settling."""

    id: str
    """Derived (see `episode_id`): a lost store finds the same one again."""
    group: Group
    opened_by: str
    cause: str
    """The rule whose transition last changed what the public should read."""
    started_at: Instant
    """Event time of the oldest alert in the window that first reached the trigger."""
    opened_at: Instant
    """When the trigger was reached."""
    status: IncidentStatus
    peak: Status
    """The worst that any rule asked for in it."""
    members: tuple[Member, ...]
    accounts: frozenset[str]
    """Accounts that gave evidence: absence counts only up to where all of them were read."""
    newest_at: Instant
    """Event time of the newest alert that counted."""
    quiet_since: Instant | None = None
    ended_at: Instant | None = None
    known_rule: bool = True
    """False: the opening rule was new to us, so that its past may have been told before."""
    orphaned: str = ""
    """Why the configuration no longer carries it; "" while it does.

    For good: a rule that comes back begins anew and knows nothing of what it once reported.
    """

    @property
    def ended(self) -> bool:
        return self.ended_at is not None

    @property
    def goes_on(self) -> bool:
        """Whether it is not over, and the configuration carries it."""
        return not self.ended and not self.orphaned

    def takes(self, rule: Rule) -> bool:
        """Whether *rule* speaks here: one of the group, or one in review that was let in."""
        let_in = rule.stage is Stage.REVIEW and any(
            member.rule == rule.id and member.approved for member in self.members
        )
        return group_of(rule) == (self.group._replace(stage=Stage.REVIEW) if let_in else self.group)


def current_of(rule: Rule, episodes: Iterable[Episode]) -> Episode | None:
    """Return which of *episodes* goes on and takes *rule*: a public one where one does."""
    here = (e for e in episodes if e.goes_on and e.takes(rule))
    return min(here, key=_is_in_review, default=None)


def _is_in_review(episode: Episode) -> bool:
    return episode.group.stage is Stage.REVIEW


Onset = Callable[[Rule, Instant, Instant], Alert | None]
"""The oldest alert in (from, to] that matches a rule; among equals in time the least SID."""


def episode_id(page: PageId, group: Group, rule: str, oldest: Alert) -> str:
    """Return the id of the episode that *rule* opens: also the idempotency key of its create.

    Nothing of the clock and nothing random goes in, so that a retry, a restart and a rebuilt store
    all name the same incident. The rule does: another one of the group may reach its trigger from
    the same oldest alert when the first outage is over. At most 64 ASCII characters: the page
    declares no limit.
    """
    seed = "\x1f".join((page, group.incident, rule, oldest.account, oldest.sid))
    prefix = "sb" if group.stage is Stage.AUTO else f"sb-{group.stage}"
    return f"{prefix}-{sha256(seed.encode()).hexdigest()[:40]}"


def opened(rule: Rule, transition: Transition, oldest: Alert, page: PageId) -> Episode:
    """Return the episode that *rule* begins by firing."""
    group = group_of(rule)
    return Episode(
        id=episode_id(page, group, rule.id, oldest),
        group=group,
        opened_by=rule.id,
        cause=rule.id,
        started_at=oldest.at,
        opened_at=transition.at,
        status=IncidentStatus.INVESTIGATING,
        peak=transition.level,
        members=(Member(rule.id, Phase.FIRING, transition.level, rule.components),),
        accounts=frozenset({oldest.account}),
        newest_at=oldest.at,
    )


def advanced(episode: Episode, rule: Rule, transition: Transition) -> Episode:
    """Return *episode* after *transition* of *rule*, one that it takes.

    Its cause is *rule* where that changed what the public should read.
    """
    if transition.phase is Phase.FIRING:
        return _fired(episode, rule, transition)
    members = tuple(
        replace(member, phase=transition.phase) if member.rule == rule.id else member
        for member in episode.members
    )
    episode = replace(episode, members=members)
    if any(member.phase is Phase.FIRING for member in members):
        return episode
    if any(member.phase is Phase.RECOVERING for member in members):
        return _recovering(episode, transition)
    return replace(episode, status=IncidentStatus.RESOLVED, cause=rule.id, ended_at=transition.at)


def _fired(episode: Episode, rule: Rule, transition: Transition) -> Episode:
    before = next((m for m in episode.members if m.rule == rule.id), None)
    if before is not None and _moved(before, rule):
        before = replace(before, asked=Status.OPERATIONAL, components=rule.components)
    asked = max(transition.level, before.asked if before else Status.OPERATIONAL)
    others = tuple(m for m in episode.members if m.rule != rule.id)
    member = before or Member(rule.id, Phase.FIRING, asked, rule.components)
    members = (*others, replace(member, phase=Phase.FIRING, asked=asked))
    raised = _worst(members).items() - _worst(episode.members).items()
    returned = episode.status is IncidentStatus.MONITORING
    return replace(
        episode,
        members=members,
        peak=max(episode.peak, asked),
        status=IncidentStatus.INVESTIGATING,
        cause=rule.id if raised or returned else episode.cause,
        quiet_since=None,
    )


def _moved(member: Member, rule: Rule) -> bool:
    """Whether *rule*, over in the episode of *member*, was moved to another component since."""
    return member.phase is Phase.INACTIVE and set(member.components) != set(rule.components)


def _worst(members: Iterable[Member]) -> dict[str, Status]:
    worst: dict[str, Status] = {}
    for member in members:
        for component in member.components:
            worst[component] = max(member.asked, worst.get(component, Status.OPERATIONAL))
    return worst


def _recovering(episode: Episode, transition: Transition) -> Episode:
    if episode.status is IncidentStatus.MONITORING:
        return episode
    calm = tuple(
        replace(member, asked=Status.OPERATIONAL, worst=max(member.worst, member.asked))
        for member in episode.members
    )
    return replace(
        episode,
        members=calm,
        status=IncidentStatus.MONITORING,
        cause=transition.rule,
        quiet_since=transition.quiet_since,
    )


def admitted(episodes: Iterable[Episode], approved: Set[str]) -> tuple[Episode, ...]:
    """Return *episodes*, those of rules in review made public whose ids are among *approved*.

    Where an outage of the same incident is public already and goes on, its rules join that one, and
    the episode that they had is over.
    """
    found = list(episodes)
    for place, episode in enumerate(found):
        if episode.id not in approved or not _may_be_admitted(episode):
            continue
        public = episode.group._replace(stage=Stage.AUTO)
        members = tuple(replace(member, approved=True) for member in episode.members)
        host = next((n for n, e in enumerate(found) if e.group == public and e.goes_on), None)
        if host is None:
            found[place] = replace(episode, group=public, members=members)
        else:
            found[host] = _joined(found[host], replace(episode, members=members))
            over = IncidentStatus.RESOLVED
            found[place] = replace(episode, status=over, ended_at=episode.newest_at)
    return tuple(found)


def _may_be_admitted(episode: Episode) -> bool:
    return episode.group.stage is Stage.REVIEW and episode.goes_on


def _joined(host: Episode, guest: Episode) -> Episode:
    """Return *host* with the members of *guest*, whose rule speaks of what that changes."""
    names = {member.rule for member in guest.members}
    members = (*(m for m in host.members if m.rule not in names), *guest.members)
    raised = _worst(members).items() - _worst(host.members).items()
    firing = guest.status is IncidentStatus.INVESTIGATING
    returned = firing and host.status is IncidentStatus.MONITORING
    return replace(
        host,
        members=members,
        peak=max(host.peak, guest.peak),
        status=guest.status if firing else host.status,
        cause=guest.cause if firing and (raised or returned) else host.cause,
        quiet_since=None if firing else host.quiet_since,
        accounts=host.accounts | guest.accounts,
        newest_at=max(host.newest_at, guest.newest_at),
    )


def refitted(episode: Episode, rules: Iterable[Rule], accounts: frozenset[str]) -> Episode:
    """Return *episode*, of which nothing was said yet, as the configuration now carries it.

    So that an outage survives the correction of the very rule that reported it. Unchanged where no
    rule or no account of it is left: then it is over.
    """
    by_id = {rule.id: rule for rule in rules if episode.takes(rule)}
    members = tuple(
        replace(member, components=by_id[member.rule].components)
        for member in episode.members
        if member.rule in by_id
    )
    phases = {member.phase for member in members}
    left = episode.accounts & accounts
    if episode.ended or not left or phases <= {Phase.INACTIVE}:
        return episode
    firing = Phase.FIRING in phases
    status = IncidentStatus.INVESTIGATING if firing else IncidentStatus.MONITORING
    return replace(episode, members=members, accounts=left, status=status)


def orphans(episode: Episode, rules: Iterable[Rule], accounts: frozenset[str]) -> str | None:
    """Return why the configuration no longer carries *episode*, or None where it does.

    A member that is over may go; one that still has a say may not change what it speaks for.
    """
    by_id = {rule.id: rule for rule in rules}
    for member in episode.members:
        if member.phase is Phase.INACTIVE:
            continue
        rule = by_id.get(member.rule)
        if rule is None:
            return f"rule {member.rule} was removed"
        if not episode.takes(rule):
            return f"rule {member.rule} was moved to another page, incident or stage"
        if set(rule.components) != set(member.components):
            return f"rule {member.rule} was moved to another component"
    if gone := sorted(episode.accounts - accounts):
        return f"account {gone[0]}, which gave evidence, was removed"
    return None
