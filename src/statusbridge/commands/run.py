"""`statusbridge run`: the daemon; `--once`: one cycle; `--dry-run`: pages only remember."""

from __future__ import annotations

import argparse
import dataclasses
import os
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager

import structlog

from statusbridge.adapters import event_loop
from statusbridge.adapters.notify import tell
from statusbridge.adapters.sqlite import SqliteStore
from statusbridge.adapters.sqlite_file import FileLock
from statusbridge.bootstrap import Parts, rebuild
from statusbridge.bridge.cycle import run_cycle
from statusbridge.bridge.pruning import prune
from statusbridge.commands.exits import FAILED, REFUSED
from statusbridge.commands.plan_text import STYLES, draft_lines
from statusbridge.commands.printing import say
from statusbridge.commands.running import (
    bridged,
    complain,
    configured,
    locked_store,
    log_by,
)
from statusbridge.config.errors import ConfigError
from statusbridge.config.exposure import exposures
from statusbridge.config.load import load
from statusbridge.config.values import Config, missing_secrets
from statusbridge.core.coverage import Budget
from statusbridge.core.live import Structure
from statusbridge.core.operations import Draft
from statusbridge.daemon import Daemon
from statusbridge.server.serve import serving
from statusbridge.signals import on_signals
from statusbridge.status import Liveness, patience, reasons_to_be_missed

log = structlog.get_logger()

ONCE = Budget(pages=5000, seconds=300)
"""What a single cycle may read: it has no next one to go on in."""

TELLING_SECONDS = 10
"""How long a single cycle stays to tell whoever operates it; the rest is told by the next."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of `run`."""
    parser.add_argument("--once", action="store_true", help="run one cycle, then end")
    parser.add_argument(
        "--dry-run", action="store_true", help="read for real, print instead of publishing"
    )


def run(args: argparse.Namespace) -> int:
    """Run until a signal, or once. Returns 0; 1 or 77 where one cycle could not do its work."""
    config = configured(args)
    _note_exposures(config)
    if args.once:
        return event_loop.run(_once(config, dry_run=args.dry_run))
    return event_loop.run(_daemon(args, config))


def _note_exposures(config: Config) -> None:
    for problem in exposures(config):
        log.warning("file.exposed", where=problem.where, why=problem.what)


async def _once(config: Config, *, dry_run: bool) -> int:
    rehearse = _print_draft if dry_run else None
    with _store(config, dry_run=dry_run) as store:
        async with bridged(config, store, rehearse) as parts:
            parts.bridge.budget = ONCE
            began = time.monotonic()
            report = await run_cycle(parts.bridge)
            seconds = round(time.monotonic() - began, 3)
            if parts.teller is not None:
                parts.teller.note(parts.bridge, patience(config.twilio.poll_interval))
                await parts.teller.tell_all(TELLING_SECONDS)
            log.info("cycle.finished", seconds=seconds, **report.facts())
            await _beat(parts, Liveness(True, config.twilio.poll_interval))
            await prune(parts.bridge)
            for name, why in sorted(parts.bridge.trouble.items()):
                complain(f"{name}: {why}")
            if parts.bridge.refused:
                return REFUSED
            return FAILED if parts.bridge.trouble else 0


async def _beat(parts: Parts, liveness: Liveness) -> None:
    """Ping who should miss us where all is well, and wait for the answer: a ping has a deadline."""
    heart = parts.heartbeat
    if heart is not None:
        heart.beat(reasons_to_be_missed(parts.bridge, parts.store, liveness))
        if heart.task is not None:
            await heart.task


async def _daemon(args: argparse.Namespace, config: Config) -> int:
    rehearse = _print_draft if args.dry_run else None
    with _store(config, dry_run=args.dry_run) as store:
        async with bridged(config, store, rehearse) as parts:
            daemon = Daemon(config, parts, _reloading(args))
            on_signals(daemon)
            async with _served(daemon, dry_run=args.dry_run):
                log.info("daemon.started", config=str(config.path), store=str(config.store_path))
                tell(READY="1", STATUS="Starting: the first cycle is under way.")
                await daemon.run()
                log.info("daemon.stopped", cycles=daemon.cycles)
    return 0


@asynccontextmanager
async def _served(daemon: Daemon, *, dry_run: bool) -> AsyncIterator[None]:
    """Serve HTTP and the socket; a rehearsal serves nothing, so that it can run beside a daemon."""
    if dry_run:
        yield
        return
    async with serving(daemon):
        yield


@contextmanager
def _store(config: Config, *, dry_run: bool) -> Iterator[SqliteStore]:
    """Open the state file; for a rehearsal one of its own, begun as a copy of the real one."""
    if not dry_run:
        with locked_store(config) as store:
            yield store
        return
    path = config.store_path.with_name(f"{config.store_path.name}.dry-run")
    lock = FileLock(path)
    try:
        store = SqliteStore.begin_as_copy(path, of=config.store_path)
        try:
            yield store
        finally:
            store.close()
    finally:
        lock.release()


def _print_draft(draft: Draft, structure: Structure | None) -> None:
    say(draft_lines(draft, structure), STYLES)
    sys.stdout.flush()


def _reloading(args: argparse.Namespace) -> Callable[[Daemon], Awaitable[None]]:
    async def reload(daemon: Daemon) -> None:
        try:
            config = load(args.config, os.environ)
            problems = missing_secrets(config)
        except ConfigError as error:
            problems = error.problems
        if problems:
            log.error("config.refused", problems=[str(problem) for problem in problems])
            daemon.note_reload(refused=True)
            return
        # These are taken once, at the start.
        fixed = dataclasses.replace(
            config,
            store_path=daemon.config.store_path,
            socket_path=daemon.config.socket_path,
            server=dataclasses.replace(config.server, listen=daemon.config.server.listen),
        )
        log_by(fixed)
        _note_exposures(fixed)
        await rebuild(daemon.parts, fixed)
        daemon.config = fixed
        daemon.note_reload(refused=False)
        log.info("config.reloaded", rules=len(config.rules))

    return reload
