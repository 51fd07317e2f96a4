"""Build the wheel and the sdist of a commit, and say what their bytes must be: `make dist`.

    python release/dist.py [COMMIT]

The same commit gives the same bytes on every machine: what is built is what is committed, not what
lies about; all times in the archives are the commit's; the build backend is the one in
`constraints.txt`. Writes the two and `SHA256SUMS` to `dist/`, which is emptied before, and prints
the sums.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
DIST = ROOT / "dist"
CONSTRAINTS = ROOT / "release" / "constraints.txt"


def checked_out(commit: str, folder: Path) -> None:
    """Put the files of *commit* into *folder*."""
    packed = subprocess.run(["git", "archive", commit], cwd=ROOT, check=True, capture_output=True)
    subprocess.run(["tar", "--extract", "--directory", folder], input=packed.stdout, check=True)


def time_of(commit: str) -> str:
    """Return when *commit* was made, in seconds since the epoch."""
    asked = ["git", "log", "-1", "--format=%ct", commit]
    told = subprocess.run(asked, cwd=ROOT, check=True, capture_output=True, text=True)
    return told.stdout.strip()


def build(sources: Path, out: Path, epoch: str, *options: str) -> list[Path]:
    """Build *sources* in an environment of its own, and return what is then in *out*."""
    environ = {**os.environ, "SOURCE_DATE_EPOCH": epoch, "PIP_CONSTRAINT": str(CONSTRAINTS)}
    command = [sys.executable, "-m", "build", "--outdir", out, *options, sources]
    done = subprocess.run(command, env=environ, check=False, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{done.stdout}{done.stderr}\nThe build failed.")
    return sorted(out.iterdir())


def sums(files: list[Path]) -> str:
    """Return the SHA-256 of each of *files*, as `sha256sum --check` reads it."""
    return "".join(
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n" for path in files
    )


def main() -> None:
    """Build the commit that is named, or the last one, into `dist/`."""
    commit = sys.argv[1] if len(sys.argv) > 1 else "HEAD"
    shutil.rmtree(DIST, ignore_errors=True)
    DIST.mkdir()
    with tempfile.TemporaryDirectory() as sources:
        checked_out(commit, Path(sources))
        told = sums(build(Path(sources), DIST, time_of(commit)))
    (DIST / "SHA256SUMS").write_text(told, encoding="utf-8")
    sys.stdout.write(told)


if __name__ == "__main__":
    main()
