"""What the rules of an outage ask of each component, and how that is called in public.

Knows an episode, its rules and the page's structure; not what was said before, nor what is due.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from statusbridge.core.episodes import Episode, Member
from statusbridge.core.live import Structure
from statusbridge.core.model import ComponentId, Status
from statusbridge.core.operations import Verdict
from statusbridge.core.rules import Rule
from statusbridge.core.structure import Ambiguous, Missing, resolve


@dataclass(frozen=True, slots=True)
class Wanted:
    """The status that is asked of each component on the page."""

    by_component: Mapping[ComponentId, Status]
    judged: frozenset[ComponentId] = frozenset()
    """Of which a person let a rule speak: what they call it holds for these."""
    missing: str = ""
    """Why a component was left out; "" where none was."""


def wanted(episode: Episode, rules: Mapping[str, Rule], structure: Structure) -> Wanted:
    """Return what the rules of *episode* ask: the worst of those that speak of a component.

    None asks for worse than it may by now. One of an outage that is over asks as it did at worst.
    """
    asked: dict[ComponentId, Status] = {}
    judged: set[ComponentId] = set()
    missing = ""
    for member in episode.members:
        rule, asks = rules.get(member.rule), _asks(member, episode)
        most = Status.FULL_OUTAGE if rule is None else rule.max_status
        for reference in member.components:
            found = resolve(reference, structure)
            if isinstance(found, Ambiguous | Missing):
                missing = str(found)
                continue
            asked[found] = max(min(asks, most), asked.get(found, Status.OPERATIONAL))
            judged |= {found} if member.approved else set()
    return Wanted(asked, frozenset(judged), missing)


def _asks(member: Member, episode: Episode) -> Status:
    if not episode.ended:
        return member.asked
    # A state file from before that was noted of each knows only of all.
    known = max(one.worst for one in episode.members) == episode.peak
    return member.worst if known else episode.peak


def as_judged(found: Wanted, verdict: Verdict | None) -> dict[ComponentId, Status]:
    """Return what is asked as the person who approved it, by *verdict*, would have it called.

    What a rule asks that has joined by itself, of other components, nobody has looked at.
    """
    asked = found.by_component
    if verdict is None:
        return dict(asked)
    worst = max((asked[c] for c in found.judged), default=Status.OPERATIONAL)
    return {c: verdict.called(s, worst) if c in found.judged else s for c, s in asked.items()}
