"""Small real classes that stand in for the world: a page in memory, a feed."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime

from statusbridge.adapters.incidentio_bodies import compose
from statusbridge.core.coverage import Batch, Budget, Coverage
from statusbridge.core.errors import Unauthorized, Unavailable
from statusbridge.core.live import Component, Incident, Maintenance, Structure, Update
from statusbridge.core.model import Alert, ComponentId, IncidentId, PageId, UpdateId
from statusbridge.core.operations import Draft, Operation
from statusbridge.core.outcome import Applied, Gone, NotSent, Outcome, Unknown
from statusbridge.rehearse.clock import TurnedClock

PAGE = PageId("01PAGE")


@dataclass
class Feed:
    """A source that lists, up to the clock's time, what it was given; `error` makes it fail."""

    clock: TurnedClock
    alerts: list[Alert] = field(default_factory=list)
    account: str = "prod"
    error: Unavailable | Unauthorized | None = None
    late: dict[str, int] = field(default_factory=dict)
    """By SID: when an alert can first be seen, where that is later than its event time."""

    async def poll(self, coverage: Coverage, budget: Budget) -> AsyncGenerator[Batch, None]:
        if self.error is not None:
            raise self.error
        now = self.clock.now()
        seen = tuple(a for a in self.alerts if self.late.get(a.sid, a.at) <= now)
        yield Batch(seen, replace(coverage, covered_until=now, heard_until=now))


Answer = Callable[["MemoryPage", Operation], Outcome]


def applied(page: MemoryPage, operation: Operation) -> Outcome:
    return page.apply(operation)


def lost_before(page: MemoryPage, operation: Operation) -> Outcome:
    return Unknown("connection reset")


def lost_after(page: MemoryPage, operation: Operation) -> Outcome:
    page.apply(operation)
    return Unknown("connection reset")


def not_sent(page: MemoryPage, operation: Operation) -> Outcome:
    return NotSent("connection refused")


def always(outcome: Outcome) -> Answer:
    return lambda page, operation: outcome


@dataclass
class MemoryPage:
    """A status page that keeps what is posted. `answers` decides how the next writes end."""

    page: PageId = PAGE
    name: str = "Acme status"
    components: tuple[Component, ...] = (
        Component(ComponentId("c-sms"), "SMS", ("Messaging",)),
        Component(ComponentId("c-voice"), "Calls", ("Voice",)),
    )
    incidents_: dict[IncidentId, Incident] = field(default_factory=dict)
    maintenances_: tuple[Maintenance, ...] = ()
    answers: list[Answer] = field(default_factory=list)
    first_answer: Answer | None = None
    """How the first write of every body ends."""
    writes: list[dict[str, object]] = field(default_factory=list)
    keys: dict[str, IncidentId] = field(default_factory=dict)
    unreadable: Unavailable | Unauthorized | None = None
    lacking: set[str] = field(default_factory=set)
    """Ids of updates and incidents that reads do not show."""
    number: int = 0
    clock: TurnedClock | None = None
    """When posts are dated; None: by their number."""

    async def structure(self) -> Structure:
        self._read()
        return Structure(self.page, self.name, self.components)

    async def incidents(self) -> tuple[Incident, ...]:
        self._read()
        return tuple(self._shown(i) for i in self.incidents_.values() if i.id not in self.lacking)

    async def incident(self, id: IncidentId) -> Incident | None:
        self._read()
        found = self.incidents_.get(id)
        return None if found is None or id in self.lacking else self._shown(found)

    async def maintenances(self) -> tuple[Maintenance, ...]:
        self._read()
        return self.maintenances_

    def compose(self, draft: Draft, key: str) -> bytes:
        return compose(self.page, draft, key)

    async def send(self, operation: Operation) -> Outcome:
        body = json.loads(operation.body)
        again = body in self.writes
        self.writes.append(body)
        if self.first_answer is not None and not again:
            return self.first_answer(self, operation)
        return (self.answers.pop(0) if self.answers else applied)(self, operation)

    def apply(self, operation: Operation) -> Outcome:
        body = json.loads(operation.body)
        if "status_page_id" in body:
            return self._create(body)
        incident = self.incidents_.get(body["status_page_incident_id"])
        if incident is None:
            return Gone("no such incident")
        update = self.post(incident.id, body["message"], body["incident_status"], body)
        return Applied(update=update)

    def _create(self, body: dict[str, object]) -> Outcome:
        key = str(body["idempotency_key"])
        if key in self.keys:
            original = self.incidents_[self.keys[key]]
            return Applied(incident=replace(original, updates=original.updates[:1]))
        updates = body.get("updates") or [body]
        incident = self.open(str(body["name"]), updates[0])  # type: ignore[index]
        for update in updates[1:]:  # type: ignore[index]
            self.post(incident.id, update["message"], update["incident_status"], update)
        self.keys[key] = incident.id
        return Applied(incident=self.incidents_[incident.id])

    def open(self, name: str, first: dict[str, object]) -> Incident:
        """Open an incident, as the bridge or a person does."""
        self.number += 1
        incident = Incident(IncidentId(f"i{self.number}"), self.page, name, "investigating", ())
        self.incidents_[incident.id] = incident
        self.post(incident.id, str(first["message"]), str(first["incident_status"]), first)
        return self.incidents_[incident.id]

    def post(
        self,
        id: IncidentId,
        message: str,
        status: str,
        body: dict[str, object] | None = None,
    ) -> Update:
        """Post an update, as the bridge or a person does."""
        self.number += 1
        lines: Iterable[dict[str, str]] = (body or {}).get("component_statuses") or ()  # type: ignore[assignment]
        components = tuple((ComponentId(x["component_id"]), x["component_status"]) for x in lines)
        told = (body or {}).get("published_at")
        now = self.number if self.clock is None else self.clock.now()
        at = now if told is None else int(datetime.fromisoformat(str(told)).timestamp())
        update = Update(UpdateId(f"u{self.number:03}"), message, status, at, components)
        before = self.incidents_[id]
        self.incidents_[id] = replace(
            before, incident_status=status, updates=(*before.updates, update)
        )
        return update

    def texts(self) -> list[tuple[str, str, list[str]]]:
        """What the public reads: (name, status, messages) of each incident."""
        return [
            (i.name, i.incident_status, [u.message for u in i.updates])
            for i in self.incidents_.values()
        ]

    def _read(self) -> None:
        if self.unreadable is not None:
            raise self.unreadable

    def _shown(self, incident: Incident) -> Incident:
        return replace(
            incident, updates=tuple(u for u in incident.updates if u.id not in self.lacking)
        )
