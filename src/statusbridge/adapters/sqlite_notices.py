"""What each receiver of notices was told, in the state file. Satisfies `telling.Notebook`."""

from __future__ import annotations

from collections.abc import Iterable

from statusbridge.adapters import sqlite_schema as sql
from statusbridge.adapters.sqlite_access import Access
from statusbridge.adapters.sqlite_values import text_of, value_of
from statusbridge.core.hearing import Entry, Heard
from statusbridge.core.notices import Notice


class SqliteNotices:
    """The part of a store that keeps notices. Every method is one transaction."""

    def __init__(self, access: Access) -> None:
        self._access = access

    def of(self, receiver: str) -> tuple[Entry, ...]:
        """Return the entries of *receiver*, the oldest first."""
        rows = self._access.rows(sql.GET_NOTICES, receiver)
        return tuple(
            Entry(value_of(facts, Notice), since, Heard(heard), bool(over))
            for facts, since, heard, over in rows
        )

    def note(self, receiver: str, entries: Iterable[Entry]) -> None:
        """Make *entries* those of *receiver*. Writes what differs, nothing where nothing does."""
        before = {entry.notice.key: entry for entry in self.of(receiver)}
        after = {entry.notice.key: entry for entry in entries}
        gone = [(receiver, key) for key in before if key not in after]
        changed = [entry for key, entry in after.items() if before.get(key) != entry]
        if not gone and not changed:
            return
        with self._access.transaction():
            self._access.db.executemany(sql.DROP_NOTICE, gone)
            self._access.db.executemany(
                sql.PUT_NOTICE,
                [
                    (receiver, e.notice.key, e.since, e.heard, e.over, text_of(e.notice))
                    for e in changed
                ],
            )

    def hear(self, receiver: str, key: str, heard: Heard) -> None:
        """Store what *receiver* now believes of the notice *key*, if that is still noted."""
        with self._access.transaction():
            self._access.db.execute(sql.SET_HEARD, (heard, receiver, key))
