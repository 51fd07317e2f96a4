"""The units as systemd reads them, how much they shut out, and what else they name."""

from __future__ import annotations

import re
import shutil
import tomllib
from pathlib import Path

import pytest

from deploy.analysis import ANALYZE, analyze
from pages import ROOT, text_of
from statusbridge.config.judgement import judge

SYSTEMD = ROOT / "deploy" / "systemd"
PROGRAM = "/opt/statusbridge/.venv/bin/statusbridge"

needs_systemd = pytest.mark.skipif(ANALYZE is None, reason="systemd-analyze is not installed")


def placed(folder: Path) -> Path:
    """Put the units into *folder*, as if the program were installed; return the service's."""
    for source in SYSTEMD.glob("*.service"):
        text = text_of(source).replace(PROGRAM, str(shutil.which("true")))
        (folder / source.name).write_text(text)
    return folder / "statusbridge.service"


def settings(unit: str, key: str) -> list[str]:
    return re.findall(rf"^{key}=(.*)$", unit, re.MULTILINE)


@needs_systemd
def test_systemd_finds_nothing_odd_in_the_unit(tmp_path: Path) -> None:
    assert analyze("verify", "--man=no", placed(tmp_path)) == (0, "")


@needs_systemd
def test_unit_is_exposed_no_more_than_1_1_of_10(tmp_path: Path) -> None:
    code, said = analyze("security", "--offline=true", "--threshold=11", placed(tmp_path))

    assert code == 0, said


def test_each_credential_of_the_unit_may_be_missing_and_has_its_file() -> None:
    unit = text_of(SYSTEMD / "statusbridge.service")
    loaded = [line.split(":") for line in settings(unit, "LoadCredential")]

    assert loaded == [[name, f"/etc/statusbridge/secrets/{name}"] for name, _ in loaded]
    assert settings(unit, "SetCredential") == [rf"{name}:\n" for name, _ in loaded]


def test_first_configuration_is_valid_and_names_what_the_unit_has() -> None:
    text, unit = text_of(SYSTEMD / "config.toml"), text_of(SYSTEMD / "statusbridge.service")
    whole = tomllib.loads(re.sub(r"^#(?=\w+ *=)", "", text, flags=re.MULTILINE))
    loaded = {line.partition(":")[0] for line in settings(unit, "LoadCredential")}

    _, found = judge(tomllib.loads(text))

    assert found == ()
    assert set(re.findall(r'{ credential = "(\w+)" }', text)) <= loaded
    assert Path(whole["store"]["path"]).parent == Path(
        "/var/lib", *settings(unit, "StateDirectory")
    )
    assert Path(whole["server"]["socket"]).parent == Path(
        "/run", *settings(unit, "RuntimeDirectory")
    )
    assert [rule["stage"] for rule in whole["rules"]] == ["shadow"]
