"""One connection to the state file: reading rows, and transactions. Knows none of its tables."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from statusbridge.adapters.sqlite_errors import failed
from statusbridge.adapters.sqlite_file import Place


@dataclass(frozen=True, slots=True)
class Access:
    """The open file *path*; *place* tells whether it still is what that names."""

    db: sqlite3.Connection
    path: Path
    place: Place

    def rows(self, statement: str, *values: object) -> Iterator[Any]:
        """Yield what *statement* finds. Raises StoreError on a failing disk."""
        try:
            yield from self.db.execute(statement, values)
        except sqlite3.Error as error:
            raise failed(self.path, error) from error

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit what happens inside, or nothing of it. Raises StoreError on a failing disk."""
        self.place.check()
        try:
            self.db.execute("BEGIN IMMEDIATE")
            yield
            self.db.execute("COMMIT")
        except BaseException as error:
            self._roll_back()
            if isinstance(error, sqlite3.Error):
                raise failed(self.path, error) from error
            raise

    def _roll_back(self) -> None:
        # After some failures SQLite has done so itself, or can't: nothing was committed either way.
        with suppress(sqlite3.Error):
            if self.db.in_transaction:
                self.db.execute("ROLLBACK")
