"""The program as its user has it: real processes on a real file, both APIs simulated on loopback.

The simulators run in the test's own event loop, so that a test can order faults, let people act and
read what is on the page; the program runs in processes of its own and knows nothing of the test.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import signal
import sys
import tempfile
import time
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path
from typing import Any
from unittest import mock

import structlog

from programs import PATIENCE, SOURCES, Daemon, Ended
from statusbridge import cli
from statusbridge.simulators.feed import AlertEntry
from statusbridge.simulators.notation import Span
from statusbridge.simulators.page_layout import PageEntry, components
from statusbridge.simulators.page_state import Post
from statusbridge.simulators.scenario import Scenario
from statusbridge.simulators.serve import Running, serving
from statusbridge.simulators.strikes import read_rule

RULE = """
[[rules]]
id        = "sms"
component = "Messaging / SMS"
window    = "3s"
stage     = "auto"
match     = { codes = [30008] }
trigger.degraded_performance = { count = 4 }
trigger.partial_outage       = { count = 40 }
recover   = { after = "1s", settle = "4s" }
publish   = { notify = "open-and-close" }
[rules.text]
title         = "Delays sending SMS"
investigating = "Some text messages are failing."
worsened      = "More text messages are failing."
returned      = "Text messages are failing again."
monitoring    = "Delivery is normal again."
resolved      = "Delivery is back to normal."
"""
"""Four alerts in 3 s degrade SMS, forty are an outage in part; it is watched for 4 s of quiet.

Shorter, and two transitions could be due in one cycle, of which only the last is posted.
"""

OPENED = ("Delays sending SMS", "investigating", "Some text messages are failing.")
WORSENED = ("Delays sending SMS", "investigating", "More text messages are failing.")
WATCHED = ("Delays sending SMS", "monitoring", "Delivery is normal again.")
RESOLVED = ("Delays sending SMS", "resolved", "Delivery is back to normal.")


TESTS = str(Path(__file__).parent)
PROGRAM = (sys.executable, "-W", "error", "-m", "statusbridge")

PAGE = PageEntry(
    structure=(
        {"group": "Messaging", "components": ["SMS", "WhatsApp"]},
        {"component": "Dashboard"},
    )
)


@dataclass(frozen=True)
class Posted:
    """One update on the page, as the public sees it."""

    text: tuple[str, str, str]
    """Title, stage and message."""
    components: dict[str, str]
    """By name: what the update says of each."""
    notified: bool


@dataclass
class Outside:
    """A folder with a configuration, the program's processes, and the world they work in."""

    folder: Path
    world: Running
    environ: dict[str, str] = field(default_factory=dict)
    program: tuple[str, ...] = PROGRAM
    """The words that start it; others may stand before them."""
    started: int = 0
    processes: list[Process] = field(default_factory=list)

    def __post_init__(self) -> None:
        account = self.world.twilio.accounts[0]
        kept = ("PATH", "COVERAGE_PROCESS_START", "COVERAGE_PROCESS_CONFIG", "COVERAGE_FILE")
        self.environ |= {name: os.environ[name] for name in kept if name in os.environ}
        self.environ |= {
            "HOME": str(self.folder),
            "PYTHONPATH": os.pathsep.join([str(SOURCES), TESTS, os.environ.get("PYTHONPATH", "")]),
            "STATE_DIRECTORY": str(self.folder / "state"),
            "TWILIO_ACCOUNT_SID": account.account_sid,
            "TWILIO_AUTH_TOKEN": account.auth_token,
            "INCIDENT_API_KEY": self.world.incidentio.api_key,
        }
        self.configure()

    @property
    def config(self) -> Path:
        return self.folder / "config.toml"

    @property
    def state(self) -> Path:
        return self.folder / "state" / "state.db"

    def configure(self, rules: str = RULE, more: str = "", **changes: str) -> None:
        """Write the configuration; *changes* replace a line by its key."""
        lines = {
            "poll_interval": '"1s"',
            "overlap": '"30s"',
            "doubt_wait": '"1s"',
            "listen": '"127.0.0.1:0"',
            "pages": f'{{ public = "{self.world.incidentio.pages.popitem()[0]}" }}',
            "twilio_url": f'"{self.world.twilio_url}"',
            "incidentio_url": f'"{self.world.incidentio_url}"',
        } | changes
        self.config.write_text(
            f"[twilio]\npoll_interval = {lines['poll_interval']}\noverlap = {lines['overlap']}\n"
            f"base_url = {lines['twilio_url']}\n"
            f"[incidentio]\nbase_url = {lines['incidentio_url']}\npages = {lines['pages']}\n"
            f"[publish]\ndoubt_wait = {lines['doubt_wait']}\n"
            f"[server]\nlisten = {lines['listen']}\n{more}{rules}"
        )

    async def __call__(self, *args: str) -> Ended:
        """Run a command to its end."""
        process = await self.start(args, asyncio.subprocess.PIPE, asyncio.subprocess.PIPE)
        out, err = await asyncio.wait_for(process.communicate(), PATIENCE)
        return Ended(process.returncode or 0, out.decode(), err.decode())

    async def json(self, *args: str) -> dict[str, Any]:
        """Return the document that a command prints with --json, whatever its exit code."""
        document: dict[str, Any] = json.loads((await self(*args, "--json")).out)
        return document

    @asynccontextmanager
    async def daemon(self, *args: str) -> AsyncIterator[Daemon]:
        """Run `run` while the block lasts; it is killed in the end if it is still there."""
        self.started += 1
        out, err = (self.folder / f"{self.started}.{name}" for name in ("out", "err"))
        with out.open("wb") as to_out, err.open("wb") as to_err:
            process = await self.start(("run", *args), to_out, to_err)
        daemon = Daemon(process, out, err)
        try:
            yield daemon
        finally:
            await daemon.end(signal.SIGKILL)

    async def here(self, *args: str) -> Ended:
        """Run a command to its end in this process, on a thread of its own."""
        return await asyncio.to_thread(self._main, args)

    def _main(self, args: tuple[str, ...]) -> Ended:
        out, err = StringIO(), StringIO()
        root = logging.getLogger()
        handlers, level = root.handlers, root.level
        with (
            mock.patch.dict(os.environ, self.environ, clear=True),
            contextlib.chdir(self.folder),
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
        ):
            try:
                code = cli.main(list(args))
            except SystemExit as end:
                code = int(end.code or 0)
            finally:
                structlog.reset_defaults()
                root.handlers, root.level = handlers, level
        return Ended(code, out.getvalue(), err.getvalue())

    async def start(
        self, args: tuple[str, ...], out: Any, err: Any = asyncio.subprocess.DEVNULL
    ) -> Process:
        """Start a command; it is killed with the world if it is still there."""
        process = await asyncio.create_subprocess_exec(
            *(*self.program, "--config", "config.toml", *args),
            cwd=self.folder,
            env=self.environ,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=out,
            stderr=err,
        )
        self.processes.append(process)
        return process

    async def aclose(self) -> None:
        """End what is still running."""
        for process in self.processes:
            if process.returncode is None:
                process.kill()
                await process.wait()

    @asynccontextmanager
    async def storm(self, per_second: int = 10, **changes: Any) -> AsyncIterator[None]:
        """Let alerts happen, *per_second*, until the block ends, and no longer."""
        raining = asyncio.create_task(self._rain(per_second, changes))
        try:
            yield
        finally:
            raining.cancel()
            await asyncio.gather(raining, return_exceptions=True)

    async def _rain(self, per_second: int, changes: dict[str, Any]) -> None:
        entry = {"code": 30008, "times": per_second // 2, "resource": "SM{n}"} | changes
        while True:
            self.world.twilio.add(AlertEntry(every=Span(0.01), **entry))
            await asyncio.sleep(0.5)

    def alerts(self, times: int, at: float = -1.0, **changes: Any) -> None:
        """Let so many alerts have happened, from *at* seconds from now on."""
        entry = {"code": 30008, "resource": "SM{n}"} | changes
        self.world.twilio.add(AlertEntry(at=Span(at), times=times, **entry))

    def fault(self, side: str, **table: Any) -> None:
        """Order a fault of "twilio", "incidentio" or "webhook", as scenarios write it."""
        simulator = getattr(self.world, side)
        simulator.faults.add(read_rule(table, simulator.clock(), "test"))

    def posts(self) -> list[Posted]:
        """Return every update on every page, in the order of posting."""
        pages = self.world.incidentio.pages.values()
        names = {
            placed.component.component_id: placed.component.name
            for page in pages
            for placed in components(page.items)
        }
        found: list[tuple[Post, str]] = [
            (post, incident.name)
            for incident in self.world.incidentio.world.incidents.values()
            for post in incident.posts
        ]
        return [
            Posted(
                (name, post.status, post.message),
                {names[component]: status for component, status in post.components},
                post.notified,
            )
            for post, name in sorted(found, key=lambda pair: pair[0].at)
        ]

    def texts(self) -> list[tuple[str, str, str]]:
        """Return title, stage and message of every update on the page, in order."""
        return [post.text for post in self.posts()]

    def writes(self) -> int:
        """Return how many writes the page has received, applied or not."""
        received = self.world.incidentio.journal.received
        return sum(1 for request in received if request.method != "GET")


@asynccontextmanager
async def outside_of(
    scenario: Scenario, now: Callable[[], float] = time.time
) -> AsyncIterator[Outside]:
    """Serve *scenario* by *now*, with a folder whose path is short enough for a socket."""
    with tempfile.TemporaryDirectory(prefix="sb-") as folder:
        async with serving(scenario, now=now) as running:
            outside = Outside(Path(folder), running)
            try:
                yield outside
            finally:
                await outside.aclose()


async def each_in_its_own(*plays: Callable[[Outside], Awaitable[None]]) -> None:
    """Play all at once, each in a world of its own: most of their time is waiting."""

    async def play(one: Callable[[Outside], Awaitable[None]]) -> None:
        async with outside_of(Scenario(pages=(PAGE,))) as outside:
            await one(outside)

    async with asyncio.TaskGroup() as group:
        for one in plays:
            group.create_task(play(one))
