"""A console to look at and to act on, of a daemon on a small world."""

from __future__ import annotations

import re
from pathlib import Path

import httpx

from browser import Tab
from builders import a_rule
from daemons import a_config, a_daemon
from statusbridge.core.model import Stage
from statusbridge.daemon import Daemon
from world import World

TOKEN = "a-token-for-the-console"


def a_console(world: World, folder: Path, locked: bool = True) -> Daemon:
    more = 'token = { env = "CONSOLE_TOKEN" }\n' if locked else ""
    daemon = a_daemon(world, a_config(folder, more=more, environ={"CONSOLE_TOKEN": TOKEN}))
    daemon.cycles = 1
    return daemon


async def proposed(folder: Path, locked: bool = True) -> tuple[World, Daemon]:
    world = World(a_rule(stage=Stage.REVIEW))
    world.storm(4, at=-10)
    await world.cycle()
    return world, a_console(world, folder, locked)


async def text_of(public: httpx.AsyncClient) -> str:
    """The page's text, once all that is read beside it is there."""
    await public.get("/")
    whole = (await public.get("/")).text
    body = whole[whole.index("<main") : whole.index("</main>")]
    return " ".join(re.sub(r"<[^>]*>", " ", body).split())


async def entered(public: httpx.AsyncClient) -> str:
    """Bring the token; return the key of the forms."""
    answer = await public.post("/enter", data={"token": TOKEN})
    assert answer.status_code == 303
    (key,) = set(re.findall(r'name="form_key" value="([^"]+)"', (await public.get("/")).text))
    return key


def enter(tab: Tab, url: str) -> None:
    """Bring the token, and look at the page once all that is read beside it is there."""
    tab.visit(f"{url}/enter", 1400)
    tab.evaluate(f"document.querySelector('[name=token]').value = '{TOKEN}'")
    # To visit another address before the token was taken would call its sending off.
    tab.follow("document.querySelector('form').submit()")
    for _ in range(2):
        tab.visit(f"{url}/", 1400)
