"""Signals that end the first process of a container, which the kernel does not end by default."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

from programs import SOURCES

pytestmark = pytest.mark.process

BEGINNING = """
import os, signal
own = os.getpid()
os.getpid = lambda: {pid}
from statusbridge import cli
cli.main = lambda: os.kill(own, signal.SIGTERM)
cli.program()
"""
LATER = """
import os, signal
own = os.getpid()
os.getpid = lambda: {pid}
from statusbridge.first_process import ends_at_once
signal.signal(signal.SIGTERM, lambda *_: None)
ends_at_once(signal.SIGTERM)
os.kill(own, signal.SIGTERM)
"""


@pytest.mark.parametrize("program", [BEGINNING, LATER])
def test_it_ends_with_the_code_that_a_shell_gives_to_that_signal(program: str) -> None:
    assert (ended_as(1, program), ended_as(7, program)) == (143, -signal.SIGTERM)


def ended_as(pid: int, program: str) -> int:
    return subprocess.run(
        [sys.executable, "-c", program.format(pid=pid)],
        env={**os.environ, "PYTHONPATH": str(SOURCES)},
        check=False,
        timeout=30,
    ).returncode
