"""A disk that fails at the n-th commit: a real SQLite connection that reports what one would.

Before a commit that can't be written nothing of it is kept; one that can't be synced is in the file
all the same, as the next start may find.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from statusbridge.adapters import sqlite_file
from statusbridge.adapters.sqlite import SqliteStore

FULL = sqlite3.SQLITE_FULL
UNSYNCED = sqlite3.SQLITE_IOERR_FSYNC
UNWRITTEN = sqlite3.SQLITE_IOERR_WRITE
LOCKED = sqlite3.SQLITE_BUSY

_WORDS = {
    FULL: "database or disk is full",
    UNSYNCED: "disk I/O error",
    UNWRITTEN: "disk I/O error",
    LOCKED: "database is locked",
}


@dataclass
class Faulty:
    """How the disk fails: at commit number *first* and, unless *once*, at every later one."""

    code: int
    first: int
    once: bool = False
    commits: int = 0

    def strikes(self) -> bool:
        """Count a commit; return whether it fails."""
        self.commits += 1
        return self.commits == self.first or (self.commits > self.first and not self.once)


class _Connection(sqlite3.Connection):
    faulty: Faulty

    def execute(self, sql: str, *parameters: Any) -> sqlite3.Cursor:
        if sql != "COMMIT" or not self.faulty.strikes():
            return super().execute(sql, *parameters)
        super().execute("COMMIT" if self.faulty.code == UNSYNCED else "ROLLBACK")
        error = sqlite3.OperationalError(_WORDS[self.faulty.code])
        error.sqlite_errorcode = self.faulty.code
        raise error


def faulty_store(path: Path, faulty: Faulty) -> SqliteStore:
    """Return a store on the file at *path* whose disk fails as *faulty* says."""
    sqlite_file.connect(path).close()
    connection = sqlite3.connect(path, isolation_level=None, factory=_Connection)
    connection.faulty = faulty
    connection.executescript(sqlite_file._PRAGMAS)
    return SqliteStore(connection, path)
