"""What dies in a crash and what stays: one process after the other on one disk.

An effect is whatever the world could notice: a request leaving, an answer arriving, a commit. A
process may die right before and right after each.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

from statusbridge.adapters import sqlite_file
from statusbridge.adapters.sqlite import SqliteStore


class Crash(BaseException):
    """The process is dead. Not an Exception: nothing that handles errors may survive it."""


Fate = Callable[[int, str], bool]
"""Whether the process dies at effect number n, which is of that kind."""


class Process:
    """One life of the bridge. Once dead, whatever of it still runs has no effect any more."""

    def __init__(self, fate: Fate, effects: int = 0) -> None:
        self._fate = fate
        self.effects = effects
        """Numbered on from life to life, so that a number names a moment of the whole run."""
        self.died_at = ""

    def effect(self, kind: str) -> None:
        """Pass a point at which the process may die. Raises Crash where it does."""
        if self.died_at:
            raise Crash(self.died_at)
        self.effects += 1
        if self._fate(self.effects, kind):
            self.died_at = kind
            raise Crash(kind)


class Disk:
    """The state file. A crash loses what was not committed; a power cut what was not synced."""

    def __init__(self) -> None:
        self._connection = _connect(_blank(), self._committed)
        (level,) = self._connection.execute("PRAGMA synchronous").fetchone()
        # Under FULL a commit that returned is on the disk; under less the last ones may not be.
        self._durable = level >= _FULL
        self._synced: list[bytes] = []

    def store(self, process: Process) -> SqliteStore:
        """Open the state file for *process*, as the last one left it."""
        self._connection.process = process
        if self._connection.in_transaction:
            self._connection.rollback()
        return SqliteStore(self._connection, Path("state.db"))

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Return what *query* finds, behind the process's back."""
        return sqlite3.Connection.execute(self._connection, query).fetchall()

    def image(self) -> bytes:
        """Return the file, byte for byte."""
        return self._connection.serialize()

    def put_back(self, image: bytes) -> None:
        """Let the file be as it was when *image* was made of it."""
        self._connection.close()
        self._connection = _connect(image, self._committed)
        self._synced.clear()

    def cut_power(self, unsynced: int) -> None:
        """Lose the last *unsynced* commits, where the store's settings allow that."""
        if self._durable or len(self._synced) <= unsynced:
            return
        self._connection = _connect(self._synced[-1 - unsynced], self._committed)
        self._synced.clear()

    def close(self) -> None:
        self._connection.close()

    def _committed(self) -> None:
        if not self._durable:
            self._synced = [*self._synced[-4:], self.image()]


_FULL = 2


class _Connection(sqlite3.Connection):
    """A connection that lets its process die around every commit."""

    process: Process | None = None
    on_commit: Callable[[], None] = staticmethod(lambda: None)

    def execute(self, sql: str, *parameters: Any) -> sqlite3.Cursor:
        if sql != "COMMIT" or self.process is None:
            return super().execute(sql, *parameters)
        self.process.effect("commit.before")
        cursor = super().execute(sql)
        self.on_commit()
        self.process.effect("commit.after")
        return cursor


def _connect(image: bytes, on_commit: Callable[[], None]) -> _Connection:
    connection = sqlite3.connect(":memory:", isolation_level=None, factory=_Connection)
    connection.deserialize(image)
    connection.executescript(sqlite_file._PRAGMAS)
    connection.on_commit = on_commit
    return connection


_images: list[bytes] = []


def _blank() -> bytes:
    """Return a state file as the product makes one."""
    if not _images:
        connection = sqlite_file.connect_copy(Path("/nonexistent/state.db"))
        _images.append(connection.serialize())
        connection.close()
    return _images[0]
