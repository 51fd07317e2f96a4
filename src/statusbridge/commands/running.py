"""What the commands that run a cycle share: the configuration, logs, the store, the bridge."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

from statusbridge import journal, logs
from statusbridge.adapters.sqlite import SqliteStore
from statusbridge.adapters.sqlite_file import FileLock
from statusbridge.bootstrap import Parts, Tell, build
from statusbridge.config.errors import ConfigError
from statusbridge.config.load import load
from statusbridge.config.secrets import missing
from statusbridge.config.values import Config, missing_secrets
from statusbridge.secrecy import without_secrets
from statusbridge.terminal import spelled_out


def configured(args: argparse.Namespace, at_least: str = "debug") -> Config:
    """Return the configuration with every secret readable, and logs set up by it.

    *at_least*: what a command that only looks does not log is what it goes through to look.

    Raises ConfigError.
    """
    config = load(args.config, os.environ)
    if problems := missing_secrets(config):
        raise ConfigError(problems)
    log_by(config, at_least)
    return config


def log_by(config: Config, at_least: str = "debug") -> None:
    """Log as *config* says but no less than *at_least*, hiding the values of its secrets."""
    levels = ("debug", "info", "warning", "error")
    for secret in config.secrets:
        # Reading makes it known, and so hidden. What can't be read can't be shown.
        missing(secret)
    logs.configure(max(config.log.level, at_least, key=levels.index), config.log.format)


@contextmanager
def locked_store(config: Config) -> Iterator[SqliteStore]:
    """Open the state file as its one writer. Raises StoreError."""
    lock = FileLock(config.store_path)
    try:
        store = SqliteStore.open(config.store_path)
        try:
            yield store
        finally:
            store.close()
    finally:
        lock.release()


@contextmanager
def copied_store(config: Config) -> Iterator[SqliteStore]:
    """Open a copy of the state in memory: for looking, and for trying out. Raises StoreError."""
    store = SqliteStore.copy(config.store_path)
    try:
        yield store
    finally:
        store.close()


@asynccontextmanager
async def bridged(
    config: Config, store: SqliteStore, rehearse: Tell | None = None
) -> AsyncIterator[Parts]:
    """Build the bridge on *store*, and close its connections in the end."""
    parts = build(config, store, rehearse)
    try:
        yield parts
    finally:
        await parts.aclose()


def complain(text: str) -> None:
    """Say on stderr what went wrong."""
    line = f"statusbridge: {spelled_out(without_secrets(text))}"
    print(journal.for_stream(line, "error", sys.stderr), file=sys.stderr)
