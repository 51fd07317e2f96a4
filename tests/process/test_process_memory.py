"""What others can get of the memory of a program that has read secrets."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from outside import Outside
from programs import SOURCES, until

pytestmark = pytest.mark.process

LAST_ACT = """
import atexit, ctypes, resource, runpy, sys
def tell(): print(ctypes.CDLL(None).prctl(3), resource.getrlimit(resource.RLIMIT_CORE))
atexit.register(tell)
resource.setrlimit(resource.RLIMIT_CORE, (resource.getrlimit(resource.RLIMIT_CORE)[1],) * 2)
sys.argv[1:] = ["codes", "30008"]
runpy.run_module("statusbridge", run_name="__main__")
"""


def test_every_command_forbids_dumps_of_its_memory() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", LAST_ACT],
        env={**os.environ, "PYTHONPATH": str(SOURCES)},
        capture_output=True,
        text=True,
        check=True,
    )

    # PR_GET_DUMPABLE, and the limit of a core's size.
    assert ended.stdout.splitlines()[-1] == "0 (0, 0)"


async def test_daemon_leaves_no_core_and_its_user_can_not_look_into_it(outside: Outside) -> None:
    async with outside.daemon() as daemon:
        await until(lambda: daemon.event("daemon.started"))
        there = Path("/proc", str(daemon.process.pid))
        limits = (there / "limits").read_text()
        owner = (there / "environ").stat().st_uid
        code = await daemon.end()

    assert re.search(r"^Max core file size +0 +0 ", limits, re.MULTILINE)
    # Root's: another process of the same user is refused.
    assert (owner, code) == (0, 0)
