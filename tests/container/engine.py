"""Containers of the image as `deploy/container/compose.yaml` runs it, on this machine's network.

Both simulators listen on loopback, and to nothing else would the program speak plain http.
"""

from __future__ import annotations

import asyncio
import json
import os
import shlex
import socket
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from outside import RULE, Outside
from pages import ROOT, text_of
from programs import PATIENCE, Ended

IMAGE = os.environ.get("CONTAINER_IMAGE", "")
ENGINE = shlex.split(os.environ.get("CONTAINER_ENGINE", "podman"))
MORE = shlex.split(os.environ.get("CONTAINER_FLAGS", ""))
"""What `run` needs besides on this machine."""

SERVICE = yaml.safe_load(text_of(ROOT / "deploy" / "container" / "compose.yaml"))["services"][
    "statusbridge"
]
UID = int(SERVICE["user"].partition(":")[0])


async def engine(*arguments: str, cwd: Path | None = None) -> Ended:
    """Run the engine to the end of that."""
    process = await asyncio.create_subprocess_exec(
        *ENGINE,
        *arguments,
        cwd=cwd,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await asyncio.wait_for(process.communicate(), 2 * PATIENCE)
    return Ended(process.returncode or 0, out.decode(), err.decode())


def restrictions() -> list[str]:
    """What the compose file takes from it, as options of `run`."""
    assert SERVICE["read_only"]
    return [
        "--read-only",
        f"--user={SERVICE['user']}",
        f"--pids-limit={SERVICE['pids_limit']}",
        f"--memory={SERVICE['mem_limit']}",
        *(f"--cap-drop={right}" for right in SERVICE["cap_drop"]),
        # podman's word for it has no value.
        *(f"--security-opt={o.removesuffix(':true')}" for o in SERVICE["security_opt"]),
        *(f"--tmpfs={mount}" for mount in SERVICE["tmpfs"]),
    ]


def a_free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


@dataclass
class Container:
    """One that was started."""

    name: str

    async def statusbridge(self, *arguments: str) -> Ended:
        """Run a command in it."""
        return await engine("exec", self.name, "statusbridge", *arguments)

    async def python(self, text: str) -> Any:
        """Return the JSON that *text* prints in it."""
        ended = await engine("exec", self.name, "python3", "-c", text)
        assert ended.code == 0, ended.err
        return json.loads(ended.out)

    async def events(self) -> list[dict[str, Any]]:
        """Return its log."""
        said = await engine("logs", self.name)
        return [json.loads(line) for line in said.err.splitlines() if line.startswith("{")]

    async def event(self, name: str) -> dict[str, Any]:
        """Wait for a log entry of that name."""
        async with asyncio.timeout(PATIENCE):
            while True:
                for entry in await self.events():
                    if entry["event"] == name:
                        return entry
                await asyncio.sleep(0.1)

    async def cycles(self, more: int) -> None:
        """Wait until it has finished so many *more* cycles."""
        before = await self._finished()
        async with asyncio.timeout(PATIENCE):
            while await self._finished() < before + more:  # noqa: ASYNC110 - of another process
                await asyncio.sleep(0.1)

    async def _finished(self) -> int:
        return sum(entry["event"] == "cycle.finished" for entry in await self.events())

    async def stop(self) -> int:
        """Send SIGTERM, and return its exit code."""
        await engine("stop", "--time", SERVICE["stop_grace_period"].removesuffix("s"), self.name)
        ended = await engine("inspect", "--format", "{{.State.ExitCode}}", self.name)
        return int(ended.out)


@dataclass
class Host:
    """A machine with a folder for the compose file, and the volume of the state."""

    outside: Outside
    volume: str = field(default_factory=lambda: f"statusbridge-{uuid.uuid4().hex[:8]}")
    """The engine's, or a folder of this machine."""
    port: int = field(default_factory=a_free_port)

    def configure(self, rules: str = RULE) -> None:
        """Lay config/ and secrets/ beside the compose file, as docs/operations.md says."""
        folder, account = self.outside.folder, self.outside.world.twilio.accounts[0]
        for name in ("config", "secrets"):
            (folder / name).mkdir(exist_ok=True)
        self._secret("twilio_auth_token", account.auth_token)
        self._secret("incident_api_key", self.outside.world.incidentio.api_key)
        (page,) = self.outside.world.incidentio.pages
        # As an editor does it: another file by the same name.
        draft = folder / "config" / "draft"
        draft.write_text(
            f'[twilio]\npoll_interval = "1s"\noverlap = "30s"\n'
            f'base_url = "{self.outside.world.twilio_url}"\n'
            f'[[twilio.accounts]]\nname = "prod"\naccount_sid = "{account.account_sid}"\n'
            'auth_token = { credential = "twilio_auth_token" }\n'
            f'[incidentio]\nbase_url = "{self.outside.world.incidentio_url}"\n'
            'api_key = { credential = "incident_api_key" }\n'
            f'pages = {{ public = "{page}" }}\n'
            f'[publish]\ndoubt_wait = "1s"\n{rules}'
        )
        draft.rename(folder / "config" / "config.toml")

    def _secret(self, name: str, value: str) -> None:
        path = self.outside.folder / "secrets" / name
        path.unlink(missing_ok=True)
        path.write_text(value)
        path.chmod(0o400)
        os.chown(path, UID, UID)

    @asynccontextmanager
    async def container(self) -> AsyncIterator[Container]:
        """Run one as the compose file says, while the block lasts."""
        folder = self.outside.folder
        options = [
            "--detach",
            *restrictions(),
            f"--volume={self.volume}:/var/lib/statusbridge",
            f"--volume={folder / 'config'}:/etc/statusbridge:ro",
            *(f"--volume={folder / 'secrets' / n}:/run/secrets/{n}:ro" for n in SERVICE["secrets"]),
        ]
        async with self._started(["run", *options]) as container:
            yield container

    @asynccontextmanager
    async def as_shown(self, words: list[str]) -> AsyncIterator[Container]:
        """Run one by *words* that are shown to people, from the folder of the compose file."""
        own = [word.replace("statusbridge-state", self.volume) for word in words]
        async with self._started(own) as container:
            yield container

    @asynccontextmanager
    async def _started(self, words: list[str]) -> AsyncIterator[Container]:
        container = Container(f"statusbridge-{uuid.uuid4().hex[:8]}")
        started = await engine(
            *words,
            f"--name={container.name}",
            "--network=host",
            f"--env=STATUSBRIDGE_SERVER__LISTEN=127.0.0.1:{self.port}",
            *MORE,
            IMAGE,
            cwd=self.outside.folder,
        )
        try:
            assert started.code == 0, started.err
            yield container
        finally:
            await engine("rm", "--force", container.name)


def handed_over(path: Path, mode: int) -> None:
    """Let *path* be as Kubernetes hands it to the group of a pod: root's, with that *mode*."""
    os.chown(path, 0, UID)
    path.chmod(mode)
