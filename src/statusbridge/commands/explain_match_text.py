"""An alert or a code as `explain` shows it: each rule, and the keys that failed."""

from __future__ import annotations

from statusbridge.commands.printing import columns, indented
from statusbridge.commands.status_text import when
from statusbridge.documents import Document

_MOST_CODES = 6
"""How many codes and ranges of a rule are named that it asks for in vain."""


def alert_lines(document: Document) -> list[str]:
    now = document["now"]
    if document["alerts"]:
        return [line for alert in document["alerts"] for line in _alert(alert, now)]
    if document["stored_from"] is None:
        return ["No alert was ever read."]
    first = when(document["stored_from"], now)
    return [
        f"It is older than the oldest that is, {first},",
        "or newer than what was read, or in a gap, or of another account:",
        *indented(_source(one, now) for one in document["sources"]),
    ]


def _source(source: Document, now: str) -> tuple[str, ...]:
    until = source["covered_until"]
    gaps = [f"gap {g['from']} to {g['to']}: {g['reason']}" for g in source["gaps"]]
    blind = f"BLIND: {source['trouble']}" if source["trouble"] else ""
    read = f"whole up to {when(until, now)}" if until else "never"
    return source["account"], read, blind, "; ".join(gaps)


def _alert(alert: Document, now: str) -> list[str]:
    rows = [
        ("happened", when(alert["at"], now)),
        ("account", alert["account"] + ("" if alert["account_configured"] else ", not configured")),
        ("code", _titled(alert)),
        ("level", alert["level"] or "none"),
    ]
    rules = [line for rule in alert["rules"] for line in _verdict(rule, now)]
    return ["", *indented(rows), "", "Rules", *rules]


def _titled(about: Document) -> str:
    code = "none" if about["code"] is None else str(about["code"])
    return f"{code}, {about['title']}" if about["title"] else code


def _verdict(rule: Document, now: str) -> list[str]:
    if rule["matches"]:
        outage = rule["outage"]
        part = f", in the outage since {when(outage['started_at'], now)}" if outage else ""
        until = rule["counted_until"]
        verb = "counts until" if until > now else "counted until"
        return [f"  ✓ {rule['id']}  ({rule['stage']})  {verb} {when(until, now)}{part}"]
    return [f"  ✗ {rule['id']}  ({rule['stage']})", *_failures(rule["failed"])]


def _failures(failed: list[Document]) -> list[str]:
    rows = [(one["key"], f"is {one['found']}", f"wanted {_few(one)}") for one in failed]
    return [f"      {line}" for line in columns(rows)]


def _few(failure: Document) -> str:
    """Return what was wanted; of codes, of which there may be hundreds, the first."""
    wanted: str = failure["wanted"]
    codes = wanted.split(", ")
    if failure["key"] not in ("codes", "codes_not") or len(codes) <= _MOST_CODES:
        return wanted
    return f"{', '.join(codes[:_MOST_CODES])} and {len(codes) - _MOST_CODES} more"


def code_lines(document: Document) -> list[str]:
    now, seen = document["now"], document["seen"]
    levels = ", ".join(f"{name or 'no level'} ×{count}" for name, count in seen["levels"].items())
    counts = f"{seen['last_hour']} in an hour, {seen['last_day']} in a day"
    last = f"last {when(seen['last'], now)}" if seen["last"] else "never"
    title = document["title"] or document.get("published_title")
    rows = [
        ("is", title or "no title; `statusbridge codes --refresh` reads Twilio's"),
        ("family", document["family"]),
        ("seen", f"{counts}, {seen['last_30_days']} in 30 days; {last}"),
        ("levels", levels),
        ("unmatched", f"{document['unmatched']} of them counted for no rule"),
    ]
    rules = [line for rule in document["rules"] for line in _able(rule)]
    return [
        "",
        *indented([row for row in rows if row[1]]),
        *(["", "Rules", *rules] if rules else []),
    ]


def _able(rule: Document) -> list[str]:
    if not rule["can_match"]:
        return [f"  ✗ {rule['id']}  ({rule['stage']})", *_failures(rule["failed"])]
    besides = [f"      besides {key}: {value}" for key, value in rule["asks_besides"].items()]
    head = f"  ✓ {rule['id']}  ({rule['stage']})  counted {rule['counted']} in 30 days"
    return [head, *besides]
