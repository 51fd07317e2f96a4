"""What is asked of a state file only when a person wants to know: no cycle needs it.

Everything here reads. Times before and after are given by whoever asks, so that no answer is longer
than the question.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from statusbridge.adapters import sqlite_schema as sql
from statusbridge.adapters.sqlite import SqliteStore
from statusbridge.adapters.sqlite_file import connect_reader
from statusbridge.adapters.sqlite_values import alert_of, operation_of, value_of
from statusbridge.core.episodes import Episode
from statusbridge.core.model import Alert, Instant
from statusbridge.core.operations import QUIET, Ledger, Operation
from statusbridge.core.plan import Case


@dataclass(frozen=True, slots=True)
class Outage:
    """An episode with what was said of it. *closed*: nothing is left to say, or nobody's to say."""

    case: Case
    closed: bool


@contextmanager
def reader(store: SqliteStore) -> Iterator[SqliteStore]:
    """Open *store*'s file once more, to read it from another thread while cycles go on.

    A store that only memory holds is read itself. Raises StoreError.
    """
    ((file,),) = store.rows(sql.WHICH_FILE)
    if not file:
        yield store
        return
    beside = SqliteStore(connect_reader(Path(file)), Path(file))
    try:
        yield beside
    finally:
        beside.close()


def alerts_named(store: SqliteStore, sid: str) -> list[Alert]:
    """Return the alert *sid* of each account that has one."""
    return [alert_of(row) for row in store.rows(sql.ALERTS_NAMED, sid)]


def alerts_of_code(
    store: SqliteStore, code: int, after: Instant, until: Instant
) -> Iterator[Alert]:
    """Yield the alerts of *code* in (after, until], in no order."""
    return map(alert_of, store.rows(sql.ALERTS_OF_CODE, code, after, until))


def alerts_back(store: SqliteStore, after: Instant, until: Instant) -> Iterator[Alert]:
    """Yield the alerts in (after, until], newest first."""
    return map(alert_of, store.rows(sql.ALERTS_BACK, after, until))


def first_alert(store: SqliteStore) -> Instant | None:
    """Return the time of the oldest alert; None: there is none."""
    ((at,),) = store.rows(sql.FIRST_ALERT)
    return None if at is None else int(at)


def file_size(store: SqliteStore) -> tuple[int, int]:
    """Return how many bytes the state takes, without its log, and how many of them are free."""
    ((whole, free),) = store.rows(sql.FILE_SIZE)
    return int(whole), int(free)


def outages_of(
    store: SqliteStore, page: str, incident: str, until: Instant, most: int = 20
) -> list[Outage]:
    """Return the outages of an incident key that began by *until*, the newest first."""
    return [
        Outage(
            Case(
                value_of(episode, Episode),
                value_of(ledger, Ledger),
                None if number is None else operation_of(number, operation),
            ),
            bool(closed),
        )
        for episode, ledger, number, operation, closed in store.rows(
            sql.OUTAGES_OF, page, incident, until, most
        )
    ]


def incident_keys(store: SqliteStore) -> list[tuple[str, str]]:
    """Return page and incident key of every outage that was ever seen."""
    return list(store.rows(sql.INCIDENT_KEYS))


def mails_refused(store: SqliteStore) -> dict[str, Instant]:
    """Return when each page refused to mail that has not mailed since."""
    return dict(store.rows(sql.MAILS_REFUSED, QUIET))


def operations_of(
    store: SqliteStore, episode: str, until: Instant
) -> list[tuple[Operation, Instant]]:
    """Return all that was to be said of *episode* by *until*, with when it came to its end."""
    return [
        (operation_of(number, facts), at)
        for number, facts, at in store.rows(sql.OPERATIONS_OF, episode, until)
    ]


def posted_lately(store: SqliteStore, most: int) -> list[tuple[str, Operation, Instant]]:
    """Return the newest *most* posts with their page and when they were known to be there."""
    return [
        (page, operation_of(number, facts), at)
        for page, number, facts, at in store.rows(sql.POSTED_LATELY, most)
    ]
