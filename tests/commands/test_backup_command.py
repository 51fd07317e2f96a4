from __future__ import annotations

import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest

from builders import T0, an_alert
from outside import Outside
from statusbridge.adapters.sqlite import SqliteStore
from statusbridge.adapters.sqlite_backup import back_up, inspect
from statusbridge.adapters.sqlite_errors import StoreError
from statusbridge.core.coverage import Batch, Coverage


def record(store: SqliteStore, sid: str) -> None:
    store.record("prod", Batch((an_alert(T0, sid=sid),), Coverage(T0, T0)))


def sids(path: Path) -> list[str]:
    with closing(SqliteStore.copy(path)) as store:
        return [alert.sid for alert in store.alerts_after(0)]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state.db"


async def test_backup_says_what_it_made_and_replaces_only_what_it_is_told_to(
    outside: Outside,
) -> None:
    await outside.here("run", "--once")
    target = outside.folder / "copy.db"

    made = await outside.here("backup", str(target))
    again = await outside.here("backup", str(target))
    forced = await outside.here("backup", str(target), "--force")

    assert (made.code, again.code, forced.code) == (0, 1, 0)
    assert made.out == (f"{target}: 0.1 MB, schema 3, checked: a whole copy of {outside.state}\n")
    assert again.err == (
        f"statusbridge: {target} exists. Give another name, or --force to replace it.\n"
    )


def test_what_is_committed_is_in_the_copy_while_the_writer_goes_on(path: Path) -> None:
    target = path.with_name("copy.db")
    with closing(SqliteStore.open(path)) as store:
        record(store, "NO1")
        back_up(path, target, replace=False)
        record(store, "NO2")

    names = sorted(p.name for p in path.parent.iterdir() if p.name.startswith("copy"))
    with closing(sqlite3.connect(target)) as copy:
        (mode,) = copy.execute("PRAGMA journal_mode").fetchone()
    assert (sids(target), sids(path)) == (["NO1"], ["NO1", "NO2"])
    assert (names, stat.S_IMODE(target.stat().st_mode), mode) == (["copy.db"], 0o600, "delete")


def test_a_copy_put_in_place_of_the_state_file_goes_on(path: Path) -> None:
    with closing(SqliteStore.open(path)) as store:
        record(store, "NO1")
    target = path.with_name("copy.db")
    back_up(path, target, replace=False)

    target.replace(path)

    with closing(SqliteStore.open(path)) as store:
        record(store, "NO2")
    assert sids(path) == ["NO1", "NO2"]


@pytest.mark.parametrize(
    ("name", "complaint"),
    [
        ("state.db", "is part of the state itself"),
        ("state.db-wal", "is part of the state itself"),
        ("folder", "is a folder"),
        ("lacking/copy.db", "can't be written (No such file or directory)"),
    ],
)
def test_target_that_can_hold_no_copy_is_refused_and_the_state_left_alone(
    path: Path, name: str, complaint: str
) -> None:
    (path.parent / "folder").mkdir()
    with closing(SqliteStore.open(path)) as store:
        record(store, "NO1")

    with pytest.raises(StoreError) as refused:
        back_up(path, path.parent / name, replace=True)

    assert complaint in str(refused.value)
    assert sids(path) == ["NO1"]


def test_there_is_nothing_to_back_up_before_the_first_run(path: Path) -> None:
    with pytest.raises(StoreError, match="nothing to back up"):
        back_up(path, path.with_name("copy.db"), replace=False)


def test_a_damaged_file_makes_no_copy_and_leaves_the_last_one(path: Path) -> None:
    target = path.with_name("copy.db")
    target.write_text("the last one")
    with closing(SqliteStore.open(path)) as store:
        alerts = tuple(an_alert(T0 + n, sid=f"NO{n:040}") for n in range(2000))
        store.record("prod", Batch(alerts, Coverage(T0, T0)))
    with path.open("r+b") as file:
        file.seek(20 * 4096)
        file.write(b"\xff" * 8 * 4096)

    with pytest.raises(StoreError):
        inspect(path)
    with pytest.raises(StoreError, match="damaged"):
        back_up(path, target, replace=True)

    left = sorted(p.name for p in path.parent.iterdir() if p.name.startswith("copy"))
    assert (left, target.read_text()) == (["copy.db"], "the last one")
