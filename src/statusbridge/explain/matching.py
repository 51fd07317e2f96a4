"""Which keys of a rule's match an alert fails, with what was wanted and what was found.

Of an alert only what a key asks about is told, and of its text nothing: no more is stored than
whether a rule's own words were in it.
"""

from __future__ import annotations

from collections.abc import Iterable

from statusbridge.core.codes import fault_of
from statusbridge.core.model import Alert
from statusbridge.core.rules import CodeRange, Match, Rule, mismatches
from statusbridge.documents import Document


def failures(rule: Rule, alert: Alert) -> list[Document]:
    """Return each key of *rule*'s match that *alert* fails; none: it counts."""
    return [
        {"key": key, "wanted": wanted(rule.match, key), "found": _found(alert, key)}
        for key in mismatches(rule, alert)
    ]


def conditions(match: Match) -> dict[str, str]:
    """Return every key that *match* asks about, with what it wants."""
    asked = {key: wanted(match, key) for key in _KEYS}
    return {key: what for key, what in asked.items() if what}


_KEYS = (
    "codes", "codes_not", "levels", "faults", "accounts", "services", "resource_prefix",
    "request_hosts", "text",
)  # fmt: skip


def wanted(match: Match, key: str) -> str:
    """Return what *match* wants of *key*; "" where it does not ask."""
    if key == "text":
        return _texts(match)
    values: dict[str, Iterable[str]] = {
        "codes": spans(match.codes),
        "codes_not": spans(match.codes_not),
        "levels": sorted(match.levels),
        "faults": sorted(match.faults),
        "accounts": sorted(match.accounts),
        "services": sorted(match.services),
        "resource_prefix": match.resource_prefixes,
        "request_hosts": sorted(match.request_hosts),
    }
    listed = ", ".join(values[key])
    return f"none of {listed}" if key == "codes_not" and listed else listed


def spans(ranges: Iterable[CodeRange]) -> list[str]:
    """Return *ranges* as the file writes them."""
    return [str(r.first) if r.first == r.last else f"{r.first}-{r.last}" for r in ranges]


def _texts(match: Match) -> str:
    parts = []
    for probes in match.texts:
        key = probes[0].key
        needles = ", ".join(f"“{probe.needle}”" for probe in probes)
        parts.append(f"text_contains {needles}" if key is None else f"fields.{key} {needles}")
    return " and ".join(parts)


def _found(alert: Alert, key: str) -> str:
    found: dict[str, str | None] = {
        "codes": None if alert.code is None else str(alert.code),
        "codes_not": None if alert.code is None else str(alert.code),
        "levels": alert.level,
        "faults": str(fault_of(alert.code)),
        "accounts": alert.account,
        "services": alert.service,
        "resource_prefix": alert.resource and alert.resource[:2],
        "request_hosts": alert.host,
        "text": "not so in its text when it was read",
    }
    return found[key] or "none"
