"""How a state file fails, in sentences: what may pass, and what only a new start may go on from.

Knows SQLite's codes; not what the file holds.
"""

from __future__ import annotations

import errno
import sqlite3
from pathlib import Path


class StoreError(Exception):
    """The state file can't be used. The message says what to do about it."""


class StoreLocked(StoreError):  # noqa: N818 - named for what is then true
    """Another process is writing to the state file."""


class StoreBroken(StoreError):  # noqa: N818 - named for what is then true
    """What the state file holds, or will hold, can't be relied on: the process must end."""


_PASSING = {
    sqlite3.SQLITE_FULL: "its disk is full: it goes on once there is room",
    sqlite3.SQLITE_BUSY: "another program has locked it: end that one",
    sqlite3.SQLITE_LOCKED: "another program has locked it: end that one",
    sqlite3.SQLITE_READONLY: "it is read-only: look at its permissions and its disk",
    sqlite3.SQLITE_CANTOPEN: "its files can't be opened: look at its folder and permissions",
    sqlite3.SQLITE_NOMEM: "memory ran out",
    sqlite3.SQLITE_CONSTRAINT: "that is a defect of statusbridge: please report it",
    # Also a quota, a limit on file sizes and a disk that was mounted read-only.
    sqlite3.SQLITE_IOERR_WRITE: "its disk takes no writes: look at the disk, quotas and limits",
    sqlite3.SQLITE_IOERR_SHMOPEN: "its disk takes no writes: look at the disk, quotas and limits",
    sqlite3.SQLITE_IOERR_SHMSIZE: "its disk is full: it goes on once there is room",
    sqlite3.SQLITE_IOERR_LOCK: "it can't be locked: look at its file system",
}
"""By code, what may pass by itself or by an operator's hand while the process goes on.

A write that failed has left nothing that counts. Not so one that could not be synced: the system
forgets it and reports the next sync as done, so that only what is read anew can be relied on.
"""


def passing(error: sqlite3.Error) -> str | None:
    """Return what is the matter in words where it may pass; None: the file can't be relied on."""
    return _PASSING.get(_code(error)) or _PASSING.get(_code(error) & 0xFF)


def _code(error: sqlite3.Error) -> int:
    """Return SQLite's extended code of *error*; that of no other kind where Python raised it."""
    return getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR)


_MENDED = {
    errno.EACCES: "Run as the daemon's user, and let that one read and write there.",
    errno.EPERM: "Run as the daemon's user, and let that one read and write there.",
    errno.EROFS: "Its disk is mounted read-only: look at the disk.",
    errno.ENOSPC: "Make room on its disk.",
}
_ELSEWHERE = "Give [store] path the name of a plain file."


def not_reached(path: Path, error: OSError, what: str = "") -> StoreError:
    """Return what it means that the system refused with *error* to open *path*, a *what*."""
    do = _MENDED.get(error.errno or 0, _ELSEWHERE)
    return StoreError(f"{what}{path} can't be opened ({error.strerror}). {do}")


def damaged(path: Path, verdict: str) -> StoreError:
    """Return what SQLite's *verdict* on the state file at *path* means."""
    where = " ".join(verdict.split())
    return StoreError(f"{path} is damaged ({where}). {_anew(path)}")


def _anew(path: Path) -> str:
    return (
        f"Restore it from a backup, or move it and {path.name}-wal away: a new one reads the last "
        "alerts again and repeats no incident."
    )


def failed(path: Path, error: sqlite3.Error) -> StoreError:
    """Return what the failure *error* of an open state file at *path* means."""
    if why := passing(error):
        return StoreError(
            f"The state file {path} can't be written ({error}); {why}. Nothing is read or "
            "published until then."
        )
    return StoreBroken(
        f"The state file {path} can't be relied on any more ({error}). Look at its disk, then "
        "start again: if the file is damaged, that will say so."
    )


def not_opened(path: Path, error: sqlite3.Error) -> StoreError:
    """Return what the failure *error* to open the state file at *path* means."""
    if why := passing(error):
        return StoreError(f"The state file {path} can't be used ({error}); {why}.")
    if _code(error) & 0xFF == sqlite3.SQLITE_IOERR:
        return StoreError(
            f"The state file {path} can't be read or written ({error}). Look at its disk, then "
            "start again."
        )
    return StoreError(f"The state file {path} can't be used ({error}). {_anew(path)}")
