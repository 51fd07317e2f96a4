"""The stage of a demonstration: both simulators, and the real daemon in a process of its own."""

from __future__ import annotations

import asyncio
import ctypes
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path
from string import Template

import msgspec

from statusbridge.adapters.sqlite_errors import StoreError
from statusbridge.commands.asking import ask
from statusbridge.commands.demo_scene import Scene, face, tally
from statusbridge.documents import Document
from statusbridge.simulators.scenario import Scenario, load
from statusbridge.simulators.serve import Running, serving

SCENARIO = "carrier-failure"

_PATIENCE = 10
"""Seconds for the daemon to end; it promises 8 and its connections 1."""

_LIBC = ctypes.CDLL(None)
_PR_SET_PDEATHSIG = 1

_OURS = ("STATUSBRIDGE_", "TWILIO_", "INCIDENT_")
_MANAGERS = frozenset(
    {"NOTIFY_SOCKET", "STATE_DIRECTORY", "RUNTIME_DIRECTORY", "CREDENTIALS_DIRECTORY"}
)


class _Entry(msgspec.Struct):
    """What is read of the daemon's log."""

    event: str = ""
    listen: str = ""


@dataclass(frozen=True, slots=True)
class Folder:
    """Where the files of a demonstration are, and stay."""

    path: Path

    @property
    def config(self) -> Path:
        return self.path / "config.toml"

    @property
    def store(self) -> Path:
        return self.path / "state.db"

    @property
    def log(self) -> Path:
        return self.path / "daemon.log"

    @property
    def socket(self) -> Path:
        return self.path / "statusbridge.sock"

    def console(self) -> str:
        """Return the address of the daemon's console; "" while its log tells of none."""
        if not self.log.exists():
            return ""
        whole, _, _ = self.log.read_text(encoding="utf-8", errors="replace").rpartition("\n")
        for line in whole.splitlines():
            with suppress(msgspec.DecodeError):
                entry = msgspec.json.decode(line, type=_Entry)
                if entry.event == "server.started":
                    return f"http://{entry.listen}/"
        return ""

    def last_words(self) -> str:
        """Return the end of the daemon's log; "" where it said nothing."""
        return self.log.read_text(encoding="utf-8", errors="replace").strip().rpartition("\n")[2]


@dataclass(slots=True)
class Stage:
    """The simulators, the daemon, and when the scenario was begun; None: it was not yet.

    *console*: where the daemon's can be looked at; "": it has not said so yet.
    """

    folder: Folder
    scenario: Scenario
    running: Running
    daemon: asyncio.subprocess.Process
    begun: float | None = None
    console: str = ""

    def begin(self) -> None:
        """Let the scenario's alerts happen from now on."""
        self.begun = time.time()
        self.running.twilio.add(*self.scenario.alerts, start=self.begun)

    async def scene(self) -> Scene:
        """Return what is to be seen now."""
        status = await asyncio.to_thread(_status, self.folder.socket)
        now = time.time()
        self.console = self.console or self.folder.console()
        return Scene(
            at=now,
            elapsed=0.0 if self.begun is None else now - self.begun,
            tallies=tally(self.running.twilio.visible(), now),
            page=face(self.running.incidentio),
            status=status,
            console=self.console,
        )

    def happened(self, until: float) -> int:
        """Return how many alerts Twilio shows that happened by *until*."""
        return sum(alert.generated <= until for alert in self.running.twilio.visible())


@asynccontextmanager
async def staged(folder: Folder) -> AsyncIterator[Stage]:
    """Serve both APIs and run the daemon on them while the block lasts; no alert happens before
    `Stage.begin`, however long the daemon takes to start. Raises OSError."""
    scenario = load(SCENARIO)
    async with serving(replace(scenario, alerts=())) as running:
        folder.config.write_text(_config(running, folder), encoding="utf-8")
        async with _daemon(folder, _environment(scenario, os.environ)) as daemon:
            yield Stage(folder, scenario, running, daemon)


def _config(running: Running, folder: Folder) -> str:
    template = files(__package__).joinpath("demo_config.toml").read_text(encoding="utf-8")
    return Template(template).substitute(
        twilio_url=running.twilio_url,
        incidentio_url=running.incidentio_url,
        page_id=running.player.scenario.pages[0].id,
        store=msgspec.json.encode(str(folder.store)).decode(),
    )


def _environment(scenario: Scenario, environ: Mapping[str, str]) -> dict[str, str]:
    """Return *environ* with fake credentials, and without what would reach a real account or
    another daemon's state."""
    left = {k: v for k, v in environ.items() if not k.startswith(_OURS) and k not in _MANAGERS}
    account = scenario.accounts[0]
    return left | {
        "TWILIO_ACCOUNT_SID": account.account_sid,
        "TWILIO_AUTH_TOKEN": account.auth_token,
        "INCIDENT_API_KEY": scenario.api_key,
    }


@asynccontextmanager
async def _daemon(
    folder: Folder, environ: Mapping[str, str]
) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run `statusbridge run` while the block lasts, its log in the folder.

    In a session of its own: Ctrl-C is for the demonstration, which ends the daemon in order.
    """
    command = (sys.executable, "-m", "statusbridge", "run", "--config", str(folder.config))
    with folder.log.open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            *command,
            env=environ,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            # A demonstration that is killed can't end its daemon, which would poll for ever.
            preexec_fn=_end_with_parent,
        )
    try:
        yield process
    finally:
        await _ended(process)


async def _ended(process: asyncio.subprocess.Process) -> None:
    if process.returncode is not None:
        return
    process.terminate()
    try:
        with suppress(TimeoutError):
            await asyncio.wait_for(process.wait(), _PATIENCE)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


def _end_with_parent() -> None:
    """Ask Linux to end this process when the one that started it is gone: prctl(2)."""
    if sys.platform == "linux":
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def _status(socket: Path) -> Document | None:
    try:
        answer = ask(socket, "GET", "/status")
    except StoreError:
        return None
    return None if answer is None else answer.document
