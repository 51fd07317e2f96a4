"""What an error code is, which rules can count it, and how many were seen."""

from __future__ import annotations

from collections.abc import Iterable

from statusbridge.adapters.sqlite_lookups import alerts_of_code
from statusbridge.core.codes import describe
from statusbridge.core.coverage import DAY, HOUR
from statusbridge.core.model import Alert, Instant, Stage
from statusbridge.core.rules import Matcher, Rule
from statusbridge.documents import Document
from statusbridge.explain.matching import conditions, failures
from statusbridge.explain.view import View, stamp

DAYS = 30
_OF_CODE = ("codes", "codes_not", "faults")


def code_document(code: int, view: View) -> Document:
    """Return what *code* is and what becomes of its alerts, by the last `DAYS` days."""
    about = describe(code)
    until = view.now if view.as_of is None else view.as_of
    alerts = [
        alert
        for alert in alerts_of_code(view.store, code, until - DAYS * DAY, until)
        if alert.account in view.accounts
    ]
    rules = [_rule(rule, code) for rule in view.rules]
    counts = _counts(view.rules, alerts)
    for rule, count in zip(rules, counts, strict=True):
        rule["counted"] = count
    matching = Matcher(view.rules).matching
    return {
        "answer": "",
        "code": code,
        "family": about.family,
        "fault": str(about.fault),
        "title": about.title,
        "known": about.known,
        "seen": _seen(alerts, until),
        "unmatched": sum(1 for alert in alerts if not matching(alert)),
        "rules": rules,
    }


def _seen(alerts: list[Alert], until: Instant) -> Document:
    levels = sorted({alert.level for alert in alerts})
    return {
        "last_hour": sum(1 for alert in alerts if alert.at > until - HOUR),
        "last_day": sum(1 for alert in alerts if alert.at > until - DAY),
        "last_30_days": len(alerts),
        "last": stamp(max((alert.at for alert in alerts), default=None)),
        "levels": {level: sum(1 for a in alerts if a.level == level) for level in levels},
    }


def _rule(rule: Rule, code: int) -> Document:
    """Return whether *rule* can count *code*, and what it asks besides."""
    bare = Alert("", "", 0, code, "", None, None, None, ())
    failed = [one for one in failures(rule, bare) if one["key"] in _OF_CODE]
    also = {k: v for k, v in conditions(rule.match).items() if k not in _OF_CODE}
    return {
        "id": rule.id,
        "stage": str(rule.stage),
        "can_match": not failed,
        "failed": failed,
        "asks_besides": also,
    }


def _counts(rules: tuple[Rule, ...], alerts: Iterable[Alert]) -> list[int]:
    matching = Matcher(rules).matching
    counts = [0] * len(rules)
    for alert in alerts:
        for place in matching(alert):
            counts[place] += 1
    return counts


def answer(document: Document) -> str:
    """Return in a sentence whether a rule can count the code."""
    code, fault = document["code"], document["fault"]
    head = f"Code {code} (fault {fault})" if document["known"] else f"Code {code} (in no table)"
    able = [rule for rule in document["rules"] if rule["can_match"]]
    if not able:
        return f"{head} counts for no rule: none has it among its codes."
    names = ", ".join(
        rule["id"] + (f" ({rule['stage']})" if rule["stage"] != Stage.AUTO else "") for rule in able
    )
    return f"{head} can count for {'rule' if len(able) == 1 else 'rules'} {names}."
