"""Children of the measurements: the simulators, and one process for each thing measured."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

ROOT = Path(__file__).resolve().parent.parent
CONFIG = ROOT / "benchmarks" / "config.toml"

_LIMIT = 1800
"""Seconds that one child may take."""


@contextmanager
def simulators(alerts: int) -> Iterator[dict[str, str]]:
    """Serve both simulators with *alerts* in a process of their own; yield a bridge's settings."""
    server = subprocess.Popen(
        _module("traffic", str(alerts)),
        cwd=ROOT,
        env=environment({}),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert server.stdin is not None
    assert server.stdout is not None
    try:
        told = json.loads(server.stdout.readline())
        _warm(told)
        yield {
            "STATUSBRIDGE_CONFIG": str(CONFIG),
            "STATUSBRIDGE_TWILIO__BASE_URL": told["twilio"],
            "STATUSBRIDGE_INCIDENTIO__BASE_URL": told["incidentio"],
            "TWILIO_ACCOUNT_SID": told["account_sid"],
            "TWILIO_AUTH_TOKEN": told["auth_token"],
            "INCIDENT_API_KEY": told["api_key"],
        }
    finally:
        server.stdin.close()
        server.wait(timeout=30)


def measured(module: str, *args: str, env: Mapping[str, str]) -> dict[str, Any]:
    """Run `benchmarks.MODULE` to its end; return the JSON document that it printed last."""
    done = subprocess.run(
        _module(module, *args),
        cwd=ROOT,
        env=environment(env),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        timeout=_LIMIT,
    )
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def environment(more: Mapping[str, str]) -> dict[str, str]:
    """Return the environment with *more*, the project importable, and no other settings of it."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("STATUSBRIDGE_", "TWILIO_"))}
    return kept | {"PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}"} | dict(more)


def _warm(told: Mapping[str, str]) -> None:
    """Ask once: the simulator sorts its alerts at the first request."""
    auth = (told["account_sid"], told["auth_token"])
    httpx.get(f"{told['twilio']}/v1/Alerts", auth=auth, timeout=60).raise_for_status()


def _module(name: str, *args: str) -> list[str]:
    return [sys.executable, "-m", f"benchmarks.{name}", *args]
