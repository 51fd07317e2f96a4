"""What `doctor` found: one value a line, and how it is shown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum

from statusbridge.commands.printing import Styles, columns
from statusbridge.documents import Document

STYLES: Styles = {r"^ok": "green", r"^warn": "yellow", r"^fail": "bold red"}


class Level(StrEnum):
    """How bad it is: fail is what keeps the bridge from its work, or will."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. *do* "": nothing."""

    level: Level
    what: str
    says: str
    do: str = ""


def ok(what: str, says: str) -> Finding:
    return Finding(Level.OK, what, says)


def warn(what: str, says: str, do: str = "") -> Finding:
    return Finding(Level.WARN, what, says, do)


def fail(what: str, says: str, do: str = "") -> Finding:
    return Finding(Level.FAIL, what, says, do)


def failed(findings: Iterable[Finding]) -> bool:
    return any(finding.level is Level.FAIL for finding in findings)


def lines(findings: Sequence[Finding]) -> list[str]:
    """Return a line for each, what to do under it, and what it comes to."""
    rows = []
    for finding in findings:
        rows.append((str(finding.level), finding.what, finding.says))
        if finding.do:
            rows.append(("", "", f"→ {finding.do}"))
    return [*columns(rows), "", _summary(findings)]


def _summary(findings: Sequence[Finding]) -> str:
    levels = [finding.level for finding in findings]
    bad, odd = levels.count(Level.FAIL), levels.count(Level.WARN)
    if not bad and not odd:
        return f"All {len(levels)} are fine."
    return f"Of {len(levels)}: {bad} failed, {odd} to look at."


def document(findings: Sequence[Finding]) -> Document:
    """Return the `doctor --json` document, version 1."""
    found = [asdict(finding) for finding in findings]
    return {"version": 1, "ok": not failed(findings), "findings": found}
