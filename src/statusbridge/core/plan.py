"""What is due on a page: the episodes against the ledger and the page as it was just read.

Planning again after carrying a plan out yields nothing. What may not be done is left to
`core.restrain`, what is said in words to `core.drafting`; what was found here that can't be drafted
comes out as held, each with its reason.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, replace
from datetime import UTC, tzinfo

from statusbridge.core.asking import Wanted, as_judged, wanted
from statusbridge.core.drafting import Drafter, Due, Render, held_back
from statusbridge.core.episodes import Episode, Group
from statusbridge.core.live import Structure
from statusbridge.core.model import (
    ComponentId,
    ComponentStatus,
    IncidentStatus,
    Instant,
    Stage,
    Status,
)
from statusbridge.core.operations import (
    Action,
    Draft,
    Held,
    HeldReason,
    Ledger,
    Operation,
    Owner,
    Reason,
    Said,
)
from statusbridge.core.rules import Rule


@dataclass(frozen=True, slots=True)
class Case:
    """One open episode with what was said of it and what is on its way."""

    episode: Episode
    ledger: Ledger
    operation: Operation | None = None
    """The open operation, if there is one."""
    again: Draft | None = None
    """What is to be said again as it was, its first attempts having got lost."""


@dataclass(frozen=True, slots=True)
class Manners:
    """How a page is written to: configuration that no guard can override."""

    missed: str = "skip"
    after_touch: str = "hands_off"
    zone: tzinfo = UTC


@dataclass(frozen=True, slots=True)
class Plan:
    """Drafts in the order to carry them out, what rules on trial would do, and what is held."""

    drafts: tuple[Draft, ...] = ()
    held: tuple[Held, ...] = ()
    shadow: tuple[Draft, ...] = ()


@dataclass(frozen=True, slots=True)
class Planner:
    """What planning one page needs besides the cases: the rules, the page's structure, the time."""

    rules: Mapping[str, Rule]
    structure: Structure
    now: Instant
    render: Render
    manners: Manners = Manners()
    maintained: frozenset[ComponentId] = frozenset()
    """Components in a maintenance window of the page that are not to be spoken of meanwhile."""

    def plan(self, cases: Iterable[Case]) -> Plan:
        """Return what is due for *cases*, the open episodes of the page: resolves first.

        What is past waits for what is present: both would open with the same words, and of two such
        with unknown outcome nobody could tell which one the page shows.
        """
        drafts: list[Draft] = []
        shadow: list[Draft] = []
        held: list[Held] = []
        begun: set[Group] = set()
        ordered = sorted(cases, key=lambda c: (c.episode.opened_at, c.episode.id))
        newest = {case.episode.group: case for case in ordered}
        for case in ordered:
            group = case.episode.group
            found = self._one(case, blocked=group in begun)
            if isinstance(found, Draft) and found.retrospective and newest[group] is not case:
                why = "an outage after it is still being told"
                found = held_back(case.episode, HeldReason.LATER_OUTAGE, why)
            if not _untold(case):
                begun.add(group)
            match found:
                case Held():
                    held.append(found)
                case Draft() if group.stage is Stage.SHADOW:
                    shadow.append(found)
                case Draft():
                    drafts.append(found)
        return Plan(tuple(sorted(drafts, key=_urgency)), tuple(held), tuple(shadow))

    def _one(self, case: Case, *, blocked: bool) -> Draft | Held | None:
        return self._obstacle(case, blocked=blocked) or self._due(case)

    def _obstacle(self, case: Case, *, blocked: bool) -> Held | None:
        """Return what keeps *case* from being spoken of at all, whatever is due."""
        episode, ledger = case.episode, case.ledger
        if ledger.owner is not Owner.OURS and not self._may_resolve(case):
            return held_back(episode, _NOT_OURS[ledger.owner], ledger.why)
        if case.operation is not None:
            return _on_its_way(episode, case.operation)
        if blocked and ledger.said is None:
            why = "the outage before it is not resolved on the page yet"
            return held_back(episode, HeldReason.EARLIER_OUTAGE, why)
        return None

    def _due(self, case: Case) -> Draft | Held | None:
        episode, ledger = case.episode, case.ledger
        if case.again is not None and self._is_asked(case, case.again):
            return case.again
        said = self._said(case)
        if isinstance(said, Held):
            return said
        reason = self._reason(case, said)
        if reason is None:
            return None
        if wait := self._for_a_person(case, said, reason):
            return wait
        drafter = Drafter(self.rules, self.structure, self.now, self.render, self.manners.zone)
        return drafter.draft(episode, ledger, Due(said, reason, _lines(self._asked(case)[0])))

    def _is_asked(self, case: Case, again: Draft) -> bool:
        """Whether all that *again* names is still asked for, each component as badly at least.

        It was drafted for what was asked, and for the page, of its time.
        """
        asked, _ = self._asked(case)
        lines = again.said.components
        return all(
            line.component in asked and line.status <= asked[line.component] for line in lines
        )

    def _for_a_person(self, case: Case, said: Said, reason: Reason) -> Held | None:
        """Return what is due as held, where only a person may take the next step."""
        episode, ledger = case.episode, case.ledger
        if reason is Reason.ENDED and self._is_manual(episode):
            why = "the outage is over; its rule leaves the resolve to a person"
            return held_back(episode, HeldReason.MANUAL, why)
        if said == ledger.parked or ledger.stuck:
            return held_back(episode, HeldReason.PARKED, ledger.parked_why)
        if episode.group.stage is Stage.REVIEW:
            return _for_review(episode, ledger)
        return None

    def _is_manual(self, episode: Episode) -> bool:
        rules = (self.rules.get(member.rule) for member in episode.members)
        return any(rule is not None and rule.recovery.manual for rule in rules)

    def _may_resolve(self, case: Case) -> bool:
        return (
            case.ledger.owner is Owner.THEIRS
            and self.manners.after_touch == "resolve_only"
            and case.episode.ended
            and case.ledger.said is not None
            and not case.ledger.ended_by_person
        )

    def _said(self, case: Case) -> Said | Held:
        """Return what the public should read now."""
        episode = case.episode
        if episode.status is IncidentStatus.RESOLVED:
            return Said(IncidentStatus.RESOLVED)
        asked, missing = self._asked(case)
        if not asked:
            return held_back(episode, HeldReason.NO_COMPONENT, missing or "no component is left")
        return Said(episode.status, _lines(asked))

    def _asked(self, case: Case) -> tuple[dict[ComponentId, Status], str]:
        """Return each component's status, and why a component had to be left out, if one was.

        In public a status falls only by recovery: while investigating it is never lower than what
        was said last.
        """
        found = self._wanted(case.episode)
        asked = as_judged(found, case.ledger.verdict)
        said = case.ledger.said
        if said is not None and said.incident_status is case.episode.status:
            for before in said.components:
                if before.component in asked:
                    asked[before.component] = max(asked[before.component], before.status)
        waiting = self._waiting(case, asked.keys())
        return {c: s for c, s in asked.items() if c not in waiting}, found.missing

    def _wanted(self, episode: Episode) -> Wanted:
        return wanted(episode, self.rules, self.structure)

    def worst(self, episode: Episode) -> Status:
        """Return the worst that is asked of a component, be it to be named in public now or not."""
        return max(self._wanted(episode).by_component.values(), default=Status.OPERATIONAL)

    def _waiting(self, case: Case, asked: Set[ComponentId]) -> Set[ComponentId]:
        """Return which of *asked* are not to be named yet; never all of them.

        In maintenance are those that nothing was said of before, and they are not brought up by
        telling that they work again. An incident on nothing else is for the guards to hold.
        """
        said = case.ledger.said
        told = {line.component for line in said.components} if said is not None else set()
        calm = told and case.episode.status is IncidentStatus.MONITORING
        waiting = (asked if calm else asked & self.maintained) - told
        return waiting if waiting < asked else frozenset()

    def _reason(self, case: Case, said: Said) -> Reason | None:
        """Return why *said* is due, None where nothing is."""
        before = case.ledger.said
        if before is None:
            return self._reason_to_open(case.episode)
        present = {component.component for component in said.components}
        left = tuple(c for c in before.components if c.component in present)
        if said.incident_status is IncidentStatus.RESOLVED:
            return None if before.incident_status is IncidentStatus.RESOLVED else Reason.ENDED
        if replace(before, components=left) == said:
            return None
        if said.incident_status is IncidentStatus.MONITORING:
            return Reason.QUIETED
        monitored = before.incident_status is IncidentStatus.MONITORING
        return Reason.RETURNED if monitored else Reason.WORSENED

    def _reason_to_open(self, episode: Episode) -> Reason | None:
        if episode.status is IncidentStatus.INVESTIGATING:
            return Reason.BEGAN
        missed = episode.ended and episode.known_rule and self.manners.missed == "retrospective"
        return Reason.MISSED if missed else None


_NOT_OURS = {
    Owner.THEIRS: HeldReason.THEIRS,
    Owner.ORPHANED: HeldReason.ORPHANED,
    Owner.DETACHED: HeldReason.DETACHED,
}


def _for_review(episode: Episode, ledger: Ledger) -> Held:
    if ledger.verdict is not None:
        return held_back(episode, HeldReason.REJECTED, ledger.verdict.why)
    why = f"`statusbridge approve {episode.group.incident}` publishes it"
    return held_back(episode, HeldReason.REVIEW, f"its rule is in stage review: {why}")


def _untold(case: Case) -> bool:
    """Whether *case* is over without a word in public: it keeps no later outage waiting."""
    return case.episode.ended and case.ledger.said is None and case.operation is None


def _lines(asked: Mapping[ComponentId, Status]) -> tuple[ComponentStatus, ...]:
    return tuple(ComponentStatus(c, status) for c, status in sorted(asked.items()))


def _urgency(draft: Draft) -> int:
    return (Action.RESOLVE, Action.UPDATE, Action.OPEN).index(draft.action)


def _on_its_way(episode: Episode, operation: Operation) -> Held:
    doubt = operation.unknowns > 0
    reason = HeldReason.DOUBT if doubt else HeldReason.WAITING
    return held_back(episode, reason, f"{operation.draft.action}: {operation.why or 'on its way'}")
