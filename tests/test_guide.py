"""The guide from shadow to auto: its commands, run in its scenario, print what it shows."""

from __future__ import annotations

import re

import pytest

from outside import outside_of
from pages import ROOT, blocks, commands_of, own_arguments
from statusbridge.simulators.scenario import load

GUIDE = ROOT / "docs" / "guide.md"
SHOWN = ("init", "check", "backtest", "test")
"""The commands whose output is the same each time, but for the time."""


def timeless(text: str) -> str:
    """*text* without what depends on when it was printed."""
    text = re.sub(r"\d{4}-\d\d-\d\d", "DATE", text)
    return re.sub(r"\d\d:\d\d(:\d\dZ)?|\d+ min\w*", "TIME", text)


async def test_the_first_steps_print_what_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    shown = [timeless(block) for block in blocks(GUIDE, "console")]
    lines = [line for _, line in commands_of(GUIDE)]
    async with outside_of(load("first-week")) as outside:
        outside.config.unlink()
        outside.environ |= {
            "COLUMNS": "100",
            "STATUSBRIDGE_TWILIO__BASE_URL": outside.world.twilio_url,
            "STATUSBRIDGE_INCIDENTIO__BASE_URL": outside.world.incidentio_url,
        }
        for name in SHOWN:
            line = next(line for line in lines if f"statusbridge {name}" in line)
            (arguments,) = own_arguments(line)
            ended = await outside.here(*arguments)

            assert ended.code == 0
            assert timeless(f"$ {line}\n{ended.err}{ended.out}") in shown
        written = timeless(outside.config.read_text())

    rule, _ = blocks(GUIDE, "toml")
    assert timeless(rule) in written
