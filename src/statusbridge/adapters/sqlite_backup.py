"""A copy of the state file that is there whole and checked, or not at all.

Taken while a daemon writes: what was committed by then is in it, and nobody waits for it.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

from statusbridge.adapters.sqlite_errors import StoreError, damaged, not_opened
from statusbridge.adapters.sqlite_file import connect_reader, is_there
from statusbridge.adapters.sqlite_migration import check_schema


@dataclass(frozen=True, slots=True)
class Verdict:
    """What an inspection of a sound state file says of it."""

    schema: int
    bytes: int


def inspect(path: Path) -> Verdict:
    """Look through the whole state file *path*, which others may be writing to.

    Raises StoreError where it is not ours, of a newer version, damaged, or can't be read.
    """
    with closing(connect_reader(path)) as connection:
        return _inspected(connection, path)


def back_up(path: Path, target: Path, *, replace: bool) -> Verdict:
    """Copy the state file *path* to *target*, for its owner alone, and look through the copy.

    Raises StoreError, also where *target* exists, unless *replace*; then what was there stays.
    """
    _must_be_free(path, target, replace=replace)
    part = target.with_name(f"{target.name}.part")
    try:
        verdict = _copied(path, part)
        _must_be_free(path, target, replace=replace)
        part.replace(target)
        _sync(target.parent)
    except OSError as error:
        raise StoreError(f"{target} can't be written ({error.strerror}).") from error
    finally:
        with suppress(OSError):
            _remove(part)
    return verdict


def _must_be_free(path: Path, target: Path, *, replace: bool) -> None:
    if not is_there(path):
        raise StoreError(f"There is no state file {path} yet: nothing to back up.")
    own = {path.with_name(path.name + suffix) for suffix in ("", "-wal", "-shm", ".lock")}
    if target.resolve() in {name.resolve() for name in own}:
        raise StoreError(f"{target} is part of the state itself. Give the backup another name.")
    if os.path.isdir(target):  # noqa: PTH112 - Path's raises where one may not look
        raise StoreError(f"{target} is a folder. Name the file that is to be made in it.")
    if not replace and os.path.lexists(target):
        raise StoreError(f"{target} exists. Give another name, or --force to replace it.")


def _copied(path: Path, part: Path) -> Verdict:
    _remove(part)
    os.close(os.open(part, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    part.chmod(0o600)
    with closing(connect_reader(path)) as source:
        _checked_schema(source, path)
        try:
            with closing(sqlite3.connect(part, isolation_level=None)) as copy:
                source.backup(copy)
                # One file, that can be read from where nothing can be written.
                copy.execute("PRAGMA journal_mode = DELETE").fetchone()
                verdict = _inspected(copy, path)
        except sqlite3.Error as error:
            raise StoreError(f"{part} can't be written ({error}).") from error
    _sync(part)
    return verdict


def _inspected(connection: sqlite3.Connection, path: Path) -> Verdict:
    _checked_schema(connection, path)
    try:
        (found,) = connection.execute("PRAGMA integrity_check(1)").fetchone()
        (schema,) = connection.execute("PRAGMA user_version").fetchone()
        (size,) = connection.execute(
            "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size"
        ).fetchone()
    except sqlite3.Error as error:
        raise not_opened(path, error) from error
    if found != "ok":
        raise damaged(path, found)
    return Verdict(schema, size)


def _checked_schema(connection: sqlite3.Connection, path: Path) -> None:
    try:
        check_schema(connection, path)
    except sqlite3.Error as error:
        raise not_opened(path, error) from error


def _remove(part: Path) -> None:
    for left in (part, part.with_name(f"{part.name}-journal")):
        left.unlink(missing_ok=True)


def _sync(path: Path) -> None:
    opened = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
