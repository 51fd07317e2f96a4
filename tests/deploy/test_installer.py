"""The scripts that install and remove the service, as far as that needs no root."""

from __future__ import annotations

import re
import shutil
import subprocess

import pytest

from pages import ROOT, commands_of, text_of

SCRIPTS = sorted((ROOT / "deploy" / "systemd").glob("*.sh"))
SHELLCHECK = shutil.which("shellcheck")


def run(*words: str) -> tuple[int, str]:
    ended = subprocess.run(
        words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False, timeout=60
    )
    return ended.returncode, ended.stdout.decode()


@pytest.mark.skipif(SHELLCHECK is None, reason="shellcheck is not installed")
def test_shellcheck_finds_nothing_in_the_scripts() -> None:
    assert run(str(SHELLCHECK), *map(str, SCRIPTS)) == (0, "")


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_script_says_what_it_takes_and_refuses_the_rest_before_it_does_anything(
    script: object,
) -> None:
    code, usage = run(str(script), "--help")
    refused, why = run(str(script), "--frobnicate")

    assert (code, usage.startswith("Usage: deploy/systemd/")) == (0, True)
    assert (refused, "unknown argument --frobnicate" in why) == (64, True)


def test_what_the_installer_says_is_next_is_what_the_documentation_shows() -> None:
    script = text_of(ROOT / "deploy" / "systemd" / "install.sh")
    shown = [line for _, line in commands_of(ROOT / "docs" / "operations.md")]

    said = re.findall(r"^       (.*)$", script, re.MULTILINE)

    next_steps = [line.replace("$secrets", "/etc/statusbridge/secrets") for line in said]
    assert len(next_steps) == 5
    assert [line for line in next_steps if line not in shown] == []
