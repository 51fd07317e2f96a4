"""A daemon with a day of alerts over HTTP: as Prometheus asks it, and as a browser does."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
from tests.browser import PATH, Tab, browser

from benchmarks.commands import running

_PATIENCE = 300
"""Seconds until the day must have been read."""
_PAINTED = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0"


@dataclass(frozen=True, slots=True)
class Served:
    """Milliseconds of each request and each first paint; bytes of the whole page and its part."""

    metrics: list[float]
    page: list[float]
    bytes_: int
    live_bytes: int
    paints: list[float]
    """From the start of loading the page to the first text; empty where there is no Chromium."""


def served(times: int, env: Mapping[str, str]) -> Served:
    """Ask a daemon that has read all there is *times* each, pausing as whoever asks does."""
    with tempfile.TemporaryDirectory() as folder, _ready(Path(folder), env) as client:
        metrics, _ = _asked(client, "/metrics", times)
        page, size = _asked(client, "/", times)
        _, live = _asked(client, "/live", 1)
        paints = [] if PATH is None else _painted(Path(folder), str(client.base_url), times)
        return Served(metrics, page, size, live, paints)


@contextmanager
def _ready(folder: Path, env: Mapping[str, str]) -> Iterator[httpx.Client]:
    with running(folder, {**env, "STATUSBRIDGE_LOG__FORMAT": "json"}, "info"):
        ends = time.monotonic() + _PATIENCE
        while (url := _address(folder / "log")) is None:
            assert time.monotonic() < ends
            time.sleep(0.1)
        with httpx.Client(base_url=url, trust_env=False, timeout=60) as client:
            while client.get("/readyz").status_code != 200:
                assert time.monotonic() < ends
                time.sleep(0.5)
            yield client


def _address(log: Path) -> str | None:
    for line in log.read_text().splitlines():
        entry = json.loads(line)
        if entry["event"] == "server.started":
            return f"http://{entry['listen']}"
    return None


def _asked(client: httpx.Client, path: str, times: int) -> tuple[list[float], int]:
    """Return how long each answer took, on a connection that is there, and the last one's size."""
    client.get(path)
    took, size = [], 0
    for _ in range(times):
        time.sleep(0.05)
        began = time.perf_counter()
        size = len(client.get(path).raise_for_status().content)
        took.append(1000 * (time.perf_counter() - began))
    return took, size


def _painted(folder: Path, url: str, times: int) -> list[float]:
    with browser(folder / "profile") as tab:
        return [_paint(tab, url) for _ in range(times)]


def _paint(tab: Tab, url: str) -> float:
    """Return when, in milliseconds from its start, a visit to *url* first showed something."""
    tab.visit(url, 1400)
    while not (at := float(tab.evaluate(_PAINTED))):
        time.sleep(0.01)
    return at
