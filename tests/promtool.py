"""Prometheus' own tool, where the machine has it: `apt-get install prometheus` on Debian."""

from __future__ import annotations

import shutil
import subprocess

PROMTOOL = shutil.which("promtool")
"""Its path; None: the tests that need it are skipped."""


def promtool(*arguments: str, given: bytes = b"") -> tuple[int, str]:
    """Return its exit code and all it said, having read *given*."""
    ended = subprocess.run(
        [str(PROMTOOL), *arguments],
        input=given,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
        timeout=60,
    )
    return ended.returncode, ended.stdout.decode()
