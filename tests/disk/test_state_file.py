"""What may lie where the state file should: each is refused in a sentence, or read as it is."""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from builders import T0, an_alert
from disk.files import PAGE_SIZE, altered, filled, killed, log_of, noise, overwrite
from statusbridge.adapters.sqlite import SqliteStore
from statusbridge.adapters.sqlite_errors import StoreBroken, StoreError
from statusbridge.adapters.sqlite_file import FileLock
from statusbridge.adapters.sqlite_schema import APPLICATION_ID, MIGRATIONS
from statusbridge.core.coverage import Batch, Coverage
from statusbridge.core.operations import Ledger


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "state.db"


def a_folder(path: Path) -> None:
    path.mkdir(parents=True)


def a_pipe(path: Path) -> None:
    path.parent.mkdir()
    os.mkfifo(path)


def a_link(path: Path) -> None:
    filled(path.with_name("target.db")).close()
    path.symlink_to("target.db")


def writable_by_anybody(path: Path) -> None:
    filled(path).close()
    path.chmod(0o602)


def noise_in_the_header(path: Path) -> None:
    filled(path).close()
    overwrite(path, 16, noise(84))


def cut_in_half(path: Path) -> None:
    filled(path).close()
    os.truncate(path, path.stat().st_size // 2 // PAGE_SIZE * PAGE_SIZE)


def cut_off(path: Path) -> None:
    killed(path)
    os.truncate(path, 0)


def another_id(path: Path) -> None:
    filled(path).close()
    altered(path, f"PRAGMA application_id = {APPLICATION_ID + 1}")


def of_the_future(path: Path) -> None:
    filled(path).close()
    altered(path, f"PRAGMA user_version = {len(MIGRATIONS) + 1}")


def without_a_table(path: Path) -> None:
    filled(path).close()
    altered(path, "DROP TABLE held")


def without_a_column(path: Path) -> None:
    filled(path).close()
    altered(path, "ALTER TABLE alert DROP COLUMN host")


def without_an_index(path: Path) -> None:
    filled(path).close()
    altered(path, "DROP INDEX operation_open")


REFUSED: dict[Callable[[Path], None], str] = {
    a_folder: r"state\.db can't be opened \(Is a directory\)",
    a_pipe: r"state\.db can't be opened \(not a plain file\)",
    a_link: r"state\.db is a link",
    writable_by_anybody: r"can be written by others \(mode 0602\).*chmod 600",
    noise_in_the_header: r"state\.db can't be used \(.*\)\. Restore it from a backup",
    cut_in_half: r"is damaged|can't be used \(database disk image is malformed\)",
    cut_off: r"is empty, but state\.db-wal beside it is not",
    another_id: r"is a database of another program",
    of_the_future: r"was written by a newer statusbridge",
    without_a_table: r"is damaged: it has no table held with column",
    without_a_column: r"is damaged: it has no table alert with column host",
    without_an_index: r"is damaged: it has no index operation_open",
}


@pytest.mark.parametrize("damage", REFUSED, ids=lambda d: d.__name__)
def test_what_can_not_be_the_state_is_refused_in_a_sentence_and_left_alone(
    path: Path, damage: Callable[[Path], None]
) -> None:
    damage(path)
    before = path.read_bytes() if path.is_file() else b""

    with pytest.raises(StoreError, match=REFUSED[damage]) as refused:
        SqliteStore.open(path)

    assert len(str(refused.value).splitlines()) == 1
    assert (path.read_bytes() if path.is_file() else b"") == before


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away, and act as another")
def test_a_file_of_another_user_is_refused() -> None:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        path = Path(folder) / "state.db"
        path.touch()
        path.chmod(0o666)
        os.chown(path, 12345, -1)
        child = os.fork()
        if child == 0:
            os.seteuid(12346)
            os._exit(0 if "belongs to another user (uid 12345)" in refusal(path) else 1)

        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file to another group")
def test_a_file_that_its_group_may_write_is_refused_unless_the_group_is_the_owners_own(
    path: Path,
) -> None:
    filled(path).close()
    path.chmod(0o660)
    os.chown(path, 0, 12345)
    refused = refusal(path)

    os.chown(path, 0, 0)

    assert "can be written by others (mode 0660)" in refused
    assert refusal(path) == ""
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def refusal(path: Path) -> str:
    try:
        SqliteStore.open(path).close()
    except StoreError as error:
        return str(error)
    return ""


@pytest.mark.parametrize("page", range(2, 40, 3))
def test_noise_in_any_page_is_refused_or_told_when_it_is_read(path: Path, page: int) -> None:
    filled(path).close()
    overwrite(path, page * PAGE_SIZE, noise(PAGE_SIZE))

    with pytest.raises(StoreError):
        store = SqliteStore.open(path)
        list(store.alerts_after(0))
        store.cases()


def test_a_value_that_is_no_longer_what_it_was_is_told_in_a_sentence(path: Path) -> None:
    filled(path, 1).close()
    altered(path, 'UPDATE source SET coverage = \'{"covered_until": "x"}\'')
    store = SqliteStore.open(path)

    with pytest.raises(StoreBroken, match="is damaged: a Coverage in it can't be read"):
        store.coverage()

    store.close()


def test_an_empty_file_is_a_new_one(path: Path) -> None:
    path.parent.mkdir()
    path.touch(0o600)

    store = SqliteStore.open(path)

    assert store.cases() == []
    store.close()


def test_what_a_killed_process_left_is_read_and_on_the_disk_before_anything_else(
    path: Path,
) -> None:
    killed(path)
    path.with_name("state.db-shm").write_bytes(noise(32768))

    store = SqliteStore.open(path)

    assert len(list(store.alerts_after(0))) == 3000
    assert log_of(path).stat().st_size == 0
    store.close()


def test_a_log_that_is_gone_takes_with_it_only_what_was_in_it(path: Path) -> None:
    filled(path).close()
    store = SqliteStore.open(path)
    store.record("prod", Batch((an_alert(T0 - 1),), Coverage(T0 + 1, T0 + 1)))
    content = path.read_bytes()
    store.close()
    path.write_bytes(content)

    again = SqliteStore.open(path)

    assert len(list(again.alerts_after(0))) == 3000
    again.close()


def test_a_log_of_another_file_is_refused_or_makes_the_file_as_old_as_it_was(path: Path) -> None:
    other = path.with_name("other.db")
    killed(other)
    filled(path, 9000).close()
    log_of(path).write_bytes(log_of(other).read_bytes())

    try:
        store = SqliteStore.open(path)
    except StoreError:
        return
    known = {alert.sid for alert in store.alerts_after(0)}
    store.close()
    assert known <= {an_alert(T0 + n).sid for n in range(9000)}


@pytest.mark.parametrize("suffix", ["", "-wal", ".lock"])
@pytest.mark.parametrize("fate", [Path.unlink, lambda p: p.replace(p.with_name("moved"))])
def test_a_file_that_is_moved_or_deleted_takes_no_more_writes(
    path: Path, suffix: str, fate: Callable[[Path], None]
) -> None:
    lock = FileLock(path)
    store = filled(path, 1)

    fate(path.with_name(path.name + suffix))

    with pytest.raises(StoreBroken, match=f"state\\.db{suffix} was moved, replaced or deleted"):
        store.commit_ledger(Ledger("e"))
    store.close()
    lock.release()


def test_a_file_that_is_replaced_takes_no_more_writes(path: Path) -> None:
    store = filled(path, 1)
    other = path.with_name("other.db")
    filled(other, 2).close()

    other.replace(path)

    with pytest.raises(StoreBroken, match="was moved, replaced or deleted"):
        store.note_fact("a", "b")
    store.close()
