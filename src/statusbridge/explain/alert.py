"""Whether an alert is stored, for which rules it counts, and which keys of the others it fails."""

from __future__ import annotations

from statusbridge.adapters.sqlite_lookups import Outage, alerts_named, first_alert, outages_of
from statusbridge.core.codes import describe
from statusbridge.core.model import Alert, Fault, Stage
from statusbridge.core.rules import Rule
from statusbridge.documents import Document
from statusbridge.explain.matching import failures
from statusbridge.explain.view import View, stamp


def alert_document(sid: str, view: View) -> Document:
    """Return what is known of the alert *sid*, once for each account that has it."""
    found = [_alert(alert, view) for alert in alerts_named(view.store, sid)]
    return {
        "answer": _answer(sid, found) if found else f"Alert {sid} is not stored.",
        "alerts": found,
        "stored_from": stamp(first_alert(view.store)),
        "sources": sources(view),
    }


def sources(view: View) -> list[Document]:
    """Return from when to when each account was read, and what of it never can be."""
    gaps = view.store.gaps(0)
    return [
        {
            "account": account,
            "covered_until": stamp(known.covered_until),
            "trouble": view.bridge.trouble.get(f"account {account}"),
            "gaps": [
                {"from": stamp(gap.lo), "to": stamp(gap.hi), "reason": gap.reason}
                for name, gap in gaps
                if name == account
            ],
        }
        for account, known in view.coverage().items()
    ]


def _alert(alert: Alert, view: View) -> Document:
    about = None if alert.code is None else describe(alert.code)
    configured = alert.account in view.accounts
    return {
        "sid": alert.sid,
        "account": alert.account,
        "account_configured": configured,
        "at": stamp(alert.at),
        "code": alert.code,
        "fault": str(about.fault if about else Fault.UNKNOWN),
        "title": about.title if about else None,
        "level": alert.level,
        "resource_kind": alert.resource[:2] if alert.resource else None,
        "rules": [_rule(rule, alert, view) for rule in view.rules],
    }


def _rule(rule: Rule, alert: Alert, view: View) -> Document:
    failed = failures(rule, alert)
    outage = None if failed else _outage(rule, alert, view)
    return {
        "id": rule.id,
        "stage": str(rule.stage),
        "page": rule.page,
        "incident": rule.incident,
        "matches": not failed,
        "failed": failed,
        "counted_until": None if failed else stamp(alert.at + rule.window),
        "outage": None
        if outage is None
        else {
            "started_at": stamp(outage.case.episode.started_at),
            "ended_at": stamp(outage.case.episode.ended_at),
            "incident_id": outage.case.ledger.incident_id,
        },
    }


def _outage(rule: Rule, alert: Alert, view: View) -> Outage | None:
    """Return the outage of *rule* in which *alert* happened."""
    for outage in outages_of(view.store, rule.page, rule.incident, view.now):
        episode = outage.case.episode
        took_part = any(member.rule == rule.id for member in episode.members)
        ended = episode.ended_at is not None and alert.at > episode.ended_at
        if took_part and alert.at >= episode.started_at and not ended:
            return outage
    return None


def _answer(sid: str, found: list[Document]) -> str:
    alert = found[0]
    what = "no code" if alert["code"] is None else f"code {alert['code']}"
    head = f"Alert {sid} ({what}, fault {alert['fault']})"
    if not any(one["account_configured"] for one in found):
        return f"{head} counts for no rule: account {alert['account']} is not configured any more."
    counted = [rule["id"] for rule in alert["rules"] if rule["matches"]]
    if not counted:
        return f"{head} counts for no rule: each fails a key of its match."
    trial = [r["id"] for r in alert["rules"] if r["matches"] and r["stage"] == Stage.SHADOW]
    aside = " (in stage shadow)" if trial == counted else ""
    return (
        f"{head} counts for {'rule' if len(counted) == 1 else 'rules'} {', '.join(counted)}{aside}."
    )
