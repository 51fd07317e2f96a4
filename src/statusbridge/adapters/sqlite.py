"""What the bridge knows, in one SQLite file: alerts, coverage, detectors, episodes, operations.

One writer, one transaction a step of the cycle. Satisfies `cycle.Store`.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from statusbridge.adapters import sqlite_schema as sql
from statusbridge.adapters.sqlite_access import Access
from statusbridge.adapters.sqlite_acts import SqliteActs
from statusbridge.adapters.sqlite_errors import failed
from statusbridge.adapters.sqlite_file import NOWHERE, Place, connect, connect_copy
from statusbridge.adapters.sqlite_notices import SqliteNotices
from statusbridge.adapters.sqlite_values import SEPARATOR, alert_of, operation_of, text_of, value_of
from statusbridge.core.coverage import Batch, Coverage, Gap
from statusbridge.core.detectors import Detector
from statusbridge.core.episodes import Episode, Group
from statusbridge.core.model import Alert, IncidentId, Instant, Stage
from statusbridge.core.operations import Held, HeldReason, Ledger, Operation
from statusbridge.core.plan import Case


class SqliteStore:
    """The state file, or a copy of it. Every method is one transaction."""

    def __init__(self, connection: sqlite3.Connection, path: Path, place: Place = NOWHERE) -> None:
        access = Access(connection, path, place)
        self.notices = SqliteNotices(access)
        self._db = connection
        self._path = path
        self._rows = access.rows
        self._transaction = access.transaction
        self.acts = SqliteActs(access)

    @classmethod
    def open(cls, path: Path) -> SqliteStore:
        """Open the file for writing. The caller holds its `FileLock`. Raises StoreError."""
        return cls(connect(path), path, Place.of(path))

    @classmethod
    def copy(cls, path: Path) -> SqliteStore:
        """Open a copy in memory, for looking and for trying out."""
        return cls(connect_copy(path), path)

    @classmethod
    def begin_as_copy(cls, path: Path, of: Path) -> SqliteStore:
        """Open a new file at *path* with what *of* holds. Whatever was at *path* is gone."""
        for suffix in ("", "-wal", "-shm"):
            path.with_name(path.name + suffix).unlink(missing_ok=True)
        connection = connect(path)
        copy = connect_copy(of)
        try:
            copy.backup(connection)
        finally:
            copy.close()
        return cls(connection, path, Place.of(path))

    def close(self) -> None:
        self._db.close()

    # What was read

    def record(self, account: str, batch: Batch) -> tuple[list[Alert], bool]:
        """Store *batch*; return the alerts that were new, and whether known ones changed traits."""
        with self._transaction():
            (before,) = self._db.execute(sql.LAST_ALERT_ROW).fetchone()
            changed = self._put_alerts(batch.alerts)
            self._db.execute(sql.PUT_SOURCE, (account, text_of(batch.coverage)))
            self._db.executemany(
                sql.PUT_GAP, [(account, gap.lo, gap.hi, gap.reason) for gap in batch.gaps]
            )
            fresh = self._new_since(before, batch.alerts, changed)
            self._count({"seen": len(fresh), "malformed": batch.malformed})
        return fresh, changed > len(fresh)

    def _put_alerts(self, alerts: Iterable[Alert]) -> int:
        before = self._db.total_changes
        if any(alert.traits for alert in alerts):
            rows = ((*alert[:8], SEPARATOR.join(alert.traits)) for alert in alerts)
            self._db.executemany(sql.PUT_ALERT_WITH_TRAITS, rows)
        else:
            self._db.executemany(sql.PUT_ALERT, (alert[:8] for alert in alerts))
        return self._db.total_changes - before

    def _new_since(self, row: int, alerts: tuple[Alert, ...], changed: int) -> list[Alert]:
        if changed == 0:
            return []
        (last,) = self._db.execute(sql.LAST_ALERT_ROW).fetchone()
        if last - row == len(alerts):
            return list(alerts)
        new = {sid for (sid,) in self._db.execute(sql.SIDS_SINCE_ROW, (row,))}
        first = {alert.sid: alert for alert in reversed(alerts) if alert.sid in new}
        return list(first.values())

    def coverage(self) -> dict[str, Coverage]:
        """Return how far each account has been read."""
        rows = self._rows(sql.GET_SOURCES)
        return {account: value_of(facts, Coverage) for account, facts in rows}

    def alerts_after(self, time: Instant) -> Iterator[Alert]:
        """Yield the alerts after *time*, oldest first."""
        return map(alert_of, self._rows(sql.ALERTS_AFTER, time))

    def alerts_between(self, after: Instant, until: Instant) -> Iterator[Alert]:
        """Yield the alerts in (after, until], oldest first, among equals the least SID."""
        return map(alert_of, self._rows(sql.ALERTS_BETWEEN, after, until))

    def drop_alerts(self, until: Instant, most: int) -> int:
        """Drop up to *most* alerts, the oldest first, none after *until*; return how many.

        Their room in the file is used again; the file itself gets no smaller.
        """
        if next(self._rows(sql.OLDEST_ALERTS, until, 1), None) is None:
            return 0
        with self._transaction():
            return self._db.execute(sql.DROP_ALERTS, (until, most)).rowcount

    def gaps(self, after: Instant) -> list[tuple[str, Gap]]:
        """Return, by account, the gaps that end after *time*."""
        rows = self._rows(sql.GET_GAPS, after)
        return [(account, Gap(lo, hi, reason)) for account, lo, hi, reason in rows]

    # What was decided

    def detectors(self) -> dict[str, tuple[Group, Detector]]:
        """Return each rule's detector with the group that it stood in."""
        rows = self._rows(sql.GET_DETECTORS)
        return {
            rule: (Group(page, incident, Stage(stage)), value_of(facts, Detector))
            for rule, page, incident, stage, facts in rows
        }

    def cases(self) -> list[Case]:
        """Return the open episodes, oldest first, with what was and is being said of them."""
        return [
            Case(
                value_of(episode, Episode),
                value_of(ledger, Ledger),
                None if number is None else operation_of(number, operation),
            )
            for episode, ledger, number, operation in self._rows(sql.GET_OPEN_EPISODES)
        ]

    def commit_evaluation(
        self,
        detectors: Mapping[str, tuple[Group, Detector]],
        gone: Iterable[str],
        episodes: Iterable[Episode],
        matched: int,
    ) -> None:
        """Store what an evaluation changed. An episode that was closed before stays as it was."""
        with self._transaction():
            self._db.executemany(
                sql.PUT_DETECTOR,
                [
                    (rule, *group, text_of(detector))
                    for rule, (group, detector) in detectors.items()
                ],
            )
            self._db.executemany(sql.DROP_DETECTOR, [(rule,) for rule in gone])
            self._db.executemany(
                sql.PUT_EPISODE,
                [
                    (e.id, *e.group, e.opened_at, text_of(e), text_of(Ledger(e.id)))
                    for e in episodes
                ],
            )
            self._count({"matched": matched})

    # What was said

    def commit_ledger(self, ledger: Ledger) -> None:
        with self._transaction():
            self._put_ledger(ledger)

    def commit_operation(
        self, page: str, operation: Operation, ledger: Ledger | None, now: Instant
    ) -> Operation:
        """Store *operation* and, with it, *ledger*. Returns it with its number."""
        facts = text_of(operation)
        with self._transaction():
            if operation.id is None:
                draft = operation.draft
                row = (
                    draft.episode, page, draft.action, operation.state, now, draft.notify,
                    operation.unknowns, facts,
                )  # fmt: skip
                (number,) = self._db.execute(sql.ADD_OPERATION, row).fetchone()
                operation = operation.numbered(number)
            else:
                self._db.execute(
                    sql.SET_OPERATION,
                    (operation.state, now, operation.unknowns, facts, operation.id),
                )
            if ledger is not None:
                self._put_ledger(ledger)
        return operation

    def given_up(self, episode: str) -> list[Operation]:
        """Return the episode's operations that were closed unapplied but once were in doubt."""
        return [operation_of(*row) for row in self._rows(sql.GIVEN_UP, episode)]

    def done(self, episode: str) -> list[Operation]:
        """Return what was said of the episode, in order."""
        return [operation_of(*row) for row in self._rows(sql.DONE_OF, episode)]

    def parked(self) -> list[Operation]:
        """Return the parked operations of open episodes."""
        return [operation_of(*row) for row in self._rows(sql.PARKED)]

    def operations_by_state(self) -> list[tuple[str, str, int]]:
        """Return (action, state, count) of all operations ever."""
        return list(self._rows(sql.OPERATIONS_BY_STATE))

    def own_incidents(self, page: str) -> frozenset[IncidentId]:
        """Return every incident on *page* that the bridge ever opened."""
        return frozenset(IncidentId(i) for (i,) in self._rows(sql.OWN_INCIDENTS, page))

    def opens_since(self, page: str, time: Instant) -> tuple[Instant, ...]:
        """Return when the bridge opened incidents on *page* after *time*.

        Without those that were over when they were told of.
        """
        return tuple(at for (at,) in self._rows(sql.OPENS_SINCE, page, time))

    def notified_since(self, page: str, time: Instant) -> int:
        """Return how many posts on *page* after *time* mailed the subscribers."""
        ((count,),) = self._rows(sql.NOTIFIED_SINCE, page, time)
        return int(count)

    def note_held(self, page: str, held: Iterable[Held], now: Instant) -> None:
        """Make *held* what is held on *page*, each since its reason has been the same."""
        rows = [(h.episode, page, h.incident, h.reason, h.detail, now) for h in held]
        with self._transaction():
            self._db.execute(sql.DROP_HELD, (page, text_of([row[0] for row in rows])))
            self._db.executemany(sql.PUT_HELD, rows)

    def held(self) -> list[tuple[str, Held, Instant]]:
        """Return what is held, with its page and since when, oldest first."""
        return [
            (page, Held(incident, episode, HeldReason(reason), detail), since)
            for page, incident, episode, reason, detail, since in self._rows(sql.GET_HELD)
        ]

    # Counters and single facts

    def counters(self) -> dict[str, int]:
        return dict(self._rows(sql.GET_COUNTERS))

    def fact(self, name: str) -> str | None:
        return next((str(value) for (value,) in self._rows(sql.GET_FACT, name)), None)

    def note_fact(self, name: str, value: str) -> None:
        with self._transaction():
            self._db.execute(sql.PUT_FACT, (name, value))

    def _count(self, by: Mapping[str, int]) -> None:
        self._db.executemany(sql.COUNT, [(name, n) for name, n in by.items() if n])

    def _put_ledger(self, ledger: Ledger) -> None:
        self._db.execute(sql.PUT_LEDGER, (text_of(ledger), ledger.closed, ledger.episode))

    def prove_writable(self) -> None:
        """Write what a few answers of an API need, and drop it again. Raises StoreError."""
        # Is it locked? To shorten the log would wait for that, and not say so.
        with self._transaction():
            pass
        self._shorten_log()
        with self._transaction():
            self._db.execute(sql.PUT_ROOM)
        with self._transaction():
            self._db.execute(sql.DROP_ROOM)
        self._shorten_log()

    def _shorten_log(self) -> None:
        """Bring the log into the file: where room is short, trying must not take what is left."""
        try:
            self._db.execute(sql.SHORTEN_LOG).fetchone()
        except sqlite3.Error as error:
            raise failed(self._path, error) from error

    def rows(self, statement: str, *values: object) -> Iterator[Any]:
        """Yield what *statement* finds, for `sqlite_lookups`. Raises StoreError."""
        return self._rows(statement, *values)
