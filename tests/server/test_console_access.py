"""The console for those who hear it, or have no mouse: by axe's rules, and key by key."""

from __future__ import annotations

import asyncio
import importlib.util
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import browser
from browser import Tab
from daemons import served
from server.consoles import enter, proposed

pytestmark = pytest.mark.skipif(
    browser.PATH is None, reason="no Chromium here; apt-get install chromium"
)

_FOUND = importlib.util.find_spec("axe_core_python")
AXE = None if _FOUND is None or _FOUND.origin is None else Path(_FOUND.origin).parent
VIOLATIONS = """
axe.run().then(found => found.violations.map(
  one => [one.id, one.help, one.nodes.map(node => node.target.join(" "))]))
"""
FOCUS = """
(e => [e.tagName, /^(A|SUMMARY|BUTTON)$/.test(e.tagName) ? e.textContent : e.name,
  getComputedStyle(e).outlineStyle])(document.activeElement)
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="sb-") as name:
        yield Path(name)


def violations(tab: Tab) -> list[Any]:
    """Return which of axe's rules the page breaks, and where."""
    assert AXE is not None
    tab.evaluate((AXE / "axe.min.js").read_text())
    answer = tab.call(
        "Runtime.evaluate", expression=VIOLATIONS, awaitPromise=True, returnByValue=True
    )
    found: list[Any] = answer["result"]["value"]
    return found


@pytest.mark.skipif(AXE is None, reason="no axe here; pip install axe-core-python")
async def test_nothing_keeps_a_screen_reader_from_the_console(folder: Path) -> None:
    def look(tab: Tab, url: str) -> dict[str, list[Any]]:
        tab.visit(f"{url}/enter", 400)
        found = {"entrance": violations(tab)}
        enter(tab, url)
        for part in ("closed", "open"):
            for dark in (False, True):
                tab.visit(f"{url}/", 1400 if dark else 400, dark=dark)
                if part == "open":
                    tab.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
                found[f"{part}, {'dark' if dark else 'light'}"] = violations(tab)
        return found

    world, daemon = await proposed(folder)
    world.storm(4, at=-5, code=11200)
    await world.cycle(1)
    async with served(daemon) as (public, _):
        with browser.browser(folder / "profile") as tab:
            found = await asyncio.to_thread(look, tab, str(public.base_url).rstrip("/"))

    assert found == {key: [] for key in found}
    assert len(found) == 5


async def test_all_that_can_be_done_can_be_reached_by_keys_in_the_order_of_the_page(
    folder: Path,
) -> None:
    def walk(tab: Tab, url: str) -> list[list[str]]:
        enter(tab, url)
        tab.evaluate("document.querySelector('#waiting details').open = true")
        steps = []
        for _ in range(40):
            tab.key("Tab")
            at = tab.evaluate(FOCUS)
            if at[0] == "BODY":
                return steps
            steps.append(at)
        return steps

    _, daemon = await proposed(folder)
    async with served(daemon) as (public, _):
        with browser.browser(folder / "profile") as tab:
            steps = await asyncio.to_thread(walk, tab, str(public.base_url).rstrip("/"))

    assert [(kind, name) for kind, name, _ in steps] == [
        ("A", "Skip to what is going on"),
        ("SUMMARY", "Pause publishing everything"),
        ("SUMMARY", "Decide sms"),
        ("INPUT", "title"),
        ("TEXTAREA", "text"),
        ("SELECT", "status"),
        ("INPUT", "reason"),
        ("BUTTON", "Approve"),
        ("BUTTON", "Reject"),
        ("A", "status"),
        ("A", "metrics"),
        ("A", "readiness"),
        ("BUTTON", "Leave"),
    ]
    assert [name for _, name, outline in steps if outline == "none"] == []
