"""List what an environment consists of, as CycloneDX: `make sbom`.

    python release/sbom.py [VENV]

Without VENV the newest wheel in `dist/` is installed into a fresh environment, and the list goes to
`dist/`; with it what is installed there is listed, on stdout. The tool holds the list against the
schema of its form before it is written.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import tomllib
import venv
from pathlib import Path

from dist import DIST, ROOT, time_of

VERSION = ("-c", "import statusbridge; print(statusbridge.__version__)")


def listed(python: Path, epoch: str) -> str:
    """Return the list of what *python* can import, at the time *epoch*.

    Package addresses are left short: where a package came from is the business of one machine.
    """
    asked = [python, *VERSION]
    version = subprocess.run(asked, check=True, capture_output=True, text=True).stdout.strip()
    with tempfile.NamedTemporaryFile("w", suffix=".toml") as described:
        described.write(_description(version))
        described.flush()
        command = [
            *(sys.executable, "-m", "cyclonedx_py", "environment", python),
            *("--pyproject", described.name, "--short-PURLs", "--output-reproducible"),
            *("--validate", "--output-format", "JSON"),
        ]
        environ = {**os.environ, "SOURCE_DATE_EPOCH": epoch}
        return subprocess.run(
            command, env=environ, check=True, stdout=subprocess.PIPE, text=True
        ).stdout


def _description(version: str) -> str:
    """Return `pyproject.toml` with *version*, which it leaves to the package."""
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    described = text.replace('dynamic = ["version"]', f'version = "{version}"')
    assert tomllib.loads(described)["project"]["version"] == version
    return described


def of_release() -> Path:
    """Write the list of what the wheel in `dist/` brings with it, and return where."""
    wheels = sorted(DIST.glob("*.whl"))
    if not wheels:
        sys.exit("There is no wheel in dist/. Run: make dist")
    with tempfile.TemporaryDirectory() as place:
        venv.create(place, with_pip=False)
        python = Path(place) / "bin" / "python"
        pip = [sys.executable, "-m", "pip", "--python", python, "install", "--quiet", wheels[-1]]
        subprocess.run(pip, check=True)
        out = DIST / f"{wheels[-1].name.split('-py3')[0]}.cdx.json"
        out.write_text(listed(python, time_of("HEAD")), encoding="utf-8")
    return out


def main() -> None:
    """List the environment that is named, or that of the release."""
    if len(sys.argv) > 1:
        sys.stdout.write(listed(Path(sys.argv[1]) / "bin" / "python", time_of("HEAD")))
    else:
        sys.stdout.write(f"{of_release().relative_to(ROOT)}\n")


if __name__ == "__main__":
    main()
