"""What waits for review, and what persons decided, in lines for people."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from statusbridge.commands.plan_text import Entry, laid_out, proof
from statusbridge.commands.printing import Styles, columns
from statusbridge.commands.status_text import when
from statusbridge.documents import Document

STYLES: Styles = {
    r"^  \? .*": "bold",
    r"“.*”": "none",
    r"notifies subscribers$": "magenta",
    r"^ +held even so: .*": "bold red",
    r"^ +statusbridge .*": "cyan",
    r"^Nothing waits.*": "green",
}
"""What stands out on a terminal."""


def waiting(document: Document) -> list[str]:
    """Return what waits: what would be said in public, why, and how to decide."""
    found = document["waiting"]
    if not found:
        return ["Nothing waits for review."]
    return laid_out([_entry(one, document["now"], ask=True) for one in found])


def shown(one: Document, now: str) -> list[str]:
    """Return one thing that waits, without how to decide: it is being decided."""
    return laid_out([_entry(one, now, ask=False)])


def _entry(one: Document, now: str, *, ask: bool) -> Entry:
    action = "join" if one["joins"] else "open"
    below = [*_public(one), *_why(one), *_until(one, now)]
    if ask:
        key = one["key"]
        below.append(f"statusbridge approve {key} --seen {one['seen']}")
        below.append(f"statusbridge reject {key}")
    rules = f"rule {', '.join(one['rules'])}"
    return Entry("?", action, one["key"], f"“{one['name']}”", rules, tuple(below))


def _public(one: Document) -> Iterator[str]:
    """Yield what customers would see: each component's change, and the text."""
    stage = one["incident_status"]
    if stage is None:
        yield "says nothing new in public"
        return
    rows = [
        (f"{stage} · {line['component']}", _change(line["before"], line["component_status"]))
        for line in one["component_statuses"]
    ]
    yield from columns(rows)
    yield from (f"“{part}”" for part in one["message"].splitlines() if part)
    if one["notify_subscribers"]:
        yield "notifies subscribers"


def _change(before: str, status: str) -> str:
    return status if before == status else f"{before} → {status}"


def _why(one: Document) -> Iterator[str]:
    for each in one["evidence"]:
        codes = ((entry["code"], entry["count"]) for entry in each["codes"])
        yield proof(each["measured"], each["needed"], each["window_seconds"], codes)


def _until(one: Document, now: str) -> Iterator[str]:
    if one["stopped"] is not None:
        yield f"held even so: {one['stopped']['detail']}  [{one['stopped']['reason']}]"
    waits = f"waits since {when(one['since'], now)}"
    if one["expires"] is not None:
        left = datetime.fromisoformat(one["expires"]).time()
        then = "is published" if one["on_timeout"] == "publish" else "is dropped"
        waits = f"{waits}; {then} at {left}Z if nobody decides"
    yield waits


def history(document: Document) -> list[str]:
    """Return what was decided, the newest first."""
    rows = [
        (
            act["at"],
            act["who"],
            act["act"],
            f"{act['page']}/{act['incident']}" if act["incident"] else "everything",
            " ".join(part for part in (act["detail"], _lasting(act)) if part),
            act["reason"],
        )
        for act in document["acts"]
    ]
    return columns(rows) or ["Nobody has decided anything yet."]


def _lasting(act: Document) -> str:
    return f"until {act['until']}" if act["until"] else ""
