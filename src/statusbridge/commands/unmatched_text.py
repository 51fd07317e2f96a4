"""The `status --unmatched` document as lines: what no rule counts, and rules that are idle."""

from __future__ import annotations

from statusbridge.commands.printing import Styles, columns, indented
from statusbridge.commands.status_text import counted, numbers, when
from statusbridge.config.durations import show
from statusbridge.documents import Document

STYLES: Styles = {
    r"^[A-Z][a-z]+.*$": "bold",
    r"\b(carrier|twilio)\b": "yellow",
    r"never \w+": "yellow",
    r"\b(shadow)\b": "dim",
    r"\((\d+ \w+) ago\)": "dim",
}
"""What stands out on a terminal."""


def lines(document: Document) -> list[str]:
    """Return what *document* says."""
    now = document["now"]
    if document["since"] is None:
        return ["No alert was read in 30 days."]
    alerts, missed = document["alerts"], document["unmatched"]
    head = f"{counted(alerts, 'alert')} since {when(document['since'], now)}, {missed} for no rule."
    codes = [_code(code, now) for code in document["codes"]]
    return [head, *_section("Codes that no rule counts", codes), *_rules(document["rules"], now)]


def _section(title: str, rows: list[tuple[str, ...]]) -> list[str]:
    return ["", title, *indented(rows)] if rows else []


def _code(code: Document, now: str) -> tuple[str, ...]:
    name = "no code" if code["code"] is None else str(code["code"])
    asked = ", ".join(code["rules"])
    return (
        name,
        f"×{code['count']}",
        f"last {when(code['last_seen'], now)}",
        code["fault"],
        code["title"] or code["family"] or "",
        f"fails another key of {asked}" if asked else "",
    )


def _rules(rules: list[Document], now: str) -> list[str]:
    """Return each rule in two lines: what it counted, and how near it came."""
    ordered = sorted(rules, key=lambda rule: float(rule["nearest"]["ratio"]))
    standing = columns(_counted(rule, now) for rule in ordered)
    found = ["", "Rules"] if rules else []
    for rule, line in zip(ordered, standing, strict=True):
        found += [f"  {line}", f"      {_highest(rule, now)}"]
    return found


def _counted(rule: Document, now: str) -> tuple[str, ...]:
    last = f"last {when(rule['last_match'], now)}" if rule["last_match"] else ""
    matched = counted(rule["matched"], "alert")
    return rule["id"], rule["stage"], rule["verdict"], matched if last else "", last


def _highest(rule: Document, now: str) -> str:
    nearest = rule["nearest"]
    hold = f" for {show(nearest['hold'])}" if nearest["hold"] else ""
    needs = (
        f"{nearest['status']} needs {numbers(nearest['needed'])} in {show(rule['window'])}{hold}"
    )
    if nearest["highest"] is None:
        return needs
    return f"{needs}; at most {numbers(nearest['highest'])}, {when(nearest['at'], now)}"
