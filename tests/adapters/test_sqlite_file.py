from __future__ import annotations

import os
import sqlite3
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from builders import T0, an_alert
from statusbridge.adapters import sqlite_migration
from statusbridge.adapters.sqlite import SqliteStore
from statusbridge.adapters.sqlite_errors import StoreError, StoreLocked
from statusbridge.adapters.sqlite_file import FileLock, connect, connect_copy
from statusbridge.adapters.sqlite_schema import MIGRATIONS
from statusbridge.core.coverage import Batch, Coverage


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "state.db"


def filled(path: Path) -> SqliteStore:
    store = SqliteStore.open(path)
    store.record("prod", Batch((an_alert(),), Coverage(T0, T0)))
    return store


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_only_its_owner_can_read_the_state_file_and_its_folder(path: Path) -> None:
    before = os.umask(0)
    try:
        lock = FileLock(path)
        store = filled(path)
    finally:
        os.umask(before)

    assert mode(path.parent) == 0o700
    assert {mode(file) for file in path.parent.iterdir()} == {0o600}
    assert {file.name for file in path.parent.iterdir()} >= {"state.db", "state.db.lock"}
    store.close()
    lock.release()


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o177, 0o277, 0o777])
def test_only_its_owner_can_read_each_file_under_any_umask(path: Path, umask: int) -> None:
    path.parent.mkdir(mode=0o700)
    before = os.umask(umask)
    try:
        lock = FileLock(path)
        store = filled(path)
        sqlite_migration._keep(store._db, path.with_name("state.db.before-9"))
        copied = SqliteStore.begin_as_copy(path.with_name("state.db.dry-run"), of=path)
    finally:
        os.umask(before)

    modes = {file.name: mode(file) for file in path.parent.iterdir()}
    assert modes == dict.fromkeys(modes, 0o600)
    assert {"state.db", "state.db-wal", "state.db-shm", "state.db.lock"} < modes.keys()
    for one in (store, copied):
        one.close()
    lock.release()


def test_rights_of_others_on_files_copied_back_are_taken_from_them(path: Path) -> None:
    kept = filled(path)
    names = [path.with_name(path.name + suffix) for suffix in ("", "-wal", "-shm")]
    for file in names:
        file.chmod(0o644)

    store = SqliteStore.open(path)

    assert [mode(file) for file in names] == [0o600] * 3
    store.close()
    kept.close()


def test_rights_on_a_file_of_another_program_are_left_as_they_are(path: Path) -> None:
    path.parent.mkdir()
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE theirs (x)")
    other.close()
    path.chmod(0o644)

    with pytest.raises(StoreError, match="a database of another program"):
        connect(path)

    assert mode(path) == 0o644


@pytest.mark.parametrize("make", ["pipe", "folder", "link", "link to nothing"])
@pytest.mark.parametrize("use", [connect, connect_copy])
def test_what_is_no_plain_file_is_refused_in_a_sentence(
    path: Path, make: str, use: Callable[[Path], sqlite3.Connection]
) -> None:
    path.parent.mkdir()
    match make:
        case "pipe":
            os.mkfifo(path)
        case "folder":
            path.mkdir()
        case "link":
            SqliteStore.open(path.with_name("target")).close()
            path.symlink_to("target")
        case _:
            path.symlink_to("nowhere")

    with pytest.raises(StoreError, match=r"can't be opened|is a link"):
        use(path)

    assert not path.with_name("nowhere").exists()


def test_one_process_writes_at_a_time_and_the_next_one_after_it(path: Path) -> None:
    first = FileLock(path)

    with pytest.raises(StoreLocked, match="in use by another statusbridge"):
        FileLock(path)
    first.release()

    FileLock(path).release()


def test_a_lock_that_can_not_be_made_is_told_with_its_reason(path: Path) -> None:
    path.parent.mkdir()
    path.with_name("state.db.lock").mkdir()

    with pytest.raises(StoreError, match=r"state\.db\.lock can't be opened \(Is a directory\)"):
        FileLock(path)


def test_a_folder_that_can_not_be_made_is_told_with_its_reason(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(StoreError, match=r"state folder .* can't be made"):
        SqliteStore.open(tmp_path / "file" / "state.db")


def test_a_database_of_another_program_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE theirs (a)")
    other.close()
    before = path.read_bytes()

    with pytest.raises(StoreError, match="database of another program"):
        SqliteStore.open(path)

    assert path.read_bytes() == before


def test_a_file_of_a_newer_version_is_left_alone(path: Path) -> None:
    filled(path).close()
    with sqlite3.connect(path) as db:
        db.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    db.close()

    for attempt in (SqliteStore.open, SqliteStore.copy):
        with pytest.raises(StoreError, match="written by a newer statusbridge"):
            attempt(path)


def test_a_file_that_is_no_database_is_told_in_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    path.write_bytes(b"not a database, but long enough to look like one" * 100)

    for attempt in (SqliteStore.open, SqliteStore.copy):
        with pytest.raises(StoreError, match=r"state\.db can't be used \(file is not a database\)"):
            attempt(path)


def test_a_damaged_file_is_told_in_a_sentence(path: Path) -> None:
    store = filled(path)
    for n in range(2000):
        store.record("prod", Batch((an_alert(T0 + n),), Coverage(T0, T0)))
    store.close()
    with path.open("r+b") as file:
        file.seek(path.stat().st_size // 2)
        file.write(b"\xff" * 8192)

    with pytest.raises(StoreError, match=r"is damaged|can't be used"):
        SqliteStore.open(path)


def test_a_link_is_not_followed_to_another_file(tmp_path: Path) -> None:
    target = tmp_path / "target.db"
    filled(target).close()
    link = tmp_path / "link.db"
    link.symlink_to(target)

    with pytest.raises(StoreError, match=r"link\.db is a link"):
        SqliteStore.open(link)


def test_a_copy_holds_what_the_file_holds_and_leaves_it_alone(path: Path) -> None:
    store = filled(path)
    before = path.read_bytes(), sorted(file.name for file in path.parent.iterdir())

    copy = SqliteStore.copy(path)
    copy.record("prod", Batch((an_alert(T0 + 1),), Coverage()))

    assert len(list(copy.alerts_after(0))) == 2
    assert len(list(store.alerts_after(0))) == 1
    assert (path.read_bytes(), sorted(f.name for f in path.parent.iterdir())) == before
    copy.close()
    store.close()


def test_a_copy_of_a_missing_file_is_empty_and_makes_none(path: Path) -> None:
    copy = SqliteStore.copy(path)

    assert copy.cases() == []
    assert not path.parent.exists()
    copy.close()


def test_a_rehearsal_begins_with_what_is_known_and_not_with_what_the_last_one_did(
    path: Path,
) -> None:
    store = filled(path)
    rehearsal = path.with_name("dry-run.db")
    for _ in range(2):
        copy = SqliteStore.begin_as_copy(rehearsal, path)
        assert len(list(copy.alerts_after(0))) == 1
        copy.record("prod", Batch((an_alert(T0 + 9),), Coverage()))
        copy.close()

    assert len(list(store.alerts_after(0))) == 1
    store.close()


def test_a_rehearsal_of_a_damaged_state_is_refused(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b"nonsense" * 1000)

    with pytest.raises(StoreError):
        SqliteStore.begin_as_copy(path.with_name("dry-run.db"), path)


def test_an_older_file_is_brought_forward_and_its_former_self_kept(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled(path).close()
    newer = (*MIGRATIONS, "CREATE TABLE more (a TEXT) STRICT;")
    monkeypatch.setattr(sqlite_migration, "MIGRATIONS", newer)

    db = connect(path)

    assert db.execute("SELECT count(*) FROM more").fetchone() == (0,)
    assert db.execute("SELECT count(*) FROM alert").fetchone() == (1,)
    db.close()
    kept = path.with_name(f"state.db.before-{len(newer)}")
    former = sqlite3.connect(kept)
    assert former.execute("PRAGMA user_version").fetchone() == (len(MIGRATIONS),)
    assert former.execute("SELECT count(*) FROM alert").fetchone() == (1,)
    former.close()
    assert mode(kept) == 0o600


def test_a_migration_that_fails_leaves_the_file_as_it_was(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled(path).close()
    monkeypatch.setattr(sqlite_migration, "MIGRATIONS", (*MIGRATIONS, "CREATE TABLE alert (a);"))

    with pytest.raises(StoreError, match="already exists"):
        connect(path)

    monkeypatch.undo()
    store = SqliteStore.open(path)
    assert len(list(store.alerts_after(0))) == 1
    store.close()


def test_what_was_committed_is_there_after_the_process_ends_anywhere(path: Path) -> None:
    store = filled(path)
    store._db.execute("BEGIN IMMEDIATE")
    store._db.execute("DELETE FROM alert")
    copied = path.with_name("after-the-crash.db")
    for suffix in ("", "-wal"):
        copied.with_name(copied.name + suffix).write_bytes(
            path.with_name(path.name + suffix).read_bytes()
        )
    store._db.execute("ROLLBACK")
    store.close()

    again = SqliteStore.open(copied)

    assert len(list(again.alerts_after(0))) == 1
    assert again._db.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert again._db.execute("PRAGMA synchronous").fetchone() == (2,)
    again.close()
