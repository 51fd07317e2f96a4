"""The `status` document as lines for a person who was just woken: the worst first."""

from __future__ import annotations

from typing import Any

Document = dict[str, Any]


def lines(document: Document) -> list[str]:
    """Return what *document* says, a section each for what there is."""
    return [
        *_daemon(document),
        *_section("Sources", [_source(source) for source in document["sources"]]),
        *_section("Incidents", [_incident(one) for one in document["incidents"]]),
        *_section("Held", [_held(one) for one in document["held"]]),
        *_section("Parked", [_parked(one) for one in document["parked"]]),
        *_section("Rules", [_rule(rule) for rule in document["rules"]]),
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
    return [f"{head}  ({document['now']})", *(f"  {reason}" for reason in daemon["reasons"])]


def _section(title: str, entries: list[str]) -> list[str]:
    return ["", title, *(f"  {entry}" for entry in entries)] if entries else []


def _source(source: Document) -> str:
    until = source["covered_until"] or "never"
    line = f"{source['account']}: read whole up to {until}"
    if source["last_error"]:
        line += f", BLIND: {source['last_error']}"
    if source["gaps"]:
        latest = source["gaps"][-1]
        line += f", {len(source['gaps'])} gaps, last {latest['from']} to {latest['to']}"
    return line


def _incident(incident: Document) -> str:
    where = f"{incident['page']}/{incident['incident']}"
    line = f"{where}: {incident['state']}, {incident['status'] or 'not published'}"
    line += f", {incident['posts']} posts, since {incident['since']}, {incident['owner']}"
    if incident["frozen_by"]:
        line += f", FROZEN: {', '.join(incident['frozen_by'])} can't be read"
    return line


def _held(held: Document) -> str:
    return f"{held['page']}/{held['incident']}: {held['detail']} [{held['reason']}] since {held['since']}"


def _parked(parked: Document) -> str:
    return f"{parked['incident']}: {parked['action']} was given up: {parked['why']}"


def _rule(rule: Document) -> str:
    measures = ", ".join(f"{name} {value}" for name, value in rule["measures"].items())
    needed = " | ".join(_trigger(trigger) for trigger in rule["needed"])
    since = f" since {rule['since']}" if rule["since"] else ""
    return f"{rule['id']} ({rule['stage']}): {rule['phase']}{since}; {measures}; needs {needed}"


def _trigger(trigger: Document) -> str:
    numbers = ", ".join(
        f"{name} {value}" for name, value in trigger.items() if name not in ("status", "hold")
    )
    hold = f" for {trigger['hold']} s" if "hold" in trigger else ""
    return f"{trigger['status']} at {numbers}{hold}"


def _alerts(alerts: Document) -> str:
    return f"\nAlerts: {alerts['seen']} seen, {alerts['matched']} matched, {alerts['malformed']} malformed."
