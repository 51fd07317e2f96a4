from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.mark.process
def test_the_benchmarks_still_run_against_the_bridge_as_it_is() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", "--quick", "cycle", "latency", "console"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert "| openings | " in done.stdout
    assert "| 24 h | " in done.stdout
    assert "| `/metrics` | " in done.stdout
