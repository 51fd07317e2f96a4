"""The units as systemd reads them, how much they shut out, and what else they name."""

from __future__ import annotations

import re
import shutil
import tomllib
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from deploy.analysis import ANALYZE, analyze
from pages import ROOT, text_of
from statusbridge.config.judgement import judge
from statusbridge.config.load import load

SYSTEMD = ROOT / "deploy" / "systemd"
HOSTS = ["monitor.twilio.com", "api.incident.io"]
PROGRAM = "/opt/statusbridge/.venv/bin/statusbridge"

needs_systemd = pytest.mark.skipif(ANALYZE is None, reason="systemd-analyze is not installed")


def placed(folder: Path, *, sealed: bool = False) -> Path:
    """Put the units into *folder*, as if the program were installed; return the service's."""
    service = folder / "statusbridge.service"
    service.write_text(text_of(SYSTEMD / service.name).replace(PROGRAM, str(shutil.which("true"))))
    if sealed:
        for unit in (SYSTEMD / "sealed").glob("statusbridge-*"):
            (folder / unit.name).write_text(text_of(unit))
        drop_in = folder / "statusbridge.service.d" / "sealed.conf"
        drop_in.parent.mkdir()
        drop_in.write_text(text_of(SYSTEMD / "sealed" / "sealed.conf"))
    return service


def settings(unit: str, key: str) -> list[str]:
    return re.findall(rf"^{key}=(.*)$", unit, re.MULTILINE)


@needs_systemd
def test_systemd_finds_nothing_odd_in_the_unit(tmp_path: Path) -> None:
    assert analyze("verify", "--man=no", placed(tmp_path)) == (0, "")


@needs_systemd
def test_unit_is_exposed_no_more_than_1_1_of_10(tmp_path: Path) -> None:
    code, said = analyze("security", "--offline=true", "--threshold=11", placed(tmp_path))

    assert code == 0, said


@needs_systemd
def test_systemd_finds_nothing_odd_in_the_sealed_units(tmp_path: Path) -> None:
    service = placed(tmp_path, sealed=True)
    ways_out = [tmp_path / f"statusbridge-egress@{host}.socket" for host in HOSTS]
    units = (service, tmp_path / "statusbridge-http.socket", *ways_out)

    assert analyze("verify", "--man=no", *units) == (0, "")


@needs_systemd
def test_sealed_unit_is_exposed_no_more_than_0_2_of_10_and_each_way_out_1_1(tmp_path: Path) -> None:
    service = placed(tmp_path, sealed=True)
    way_out = tmp_path / "statusbridge-egress@.service"
    found = [
        analyze("security", "--offline=true", f"--threshold={tenths}", unit)
        for unit, tenths in ((service, 2), (way_out, 11))
    ]

    assert [code for code, _ in found] == [0, 0], found


def test_sealed_unit_has_a_way_out_to_each_host_that_is_asked_by_default(tmp_path: Path) -> None:
    seal = text_of(SYSTEMD / "sealed" / "sealed.conf")
    required = " ".join(settings(seal, "Requires"))
    sockets = text_of(SYSTEMD / "sealed" / "statusbridge-egress@.socket")
    config = tmp_path / "config.toml"
    config.write_text(text_of(SYSTEMD / "config.toml"))
    environ = dict(re.findall(r"^Environment=(\w+)=(.*)$", seal, re.MULTILINE))

    whole = load(config, environ)

    asked = [urlsplit(url).hostname for url in (whole.twilio.base_url, whole.incidentio.base_url)]
    assert asked == HOSTS
    assert re.findall(r"statusbridge-egress@(\S+)\.socket", required) == HOSTS
    assert settings(sockets, "ListenStream") == [f"{whole.sockets}/%i.sock"]


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
