"""The program's processes as tests see them: how they ended, what they log, waiting for it."""

from __future__ import annotations

import asyncio
import json
import signal
from asyncio.subprocess import Process
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

import statusbridge

SOURCES = Path(statusbridge.__file__).parents[1]
PATIENCE = 30.0
"""Seconds that anything may take before a test gives up; nothing takes so long by itself."""


@dataclass(frozen=True)
class Ended:
    """What a command left behind."""

    code: int
    out: str
    err: str


@dataclass
class Daemon:
    """A daemon that is running, and what it has said."""

    process: Process
    out: Path
    err: Path

    def events(self) -> list[dict[str, Any]]:
        """Return the log, an entry a whole line. Raises ValueError where one is no JSON."""
        whole, _, _ = self.err.read_text().rpartition("\n")
        return [json.loads(line) for line in whole.splitlines()]

    def event(self, name: str) -> dict[str, Any] | None:
        """Return the newest log entry of that name."""
        return next((e for e in reversed(self.events()) if e["event"] == name), None)

    async def url(self) -> str:
        """Return where it answers over HTTP."""
        entry = await until(lambda: self.event("server.started"))
        return f"http://{entry['listen']}"

    def cycles(self) -> int:
        """Return how many cycles were finished."""
        return sum(entry["event"] == "cycle.finished" for entry in self.events())

    async def cycle(self) -> dict[str, Any]:
        """Wait for a cycle that begins after now, and return its log entry."""
        seen = self.cycles()
        await until(lambda: self.cycles() > seen + 1)
        return self.event("cycle.finished") or {}

    async def end(self, number: int = signal.SIGTERM) -> int:
        """Send the signal *number* and return the exit code."""
        if self.process.returncode is None:
            self.process.send_signal(number)
        return await asyncio.wait_for(self.process.wait(), PATIENCE)


async def until(condition: Callable[[], Any], seconds: float = PATIENCE) -> Any:
    """Return what *condition* gives once it is true. Raises TimeoutError."""
    async with asyncio.timeout(seconds):
        while not (found := condition()):  # noqa: ASYNC110 - what other processes do sets no event
            await asyncio.sleep(0.02)
    return found


async def get(url: str) -> tuple[int, str]:
    """Return status and text of a GET."""
    async with httpx.AsyncClient(trust_env=False) as client:
        reply = await client.get(url, timeout=PATIENCE)
    return reply.status_code, reply.text
