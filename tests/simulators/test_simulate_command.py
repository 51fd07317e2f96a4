from __future__ import annotations

import argparse
import os
import signal
import socket
import subprocess
import sys
import threading
import tomllib
from pathlib import Path

import httpx
import pytest
from simulating import opening

from statusbridge.cli import main
from statusbridge.commands.simulate import add_arguments, line, run
from statusbridge.simulators.exchange import Written


def arguments(*words: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    ports = ("twilio", "incidentio", "webhook")
    return parser.parse_args([*words, *(word for p in ports for word in (f"--{p}-port", "0"))])


def scenario_file(folder: Path, text: str) -> str:
    path = folder / "scenario.toml"
    path.write_text(text, encoding="utf-8")
    return str(path)


def fragment(printed: str) -> str:
    return printed.partition("# config.toml\n")[2]


def test_it_prints_configuration_and_environment_that_fit_together(
    capsys: pytest.CaptureFixture[str],
) -> None:
    code = run(arguments("calm", "--for", "0.01s"))

    printed = capsys.readouterr().out
    config = tomllib.loads(fragment(printed))
    exports = dict(
        line.removeprefix("export ").split("=")
        for line in printed.splitlines()
        if line.startswith("export ")
    )
    assert code == 0
    assert config["twilio"]["base_url"].startswith("http://127.0.0.1:")
    assert config["incidentio"]["pages"] == {"public": "01FA4E0000000000000000PAGE"}
    assert config["operator"]["alert_source"]["id"] == "01FA4ESOURCE"
    named = config["operator"]["webhook_url"], config["operator"]["alert_source"]["secret"]
    assert [source["env"] for source in named] == ["OPERATOR_WEBHOOK", "ALERT_SOURCE_SECRET"]
    assert sorted(exports) == [
        "ALERT_SOURCE_SECRET",
        "INCIDENT_API_KEY",
        "OPERATOR_WEBHOOK",
        "TWILIO_ACCOUNT_SID",
        "TWILIO_AUTH_TOKEN",
    ]
    assert exports["INCIDENT_API_KEY"].startswith("inc_fa4e_not_a_real_key")
    assert len(exports["TWILIO_ACCOUNT_SID"]) == 34


def test_several_accounts_are_named_in_the_configuration(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = scenario_file(tmp_path, 'twilio.accounts = [{ name = "prod" }, { name = "eu-1" }]')

    run(arguments(path, "--for", "0.01s"))

    printed = capsys.readouterr().out
    accounts = tomllib.loads(fragment(printed))["twilio"]["accounts"]
    assert [(a["name"], a["auth_token"]) for a in accounts] == [
        ("prod", {"env": "TWILIO_AUTH_TOKEN_PROD"}),
        ("eu-1", {"env": "TWILIO_AUTH_TOKEN_EU_1"}),
    ]
    assert "export TWILIO_AUTH_TOKEN_EU_1=" in printed


def test_scenario_without_an_alert_source_names_none(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(arguments(scenario_file(tmp_path, "incidentio.alert_sources = []"), "--for", "0.01s"))

    printed = capsys.readouterr().out
    assert list(tomllib.loads(fragment(printed))["operator"]) == ["webhook_url"]
    assert "ALERT_SOURCE_SECRET" not in printed


def test_acts_that_found_nothing_are_told_at_the_end(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = scenario_file(tmp_path, 'people = [{ act = "resolve" }]')

    run(arguments(path, "--for", "0.1s"))

    told = 'skipped at 0s: people: no incident "latest" on the page\n'
    assert capsys.readouterr().err == told


def test_a_scenario_that_is_not_there_is_a_configuration_error(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(arguments("clam")) == 78
    assert 'did you mean "calm"?' in capsys.readouterr().err


def test_a_duration_that_can_not_be_read_is_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(arguments("calm", "--for", "soon")) == 78
    assert "no span of time" in capsys.readouterr().err


def test_a_taken_port_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        args = arguments("calm")
        args.twilio_port = taken.getsockname()[1]

        assert run(args) == 1

    assert "choose another port" in capsys.readouterr().err


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_well_on_a_signal(ending: signal.Signals) -> None:
    threading.Timer(0.3, os.kill, (os.getpid(), ending)).start()

    assert run(arguments("calm", "--for", "20s")) == 0


def test_a_write_is_told_in_one_line_without_its_whole_text() -> None:
    body = '{"message": "a' + " long" * 50 + '", "maintenance_status": "maintenance_complete"}'
    write = Written(1, 1_774_745_880.5, "updates.create", "POST", "/", "01X", None, body, False)

    told = "a" + " long" * 14 + " "

    assert line(write) == (
        f'00:58:00Z updates.create 01X maintenance_complete "{told}"  (not answered)'
    )


def test_a_deletion_is_told_without_a_text() -> None:
    write = Written(1, 0, "maintenances.delete", "DELETE", "/", "01X", None, "", True)

    assert line(write) == '00:00:00Z maintenances.delete 01X  ""'


@pytest.mark.process
def test_writes_are_told_as_they_come(tmp_path: Path) -> None:
    structure = '[[incidentio.pages]]\nstructure = [{ component = "API" }]\n'
    lost = '[[faults]]\nside = "incidentio"\nmethod = "POST"\nnth = 2\nkind = "lost_after"\n'
    script = (
        "import sys; from test_simulate_command import *; sys.exit(run(arguments(sys.argv[1])))"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script, scenario_file(tmp_path, structure + lost)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    ) as simulate:
        assert simulate.stdout is not None and simulate.stderr is not None
        printed = ""
        while "pages " not in printed:
            printed += simulate.stdout.readline()
        base = tomllib.loads(fragment(printed))["incidentio"]["base_url"]
        key = printed.partition("INCIDENT_API_KEY=")[2].splitlines()[0]
        answer = httpx.post(
            f"{base}/v2/status_page_incidents",
            json=opening(component_statuses=None),
            headers={"authorization": f"Bearer {key}"},
        )
        incident = answer.json()["status_page_incident"]["id"]
        body = {"status_page_incident_id": incident, "message": "M", "notify_subscribers": False}
        with pytest.raises(httpx.HTTPError):
            httpx.post(
                f"{base}/v2/status_page_incident_updates",
                json=body,
                headers={"authorization": f"Bearer {key}"},
            )
        simulate.send_signal(signal.SIGTERM)
        told = simulate.stderr.read().splitlines()

    assert simulate.returncode == 0
    assert len(told) == 2
    assert told[0].endswith(f'incidents.create {incident} investigating "Delays sending SMS"')
    assert told[1].endswith('"M"  (not answered)')


@pytest.mark.parametrize("port", ["65536", "99999", "-1", "http"])
def test_port_that_can_not_be_is_wrong_usage(port: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["simulate", f"--incidentio-port={port}"])

    assert end.value.code == 64
    assert f"'{port}' is no port; expected 0 to 65535" in capsys.readouterr().err
