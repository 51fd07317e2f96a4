"""The network in front of a simulator: faults, the journal, and requests that are applied late.

Knows neither API: a `Backend` answers. Synchronous, so that a virtual clock can drive it; `wire`
puts it on HTTP.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

from statusbridge.simulators.exchange import (
    Delivery,
    Journal,
    Received,
    Reply,
    Request,
    Written,
    key_of,
)
from statusbridge.simulators.faults import AppliedLate, Status, bend
from statusbridge.simulators.notation import http_date
from statusbridge.simulators.strikes import FaultBook

_UNANSWERED = Delivery(None)


class Backend(Protocol):
    """One of the two APIs."""

    def endpoint(self, request: Request) -> str:
        """Return the name of what *request* asks for; "unknown" for what there is not."""
        ...

    def answer(self, request: Request) -> Reply:
        """Carry *request* out and return the answer."""
        ...

    def refuse(self, fault: Status) -> Reply:
        """Return the error answer that *fault* orders, in the API's own shape."""
        ...

    def server_time(self) -> float:
        """Return what the API's clock says, for the `Date` header."""
        ...


@dataclass(frozen=True, slots=True)
class _Late:
    due: float
    number: int
    request: Request


class Front:
    """What clients of *backend* really get. *now* is the simulators' clock, in epoch seconds."""

    def __init__(self, backend: Backend, faults: FaultBook, now: Callable[[], float]) -> None:
        self._backend = backend
        self._now = now
        self._late: list[_Late] = []
        self.faults = faults
        self.journal = Journal()

    def receive(self, request: Request) -> Delivery:
        """Take *request* in, carry it out as the faults in force allow, and note both."""
        self.settle()
        now = self._now()
        number = self.journal.number()
        endpoint = self._backend.endpoint(request)
        fault = self.faults.pick(endpoint, request.method, now)
        if isinstance(fault, AppliedLate):
            self._late.append(_Late(now + fault.seconds, number, request))
        applied: list[Reply] = []

        def apply() -> Reply:
            applied.append(self._backend.answer(request))
            return applied[-1]

        delivery = bend(fault, request.origin, apply, self._backend.refuse)
        self.journal.note(
            Received(
                no=number,
                at=now,
                endpoint=endpoint,
                method=request.method,
                path=request.path,
                query=request.query,
                key=key_of(request.body),
                body=request.body.decode(errors="replace"),
                fault=None if fault is None else type(fault).__name__,
                status=delivery.reply.status if delivery.reply is not None else None,
            )
        )
        for reply in applied:
            self._note_write(request, number, reply, delivery)
        return self._dated(delivery)

    def settle(self) -> None:
        """Apply the late requests that are due, oldest first."""
        now = self._now()
        due = sorted((late for late in self._late if late.due <= now), key=lambda late: late.due)
        self._late = [late for late in self._late if late.due > now]
        for late in due:
            reply = self._backend.answer(late.request)
            self._note_write(late.request, late.number, reply, _UNANSWERED)

    @property
    def next_late(self) -> float | None:
        """When `settle` has something to apply again, in epoch seconds; None: nothing waits."""
        return min((late.due for late in self._late), default=None)

    def reset(self) -> None:
        """Forget the journal, the faults, and what was to be applied late."""
        self.journal.clear()
        self.faults.clear()
        self._late.clear()

    def _note_write(self, request: Request, number: int, reply: Reply, sent: Delivery) -> None:
        if reply.wrote is None:
            return
        self.journal.wrote(
            Written(
                request=number,
                at=self._now(),
                endpoint=self._backend.endpoint(request),
                method=request.method,
                path=request.path,
                subject=reply.wrote,
                key=key_of(request.body),
                body=request.body.decode(errors="replace"),
                answered=sent.answered,
            )
        )

    def _dated(self, delivery: Delivery) -> Delivery:
        if delivery.reply is None:
            return delivery
        date = ("date", http_date(self._backend.server_time()))
        reply = replace(delivery.reply, headers=(*delivery.reply.headers, date))
        return replace(delivery, reply=reply)
