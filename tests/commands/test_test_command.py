from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree as Xml

import pytest

from pages import ROOT
from rehearse.rehearsing import configuration
from statusbridge import cli

STORM = 'feed = [{ at = "30s", every = "1s", times = 4, code = 30008, resource = "SM{n}" }]'
PASSING = f"""
[[test]]
name = "three failures are told of"
{STORM}
expect = [{{ at = "40s", incident = "sms", state = "investigating", posts = 1 }}]
"""
FAILING = """
[[test]]
name = "two failures are told of"
feed = [
  { at = "30s", every = "1s", times = 2, code = 30008, resource = "SM{n}" },
  { at = "30s", code = 30009, resource = "SM{n}" },
  { at = "35s", act = "open", name = "Slow website", components = { SMS = "operational" } },
]
expect = [{ at = "40s", incident = "sms", state = "investigating", posts = 0 }]
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "100")
    configuration(tmp_path)
    return tmp_path


def write(text: str, name: str = "config.test.toml") -> None:
    Path(name).write_text(text.lstrip())


def test_tests_beside_the_configuration_are_played(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(PASSING)

    code = cli.main(["test"])

    out, err = capsys.readouterr()
    assert (code, err) == (0, "")
    assert out == "config.test.toml\n  ok    three failures are told of\n\n1 passed\n"


def test_a_failure_shows_expected_beside_actual_and_what_had_happened(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(FAILING + PASSING)

    code = cli.main(["test", "config.test.toml"])

    assert code == 1
    assert (
        capsys.readouterr().out
        == """\
config.test.toml
  FAIL  two failures are told of
  ok    three failures are told of

FAIL  two failures are told of   (config.test.toml:1)

  at 40s · 2026-01-01T00:00:40Z · incident sms   (config.test.toml:8)
              expected       actual
    ✗  state  investigating  none
       posts  0              0
      rule sms was inactive: 2 alerts in 1m
        degraded_performance needs 3 alerts
        partial_outage needs 6 alerts for 20s

    30s  00:00:30Z  alerts  prod  30008 ×1 · 30009 ×1
            30009 ×1 counted by no rule; whose fault: carrier
    35s  00:00:35Z  person        open, name “Slow website”, components SMS operational
    40s  00:00:40Z  alerts  prod  30008 ×1
  ▸ 40s  expected here

1 passed, 1 failed
"""
    )


def test_verbose_shows_everything_that_happens(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(PASSING)

    code = cli.main(["test", "-v"])

    assert code == 0
    assert (
        capsys.readouterr().out
        == """\
config.test.toml
  ok    three failures are told of
    30s–40s  00:00:40Z  alerts  prod  30008 ×4
    40s      00:00:40Z  rule    sms   inactive → firing degraded_performance
            4 alerts in 1m
    40s      00:00:40Z  post    sms   investigating · Messaging / SMS degraded_performance · mails
                                      subscribers
            “Delays sending SMS”
            “Some text messages are failing.”
  ▸ 40s  sms: state investigating · posts 1

1 passed
"""
    )


def test_long_texts_stand_under_each_other(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    line = '{ at = "40s", incident = "sms", text_contains = "have been failing" }'
    write(PASSING.replace("{ at =", f"{line}, {{ at =", 2).replace(f"feed = [{line}, ", "feed = ["))

    assert cli.main(["test"]) == 1

    assert (
        """
    ✗  text_contains
         expected to contain  “have been failing”
         actual               “Some text messages are failing.”
"""
        in capsys.readouterr().out
    )


def test_an_act_that_can_not_be_done_fails_the_test(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(PASSING.replace("}]\nexpect", '}, { at = "10s", act = "resolve" }]\nexpect'))

    assert cli.main(["test"]) == 1

    said = "at 10s: this can't be done: there is no incident on the page at that time"
    assert said in capsys.readouterr().out


def test_junit_names_every_test_and_holds_what_failed(folder: Path) -> None:
    write(PASSING)
    write(FAILING.replace("two failures", "<two> & \\u0001 failures"), "more.test.toml")
    Path("more.test.toml").write_text(
        Path("more.test.toml").read_text().replace("[[test]]", '[[test]]\nconfig = "config.toml"')
    )

    code = cli.main(["test", "--junit", "results.xml"])

    root = Xml.parse("results.xml").getroot()
    counts = {key: root.get(key) for key in ("tests", "failures", "errors")}
    suites = [(suite.get("name"), suite.get("failures")) for suite in root]
    (failed,) = root.iter("failure")
    names = [(case.get("classname"), case.get("name")) for case in root.iter("testcase")]
    assert code == 1
    assert counts == {"tests": "2", "failures": "1", "errors": "0"}
    assert suites == [("config.test.toml", "0"), ("more.test.toml", "1")]
    assert names == [
        ("config.test.toml", "three failures are told of"),
        ("more.test.toml", "<two> & \ufffd are told of".replace("\ufffd", "\ufffd failures")),
    ]
    assert failed.get("message") == "more.test.toml:9: at 40s state is none, not investigating"
    assert "rule sms was inactive: 2 alerts in 1m" in str(failed.text)


def test_junit_that_can_not_be_written_is_said(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(PASSING)

    assert cli.main(["test", "--junit", "nowhere/results.xml"]) == 1

    assert "nowhere/results.xml can't be written" in capsys.readouterr().err


def test_a_file_that_is_wrong_is_refused_before_any_test_is_played(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(PASSING, "a.test.toml")
    write(PASSING.replace("state =", "stat ="), "b.test.toml")

    code = cli.main(["test"])

    out, err = capsys.readouterr()
    assert (code, out) == (78, "")
    assert err == (
        'statusbridge: b.test.toml:4: test[0].expect[0].stat: unknown key; did you mean "state"?\n'
    )


@pytest.mark.parametrize("named", [[], ["."]])
def test_a_folder_without_tests_is_said(
    folder: Path, capsys: pytest.CaptureFixture[str], named: list[str]
) -> None:
    assert cli.main(["test", *named]) == 78

    said = "statusbridge: .: no rule tests here; expected files named *.test.toml\n"
    assert capsys.readouterr().err == said


def test_only_some_tests_can_be_played(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(FAILING + PASSING)

    assert cli.main(["test", "--only", "three"]) == 0
    assert cli.main(["test", "--only", "four"]) == 1

    out, err = capsys.readouterr()
    assert out == "config.test.toml\n  ok    three failures are told of\n\n1 passed\n"
    assert err == "statusbridge: no test's name contains “four”.\n"


def test_no_secret_is_needed_and_no_state_is_made(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(PASSING)
    monkeypatch.setenv("STATE_DIRECTORY", str(folder / "state"))
    monkeypatch.delenv("TOKEN", raising=False)

    assert cli.main(["test"]) == 0

    assert sorted(path.name for path in folder.iterdir()) == ["config.test.toml", "config.toml"]


def test_the_examples_tests_pass_and_notice_another_number(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    example = (ROOT / "config.example.toml").read_text()
    Path("example.test.toml").write_text((ROOT / "config.example.test.toml").read_text())
    changes = {
        "count              = 25 #": "count              = 90 #",
        "distinct_resources = 15 #": "distinct_resources = 70 #",
        'hold               = "2m"': 'hold               = "6m"',
        "count = 150": "count = 500",
        'max_status = "partial_outage"': 'max_status = "full_outage"',
        'after = "10m"': 'after = "20m"',
        'settle = "15m"': 'settle = "45m"',
        'during_maintenance        = "hold"': 'during_maintenance        = "publish"',
        'faults          = ["twilio", "carrier"]': 'faults          = ["carrier"]',
        '"502", "503", "504"': '"404", "503", "504"',
        'notify = "never"': 'notify = "all"',
    }

    Path("example.toml").write_text(example)
    assert cli.main(["test", "example.test.toml"]) == 0
    for old, new in changes.items():
        assert old in example
        Path("example.toml").write_text(example.replace(old, new, 1))
        assert cli.main(["test", "example.test.toml"]) == 1, old
    capsys.readouterr()
