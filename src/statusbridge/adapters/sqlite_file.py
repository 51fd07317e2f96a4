"""The state file as a file: opened, locked, checked, copied, and still there.

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
from dataclasses import dataclass
from pathlib import Path

from statusbridge.adapters.sqlite_errors import (
    StoreBroken,
    StoreError,
    StoreLocked,
    damaged,
    not_opened,
    not_reached,
)
from statusbridge.adapters.sqlite_migration import check_schema, migrate
from statusbridge.adapters.sqlite_schema import SHORTEN_LOG

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


class FileLock:
    """The right to write to a state file, held by one process at a time until it ends."""

    def __init__(self, path: Path) -> None:
        """Take the lock beside *path*. Raises StoreLocked where another process has it."""
        _make_folder(path.parent)
        lock = path.with_name(path.name + ".lock")
        try:
            self._file = _opened(lock)
        except OSError as error:
            raise not_reached(lock, error) from error
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
        _make_file(path)
        connection = _open(str(path))
        try:
            _check(connection, path)
            _close_to_others(path)
            connection.executescript(_PRAGMAS)
            # What a start reads may never have reached the disk: a failed sync is reported once.
            connection.execute(SHORTEN_LOG).fetchone()
            migrate(connection, path)
            # Nobody else writes to it but by mistake, and all else waits while this does.
            connection.execute("PRAGMA busy_timeout = 1000")
        except BaseException:
            connection.close()
            raise
    return connection


def is_there(path: Path) -> bool:
    """Whether there is anything at *path*. Raises StoreError where one may not even look."""
    with _said_plainly(path):
        try:
            path.lstat()
        except FileNotFoundError:
            return False
    return True


def connect_copy(path: Path) -> sqlite3.Connection:
    """Return a copy of the state file in memory, empty where there is none. Writes reach no one."""
    copy = _open(":memory:")
    if is_there(path):
        with _said_plainly(path):
            _must_be_plain(path.lstat())
            source = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
            try:
                _check(source, path)
                source.backup(copy)
            finally:
                source.close()
    migrate(copy, None)
    return copy


def connect_reader(path: Path) -> sqlite3.Connection:
    """Open the state file, which a writer of this process has open, a second time to read only.

    It sees what was committed, waits for nobody and keeps nobody waiting. Raises StoreError.
    """
    with _said_plainly(path):
        uri = f"{path.absolute().as_uri()}?mode=ro"
        return sqlite3.connect(uri, uri=True, isolation_level=None, check_same_thread=False)


@dataclass(frozen=True, slots=True)
class Place:
    """The open state file's names, and which files they named when it was opened.

    SQLite goes on with a file that was moved, replaced or deleted: what is committed to it is lost
    to the next start, as is the lock to the next process.
    """

    files: tuple[tuple[Path, tuple[int, int]], ...] = ()

    @classmethod
    def of(cls, path: Path) -> Place:
        """Return where the state file *path*, its log and its lock are now."""
        beside = (path.with_name(path.name + suffix) for suffix in ("", "-wal", ".lock"))
        return cls(tuple((name, _identity(name)) for name in beside if name.exists()))

    def check(self) -> None:
        """Raise StoreBroken where a name no longer means the file that is open."""
        for name, identity in self.files:
            try:
                same = _identity(name) == identity
            except OSError:
                same = False
            if not same:
                raise StoreBroken(
                    f"{name} was moved, replaced or deleted while statusbridge ran. Nothing more "
                    "is published; start it again on the file that is to count."
                )


NOWHERE = Place()
"""Of a state that no file holds."""


def _identity(path: Path) -> tuple[int, int]:
    found = path.stat()
    return found.st_dev, found.st_ino


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


def _make_file(path: Path) -> None:
    """Make an empty file where there is none; refuse one that is not ours alone to write."""
    if path.is_symlink():
        raise StoreError(f"{path} is a link. Give [store] path the name of the file itself.")
    opened = _opened(path)
    try:
        found = os.fstat(opened)
    finally:
        os.close(opened)
    if os.geteuid() not in (0, found.st_uid):
        raise StoreError(
            f"{path} belongs to another user (uid {found.st_uid}). Run as that user, or give "
            "[store] path another name."
        )
    # A group of the owner's own is nobody else. Kubernetes gives it the right at each start.
    others = stat.S_IWOTH if found.st_gid == found.st_uid else stat.S_IWGRP | stat.S_IWOTH
    if found.st_mode & others:
        raise StoreError(
            f"{path} can be written by others (mode {stat.S_IMODE(found.st_mode):04o}). See that "
            "it is sound, then `chmod 600` it."
        )
    if found.st_size == 0 and _has_content(path.with_name(f"{path.name}-wal")):
        raise StoreError(
            f"{path} is empty, but {path.name}-wal beside it is not: it was cut off. Restore it "
            f"from a backup, or move {path.name}-wal away: a new one reads the last alerts again."
        )


def _has_content(path: Path) -> bool:
    return path.exists() and path.stat().st_size > 0


@contextmanager
def _said_plainly(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise not_reached(path, error, "The state file ") from error
    except sqlite3.Error as error:
        raise not_opened(path, error) from error


def _check(connection: sqlite3.Connection, path: Path) -> None:
    check_schema(connection, path)
    (verdict,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    if verdict != "ok":
        raise damaged(path, verdict)
