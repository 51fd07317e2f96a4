"""The state file as a file: opened, locked, checked, migrated, copied.

Knows nothing of what is in it; `adapters.sqlite` does.
"""

from __future__ import annotations

import errno
import fcntl
import os
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from statusbridge.adapters.sqlite_schema import APPLICATION_ID, MIGRATIONS

_PRAGMAS = """
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    PRAGMA foreign_keys = ON;
    PRAGMA trusted_schema = OFF;
    PRAGMA temp_store = MEMORY;
    PRAGMA cache_size = -16000;
    PRAGMA wal_autocheckpoint = 4000;
"""
# FULL: in NORMAL a power cut may roll back the last commits, and with them an intent whose request
# has left (sqlite.org/pragma.html#pragma_synchronous).


class StoreError(Exception):
    """The state file can't be used. The message says what to do about it."""


class StoreLocked(StoreError):  # noqa: N818 - named for what is then true
    """Another process is writing to the state file."""


class FileLock:
    """The right to write to a state file, held by one process at a time until it ends."""

    def __init__(self, path: Path) -> None:
        """Take the lock beside *path*. Raises StoreLocked where another process has it."""
        _make_folder(path.parent)
        lock = path.with_name(path.name + ".lock")
        try:
            self._file = _opened(lock)
        except OSError as error:
            raise StoreError(f"{lock} can't be opened ({error.strerror}).") from error
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(self._file)
            raise StoreLocked(
                f"{path} is in use by another statusbridge. Stop it first, or give this one a "
                "[store] path of its own."
            ) from error

    def release(self) -> None:
        os.close(self._file)


def connect(path: Path) -> sqlite3.Connection:
    """Open the state file for its one writer, made and migrated where needed.

    Raises StoreError where the file is not ours, is damaged, or is of a newer version.
    """
    _make_folder(path.parent)
    with _said_plainly(path):
        os.close(_opened(path))
        connection = _open(str(path))
        try:
            _check(connection, path)
            _close_to_others(path)
            connection.executescript(_PRAGMAS)
            _migrate(connection, path)
        except BaseException:
            connection.close()
            raise
    return connection


def connect_copy(path: Path) -> sqlite3.Connection:
    """Return a copy of the state file in memory, empty where there is none. Writes reach no one."""
    copy = _open(":memory:")
    if os.path.lexists(path):
        with _said_plainly(path):
            _must_be_plain(path.lstat())
            source = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
            try:
                _check(source, path)
                source.backup(copy)
            finally:
                source.close()
    _migrate(copy, None)
    return copy


def _open(name: str) -> sqlite3.Connection:
    connection = sqlite3.connect(name, isolation_level=None, timeout=5, check_same_thread=False)
    connection.execute("PRAGMA busy_timeout = 5000")
    return connection


def _opened(path: Path) -> int:
    """Open *path*, made for its owner alone under any umask. Raises OSError for a link or pipe."""
    flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
    file = os.open(path, flags, 0o600)
    try:
        found = os.fstat(file)
        _must_be_plain(found)
        # What is in it may be another program's, so only an empty one is ours already.
        if not found.st_size:
            _narrow(file, found)
    except OSError:
        os.close(file)
        raise
    return file


def _close_to_others(path: Path) -> None:
    """Take from others what rights they have on the state file, as one copied back may give."""
    for suffix in ("", "-wal", "-shm"):
        name = path.with_name(path.name + suffix)
        # By name: closing a file that SQLite has open too would drop SQLite's locks on it.
        if name.exists():
            _narrow(name, name.stat())


def _narrow(file: int | Path, found: os.stat_result) -> None:
    if stat.S_IMODE(found.st_mode) != 0o600 and os.geteuid() in {0, found.st_uid}:
        os.chmod(file, 0o600)  # noqa: PTH101 - Path's takes no open file


def _must_be_plain(found: os.stat_result) -> None:
    if not stat.S_ISREG(found.st_mode):
        raise OSError(errno.EINVAL, "not a plain file")


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(f"The state folder {folder} can't be made ({error.strerror}).") from error


@contextmanager
def _said_plainly(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StoreError(f"The state file {path} can't be opened ({error.strerror}).") from error
    except sqlite3.Error as error:
        raise StoreError(
            f"The state file {path} can't be used ({error}). Restore it from a backup, or move it "
            "away: a new one reads the last alerts again and repeats no incident that is open."
        ) from error


def _check(connection: sqlite3.Connection, path: Path) -> None:
    (mark,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    if mark != APPLICATION_ID and tables:
        raise StoreError(
            f"{path} is a database of another program. Give [store] path another name."
        )
    if version > len(MIGRATIONS):
        raise StoreError(
            f"{path} was written by a newer statusbridge (schema {version}, this one knows "
            f"{len(MIGRATIONS)}). Install that version again, or restore the backup made before it."
        )
    (verdict,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    if verdict != "ok":
        raise StoreError(f"{path} is damaged ({verdict}). Restore it from a backup.")


def _migrate(connection: sqlite3.Connection, path: Path | None) -> None:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version == len(MIGRATIONS):
        return
    if version and path is not None:
        _back_up(connection, path.with_name(f"{path.name}.before-{len(MIGRATIONS)}"))
    statements = "".join(MIGRATIONS[version:])
    connection.executescript(
        f"BEGIN IMMEDIATE; {statements} PRAGMA application_id = {APPLICATION_ID};"
        f"PRAGMA user_version = {len(MIGRATIONS)}; COMMIT;"
    )


def _back_up(connection: sqlite3.Connection, target: Path) -> None:
    os.close(_opened(target))
    copy = sqlite3.connect(target)
    try:
        connection.backup(copy)
    finally:
        copy.close()
