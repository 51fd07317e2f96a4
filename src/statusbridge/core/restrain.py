"""What a plan may not do: guards, people first, the budgets. A pure filter after the plan.

A pause holds everything, guards hold openings only. What is held goes out at its status of that
time once the reason passes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from statusbridge.core.acts import Act, covering
from statusbridge.core.live import Component, Incident, Maintenance
from statusbridge.core.model import ComponentId, IncidentId, Instant, Seconds, iso
from statusbridge.core.operations import Action, Draft, Held, HeldReason, Reason
from statusbridge.core.plan import Plan

UPDATES_LEFT_FOR_RESOLVE = 95
"""From so many updates on nothing but the resolve is posted: the page takes 100 an incident."""

_HOUR = 3600


@dataclass(frozen=True, slots=True)
class Guards:
    """The numbers of `[guards]`, durations in seconds."""

    max_open_incidents: int = 5
    max_opens_per_hour: int = 3
    max_notifications_per_day: int = 20
    stale_after: Seconds = 7200
    hold_in_maintenance: bool = True


@dataclass(frozen=True, slots=True)
class Situation:
    """What guards look at, for one page."""

    now: Instant
    guards: Guards
    incidents: Iterable[Incident] = ()
    """Everything on the page."""
    maintenances: Iterable[Maintenance] = ()
    components: Iterable[Component] = ()
    ours: frozenset[IncidentId] = frozenset()
    """Incidents that the bridge opened and still may write to."""
    opens: tuple[Instant, ...] = ()
    """When incidents were opened by the bridge, the last hour at least."""
    doubted: int = 0
    """Openings on their way or of unknown outcome: they may be on the page."""
    notified: int = 0
    """Posts of the last 24 h that mailed the subscribers."""
    newest_evidence: Mapping[str, Instant] = field(default_factory=dict)
    """By episode: event time of its newest alert."""
    backlog: frozenset[str] = frozenset()
    """Episodes for whose rules the past is still being read."""
    page: str = ""
    """Its configured name."""
    pauses: tuple[Act, ...] = ()
    """Where a person has stopped publishing."""


def restrain(plan: Plan, situation: Situation) -> Plan:
    """Return *plan* without what must wait; that is in its `held`, each with its reason."""
    allowed: list[Draft] = []
    held = list(plan.held)
    room = _Room(situation)
    for draft in plan.drafts:
        if stop := room.refuse(draft):
            held.append(Held(draft.incident, draft.episode, *stop))
        else:
            allowed.append(room.admit(draft))
    return Plan(tuple(allowed), tuple(held), plan.shadow)


class _Room:
    """What is left of the guards' numbers while drafts are admitted one by one."""

    def __init__(self, situation: Situation) -> None:
        self._situation = situation
        self._incidents = {incident.id: incident for incident in situation.incidents}
        self._names = {component.id: component.full_name for component in situation.components}
        known = sum(
            1 for i in situation.ours if i not in self._incidents or not self._incidents[i].resolved
        )
        self._open = known + situation.doubted
        recent = sum(1 for at in situation.opens if situation.now - at < _HOUR)
        self._opens = recent + situation.doubted
        self._notified = situation.notified

    def refuse(self, draft: Draft) -> tuple[HeldReason, str] | None:
        """Return why *draft* must wait, None where it may go."""
        if paused := covering(self._situation.pauses, self._situation.page, draft.incident):
            return HeldReason.PAUSED, told_pause(paused)
        if draft.action is Action.RESOLVE:
            return None
        if draft.action is Action.UPDATE:
            return self._update_budget(draft)
        if draft.reason is Reason.MISSED:
            return self._person(draft)
        return (
            self._backlog(draft)
            or self._evidence(draft)
            or self._person(draft)
            or self._maintenance(draft)
            or self._volume()
        )

    def admit(self, draft: Draft) -> Draft:
        """Count *draft*; past the mail budget it goes out silently."""
        if draft.action is Action.OPEN and draft.reason is not Reason.MISSED:
            self._open += 1
            self._opens += 1
        if not draft.notify:
            return draft
        spent = self._notified >= self._situation.guards.max_notifications_per_day
        if spent and draft.action is not Action.RESOLVE:
            return replace(draft, notify=False)
        self._notified += 1
        return draft

    def _update_budget(self, draft: Draft) -> tuple[HeldReason, str] | None:
        live = None if draft.incident_id is None else self._incidents.get(draft.incident_id)
        if live is None or len(live.updates) < UPDATES_LEFT_FOR_RESOLVE:
            return None
        return (
            HeldReason.UPDATE_BUDGET,
            f"the incident has {len(live.updates)} of 100 updates; the rest is for its resolve",
        )

    def _backlog(self, draft: Draft) -> tuple[HeldReason, str] | None:
        if draft.episode not in self._situation.backlog:
            return None
        return HeldReason.BACKLOG, "older alerts are still being read, for 5 minutes at most"

    def _evidence(self, draft: Draft) -> tuple[HeldReason, str] | None:
        newest = self._situation.newest_evidence.get(draft.episode)
        if newest is None or self._situation.now - newest <= self._situation.guards.stale_after:
            return None
        age = self._situation.now - newest
        return HeldReason.STALE_EVIDENCE, f"its newest alert is {age} s old"

    def _person(self, draft: Draft) -> tuple[HeldReason, str] | None:
        wanted = named_by(draft)
        for incident in self._incidents.values():
            if incident.resolved or incident.id in self._situation.ours:
                continue
            if shared := wanted & components_of(incident):
                name = self._names.get(min(shared), min(shared))
                return HeldReason.PERSON_ACTIVE, f"“{incident.name}” is open on {name}"
        return None

    def _maintenance(self, draft: Draft) -> tuple[HeldReason, str] | None:
        if not self._situation.guards.hold_in_maintenance:
            return None
        for maintenance in self._situation.maintenances:
            for component in draft.said.components:
                if maintenance.covers(component.component, self._situation.now):
                    return HeldReason.MAINTENANCE, f"“{maintenance.name}” is under way"
        return None

    def _volume(self) -> tuple[HeldReason, str] | None:
        guards = self._situation.guards
        if self._open >= guards.max_open_incidents:
            return HeldReason.TOO_MANY_OPEN, f"{self._open} incidents are open, as many as allowed"
        if self._opens >= guards.max_opens_per_hour:
            return HeldReason.TOO_MANY_OPENS, f"{self._opens} were opened in the last hour"
        return None


def told_pause(act: Act) -> str:
    """Return in words who paused publishing, until when and why."""
    until = "" if act.until is None else f" until {iso(act.until)}"
    why = f": {act.reason}" if act.reason else ""
    return f"publishing is paused by {act.who}{until}{why}"


def named_by(draft: Draft) -> frozenset[ComponentId]:
    """Return every component that *draft* speaks of."""
    told = (draft.said, *(said for _, said, _ in draft.retrospective))
    return frozenset(line.component for said in told for line in said.components)


def components_of(incident: Incident) -> frozenset[ComponentId]:
    """Return every component that *incident* speaks of or still holds down."""
    named = {component for update in incident.updates for component, _ in update.components}
    return frozenset(
        named | {impact.component for impact in incident.impacts if impact.end is None}
    )
