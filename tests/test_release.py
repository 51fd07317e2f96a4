"""What is released: the archives' bytes and contents, the version, the changelog."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

from pages import ROOT, text_of
from statusbridge import __version__

CHANGES = {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}
HEADINGS = re.findall(r"^## (.*)$", text_of(ROOT / "CHANGELOG.md"), re.MULTILINE)
RELEASED = re.compile(r"\[(?P<version>\d+\.\d+\.\d+)\] - (?P<day>\d{4}-\d\d-\d\d)")
APACHE = "cfc7749b96f63bd31c3c42b5c471bf756814053e847c10f3eb003417bc523d30"
"""The SHA-256 of https://www.apache.org/licenses/LICENSE-2.0.txt."""


@dataclass(frozen=True)
class Built:
    """The two archives of one build."""

    wheel: Path
    sdist: Path


def built(sources: Path, out: Path, zone: str, mask: int) -> Built:
    environ = os.environ | {"SOURCE_DATE_EPOCH": "1700000000", "TZ": zone}
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "--directory", out],
        cwd=sources,
        env=environ,
        umask=mask,
        check=True,
        capture_output=True,
    )
    (wheel,), (sdist,) = out.glob("*.whl"), out.glob("*.tar.gz")
    return Built(wheel, sdist)


@pytest.fixture(scope="module")
def once(tmp_path_factory: pytest.TempPathFactory) -> Built:
    return built(ROOT, tmp_path_factory.mktemp("once"), "UTC", 0o022)


def unpacked(sdist: Path, into: Path) -> Path:
    with tarfile.open(sdist) as archive:
        archive.extractall(into, filter="data")
    (top,) = into.iterdir()
    for path in top.rglob("*"):
        if path.is_file():
            path.chmod(path.stat().st_mode & 0o700)
            os.utime(path, (1_600_000_000, 1_600_000_000))
    return top


def test_what_the_sdist_builds_elsewhere_and_later_is_the_same_to_the_byte(
    once: Built, tmp_path: Path
) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / "out").mkdir()

    again = built(
        unpacked(once.sdist, tmp_path / "there"), tmp_path / "out", "Asia/Kathmandu", 0o077
    )

    assert again.wheel.read_bytes() == once.wheel.read_bytes()
    assert again.sdist.read_bytes() == once.sdist.read_bytes()


def test_the_wheel_holds_the_package_its_licence_and_its_manual_page_and_nothing_else(
    once: Built,
) -> None:
    package = ROOT / "src"
    own = {
        str(path.relative_to(package))
        for path in (package / "statusbridge").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    about = f"statusbridge-{__version__}.dist-info"
    names = ("METADATA", "RECORD", "WHEEL", "entry_points.txt", "licenses/LICENSE")
    page = f"statusbridge-{__version__}.data/data/share/man/man1/statusbridge.1"

    held = zipfile.ZipFile(once.wheel).namelist()

    assert sorted(held) == sorted(own | {page} | {f"{about}/{name}" for name in names})
    assert "statusbridge/py.typed" in held


def test_the_sdist_holds_all_that_is_committed(once: Built) -> None:
    if not (ROOT / ".git").exists():
        pytest.skip("these are no sources with a history")
    asked = ["git", "ls-files", "--cached", "-z"]
    told = subprocess.run(asked, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    committed = {name for name in told.split("\0") if name and (ROOT / name).exists()}

    with tarfile.open(once.sdist) as archive:
        held = {name.partition("/")[2] for name in archive.getnames()}

    assert committed - held == set()


def test_the_wheel_says_what_it_is(once: Built) -> None:
    with zipfile.ZipFile(once.wheel) as archive:
        said = archive.read(f"statusbridge-{__version__}.dist-info/METADATA").decode()

    assert f"\nVersion: {__version__}\n" in said
    assert "\nLicense-Expression: Apache-2.0\n" in said
    assert "\nRequires-Python: >=3.11\n" in said


def test_releases_and_images_are_built_by_the_same_version_of_the_backend() -> None:
    locked = text_of(ROOT / "deploy" / "container" / "build-requirements.txt")

    (pinned,) = re.findall(r"^hatchling==.*$", text_of(ROOT / "release" / "constraints.txt"), re.M)

    assert f"\n{pinned} " in locked


def test_the_version_stands_in_the_package_alone() -> None:
    project = tomllib.loads(text_of(ROOT / "pyproject.toml"))["project"]

    assert "version" not in project
    assert project["dynamic"] == ["version"]


def test_the_changelog_begins_with_what_is_not_released_and_ends_at_the_first_release() -> None:
    released = [RELEASED.fullmatch(heading) for heading in HEADINGS[1:]]
    days = [date.fromisoformat(found["day"]) for found in released if found]
    versions = [tuple(map(int, found["version"].split("."))) for found in released if found]

    assert HEADINGS[0] == "[Unreleased]"
    assert all(released), HEADINGS
    assert days == sorted(days, reverse=True)
    assert versions == sorted(set(versions), reverse=True)


def test_the_newest_release_of_the_changelog_is_the_version_of_the_program() -> None:
    newest = [found["version"] for heading in HEADINGS if (found := RELEASED.fullmatch(heading))]

    assert newest[:1] in ([], [__version__])


def test_the_changelog_sorts_changes_by_the_kinds_of_its_format() -> None:
    kinds = re.findall(r"^### (.*)$", text_of(ROOT / "CHANGELOG.md"), re.MULTILINE)

    assert kinds
    assert set(kinds) <= CHANGES


def test_the_licence_is_apaches_to_the_letter() -> None:
    assert hashlib.sha256((ROOT / "LICENSE").read_bytes()).hexdigest() == APACHE
