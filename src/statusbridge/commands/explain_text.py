"""The `explain` document as lines for a person: the answer first, then what it rests on."""

from __future__ import annotations

from statusbridge.commands.explain_match_text import alert_lines, code_lines
from statusbridge.commands.printing import Styles, columns, indented
from statusbridge.commands.status_text import numbers, when
from statusbridge.config.durations import show
from statusbridge.documents import Document

STYLES: Styles = {
    r"^(Rule|Incident|Alert|Code|Read) .*": "bold",
    r"\A.*": "bold",
    r"\b(inactive|shadow)\b": "dim",
    r"\b(firing|investigating|FROZEN|BLIND)\b": "bold red",
    r"\b(pending|held|review|theirs|orphaned|detached)\b": "yellow",
    r"\b(recovering|monitoring)\b": "cyan",
    r"✓": "green",
    r"✗": "red",
    r"\((\d+ \w+) ago\)": "dim",
}
"""What stands out on a terminal."""


def lines(document: Document) -> list[str]:
    """Return what *document* says, the answer first."""
    head = [document["answer"]]
    if document["at"]:
        head.append(f"As of {document['at']}, found again from the stored alerts by today's rules.")
    match document["kind"]:
        case "alert":
            return [*head, *alert_lines(document)]
        case "code":
            return [*head, *code_lines(document)]
        case "all":
            return [*head, *_all(document)]
        case _:
            return [*head, *_named(document)]


def _named(document: Document) -> list[str]:
    now = document["at"] or document["now"]
    rules = [line for rule in document["rules"] for line in _rule(rule, document, now)]
    told = [line for one in document["incidents"] for line in _incident(one, now)]
    return [*rules, *told]


def _all(document: Document) -> list[str]:
    now = document["at"] or document["now"]
    shown = [one for one in document["incidents"] if one["state"] != "none"]
    told = [line for one in shown for line in _head(one, now)]
    return ["", *(rule["verdict"] for rule in document["rules"]), *(["", *told] if told else [])]


# A rule


def _rule(rule: Document, document: Document, now: str) -> list[str]:
    where = f"{rule['page']}/{rule['incident']}"
    head = f"Rule {rule['id']}  ({rule['stage']}, {where}, {', '.join(rule['components'])})"
    since = f" since {when(rule['since'], now)}" if rule["since"] else ""
    rows = [
        ("phase", rule["phase"] + since),
        ("counts", _counts(rule, document)),
        *(("" if n else "needs", line) for n, line in enumerate(_triggers(rule, now))),
        ("recovers", _recover(rule, now)),
        *(("" if n else "matches", line) for n, line in enumerate(_match(rule))),
        ("last match", _last_match(rule, now)),
        ("last outage", when(rule["last_outage"], now) if rule["last_outage"] else "none"),
    ]
    if not document["at"]:
        read = _read(rule["accounts"], now)
        rows += [("" if n else "read", line) for n, line in enumerate(read)]
    return ["", head, *indented([row for row in rows if row[1]])]


def _counts(rule: Document, document: Document) -> str:
    codes = " · ".join(
        f"{'no code' if one['code'] is None else one['code']} ×{one['count']}"
        for one in rule["codes"][:5]
    )
    until = f" up to {document['as_of'][11:]}" if document["as_of"] else ""
    counts = numbers(rule["measures"])
    return f"{counts} in {show(rule['window'])}{until}{'  ' if codes else ''}{codes}"


def _triggers(rule: Document, now: str) -> list[str]:
    rows = []
    for trigger in rule["triggers"]:
        hold = f"for {show(trigger['hold'])}" if trigger["hold"] else ""
        rows.append((trigger["status"], numbers(trigger["needed"]), hold, _reached(trigger, now)))
    return columns(rows)


def _reached(trigger: Document, now: str) -> str:
    if trigger["missing"]:
        return f"{numbers(trigger['missing'])} missing"
    if trigger["counts_from"] and trigger["counts_from"] > now:
        return f"reached {trigger['met_since'][11:]}, counts at {trigger['counts_from'][11:]}"
    return "reached"


def _recover(rule: Document, now: str) -> str:
    recover = rule["recover"]
    below = numbers(recover["below"]) if any(recover["below"].values()) else "no alert"
    words = f"at {below} or fewer" if any(recover["below"].values()) else f"at {below}"
    text = f"{words} for {show(recover['after'])}, then {show(recover['settle'])} of watching"
    if recover["manual"]:
        text += "; only a person resolves"
    if rule["phase"] not in ("firing", "recovering"):
        return text
    if recover["due"] is None:
        return f"{text}; not there yet"
    return f"{text}; since {recover['below_since'][11:]}, due at {recover['due'][11:]}"


def _match(rule: Document) -> list[str]:
    return columns(tuple(one) for one in rule["match"].items()) or ["every alert"]


def _last_match(rule: Document, now: str) -> str:
    last = rule["last_match"]
    if last is None:
        return "none in 30 days"
    code = "no code" if last["code"] is None else f"code {last['code']}"
    return f"{when(last['at'], now)}, {code}, account {last['account']}"


def _read(accounts: list[Document], now: str) -> list[str]:
    return columns(
        (
            one["account"],
            f"whole up to {when(one['covered_until'], now)}" if one["covered_until"] else "never",
            f"BLIND: {one['trouble']}" if one["trouble"] else "",
        )
        for one in accounts
    )


# An incident


def _incident(incident: Document, now: str) -> list[str]:
    rows = [
        ("rules", ", ".join(f"{r['id']} {r['phase']}" for r in incident["rules"])),
        ("evidence", f"of {', '.join(incident['accounts'])}"),
        ("FROZEN", _frozen(incident)),
        ("held", _held(incident["held"], now)),
        ("owner", _owner(incident)),
    ]
    posts = [line for one in incident["operations"] for line in _operation(one, now)]
    other = incident["other_receipts"]
    known = [f"  also on the page: {', '.join(other)}"] if other else []
    shown = indented([row for row in rows if row[1]])
    return ["", *_head(incident, now), *shown, *posts, *known]


def _head(incident: Document, now: str) -> list[str]:
    name = f" “{incident['name']}”" if incident["name"] else ""
    id_ = f" {incident['incident_id']}" if incident["incident_id"] else ", not on the page"
    status = f", {incident['status']}" if incident["status"] else ""
    ended = f", over since {when(incident['ended_at'], now)}" if incident["ended_at"] else ""
    return [
        f"Incident {incident['page']}/{incident['incident']}{name}{id_}",
        f"  {incident['state']}{status}; began {when(incident['started_at'], now)}{ended}",
    ]


def _frozen(incident: Document) -> str:
    names = ", ".join(incident["frozen_by"])
    return f"{names} can't be read, so nothing recovers" if names else ""


def _held(held: Document | None, now: str) -> str:
    if held is None:
        return ""
    return f"{held['detail']}  [{held['reason']}] since {when(held['since'], now)}"


def _owner(incident: Document) -> str:
    if incident["owner"] == "ours":
        return ""
    return f"{incident['owner']}: {incident['owner_why']}"


_VERBS = {"done": "posted", "parked": "gave up", "abandoned": "dropped", "doubt": "in doubt"}


def _operation(operation: Document, now: str) -> list[str]:
    verb = _VERBS.get(operation["state"], "waits")
    mail = ", mailed" if operation["notified"] else ""
    named = ", ".join(f"{c['component']} {c['status']}" for c in operation["components"])
    why = f"  ({operation['why']})" if operation["why"] else ""
    head = (
        f"{when(operation['at'], now)}  {verb} {operation['incident_status']}{mail}: "
        f"{operation['reason'].replace('_', ' ')}{why}"
    )
    receipt = f"receipt {', '.join(operation['receipt'])}" if operation["receipt"] else ""
    below = [line for line in (named, f"“{operation['message']}”", receipt) if line]
    return [f"  {head}", *(f"      {line}" for line in below)]
