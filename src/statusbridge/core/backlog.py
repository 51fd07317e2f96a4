"""Which outages may still look otherwise once the past has been read.

Alerts come in newest first where there are many: an outage that seems to last may be over, and one
that seems to begin may have begun long before. Knows what was read, not how or when.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from statusbridge.core.coverage import Coverage
from statusbridge.core.episodes import Episode, Member
from statusbridge.core.model import Instant, Phase
from statusbridge.core.rules import Rule


@dataclass(frozen=True, slots=True)
class Unread:
    """An account whose past is being read."""

    newest: Instant
    """Its newest second that was not read yet."""
    heard: Instant
    """The newest time of which the account was heard."""


def unread(coverage: Coverage) -> Unread | None:
    """Return what is to be read of an account; None: nothing but what is read again in any case."""
    newest = max((hole.hi for hole in coverage.holes if not hole.deep), default=None)
    if newest is None or coverage.heard_until is None:
        return None
    return Unread(newest, coverage.heard_until)


def undecided(
    episodes: Iterable[Episode],
    rules: Mapping[str, Rule],
    reached: frozenset[str],
    accounts: Mapping[str, Unread],
) -> frozenset[str]:
    """Return the ids of *episodes* that what is unread of *accounts* could still change.

    *reached*: the rules, by id, that reach a trigger by what was read so far.
    """
    return frozenset(
        episode.id
        for episode in episodes
        for member in episode.members
        if member.phase is Phase.FIRING and member.rule in rules
        for account, past in accounts.items()
        if account in (rules[member.rule].match.accounts or (account,))
        and _may_change(episode, member, past, rules[member.rule], reached)
    )


def _may_change(
    episode: Episode, member: Member, past: Unread, rule: Rule, reached: frozenset[str]
) -> bool:
    if past.newest > past.heard - rule.reach:
        return True
    # It fired long ago and does not now: what is unread may tell that it is over.
    return past.newest > episode.opened_at and member.rule not in reached
