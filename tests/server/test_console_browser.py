"""The console in a real browser, before a real daemon between both simulators."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Any

import pytest

import browser
from browser import Tab
from outside import PAGE, RULE, outside_of
from programs import until
from rehearse.test_report_browser import CONTRASTS
from statusbridge.simulators.scenario import Scenario

pytestmark = [
    pytest.mark.process,
    pytest.mark.skipif(browser.PATH is None, reason="no Chromium here; apt-get install chromium"),
]

TOKEN = "a-token-for-the-console"
_HEADLINE, _PUBLISHED, _ACTS, _TEXT = "h1", "#published", "#acts", "body"


async def shown(tab: Tab, selector: str, wanted: str) -> str:
    """Return the text of *selector* in the page, once *wanted* is in it."""
    return str(await until(lambda: _shown(tab, selector, wanted)))


def _shown(tab: Tab, selector: str, wanted: str) -> str:
    found = str(tab.evaluate(f"document.querySelector({selector!r})?.innerText ?? ''"))
    return found if wanted in found else ""


async def test_a_storm_arrives_is_approved_by_hand_opens_and_is_over(tmp_path: Path) -> None:
    async with outside_of(Scenario(pages=(PAGE,))) as outside:
        outside.environ["CONSOLE_TOKEN"] = TOKEN
        outside.configure(
            RULE.replace('"auto"', '"review"'), more='token = { env = "CONSOLE_TOKEN" }\n'
        )
        async with outside.daemon() as daemon:
            url = await daemon.url()
            await daemon.cycle()
            with browser.browser(tmp_path) as tab:
                await asyncio.to_thread(tab.visit, f"{url}/", 1200)
                await shown(tab, _HEADLINE, "all is quiet")
                widths = [await asyncio.to_thread(fits, tab, w) for w in (400, 1200)]
                asked = tab.evaluate("document.querySelector('footer a[href=\"/enter\"]').href")
                await asyncio.to_thread(tab.visit, asked, 400)
                tab.evaluate(f"document.querySelector('[name=token]').value = '{TOKEN}'")
                tab.evaluate("document.querySelector('form button').click()")
                await shown(tab, _TEXT, "You may act here")
                async with outside.storm(4):
                    await shown(tab, _HEADLINE, "1 opening waits for your word")
                    tab.evaluate("document.querySelector('#waiting summary').click()")
                    tab.evaluate("document.querySelector('#waiting [name=reason]').value = 'seen'")
                    contrasts = [await asyncio.to_thread(faint, tab, dark) for dark in (0, 1)]
                    tab.evaluate("document.querySelector('#waiting [value=approve]').click()")
                    await shown(tab, _TEXT, "Approved public/sms.")
                    await shown(tab, _HEADLINE, "1 open incident")
                    await shown(tab, _TEXT, "Some text messages are failing.")
                await shown(tab, _PUBLISHED, "Resolved")
                await shown(tab, _HEADLINE, "all is quiet")
                acts = await shown(tab, _ACTS, "approve")
                narrow = await asyncio.to_thread(fits, tab, 400)
                complaints, requests = tab.complaints(), tab.requests()

    assert widths == [True, True]
    assert narrow
    assert contrasts == [[], []]
    assert complaints == []
    assert {one.rsplit("/", 1)[0] for one in requests} == {url}
    assert "console (token): seen" in acts
    assert [text[1] for text in outside.texts()][0::2] == ["investigating", "resolved"]


def fits(tab: Tab, width: int) -> bool:
    """Whether nothing of the page stands out of a window so wide."""
    tab.size(width, 900)
    return bool(tab.evaluate("document.documentElement.scrollWidth") <= width)


def faint(tab: Tab, dark: int) -> list[Any]:
    """Return the texts that hardly stand out from what is behind them."""
    scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
    tab.call("Emulation.setEmulatedMedia", features=[scheme])
    if folder := os.environ.get("CONSOLE_PICTURES"):
        for width in (1200, 400):
            tab.size(width, 900)
            Path(folder, f"{width}-{dark}.png").write_bytes(tab.picture(whole=True))
    found = tab.evaluate(CONTRASTS)
    assert len(found) > 30
    return [one for one in found if one[0] < 4.5]
