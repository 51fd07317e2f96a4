"""The `status` document as lines for a person who was just woken: the worst first."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from statusbridge.commands.printing import Styles, columns
from statusbridge.config.durations import show
from statusbridge.core.model import aged
from statusbridge.documents import Document

STYLES: Styles = {
    r"^[A-Z][a-z]+$": "bold",
    r"running and ready": "green",
    r"is not running|NOT READY|BLIND|FROZEN|PAUSED|REFUSED|firing|given up": "bold red",
    r"\b(investigating|pending|held|theirs|orphaned|detached)\b": "yellow",
    r"\b(monitoring|recovering)\b": "cyan",
    r"\((\d+ \w+) ago\)": "dim",
}
"""What stands out on a terminal."""

_NOUNS = {"count": "alert", "distinct_resources": "resource", "distinct_accounts": "account"}


def lines(document: Document) -> list[str]:
    """Return what *document* says, a section each for what there is."""
    now = document["now"]
    return [
        *_daemon(document),
        *_section("Incidents", [_incident(one, now) for one in document["incidents"]]),
        *_section("Held", [_held(one, now) for one in document["held"]]),
        *_section("Parked", [_parked(one) for one in document["parked"]]),
        *_section("Sources", [_source(source, now) for source in document["sources"]]),
        *_rules(_loudest_first(document["rules"]), now),
        "",
        _alerts(document["alerts"]),
    ]


def _daemon(document: Document) -> list[str]:
    daemon = document["daemon"]
    if not daemon["running"]:
        head = "The daemon is not running."
    elif daemon["ready"]:
        head = "The daemon is running and ready."
    else:
        head = "The daemon is running but NOT READY."
    return [
        f"{head}  ({document['now']})",
        *(f"  {reason}" for reason in daemon["reasons"]),
        *(pause(one, document["now"]) for one in daemon.get("pauses", ())),
        *_refusal(daemon.get("config_refused_since"), document["now"]),
    ]


def _refusal(since: str | None, now: str) -> list[str]:
    if since is None:
        return []
    wrong = f"the configuration file has been wrong since {when(since, now)}"
    return [f"  REFUSED: {wrong}; the one before goes on"]


def pause(one: Document, now: str) -> str:
    """Return a pause in a line: of what, by whom, since when, until when, why."""
    what = f"{one['page']}/{one['incident']}" if one["incident"] else "EVERYTHING"
    since = f" since {when(one['since'], now)}" if one["since"] else ""
    until = f", until {one['until']}" if one["until"] else ""
    why = f": {one['reason']}" if one["reason"] else ""
    return f"  PAUSED: publishing of {what}, by {one['who']}{since}{until}{why}"


def _section(title: str, rows: list[tuple[str, ...]]) -> list[str]:
    return ["", title, *(f"  {line}" for line in columns(rows))] if rows else []


def _source(source: Document, now: str) -> tuple[str, ...]:
    until = source["covered_until"]
    known = f"read whole up to {when(until, now)}" if until else "never read whole"
    blind = f"BLIND: {source['last_error']}" if source["last_error"] else ""
    return source["account"], known, blind, _gaps(source["gaps"])


def _gaps(gaps: list[Document]) -> str:
    if not gaps:
        return ""
    return f"{counted(len(gaps), 'gap')}, last {gaps[-1]['from']} to {gaps[-1]['to']}"


def _incident(incident: Document, now: str) -> tuple[str, ...]:
    frozen = ", ".join(incident["frozen_by"])
    # A daemon that was started before an update does not say.
    simplified = incident.get("simplified")
    return (
        f"{incident['page']}/{incident['incident']}",
        incident["state"],
        incident["status"] or "not published",
        f"since {when(incident['since'], now)}",
        counted(incident["posts"], "post"),
        "" if incident["owner"] == "ours" else incident["owner"],
        f"FROZEN: {frozen} can't be read" if frozen else "",
        f"in plain words: {simplified}" if simplified else "",
    )


def _held(held: Document, now: str) -> tuple[str, ...]:
    where = f"{held['page']}/{held['incident']}"
    return where, f"since {when(held['since'], now)}", f"{held['detail']}  [{held['reason']}]"


def _parked(parked: Document) -> tuple[str, ...]:
    return parked["incident"], f"{parked['action']} was given up: {parked['why']}"


def _loudest_first(rules: Iterable[Document]) -> list[Document]:
    """Return *rules* with those that are inactive last, else in the order of the file."""
    return sorted(rules, key=lambda rule: rule["phase"] == "inactive")


def _rules(rules: list[Document], now: str) -> list[str]:
    """Return each rule in two lines: where it stands, and what it takes."""
    standing = columns(_rule(rule, now) for rule in rules)
    lines = ["", "Rules"] if rules else []
    for rule, line in zip(rules, standing, strict=True):
        needed = " | ".join(_trigger(trigger) for trigger in rule["needed"])
        lines += [f"  {line}", f"      {needed}"]
    return lines


def _rule(rule: Document, now: str) -> tuple[str, ...]:
    since = f"since {when(rule['since'], now)}" if rule["since"] else ""
    return rule["id"], rule["stage"], rule["phase"], since, numbers(rule["measures"])


def _trigger(trigger: Document) -> str:
    hold = f" for {show(trigger['hold'])}" if "hold" in trigger else ""
    return f"{trigger['status']} at {numbers(trigger)}{hold}"


def numbers(table: Document) -> str:
    """Return the measures that *table* names, with their nouns."""
    return ", ".join(counted(table[name], noun) for name, noun in _NOUNS.items() if name in table)


def _alerts(alerts: Document) -> str:
    return (
        f"Alerts: {alerts['seen']} seen, {alerts['matched']} matched, "
        f"{alerts['malformed']} malformed."
    )


def when(stamp: str, now: str) -> str:
    """Return *stamp* as a time of day in UTC, with the date where it is another, and its age."""
    shown = stamp[11:] if stamp[:10] == now[:10] else f"{stamp[:10]} {stamp[11:]}"
    age = datetime.fromisoformat(now) - datetime.fromisoformat(stamp)
    return f"{shown} ({aged(int(age.total_seconds()))})"


def counted(number: int, noun: str) -> str:
    """Return *number* with *noun*, in the plural but for one."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
