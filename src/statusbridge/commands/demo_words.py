"""The words of a demonstration that its live view, its plain lines and its summary share."""

from __future__ import annotations

from datetime import datetime

from statusbridge.core.codes import describe
from statusbridge.documents import Document


def words(status: str) -> str:
    """Return a status of the page or its API in words."""
    return status.replace("_", " ")


def meaning(code: int | None) -> tuple[str, str]:
    """Return whose fault an alert with *code* is at the usual, and what the code says."""
    if code is None:
        return "unknown", "no code"
    info = describe(code)
    return str(info.fault), info.title or info.family


def progress(status: Document, now: float) -> str:
    """Return how far the daemon has read."""
    alerts = status["alerts"]
    read = f"{alerts['seen']} alerts, {alerts['matched']} matched"
    covered = status["sources"][0]["covered_until"]
    if covered is None:
        return read
    behind = max(0, round(now - datetime.fromisoformat(covered).timestamp()))
    return f"read up to {covered[11:]}, {behind} s ago · {read}"
