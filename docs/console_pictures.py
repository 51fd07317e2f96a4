"""The pictures of the console in images/, taken of a made evening:

PYTHONPATH=src:tests python docs/console_pictures.py

Needs Chromium, and leaves nothing behind but the pictures.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from browser import Tab, browser
from builders import TEXTS, a_rule, a_trigger
from daemons import a_config, a_daemon, served
from statusbridge.core.model import Stage, Status
from statusbridge.core.rules import CodeRange, Match
from world import World

IMAGES = Path(__file__).parent / "images"
TOKEN = "a-token-for-the-console"

# Name, width, height, whether dark.
PICTURES = (("console.png", 1200, 1180, False), ("console-phone.png", 400, 1000, True))


def an_evening() -> World:
    """Text messages fail since a quarter of an hour; calls begin to, and wait for a word."""
    window, triggers = 600, (a_trigger(count=25), a_trigger(Status.PARTIAL_OUTAGE, count=150))
    calls = Match(codes=(CodeRange(11200, 11299),))
    world = World(
        a_rule("sms-delivery", incident="sms", window=window, triggers=triggers),
        a_rule(
            "webhook-answers",
            window=window,
            stage=Stage.REVIEW,
            match=calls,
            triggers=(a_trigger(count=12),),
            components=("Calls",),
            texts=replace(
                TEXTS, title="Slow replies to calls", investigating="Replies to calls are slow."
            ),
        ),
    )
    for minute in range(180):
        at = -60 * (180 - minute)
        world.storm(1 + minute % 2 if minute < 165 else 4 + minute % 3, at=at, sid=None)
        if minute % 7 == 0 or minute > 170:
            world.storm(3, at=at, code=11200, sid=None)
    world.feed.alerts = [
        alert._replace(sid=f"NO{n:032x}", resource=f"SM{n:032x}")
        for n, alert in enumerate(world.feed.alerts)
    ]
    return world


def take(tab: Tab, url: str) -> None:
    """Enter the token at *url*, and write each picture once all is there."""
    tab.visit(f"{url}/enter", 1200)
    tab.evaluate(f"document.querySelector('[name=token]').value = '{TOKEN}'")
    tab.evaluate("document.querySelector('form').submit()")
    for name, width, height, dark in PICTURES:
        for _ in range(2):  # what is read beside the first is on the second
            tab.visit(f"{url}/", width, height, dark)
        (IMAGES / name).write_bytes(tab.picture())


async def take_all() -> None:
    world = an_evening()
    await world.cycle()
    await world.cycle(10)
    with tempfile.TemporaryDirectory(prefix="sb-") as name:
        folder = Path(name)
        more = 'token = { env = "CONSOLE_TOKEN" }\n'
        daemon = a_daemon(world, a_config(folder, more=more, environ={"CONSOLE_TOKEN": TOKEN}))
        daemon.cycles = 1
        async with served(daemon) as (public, _):
            with browser(folder / "profile") as tab:
                await asyncio.to_thread(take, tab, str(public.base_url).rstrip("/"))
                if complaints := tab.complaints():
                    sys.exit("\n".join(complaints))


if __name__ == "__main__":
    asyncio.run(take_all())
