"""Parts of a result for tests: everything has a default, name only what the test is about."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from builders import a_trigger
from statusbridge.core.model import IncidentStatus, Stage, Status
from statusbridge.rehearse.result import Change, Curve, Outage, Post, Posted, RuleHistory

START = 1_790_812_800
"""1 October 2026, 00:00 UTC."""
DAY = 86_400
END = START + 30 * DAY
WIDTH = 1296
BUCKETS = 2000

_DEGRADED, _PARTIAL = Status.DEGRADED_PERFORMANCE, Status.PARTIAL_OUTAGE
_UP = Status.OPERATIONAL


def a_post(at: int, state: IncidentStatus, **changes: Any) -> Post:
    fields: dict[str, Any] = {
        "at": at,
        "action": "update",
        "reason": "outage_worsened",
        "state": state,
        "components": (("Messaging / SMS", _DEGRADED),),
        "title": "Delays sending SMS",
        "text": "Some text messages are failing or delayed. We are investigating.",
        "mailed": False,
    }
    return Post(**(fields | changes))


def an_outage(id: str = "sms-1", began: int = START + 6 * DAY + 32_400, **changes: Any) -> Outage:
    """An outage of an hour and a half that got worse, was watched and resolved in four posts."""
    worse, quiet, over = began + 1500, began + 5400, began + 6900
    investigating, monitoring = IncidentStatus.INVESTIGATING, IncidentStatus.MONITORING
    fields: dict[str, Any] = {
        "id": id,
        "page": "public",
        "incident": "sms",
        "title": "Delays sending SMS",
        "rules": ("sms-delivery",),
        "stages": (Stage.AUTO,),
        "components": ("Messaging / SMS",),
        "started_at": began,
        "fired_at": began + 210,
        "ended_at": over,
        "worst": _PARTIAL,
        "codes": ((30008, 11_214), (30017, 391)),
        "changes": (
            Change(began + 240, investigating, _DEGRADED),
            Change(worse, investigating, _PARTIAL),
            Change(quiet, monitoring, _UP),
            Change(over, IncidentStatus.RESOLVED, _UP),
        ),
        "posts": (
            a_post(began + 240, investigating, action="open", mailed=True),
            a_post(
                worse,
                investigating,
                components=(("Messaging / SMS", _PARTIAL),),
                text="More text messages are failing than before. We are still investigating.",
            ),
            a_post(
                quiet,
                monitoring,
                components=(("Messaging / SMS", _UP),),
                text="Delivery has been normal since 10:20 UTC. We are watching it before we "
                "close this incident.",
            ),
            a_post(
                over,
                IncidentStatus.RESOLVED,
                action="resolve",
                components=(),
                text="Delivery is back to normal. The impact lasted 1 hour 20 minutes.",
                mailed=True,
            ),
        ),
    }
    return Outage(**(fields | changes))


def a_posted(id: str, at: int, lasts: int, **changes: Any) -> Posted:
    fields: dict[str, Any] = {
        "id": id,
        "page": "public",
        "title": "SMS delivery problems",
        "components": ("Messaging / SMS",),
        "started_at": at - 600,
        "posted_at": at,
        "ended_at": at + lasts,
        "worst": _DEGRADED,
    }
    return Posted(**(fields | changes))


def a_curve(measure: str, values: Sequence[int]) -> Curve:
    peak = max(values)
    peak_at = START + values.index(peak) * WIDTH + 300 if peak else None
    return Curve(measure, WIDTH, tuple(values), peak, peak_at)


def a_rule_history(rule: str, curves: tuple[Curve, ...], **changes: Any) -> RuleHistory:
    fields: dict[str, Any] = {
        "rule": rule,
        "stage": Stage.AUTO,
        "page": "public",
        "incident": rule,
        "components": ("Messaging / SMS",),
        "window": 600,
        "triggers": (
            a_trigger(count=25, distinct_resources=15, hold=120),
            a_trigger(_PARTIAL, count=150),
            a_trigger(Status.FULL_OUTAGE, count=600),
        ),
        "matched": sum(curves[0].values),
        "fired": 1,
        "curves": curves,
    }
    return RuleHistory(**(fields | changes))
