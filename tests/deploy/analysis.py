"""systemd's own tool, where the machine has it: `apt-get install systemd` on Debian."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

ANALYZE = shutil.which("systemd-analyze")
"""Its path; None: the tests that need it are skipped."""


def analyze(*arguments: str | Path) -> tuple[int, str]:
    """Return its exit code and all it said."""
    ended = subprocess.run(
        [str(ANALYZE), "--no-pager", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
        timeout=60,
    )
    return ended.returncode, ended.stdout.decode()
