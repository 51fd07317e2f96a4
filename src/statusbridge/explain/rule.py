"""Where a rule stands: what it measures of what it needs, since when, and what it waits for."""

from __future__ import annotations

from collections import Counter

from statusbridge.adapters.sqlite_lookups import alerts_back, outages_of
from statusbridge.config.durations import show
from statusbridge.core.coverage import DAY
from statusbridge.core.evaluate import Standing
from statusbridge.core.model import Alert, Instant, Phase, Stage
from statusbridge.core.operations import Held
from statusbridge.core.rules import Rule, Trigger, matches
from statusbridge.documents import Document
from statusbridge.explain.matching import conditions
from statusbridge.explain.view import View, stamp
from statusbridge.explain.words import clock, measured, missing, numbers, shortfall

LOOKED_BACK = 30 * DAY
"""Seconds that a rule's last match is looked for: as long as Twilio answers for."""


def rule_document(standing: Standing, view: View) -> Document:
    """Return where *standing*'s rule stands, as of the view's time."""
    rule, detector = standing.rule, standing.detector
    return {
        "id": rule.id,
        "stage": str(rule.stage),
        "page": rule.page,
        "incident": rule.incident,
        "components": list(rule.components),
        "summary": rule.summary,
        "match": conditions(rule.match),
        "phase": str(detector.phase),
        "since": None if detector.phase is Phase.INACTIVE else stamp(detector.since),
        "status": detector.level.wire,
        "window": rule.window,
        "measures": measured(rule, standing.measures),
        "codes": [{"code": c, "count": n} for c, n in _codes(rule, view).most_common()],
        "triggers": _triggers(standing),
        "recover": _recover(standing),
        "accounts": accounts(rule, view),
        "last_match": _last_match(rule, view),
        "last_outage": _last_outage(rule, view),
    }


def _triggers(standing: Standing) -> list[Document]:
    since = standing.met or (None,) * len(standing.rule.triggers)
    return [
        _trigger(trigger, met, standing)
        for trigger, met in zip(standing.rule.triggers, since, strict=True)
    ]


def _trigger(trigger: Trigger, met: Instant | None, standing: Standing) -> Document:
    return {
        "status": min(trigger.status, standing.rule.max_status).wire,
        "needed": numbers(trigger.threshold),
        "missing": missing(trigger, standing.measures),
        "hold": trigger.hold,
        "met_since": stamp(met),
        "counts_from": None if met is None else stamp(met + trigger.hold),
    }


def _recover(standing: Standing) -> Document:
    recovery, below = standing.rule.recovery, standing.below
    due = quiet_at(standing)
    return {
        "below": numbers(recovery.below),
        "after": recovery.after,
        "settle": recovery.settle,
        "manual": recovery.manual,
        "below_since": stamp(below),
        "due": stamp(due),
    }


def quiet_at(standing: Standing) -> Instant | None:
    """Return when the rule's next step of recovery is due, should nothing change; None: never."""
    phase, recovery, below = standing.detector.phase, standing.rule.recovery, standing.below
    if below is None or phase not in (Phase.FIRING, Phase.RECOVERING):
        return None
    wait = recovery.after if phase is Phase.FIRING else recovery.settle
    return max(below, standing.detector.since) + wait


def accounts(rule: Rule, view: View) -> list[Document]:
    """Return up to when each account that *rule* hears was read, and what keeps it from being."""
    return [
        {
            "account": account,
            "covered_until": stamp(known.covered_until),
            "trouble": view.bridge.trouble.get(f"account {account}") if not view.past else None,
        }
        for account, known in view.coverage().items()
        if account in (rule.match.accounts or (account,))
    ]


def _in_window(rule: Rule, view: View) -> list[Alert]:
    if view.as_of is None:
        return []
    alerts = view.store.alerts_between(view.as_of - rule.window, view.as_of)
    return [a for a in alerts if a.account in view.accounts and matches(rule, a)]


def _codes(rule: Rule, view: View) -> Counter[int | None]:
    return Counter(alert.code for alert in _in_window(rule, view))


def _last_match(rule: Rule, view: View) -> Document | None:
    if view.as_of is None:
        return None
    back = alerts_back(view.store, view.as_of - LOOKED_BACK, view.as_of)
    found = next((a for a in back if a.account in view.accounts and matches(rule, a)), None)
    if found is None:
        return None
    return {"at": stamp(found.at), "code": found.code, "account": found.account}


def _last_outage(rule: Rule, view: View) -> str | None:
    """Return when the newest outage began in which *rule* had a part; None: there was none."""
    until = view.as_of if view.past and view.as_of is not None else view.now
    episodes = (o.case.episode for o in outages_of(view.store, rule.page, rule.incident, until))
    found = (e.opened_at for e in episodes if any(m.rule == rule.id for m in e.members))
    return stamp(next(found, None))


def verdict(
    standing: Standing, view: View, held: tuple[Held, Instant] | None, open_: str | None
) -> str:
    """Return in a sentence what the public reads because of the rule, or why it reads nothing.

    *held*: what of its outage is, and since when. *open_*: what there is to say of the open
    incident of its key, if there is one.
    """
    rule, since = standing.rule, clock(standing.detector.since, view.now)
    if open_ is not None:
        part = f"is {standing.detector.phase} since {since}"
        if standing.detector.phase is Phase.INACTIVE:
            part = shortfall(rule, standing.measures)
        return f"{open_}; rule {rule.id} {part}."
    match standing.detector.phase:
        case Phase.INACTIVE:
            return f"No incident: rule {rule.id} {shortfall(rule, standing.measures)}."
        case Phase.PENDING:
            return f"No incident yet: rule {rule.id} {_pending(standing, view)}."
        case Phase.RECOVERING:
            return f"No incident: rule {rule.id} is quiet again since {since}; nothing was posted."
        case Phase.FIRING:
            return _unpublished(standing, view, held)


def _pending(standing: Standing, view: View) -> str:
    """Return what is reached, and until when it has to last."""
    waits = [
        (met + trigger.hold, met, trigger)
        for trigger, met in zip(standing.rule.triggers, standing.met, strict=True)
        if met is not None
    ]
    if not waits:
        return shortfall(standing.rule, standing.measures)
    until, since, trigger = min(waits, key=lambda wait: wait[:2])
    return (
        f"has reached {min(trigger.status, standing.rule.max_status).wire} since "
        f"{clock(since, view.now)}, which has to hold for {show(trigger.hold)}, until "
        f"{clock(until, view.now)}"
    )


def _unpublished(standing: Standing, view: View, held: tuple[Held, Instant] | None) -> str:
    rule, since = standing.rule, clock(standing.detector.since, view.now)
    if rule.stage is Stage.SHADOW:
        why = "is in stage shadow, which publishes nothing"
    elif held is not None:
        why = f"the opening is held: {held[0].detail} [{held[0].reason}]"
    elif view.past:
        why = "nothing was posted by then"
    else:
        return f"No incident yet: rule {rule.id} fires since {since}; the next cycle opens it."
    return f"No incident: rule {rule.id} fires since {since}, but {why}."
