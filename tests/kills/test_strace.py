from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest

from kills.strace import Call, Injection, end_in, failing, under_strace, written

pytestmark = pytest.mark.process

SCRIPT = """
import os
for name in ("other", "watched"):
    file = os.open(name, os.O_RDWR | os.O_CREAT)
    for turn in range(3):
        try:
            os.pwrite(file, b"x", turn)
            os.fdatasync(file)
        except OSError as error:
            print(turn, error.strerror, flush=True)
"""
"""Writes three bytes to each of two files."""


async def run(folder: Path, injections: Iterable[Injection]) -> tuple[int, str, list[Call]]:
    """Return exit code, output and calls of the script, watched on one of its files."""
    log, watched = folder / "log", folder / "watched"
    process = await asyncio.create_subprocess_exec(
        *under_strace(log, ("pwrite64", "fdatasync"), (watched,), injections),
        *(sys.executable, "-c", SCRIPT),
        cwd=folder,
        stdout=asyncio.subprocess.PIPE,
    )
    out, _ = await process.communicate()
    calls = await written(log, process.pid)
    return end_in(log, process.pid) or 0, out.decode(), calls


def names(calls: list[Call]) -> list[str]:
    return [call.name for call in calls]


async def test_only_calls_on_the_watched_file_are_seen(tmp_path: Path) -> None:
    code, _, calls = await run(tmp_path, ())

    assert (code, names(calls)) == (0, ["pwrite64", "fdatasync"] * 3)


async def test_process_is_killed_before_its_nth_call_does_anything(tmp_path: Path) -> None:
    code, _, calls = await run(tmp_path, [Injection("fdatasync", 2)])

    assert code == -signal.SIGKILL
    assert names(calls) == ["pwrite64", "fdatasync"] * 2
    assert (tmp_path / "watched").read_bytes() == b"xx"


async def test_nth_call_fails_alone_and_does_nothing(tmp_path: Path) -> None:
    code, out, _ = await run(tmp_path, [failing("pwrite64", 2, "ENOSPC")])

    assert (code, out) == (0, "1 No space left on device\n")
    assert (tmp_path / "watched").read_bytes() == b"x\0x"


async def test_nth_call_and_all_after_it_fail_for_good(tmp_path: Path) -> None:
    code, out, _ = await run(tmp_path, [failing("fdatasync", 2, "EIO", for_good=True)])

    assert (code, out) == (0, "1 Input/output error\n2 Input/output error\n")
