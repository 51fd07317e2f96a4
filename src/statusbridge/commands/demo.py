"""`statusbridge demo`: an outage from its first alert to its last post, with no account.

The real daemon runs in a process of its own between two simulated APIs; this command watches from
outside, and ends with 1 where the page did not show what it should have.
"""

from __future__ import annotations

import argparse
import asyncio
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TypeAlias

from rich.console import Console, Group
from rich.live import Live

from statusbridge.commands import demo_view
from statusbridge.commands.demo_lines import events, summary
from statusbridge.commands.demo_scene import Scene
from statusbridge.commands.demo_stage import Folder, Stage, staged
from statusbridge.commands.demo_story import flaw, is_complete, misread
from statusbridge.commands.exits import FAILED
from statusbridge.commands.running import complain

Show: TypeAlias = Callable[[Scene], None]
"""Shows the next scene."""

_INTERRUPTED = 130
_STEP = 0.25
"""Seconds between two scenes."""
_START_PATIENCE = 20
"""Seconds for the daemon to have read both APIs once."""
_STORY_PATIENCE = 45
"""Seconds for the story, which takes 21 where nothing is slow."""


class Spoiled(Exception):  # noqa: N818  (what became of the story, not of the program)
    """The story was not played to its end; the message is a clause that says why."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what `demo` does; it takes no argument."""


def run(_: argparse.Namespace) -> int:
    """Play the story. Returns 0; 1 where it went another way, 130 where a person ended it."""
    try:
        folder = Folder(Path(tempfile.mkdtemp(prefix="statusbridge-demo-")))
    except OSError as error:
        complain(f"there is no room for the demonstration's files: {error}")
        return FAILED
    return _show(folder, Console(highlight=False, soft_wrap=True))


def _show(folder: Folder, console: Console) -> int:
    showing = _live(console) if _fits(console) else _plain(console)
    try:
        with showing as show:
            scene = asyncio.run(_play(folder, show))
    except asyncio.CancelledError:
        complain(f"ended before the story was; its files are kept in {folder.path}")
        return _INTERRUPTED
    except (Spoiled, OSError) as error:
        complain(f"the demonstration failed: {error}. Its files are kept in {folder.path}")
        return FAILED
    for line in summary(scene, folder, _command()):
        console.print(line)
    return 0


def _fits(console: Console) -> bool:
    """Whether stdout is a terminal that can move its cursor and is large enough for the view."""
    large = console.width >= demo_view.LEAST_WIDTH and console.height >= demo_view.LEAST_HEIGHT
    return sys.stdout.isatty() and not console.is_dumb_terminal and large


@contextmanager
def _live(console: Console) -> Iterator[Show]:
    with Live(console=console, screen=True, auto_refresh=False) as screen:

        def show(scene: Scene) -> None:
            found = demo_view.lines(scene, console.width, console.height)
            screen.update(Group(*found), refresh=True)

        yield show


@contextmanager
def _plain(console: Console) -> Iterator[Show]:
    before: Scene | None = None

    def show(scene: Scene) -> None:
        nonlocal before
        for line in events(before, scene):
            console.print(line, markup=False)
        console.file.flush()
        before = scene

    console.print("The real daemon between two simulated APIs, for some 20 seconds; times are UTC.")
    yield show


async def _play(folder: Folder, show: Show) -> Scene:
    """Play the whole story and return its last scene, the daemon ended. Raises Spoiled, OSError."""
    this, loop = asyncio.current_task(), asyncio.get_running_loop()
    for ending in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(ending, this.cancel)  # type: ignore[union-attr]
    async with staged(folder) as stage:
        await _until(stage, show, lambda s: s.ready, _START_PATIENCE, "the daemon was not ready")
        stage.begin()
        end = await _until(
            stage, show, lambda s: is_complete(s.page), _STORY_PATIENCE, "the outage was not over"
        )
        # A while longer: nothing may come after the end, and people want to read it.
        last = await _until(
            stage, show, lambda s: _covered(s) > end.at, _START_PATIENCE, "the daemon read no more"
        )
        most = stage.happened(time.time())
        if wrong := misread(_seen(last), stage.happened(_covered(last)), most):
            raise Spoiled(wrong)
    return last


async def _until(
    stage: Stage, show: Show, done: Callable[[Scene], bool], patience: float, otherwise: str
) -> Scene:
    """Show scene after scene until one is *done*; return it. Raises Spoiled."""
    deadline = time.monotonic() + patience
    while True:
        scene = await stage.scene()
        show(scene)
        if stage.daemon.returncode is not None:
            raise Spoiled(f"the daemon ended by itself: {stage.folder.last_words()}")
        if wrong := flaw(scene.page):
            raise Spoiled(wrong)
        if done(scene):
            return scene
        if time.monotonic() > deadline:
            raise Spoiled(f"{otherwise} within {patience} s; this machine may be too busy")
        await asyncio.sleep(_STEP)


def _covered(scene: Scene) -> float:
    """Return the daemon's watermark; 0 where it has none."""
    until = scene.status and scene.status["sources"][0]["covered_until"]
    return datetime.fromisoformat(until).timestamp() if until else 0


def _seen(scene: Scene) -> int:
    return int(scene.status["alerts"]["seen"]) if scene.status else 0


def _command() -> str:
    """Return how this program was called, for commands to paste."""
    if shutil.which("statusbridge"):
        return "statusbridge"
    called = Path(sys.argv[0])
    return str(called) if called.name == "statusbridge" else f"{sys.executable} -m statusbridge"
