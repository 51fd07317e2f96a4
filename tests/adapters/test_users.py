from __future__ import annotations

import os
import pwd
import socket
from pathlib import Path

import pytest

from statusbridge.adapters import pause_file, unix_socket, users

OVERFLOW = int(Path("/proc/sys/kernel/overflowuid").read_text())
ROOT = pwd.getpwuid(0).pw_name
NOBODY = users.name_of(OVERFLOW)
NAMELESS = 3_999_999_999


@pytest.mark.parametrize(
    ("uid", "claim", "name"),
    [
        (0, ROOT, ROOT),
        (0, "ada", f"ada (as {ROOT})"),
        (0, "", ROOT),
        (0, "ada\nroot", ROOT),
        (0, "a" * 65, ROOT),
        (OVERFLOW, "ada", f"ada (as {NOBODY})"),
        (NAMELESS, "ada", f"uid {NAMELESS}"),
    ],
)
def test_a_claim_counts_only_where_the_kernel_says_nothing_of_a_person(
    uid: int, claim: str, name: str
) -> None:
    assert users.recorded(uid, claim) == name


@pytest.mark.parametrize(("euid", "name"), [(0, "ada"), (NAMELESS, f"uid {NAMELESS}")])
def test_behind_sudo_is_who_called_it(
    monkeypatch: pytest.MonkeyPatch, euid: int, name: str
) -> None:
    monkeypatch.setenv("SUDO_USER", "ada")
    monkeypatch.setattr(os, "geteuid", lambda: euid)

    assert users.claimed() == name


def test_the_kernel_says_who_is_at_the_other_end() -> None:
    one, other = socket.socketpair(socket.AF_UNIX)
    with one, other:
        assert unix_socket.peer_uid(one) == os.getuid()


def test_no_file_pauses_nothing_and_any_file_does(tmp_path: Path) -> None:
    file = tmp_path / "pause"
    found = [pause_file.reason(file), pause_file.reason(tmp_path / "no folder" / "pause")]
    file.touch()
    found.append(pause_file.reason(file))
    file.write_bytes(b"  the page\n is moved \xff" + b"x" * 5000)
    found.append(pause_file.reason(file))

    assert found[:3] == [None, None, ""]
    assert (found[3] or "")[:22] == "the page is moved \ufffdxxx"
    assert len(found[3] or "") < 2000


def test_what_is_no_readable_file_pauses_too_and_keeps_nobody_waiting(tmp_path: Path) -> None:
    folder, pipe, loop = tmp_path / "folder", tmp_path / "pipe", tmp_path / "loop"
    nowhere = tmp_path / "nowhere"
    folder.mkdir()
    os.mkfifo(pipe)
    loop.symlink_to(loop)
    nowhere.symlink_to(tmp_path / "not there")

    assert [pause_file.reason(path) for path in (folder, pipe, loop, nowhere)] == [""] * 4
