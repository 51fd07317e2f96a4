"""What rules leave out: codes that none counts, rules that count nothing, triggers never neared."""

from __future__ import annotations

from statusbridge.adapters.sqlite import SqliteStore
from statusbridge.adapters.sqlite_lookups import reader
from statusbridge.bridge.parts import Bridge
from statusbridge.core.codes import describe
from statusbridge.core.coverage import DAY
from statusbridge.core.history import CodePast, History, RulePast, TriggerPast, history
from statusbridge.core.model import Alert, Fault, Instant
from statusbridge.core.rules import Rule
from statusbridge.documents import Document
from statusbridge.explain.matching import failures
from statusbridge.explain.view import stamp
from statusbridge.explain.words import measured, numbers

LOOKED_BACK = 30 * DAY
"""Seconds of alerts that are looked at: as long as Twilio answers for."""
NEAR = 0.5
"""A trigger that never saw half of what it needs was never approached."""


def past_of(bridge: Bridge, store: SqliteStore) -> History:
    """Return what the bridge's rules made of the stored alerts of the last `LOOKED_BACK`."""
    now = bridge.clock.now()
    accounts = {source.account for source in bridge.sources}
    alerts = store.alerts_between(now - LOOKED_BACK, now)
    here = (alert for alert in alerts if alert.account in accounts)
    return history(bridge.policy.rules, here, now)


def unmatched_beside(bridge: Bridge, store: SqliteStore) -> Document:
    """Return `unmatched_document` from another thread than the one that runs cycles."""
    with reader(store) as beside:
        return unmatched_document(past_of(bridge, beside), bridge.clock.now())


def unmatched_document(past: History, now: Instant) -> Document:
    """Return the `status --unmatched --json` document, version 1."""
    rules = [rule.rule for rule in past.rules]
    return {
        "version": 1,
        "now": stamp(now),
        "since": stamp(past.first),
        "alerts": past.alerts,
        "unmatched": sum(code.count for code in past.unmatched),
        "codes": [_code(code, rules) for code in past.unmatched],
        "rules": [_rule(rule) for rule in past.rules],
    }


def _code(past: CodePast, rules: list[Rule]) -> Document:
    about = None if past.code is None else describe(past.code)
    return {
        "code": past.code,
        "count": past.count,
        "last_seen": stamp(past.last),
        "fault": str(about.fault if about else Fault.UNKNOWN),
        "title": about.title if about else None,
        "family": about.family if about else None,
        "rules": [rule.id for rule in rules if _asks_for(rule, past.code)],
    }


def _asks_for(rule: Rule, code: int | None) -> bool:
    """Whether *rule* names *code* among its codes, so that another key failed."""
    bare = Alert("", "", 0, code, "", None, None, None, ())
    failed = {one["key"] for one in failures(rule, bare)}
    return bool(rule.match.codes) and failed.isdisjoint({"codes", "codes_not", "faults"})


def _rule(past: RulePast) -> Document:
    return {
        "id": past.rule.id,
        "stage": str(past.rule.stage),
        "window": past.rule.window,
        "matched": past.matched,
        "last_match": stamp(past.last),
        "verdict": _verdict(past),
        "nearest": _nearest(past.rule, past.nearest),
    }


def _verdict(past: RulePast) -> str:
    """Return "never matched", "never approached", "approached", "never held" or "reached"."""
    peak = past.nearest.peak
    if peak is None:
        return "never matched"
    if peak.ratio < NEAR:
        return "never approached"
    if peak.ratio < 1:
        return "approached"
    return "reached" if any(trigger.days for trigger in past.triggers) else "never held"


def _nearest(rule: Rule, past: TriggerPast) -> Document:
    peak, trigger = past.peak, past.trigger
    return {
        "status": min(trigger.status, rule.max_status).wire,
        "needed": numbers(trigger.threshold),
        "hold": trigger.hold,
        "highest": measured(rule, peak.measures) if peak else None,
        "at": stamp(peak.at) if peak else None,
        "ratio": round(peak.ratio, 3) if peak else 0.0,
    }
