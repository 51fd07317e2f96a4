"""A migration that is cut short, by the death of its process, at any point."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

import pytest

from disk.files import PAGE_SIZE, filled, noise, overwrite
from statusbridge.adapters import sqlite_migration
from statusbridge.adapters.sqlite import SqliteStore
from statusbridge.adapters.sqlite_schema import MIGRATIONS


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "state.db"


NEWER = (*MIGRATIONS, "CREATE TABLE more (a TEXT) STRICT; UPDATE alert SET code = 1;")


class Killed(BaseException):
    """The process is dead."""


def migrated(path: Path) -> SqliteStore:
    store = SqliteStore.open(path)
    assert store._db.execute("SELECT count(*) FROM more").fetchone() == (0,)
    assert {alert.code for alert in store.alerts_after(0)} == {1}
    return store


def test_a_death_while_the_backup_is_made_leaves_a_file_that_the_next_start_migrates(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled(path).close()
    monkeypatch.setattr(sqlite_migration, "MIGRATIONS", NEWER)
    kept = path.with_name(f"state.db.before-{len(NEWER)}")
    monkeypatch.setattr(Path, "replace", dies)
    with pytest.raises(Killed):
        SqliteStore.open(path)
    monkeypatch.undo()
    monkeypatch.setattr(sqlite_migration, "MIGRATIONS", NEWER)
    part = kept.with_name(f"{kept.name}.part")
    there = part.exists(), kept.exists()
    overwrite(part, 100, noise(2 * PAGE_SIZE))
    part.with_name(f"{part.name}-journal").write_bytes(noise(PAGE_SIZE))

    migrated(path).close()

    assert there == (True, False)
    former = sqlite3.connect(kept)
    assert former.execute("SELECT DISTINCT code FROM alert").fetchall() == [(30008,)]
    assert former.execute("PRAGMA user_version").fetchone() == (len(MIGRATIONS),)
    former.close()
    assert sorted(file.name for file in path.parent.iterdir()) == ["state.db", kept.name]


def dies(*_: object) -> None:
    raise Killed


def test_a_death_at_any_statement_of_a_migration_leaves_a_file_that_the_next_start_migrates(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled(path).close()
    whole = path.read_bytes()
    monkeypatch.setattr(sqlite_migration, "MIGRATIONS", NEWER)
    for last in range(1, 7):
        child = os.fork()
        if child == 0:
            die_at_statement(path, last)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == DIED

        migrated(path).close()
        path.write_bytes(whole)


DIED = 9


def die_at_statement(path: Path, last: int) -> None:
    """End this process, as it is, when migrating gets to statement number *last*."""
    count = 0

    def traced(_: str) -> None:
        nonlocal count
        count += 1
        if count == last:
            os._exit(DIED)

    script = sqlite3.Connection.executescript

    class Traced(sqlite3.Connection):
        def executescript(self, sql: str, /) -> sqlite3.Cursor:
            if "user_version" in sql:
                self.set_trace_callback(traced)
            return script(self, sql)

    connect = sqlite3.connect
    sqlite3.connect = lambda *a, **k: connect(*a, **k, factory=Traced)  # type: ignore[assignment, misc]
    SqliteStore.open(path)
    os._exit(0)
