"""The pictures in images/, taken of the report of a month that is made for it:

PYTHONPATH=src:tests:. python docs/pictures.py

It takes a minute, needs Chromium, and leaves nothing behind but the pictures.
"""

from __future__ import annotations

import json
import sys
import tempfile
from contextlib import chdir
from dataclasses import dataclass
from pathlib import Path

from benchmarks.month import write

from browser import Tab, browser
from statusbridge.cli import main

DOCS = Path(__file__).parent
ALERTS = 1_000_000

PEOPLE = (
    ("SMS delivery problems", "Messaging / SMS", "2026-10-07T09:20:00Z", "2026-10-07T11:30:00Z"),
    ("Auto-replies are late", "Messaging / SMS", "2026-10-16T14:31:00Z", "2026-10-16T15:20:00Z"),
    ("Late delivery receipts", "Messaging / SMS", "2026-10-19T07:02:00Z", "2026-10-19T08:40:00Z"),
    ("Calls drop", "Voice / Calls", "2026-10-24T20:12:00Z", "2026-10-24T22:05:00Z"),
)
"""What people are taken to have posted; of the third the alerts say nothing."""


@dataclass(frozen=True, slots=True)
class Picture:
    """What is to be seen: from element *top* on, after *script* has been run."""

    name: str
    width: int
    height: int
    dark: bool
    top: str
    script: str = ""


_SELECT = "document.querySelector('.ours a.bar').click()"

PICTURES = (
    Picture("report.png", 1400, 1150, False, "body"),
    Picture("report-zoomed.png", 1400, 950, True, "h2#timeline", _SELECT),
    Picture("report-rules.png", 1400, 950, False, "h2#rules"),
    Picture("report-phone.png", 400, 1000, True, "body"),
    Picture("report-phone-rules.png", 400, 1000, False, "h2#rules"),
)


def report(folder: Path) -> Path:
    """Return the report of a month, written in *folder* by the program itself."""
    alerts, people, made = (folder / name for name in ("month.ndjson", "people.json", "month.html"))
    write(ALERTS, alerts)
    keys = ("title", "components", "started_at", "ended_at")
    people.write_text(json.dumps([dict(zip(keys, one, strict=True)) for one in PEOPLE]))
    command = ["--config", "config.example.toml", "backtest", "--suggest"]
    files = ["--alerts", str(alerts), "--incidents", str(people), "--report", str(made)]
    with chdir(DOCS.parent):
        if code := main([*command, *files]):
            sys.exit(code)
    return made


def take(tab: Tab, path: Path, wanted: Picture) -> None:
    """Write *wanted* of the report *path*."""
    tab.open(path, wanted.width, wanted.height, wanted.dark)
    if wanted.script:
        tab.evaluate(wanted.script)
    tab.evaluate(f"document.querySelector({wanted.top!r}).scrollIntoView()")
    (DOCS / "images" / wanted.name).write_bytes(tab.picture())


def take_all() -> None:
    with tempfile.TemporaryDirectory() as folder, browser(Path(folder) / "profile") as tab:
        made = report(Path(folder))
        for wanted in PICTURES:
            take(tab, made, wanted)
        if complaints := tab.complaints():
            sys.exit("\n".join(complaints))


if __name__ == "__main__":
    take_all()
