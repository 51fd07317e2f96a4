"""Linters that others wrote, where the environment has them: they come with `[dev]`."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

_BESIDE = str(Path(sys.executable).parent)


def linted(name: str, *arguments: str | Path) -> str:
    """Return all that the linter *name* says; "" where it finds nothing. Skips where it is not."""
    found = shutil.which(name, path=_BESIDE) or shutil.which(name)
    if found is None:
        pytest.skip(f"no {name} here; pip install '.[dev]' brings it")
    ended = subprocess.run(
        [found, *map(str, arguments)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
        timeout=60,
    )
    said = ended.stdout.decode()
    return said or "it failed, and said nothing" if ended.returncode else ""
