"""The store of a past that is lived through again: it can forget, and tell of all outages."""

from __future__ import annotations

from statusbridge.adapters import sqlite_schema as sql
from statusbridge.adapters.sqlite import SqliteStore
from statusbridge.adapters.sqlite_values import value_of
from statusbridge.core.episodes import Episode
from statusbridge.core.model import Instant


class ReplayedStore(SqliteStore):
    """A `SqliteStore`, of which the daemon needs less than a replay does."""

    def forget_alerts(self, until: Instant) -> None:
        """Drop the alerts up to *until*: nobody will ask for them."""
        with self._transaction():
            self._db.execute(sql.FORGET_ALERTS, (until,))

    def episodes(self) -> list[Episode]:
        """Return every episode ever, oldest first."""
        return [value_of(facts, Episode) for (facts,) in self._rows(sql.GET_ALL_EPISODES)]
