"""Values for tests: everything has a default, name only what the test is about."""

from __future__ import annotations

from typing import Any

from statusbridge.core.model import Alert, Stage, Status
from statusbridge.core.rules import CodeRange, Match, Recovery, Rule, Texts, Threshold, Trigger

T0 = 1_790_000_000
"""A time to count from."""

TEXTS = Texts(
    title="Delays sending SMS",
    investigating="Some text messages are failing.",
    worsened="More text messages are failing.",
    returned="Text messages are failing again.",
    monitoring="Delivery is normal since {{ quiet_since }}.",
    resolved="Delivery is back to normal after {{ duration }}.",
)


def an_alert(at: int = T0, **changes: Any) -> Alert:
    """An alert of account prod with a carrier's code; its SID follows from *at* unless given."""
    fields: dict[str, Any] = {
        "account": "prod",
        "sid": f"NO{at:032x}",
        "at": at,
        "code": 30008,
        "level": "error",
        "resource": f"SM{at:032x}",
        "service": None,
        "host": None,
        "traits": (),
    }
    return Alert(**(fields | changes))


def a_trigger(
    status: Status = Status.DEGRADED_PERFORMANCE, hold: int = 0, **numbers: int
) -> Trigger:
    return Trigger(status, Threshold(**(numbers or {"count": 3})), hold)


def a_rule(id: str = "sms", **changes: Any) -> Rule:
    """An auto rule for code 30008 on `public`: 3 in 60 s degrade; 60 s quiet; 60 s settling."""
    fields: dict[str, Any] = {
        "id": id,
        "page": "public",
        "components": ("SMS",),
        "incident": id,
        "window": 60,
        "stage": Stage.AUTO,
        "match": Match(codes=(CodeRange(30008, 30008),)),
        "triggers": (a_trigger(),),
        "recovery": Recovery(after=60, settle=60),
        "texts": TEXTS,
    }
    return Rule(**(fields | changes))
