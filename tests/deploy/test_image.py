"""What the container image is made of. That it runs is tried in tests/container."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

from linters import linted
from pages import ROOT, text_of

FOLDER = ROOT / "deploy" / "container"
LOCK, BUILD_LOCK = FOLDER / "requirements.txt", FOLDER / "build-requirements.txt"


def pins(lock: Path) -> dict[str, Version]:
    found = re.findall(r"^([\w.-]+)==(\S+)", text_of(lock), re.MULTILINE)
    return {name: Version(version) for name, version in found}


def wanted(lock: Path) -> list[str]:
    project = tomllib.loads(text_of(ROOT / "pyproject.toml"))
    found: list[str] = project["project"]["dependencies"]
    return found if lock == LOCK else project["build-system"]["requires"]


def test_hadolint_finds_nothing_in_the_containerfile() -> None:
    assert linted("hadolint", FOLDER / "Containerfile") == ""


def test_shellcheck_finds_nothing_in_what_assembles_the_root() -> None:
    assert linted("shellcheck", FOLDER / "assemble") == ""


@pytest.mark.parametrize("lock", [LOCK, BUILD_LOCK], ids=lambda path: path.stem)
def test_what_the_project_needs_is_pinned_to_a_version_that_it_takes(lock: Path) -> None:
    pinned = pins(lock)

    for requirement in map(Requirement, wanted(lock)):
        assert pinned[requirement.name] in requirement.specifier, requirement


@pytest.mark.parametrize("lock", [LOCK, BUILD_LOCK], ids=lambda path: path.stem)
def test_whatever_is_installed_is_known_by_its_hash_and_by_no_address(lock: Path) -> None:
    text = text_of(lock)
    entries = re.findall(r"^[^\s#].*(?:\n[ ]+[^\n]*)*", text, re.MULTILINE)

    assert len(entries) == len(pins(lock)) > len(wanted(lock))
    assert [entry for entry in entries if "--hash=sha256:" not in entry] == []
    assert "://" not in text


def test_nothing_is_installed_but_by_hash_or_from_here() -> None:
    file = text_of(FOLDER / "Containerfile").replace("\\\n", " ")
    installs = re.findall(r"pip\b[^&|\n]*? (?:install|wheel) [^&\n]*", file)

    assert len(installs) == 4
    for install in installs:
        assert ("--require-hashes" in install) != ("--no-index" in install), install


def test_only_what_the_image_is_made_of_reaches_its_build() -> None:
    file = text_of(FOLDER / "Containerfile")
    copied = re.findall(r"^COPY (?!--from)(.*) \S+$", file, re.MULTILINE)

    let_in = re.findall(r"^!(.*)$", text_of(ROOT / ".dockerignore"), re.MULTILINE)

    names = {name for names in copied for name in names.split()}
    assert names == {str(p.relative_to(ROOT)) for name in let_in for p in ROOT.glob(name)}
