"""Hold the wheel and the sdist of the last commit against what is promised: `make dist-check`.

    python release/check.py

They are built twice, in other folders, at other times, under another time zone and file mode mask;
once the wheel is made from the sdist, once both from the sources. The bytes must be the same. Then
each is installed into a fresh environment, where the program must run. Takes half a minute.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
import venv
from pathlib import Path

from dist import ROOT, build, checked_out, sums, time_of

EXAMPLES = ("config.example.toml", "config.example.test.toml")
CALLS = (
    ("--version",),
    ("demo", "--help"),
    ("--config", "config.example.toml", "check", "--offline"),
    ("--config", "config.example.toml", "test"),
    ("simulate", "calm", "--twilio-port", "0", "--incidentio-port", "0", "--webhook-port", "0",
     "--for", "1s"),
)  # fmt: skip


def built_twice(folder: Path) -> list[Path]:
    """Return the archives; ends where the second build has other bytes."""
    for name in ("first", "second"):
        (folder / name).mkdir()
        checked_out("HEAD", folder / name)
    epoch = time_of("HEAD")
    first = build(folder / "first", folder / "out", epoch)
    os.environ["TZ"] = "Asia/Kathmandu"
    time.tzset()
    os.umask(0o077)
    again = build(folder / "second", folder / "again", epoch, "--sdist", "--wheel")
    os.umask(0o022)
    if sums(first) != sums(again):
        sys.exit(f"Two builds of one commit differ:\n{sums(first)}{sums(again)}")
    print(f"{sums(first)}Two builds of one commit are the same.")
    return first


def installed(archive: Path, place: Path) -> Path:
    """Install *archive* into a fresh environment at *place*, and return its program."""
    venv.create(place, with_pip=True)
    python = place / "bin" / "python"
    ran([python, "-m", "pip", "install", "--quiet", archive], place)
    ran([python, "-m", "pip", "check"], place)
    return place / "bin" / "statusbridge"


def ran(command: list[str | Path], folder: Path) -> None:
    """Run *command* in *folder*; ends where it fails."""
    done = subprocess.run(command, cwd=folder, check=False, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{done.stdout}{done.stderr}\n{command} ended with {done.returncode}.")


def main() -> None:
    """Build, compare, install and run."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for archive in built_twice(folder):
            place = folder / archive.suffix.strip(".")
            program = installed(archive, place)
            for example in EXAMPLES:
                shutil.copy(ROOT / example, place)
            for arguments in CALLS:
                ran([program, *arguments], place)
            print(f"{archive.name} installs and runs.")


if __name__ == "__main__":
    main()
