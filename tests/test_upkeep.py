"""The upkeep of docs/operations.md: its commands, run as they stand there beside a real daemon."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from outside import OPENED, PAGE, PROGRAM, RULE, Outside, outside_of
from pages import ROOT, text_of
from programs import Daemon, get, until
from statusbridge.simulators.scenario import Scenario

pytestmark = pytest.mark.process

OPERATIONS = ROOT / "docs" / "operations.md"


def shown(heading: str) -> list[list[str]]:
    """The commands of each console block under *heading*."""
    section = re.split(r"^##+ ", text_of(OPERATIONS).partition(f"### {heading}\n")[2], flags=re.M)[
        0
    ]
    found = re.findall(r"^ *```console\n(.*?)^ *```", section, re.DOTALL | re.MULTILINE)
    return [re.findall(r"^ *\$ (.*)$", block, re.MULTILINE) for block in found]


@dataclass
class Machine:
    """Where the commands are typed: what is installed lies in the folder of *outside*."""

    outside: Outside
    stack: AsyncExitStack
    daemons: list[Daemon] = field(default_factory=list)

    @property
    def daemon(self) -> Daemon:
        return self.daemons[-1]

    async def type(self, line: str) -> str:
        """Run *line*; return what it printed. What only a whole machine has is played."""
        if line.startswith("systemctl "):
            await self._systemctl(line.split()[1])
            return ""
        if line.endswith("/install.sh"):
            return ""
        folder = self.outside.folder
        for there, here in (
            ("/var/lib/statusbridge", "state"),
            ("/var/backups/statusbridge", "backups"),
            ("/etc/statusbridge/secrets", "secrets"),
        ):
            line = line.replace(there, str(folder / here))
        process = await asyncio.create_subprocess_exec(
            *("/bin/sh", "-c", line),
            cwd=folder,
            env=self.outside.environ | {"PATH": f"{folder}/bin:{os.environ['PATH']}"},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        told, _ = await process.communicate()
        assert process.returncode == 0, f"{line}: {told.decode()}"
        return told.decode()

    async def _systemctl(self, verb: str) -> None:
        if verb in ("stop", "restart"):
            assert await self.daemon.end() == 0
        if verb in ("start", "restart"):
            await self.start()

    async def start(self) -> None:
        daemon = await self.stack.enter_async_context(self.outside.daemon())
        self.daemons.append(daemon)
        await until(daemon.cycles)


@asynccontextmanager
async def machine() -> AsyncIterator[Machine]:
    async with outside_of(Scenario(pages=(PAGE,))) as outside, AsyncExitStack() as stack:
        for name in ("bin", "backups", "secrets"):
            (outside.folder / name).mkdir(mode=0o700)
        program = outside.folder / "bin" / "statusbridge"
        program.write_text(f'#!/bin/sh\nexec {" ".join(PROGRAM)} --config config.toml "$@"\n')
        program.chmod(0o755)
        yield Machine(outside, stack)


async def test_a_machine_is_upgraded_backed_up_and_restored_by_what_is_shown() -> None:
    (upgrade,), (copy, restore) = shown("Upgrade"), shown("Back up and restore")
    async with machine() as here:
        await here.start()
        told = [await here.type(line) for line in (*upgrade, *copy)]
        async with here.outside.storm():
            await until(here.outside.posts)
        # What was posted since the copy was made is not in it.
        later = [await here.type(line) for line in restore]
        await here.daemon.cycle()
        recalled = here.daemon.event("incident.recalled")
        await until(lambda: "resolved" in [text[1] for text in here.outside.texts()])

    assert len(here.daemons) == 3
    assert "runs, version" in told[-2]
    assert "sound" in later[-1]
    assert recalled is not None
    assert [text for text in here.outside.texts() if text == OPENED] == [OPENED]


def named(secrets: Path, account_sid: str) -> str:
    """Accounts whose secret lies in *secrets*."""
    file = secrets / "twilio_auth_token"
    return (
        f'[[twilio.accounts]]\nname = "default"\naccount_sid = "{account_sid}"\n'
        f'auth_token = {{ file = "{file}" }}\n'
    )


async def test_keys_are_rotated_by_what_is_shown_and_no_poll_fails() -> None:
    (commands,) = shown("Rotate keys")
    async with machine() as here:
        world, secrets = here.outside.world, here.outside.folder / "secrets"
        (account,), (page,) = world.twilio.accounts, world.incidentio.pages
        key = secrets / "incident_api_key"
        here.outside.configure(
            RULE,
            more=named(secrets, account.account_sid),
            pages=f'{{ public = "{page}" }}\napi_key = {{ file = "{key}" }}',
        )
        for name, old in (
            ("twilio_auth_token", account.auth_token),
            ("incident_api_key", world.incidentio.api_key),
        ):
            for path, secret in ((secrets / name, old), (secrets / f"{name}.new", f"new-{old}")):
                path.write_text(secret)
                path.chmod(0o600)
        await here.start()
        renewed = replace(account, auth_token=f"new-{account.auth_token}")
        world.twilio.accounts = (account, renewed)
        await here.daemon.cycle()
        for line in commands:
            await here.type(line)
        world.incidentio.api_key = f"new-{world.incidentio.api_key}"
        await here.daemon.cycle()
        world.twilio.accounts = (renewed,)
        async with here.outside.storm():
            await until(here.outside.posts)
        ready = await get(f"{await here.daemon.url()}/readyz")
        trouble = here.daemon.event("source.unavailable")
        doctor = await here.type("statusbridge doctor")

    assert len(here.daemons) == 1
    assert ready == (200, "ok\n")
    assert trouble is None
    assert "may publish" in doctor
