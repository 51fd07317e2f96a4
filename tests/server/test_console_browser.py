"""The console in a real browser, before a real daemon between both simulators."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import browser
from browser import Tab
from builders import TEXTS, a_rule
from daemons import served
from outside import PAGE, RULE, Outside, outside_of
from programs import PATIENCE, Daemon, until
from rehearse.test_report_browser import CONTRASTS
from server.consoles import enter, proposed
from statusbridge.core.model import Stage
from statusbridge.simulators.scenario import Scenario

pytestmark = [
    pytest.mark.process,
    pytest.mark.skipif(browser.PATH is None, reason="no Chromium here; apt-get install chromium"),
]

TOKEN = "a-token-for-the-console"
OTHER = replace(TEXTS, investigating="Most text messages are failing.")
_NOTE = "#waiting [data-note]"
_NOBODY = "Nobody knows how it stands now."
do = asyncio.to_thread
"""How a test uses a tab: the simulators share its loop, and must not stand still meanwhile."""
_HEADLINE, _PUBLISHED, _ACTS, _TEXT = "h1", "#published", "#acts", "body"


async def holds(tab: Tab, question: str) -> Any:
    """Return what *question* gives in the page, once it is true. Raises TimeoutError."""
    async with asyncio.timeout(PATIENCE):
        while not (found := await do(tab.evaluate, question)):  # noqa: ASYNC110 - a browser's doing
            await asyncio.sleep(0.05)
    return found


async def shown(tab: Tab, selector: str, wanted: str) -> str:
    """Return the text of *selector* in the page, once *wanted* is in it."""
    text = f"document.querySelector({json.dumps(selector)})?.innerText ?? ''"
    return str(await holds(tab, f"(text => text.includes({json.dumps(wanted)}) && text)({text})"))


@asynccontextmanager
async def watched(tmp_path: Path) -> AsyncIterator[tuple[Outside, Daemon, Tab, str]]:
    """A daemon whose one rule waits for a word, and a tab; yields with them its address."""
    async with outside_of(Scenario(pages=(PAGE,))) as outside:
        outside.environ["CONSOLE_TOKEN"] = TOKEN
        rule = RULE.replace('"auto"', '"review"').replace('after = "1s"', 'after = "5s"')
        outside.configure(rule, more='token = { env = "CONSOLE_TOKEN" }\n')
        async with outside.daemon() as daemon:
            url = await daemon.url()
            await daemon.cycle()
            with browser.browser(tmp_path) as tab:
                yield outside, daemon, tab, url


async def test_a_storm_arrives_is_approved_by_hand_opens_and_is_over_on_one_page(
    tmp_path: Path,
) -> None:
    async with watched(tmp_path) as (outside, _, tab, url):
        await do(tab.visit, f"{url}/", 1400)
        await shown(tab, _HEADLINE, "all is quiet")
        widths = [await do(fits, tab, w) for w in (400, 1400)]
        asked = await do(tab.evaluate, "document.querySelector('footer a[href=\"/enter\"]').href")
        await do(tab.visit, asked, 400)
        await do(tab.press, "[name=token]")
        await do(tab.type, TOKEN)
        await do(tab.key, "Enter")
        await shown(tab, _TEXT, "You may act here")
        await do(loaded_once, tab)
        async with outside.storm(4):
            await shown(tab, _HEADLINE, "1 opening waits for your word")
            await do(tab.press, "#waiting summary")
            await do(tab.press, "#waiting [name=reason]")
            await do(tab.type, "seen")
            await do(tab.press, "#waiting textarea")
            await do(tab.type, "We see it. ")
            contrasts = [await do(faint, tab, dark) for dark in (0, 1)]
            live = [await do(loaded_once, tab)]
            await do(tab.press, "#waiting [value=approve]")
            await shown(tab, _TEXT, "Approved public/sms.")
            await do(loaded_once, tab)
            await shown(tab, _HEADLINE, "1 open incident")
            published = await shown(tab, _TEXT, "We see it.")
        await shown(tab, _PUBLISHED, "Resolved")
        await shown(tab, _HEADLINE, "all is quiet")
        acts = await shown(tab, _ACTS, "approve")
        live.append(await do(loaded_once, tab))
        narrow = await do(fits, tab, 400)
        complaints, requests = tab.complaints(), tab.requests()

    assert widths == [True, True]
    assert narrow
    assert contrasts == [[], []]
    assert live == [True, True]
    assert complaints == []
    assert {one.rsplit("/", 1)[0] for one in requests} == {url}
    assert "console (token): seen" in acts
    assert "Published lately" in published
    assert [text[1] for text in outside.texts()][0::2] == ["investigating", "resolved"]
    assert "We see it." in outside.texts()[0][2]


async def test_a_page_whose_daemon_hangs_or_is_gone_looks_like_that(tmp_path: Path) -> None:
    async with watched(tmp_path) as (_, daemon, tab, url):
        await do(tab.visit, f"{url}/", 1400, 400)
        await shown(tab, _HEADLINE, "all is quiet")
        daemon.process.send_signal(signal.SIGSTOP)
        await do(tab.evaluate, "{ const now = Date.now; Date.now = () => now() + 60000; }")
        hung = await looks(tab, _NOBODY)
        daemon.process.send_signal(signal.SIGCONT)
        again = await looks(tab, "It works, and all is quiet.")
        await daemon.end(signal.SIGKILL)
        gone = await looks(tab, _NOBODY)
        lost = await shown(tab, "#lost", "The daemon does not answer. What is shown is of")
        await do(tab.evaluate, "scrollTo({ top: 9999, behavior: 'instant' })")
        at = await do(tab.evaluate, "document.querySelector('#lost').getBoundingClientRect().top")

    bad = (_NOBODY, "No answer · statusbridge", "bad", "grayscale(1)", False)
    assert (hung, gone) == (bad, bad)
    assert again == (
        "It works, and all is quiet.",
        "It works, and all is quiet. · statusbridge",
        "good",
        "none",
        True,
    )
    assert "may be over" in lost
    assert at == 0


async def test_without_scripts_and_without_a_mouse_it_is_approved_in_other_words(
    tmp_path: Path,
) -> None:
    async with watched(tmp_path) as (outside, daemon, tab, url):
        await do(tab.scripts, run=False)
        await do(tab.visit, f"{url}/", 400)
        anew = await do(tab.evaluate, "document.querySelector('meta[http-equiv=refresh]').content")
        await do(tab.visit, f"{url}/enter", 400)
        await do(walk, tab, "INPUT", "token")
        await do(tab.type, TOKEN)
        await do(tab.key, "Enter")
        await shown(tab, _TEXT, "You may act here")
        async with outside.storm(4):
            await until(lambda: daemon.event("operation.held"))
            await do(tab.visit, f"{url}/", 400)
            steps = [await do(walk, tab, "SUMMARY", "Decide")]
            await do(tab.key, "Enter")
            steps.append(await do(walk, tab, "TEXTAREA", "text"))
            await do(tab.type, "By hand. ")
            steps.append(await do(walk, tab, "BUTTON", "kind"))
            await do(tab.key, "Enter")
            await shown(tab, _TEXT, "Approved public/sms.")
            await until(outside.posts)
        await do(tab.visit, f"{url}/", 400)
        told = await shown(tab, _PUBLISHED, "By hand.")

    assert anew == "15"
    assert steps == [4, 2, 3]
    assert "Investigating" in told
    assert outside.texts()[0] == (
        "Delays sending SMS",
        "investigating",
        "By hand. Some text messages are failing.",
    )


async def test_what_is_being_written_stays_while_its_outage_changes_and_is_over(
    tmp_path: Path,
) -> None:
    with tempfile.TemporaryDirectory(prefix="sb-") as name:
        world, daemon = await proposed(Path(name))
        async with served(daemon) as (public, _):
            with browser.browser(tmp_path) as tab:
                await do(enter, tab, str(public.base_url).rstrip("/"))
                await do(tab.press, "#waiting summary")
                await do(tab.press, "#waiting textarea")
                await do(tab.type, "Ours. ")
                world.configure(a_rule(stage=Stage.REVIEW, texts=OTHER))
                await world.cycle(10)
                changed = await shown(tab, _NOTE, "This has changed since you opened it")
                world.clock.time += 7200
                await world.cycle()
                over = await shown(tab, _NOTE, "This waits no more")
                kept = await do(tab.evaluate, "document.querySelector('#waiting textarea').value")
                await do(tab.press, "#waiting summary")
                await holds(tab, "document.querySelector('#waiting') === null")

    assert "Ours. " in kept
    assert (changed, over) == (
        "This has changed since you opened it: close it, and look again.",
        "This waits no more. What you typed stays until you close it.",
    )


def loaded_once(tab: Tab) -> bool:
    """Whether the page is the one that was asked about before."""
    return bool(tab.evaluate("window.seen === true || !(window.seen = true)"))


async def looks(tab: Tab, headline: str) -> tuple[Any, ...]:
    """Return headline, title, tone and colours, and whether nothing is said to be lost."""
    await shown(tab, _HEADLINE, headline)
    return tuple(
        await do(
            tab.evaluate,
            "[document.querySelector('h1').innerText, document.title,"
            " document.querySelector('h1').className,"
            " getComputedStyle(document.querySelector('.tiles')).filter,"
            " document.querySelector('#lost').hidden]",
        )
    )


def walk(tab: Tab, kind: str, name: str) -> int:
    """Press Tab until the focus is on *kind* that is called, or begins with, *name*: how often."""
    for steps in range(1, 30):
        tab.key("Tab")
        at = tab.evaluate("(e => [e.tagName, e.name ?? e.innerText])(document.activeElement)")
        if at[0] == kind and at[1].startswith(name):
            return steps
    raise AssertionError(f"no {kind} {name} can be reached")


def fits(tab: Tab, width: int) -> bool:
    """Whether nothing of the page stands out of a window so wide."""
    tab.size(width, 900)
    return bool(tab.evaluate("document.documentElement.scrollWidth") <= width)


def faint(tab: Tab, dark: int) -> list[Any]:
    """Return the texts that hardly stand out from what is behind them."""
    scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
    tab.call("Emulation.setEmulatedMedia", features=[scheme])
    if folder := os.environ.get("CONSOLE_PICTURES"):
        for width in (1400, 400):
            tab.size(width, 900)
            Path(folder, f"{width}-{dark}.png").write_bytes(tab.picture(whole=True))
    found = tab.evaluate(CONTRASTS)
    assert len(found) > 30
    return [one for one in found if one[0] < 4.5]
