"""Real bridges for the measurements, from `config.toml`: real SQLite file, real HTTP."""

from __future__ import annotations

import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from benchmarks.traffic import DAY
from statusbridge import logs
from statusbridge.adapters.sqlite import SqliteStore
from statusbridge.bootstrap import Parts, build
from statusbridge.bridge.evaluating import evaluate
from statusbridge.bridge.parts import Bridge
from statusbridge.config.load import load
from statusbridge.config.values import Config
from statusbridge.core.coverage import Batch, Coverage


def configuration() -> Config:
    """Return what the environment says, with logs only for what goes wrong."""
    logs.configure("error", "json")
    return load(None, os.environ)


@asynccontextmanager
async def opened(path: Path, config: Config) -> AsyncIterator[Parts]:
    """Yield the bridge of *config* on the state file *path*, with its connections."""
    store = SqliteStore.open(path)
    parts = build(config, store)
    try:
        yield parts
    finally:
        await parts.aclose()
        store.close()


@asynccontextmanager
async def ready_after_a_day(path: Path) -> AsyncIterator[Bridge]:
    """Yield a bridge without alerts that last decided, up to date, 24 h ago."""
    config = configuration()
    async with opened(path, config) as parts:
        (source,) = parts.bridge.sources
        then = int(time.time()) - DAY
        parts.store.record(source.account, Batch((), Coverage(then, then)))
        await evaluate(parts.bridge)
        yield parts.bridge
