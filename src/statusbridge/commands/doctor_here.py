"""What `doctor` looks at on this machine: secrets, files, the state, its disk, the daemon."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from statusbridge import __version__
from statusbridge.adapters.sqlite_backup import inspect
from statusbridge.adapters.sqlite_errors import StoreError
from statusbridge.adapters.sqlite_schema import MIGRATIONS
from statusbridge.commands.asking import ask
from statusbridge.commands.findings import Finding, fail, ok, warn
from statusbridge.config.exposure import exposures
from statusbridge.config.values import Config, missing_secrets
from statusbridge.documents import Document

SCARCE = 20_000_000
"""Bytes. With less room than that a storm fills the disk within minutes."""
SPARE = 200_000_000


def look_here(config: Config) -> Iterator[Finding]:
    """Yield what was found without asking any API."""
    if lacking := missing_secrets(config):
        yield from (fail("secret", str(problem), "set it where it is named") for problem in lacking)
    else:
        yield ok("secrets", "all can be read")
    if found := exposures(config):
        yield from (warn("files", str(problem), "take the right from them") for problem in found)
    else:
        yield ok("files", "neither secrets nor configuration are open to others")
    yield from _state(config.store_path)
    yield _disk(config.store_path)
    yield from _daemon(config)


def _state(path: Path) -> Iterator[Finding]:
    try:
        found = path.lstat()
    except FileNotFoundError:
        yield ok("state file", f"none yet at {path}: the first run makes it")
        return
    except OSError as error:
        yield fail("state file", f"{path} can't be looked at ({error.strerror})", _AS_ITS_USER)
        return
    if not stat.S_ISREG(found.st_mode):
        yield fail("state file", f"{path} is not a plain file", "name the file in [store] path")
        return
    yield _rights(path, found)
    yield _contents(path)


_AS_ITS_USER = "run doctor as the daemon's user, or as root"


def _rights(path: Path, found: os.stat_result) -> Finding:
    mode = stat.S_IMODE(found.st_mode)
    if os.geteuid() not in (0, found.st_uid):
        return fail("state rights", f"{path} is of another user ({found.st_uid})", _AS_ITS_USER)
    if mode & (stat.S_IWGRP | stat.S_IWOTH):
        says = f"{path} can be written by others (mode {mode:04o}): the bridge will not start"
        return fail("state rights", says, f"see that it is sound, then chmod 600 {path}")
    if mode & 0o077:
        return warn("state rights", f"{path} is open to others ({mode:04o})", f"chmod 600 {path}")
    if barred := [one for one in (path.parent, path) if not os.access(one, os.W_OK)]:
        says = f"{barred[0]} can't be written to by this user: the bridge will not start"
        return fail("state rights", says, "let its owner write there, or run doctor as that user")
    return ok("state rights", f"its owner's alone (mode {mode:04o})")


def _contents(path: Path) -> Finding:
    try:
        found = inspect(path)
    except StoreError as error:
        return fail("state file", str(error))
    schema = f"schema {found.schema}"
    if found.schema < len(MIGRATIONS):
        schema += f", brought to {len(MIGRATIONS)} by the next start after a backup beside it"
    return ok("state file", f"sound, {found.bytes / 1e6:.1f} MB, {schema}")


def _disk(path: Path) -> Finding:
    # Path's own `exists` raises where one may not look.
    folder = next((p for p in path.parents if os.path.exists(p)), path.parent)  # noqa: PTH110
    try:
        room = os.statvfs(folder)
    except OSError as error:
        return fail("disk", f"{folder} can't be looked at ({error.strerror})", _AS_ITS_USER)
    free = room.f_bavail * room.f_frsize
    says = f"{free / 1e6:,.0f} MB free in {folder}"
    if room.f_flag & os.ST_RDONLY:
        return fail("disk", f"{folder} is mounted read-only", "mount it so that it can be written")
    if room.f_files and not room.f_favail:
        return fail("disk", f"{folder} has no inodes left", "remove files there")
    size = path.stat().st_size if os.path.exists(path) else 0  # noqa: PTH110
    if free < SCARCE:
        return fail("disk", says, "make room: what can't be stored is neither read nor published")
    if free < SPARE + size:
        return warn("disk", says, "make room: an upgrade keeps a copy of the state file beside it")
    return ok("disk", says)


def _daemon(config: Config) -> Iterator[Finding]:
    try:
        answer = ask(config.socket_path, "GET", "/status")
    except StoreError as error:
        yield fail("daemon", str(error))
        return
    if answer is None:
        says = f"none listens on {config.socket_path}"
        yield warn("daemon", says, "start it, unless a timer runs `statusbridge run --once`")
        return
    if answer.status != 200:
        yield fail("daemon", f"it can't say: {answer.document.get('error', answer.status)}")
        return
    yield from _running(answer.document["daemon"])


def _running(daemon: Document) -> Iterator[Finding]:
    version = daemon.get("version")
    if version == __version__:
        yield ok("daemon", f"runs, version {version}")
    else:
        says = f"runs version {version or 'unknown'}, this is {__version__}"
        yield warn("daemon", says, "restart the daemon")
    for reason in daemon["reasons"]:
        yield fail("daemon", f"not ready: {reason}", "statusbridge status")
    if daemon["paused"]:
        yield warn("daemon", "publishing is paused", "statusbridge resume")
