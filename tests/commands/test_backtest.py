"""`backtest` as a user runs it, on files: what it prints, and what it says of bad input."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from rehearse.rehearsing import FILE, START, configuration
from statusbridge.cli import main
from statusbridge.core.model import iso

SHADOW = FILE.replace('"auto"', '"shadow"')
LATER = SHADOW.replace("count = 3", "count = 5").replace("count = 6", "count = 9")


def entry(n: int, at: int, **changes: Any) -> str:
    told = {
        "sid": f"NO{n}",
        "account_sid": "AC10000000000000000000000000000000",
        "date_generated": iso(START + at),
        "error_code": "30008",
        "log_level": "error",
        "resource_sid": f"SM{n}",
    }
    return json.dumps(told | changes)


OUTAGE = [entry(n, 600 + 5 * n) for n in range(8)]
NOISE = [entry(100 + n, 60 * n, error_code="30003") for n in range(40)]


def history(tmp_path: Path, *lines: str) -> Path:
    path = tmp_path / "alerts.ndjson"
    path.write_text("\n".join(sorted(lines, key=lambda line: line[line.find("date_gen") :])) + "\n")
    return path


def backtest(tmp_path: Path, *args: str, text: str = SHADOW) -> int:
    path = configuration(tmp_path, text).path
    return main(["--config", str(path), "backtest", *args])


def test_prints_each_incident_with_its_posts(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    path = history(tmp_path, *OUTAGE, *NOISE)

    code = backtest(tmp_path, "--alerts", str(path))

    assert code == 0
    assert capsys.readouterr().out == (
        """\
2026-03-29 00:59:50Z to 2026-03-29 01:39:00Z, 39 min
48 alerts, 8 matched a rule

Incidents
  2026-03-29 01:10:00Z  sms “Delays sending SMS”
      rule sms (shadow) · partial outage, 3 min · 30008 ×8
    + 01:10:10Z  investigating, mailed · Messaging / SMS degraded performance
          “Some text messages are failing.”
    ~ 01:10:50Z  investigating · Messaging / SMS partial outage
          “More text messages are failing.”
    ~ 01:12:40Z  monitoring · Messaging / SMS operational
          “Delivery is normal since 01:10 UTC.”
    - 01:13:40Z  resolved, mailed
          “Delivery is back to normal after 1 minute.”

Unmatched
  30003  40  fault of recipient  handset off or out of reach

Rules
  sms  shadow  8 matched  1 incident  peak 8 of 3 alerts

Backtest: 1 incident in 39 min, 4 posts, 2 mails to subscribers.
"""
    )


def test_the_document_is_as_the_contract_has_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = history(tmp_path, *OUTAGE, *NOISE)

    backtest(tmp_path, "--alerts", str(path), "--json")

    document = json.loads(capsys.readouterr().out)
    (episode,) = document["episodes"]
    transitions = [(t["at"][11:19], t["state"], t["status"]) for t in episode["transitions"]]
    assert document["version"] == 1
    assert (document["from"], document["to"]) == ("2026-03-29T00:59:50Z", "2026-03-29T01:39:00Z")
    assert document["alerts"] == 48
    assert document["unmatched"] == [
        {
            "code": 30003,
            "count": 40,
            "fault": "recipient",
            "title": "handset off or out of reach",
        }
    ]
    assert {
        key: episode[key] for key in ("incident", "page", "rules", "started_at", "ended_at")
    } == {
        "incident": "sms",
        "page": "public",
        "rules": ["sms"],
        "started_at": "2026-03-29T01:10:00Z",
        "ended_at": "2026-03-29T01:13:35Z",
    }
    assert (episode["worst"], episode["posts"], episode["notified"]) == ("partial_outage", 4, 2)
    assert transitions == [
        ("01:10:10", "investigating", "degraded_performance"),
        ("01:10:50", "investigating", "partial_outage"),
        ("01:12:40", "monitoring", "operational"),
        ("01:13:40", "resolved", "operational"),
    ]
    assert document["held"] == []


def test_an_outage_that_the_recording_does_not_see_end_is_said_to_be_open(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = history(tmp_path, *OUTAGE, NOISE[0], entry(200, 640, error_code="30003"))

    backtest(tmp_path, "--alerts", str(path))

    assert "not over when the recording ends" in capsys.readouterr().out


def test_broken_lines_are_named_and_strict_stops_at_the_first(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "alerts.ndjson"
    path.write_text("\n".join([*OUTAGE, *["{"] * 12, *NOISE]))

    assert backtest(tmp_path, "--alerts", str(path)) == 0
    said = capsys.readouterr().err.splitlines()
    assert said[0] == f"statusbridge: {path}:9: not JSON, or cut short; left out"
    assert said[-1] == f"statusbridge: {path}: 12 lines in all could not be used"
    assert len(said) == 11

    assert backtest(tmp_path, "--alerts", str(path), "--strict") == 1
    said = capsys.readouterr().err.splitlines()
    assert said == [
        f"statusbridge: {path}:9: not JSON, or cut short. Leave out --strict to go on without it."
    ]


def test_two_configurations_show_exactly_the_incidents_that_differ(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    small = [entry(300 + n, 2000 + 5 * n) for n in range(4)]
    large = [entry(400 + n, 5000 + n) for n in range(20)]
    path = history(tmp_path, *OUTAGE, *small, *large, entry(999, 9000))
    other = tmp_path / "b.toml"
    other.write_text(configuration(tmp_path, LATER).path.read_text())

    backtest(tmp_path, "--alerts", str(path), "--against", str(other))

    out = capsys.readouterr().out
    assert out[out.index("Compared:") :].splitlines()[1:-1] == [
        "  ~ 2026-03-29 01:10:00Z  public/sms “Delays sending SMS”: opens 10 s later, partial "
        "outage → degraded performance, 4 → 3 posts",
        f"  - 2026-03-29 01:33:20Z  public/sms “Delays sending SMS”: no more with {other}",
    ]


def test_a_configuration_against_itself_shows_no_difference(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = history(tmp_path, *OUTAGE, *NOISE)

    backtest(tmp_path, "--alerts", str(path), "--against", str(tmp_path / "config.toml"))

    assert "the same incidents at the same times" in capsys.readouterr().out


def test_only_the_time_that_was_asked_for_is_replayed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = history(tmp_path, *OUTAGE, *NOISE)

    backtest(tmp_path, "--alerts", str(path), "--from", "2026-03-29T01:20:00Z", "--json")

    document = json.loads(capsys.readouterr().out)
    assert (document["episodes"], document["alerts"]) == ([], 19)


def posted(tmp_path: Path, *incidents: dict[str, Any]) -> Path:
    path = tmp_path / "incidents.json"
    path.write_text(json.dumps(incidents))
    return path


def test_is_graded_by_what_people_posted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = history(tmp_path, *OUTAGE, *(entry(200 + n, 9000 + n) for n in range(4)), *NOISE)
    path.write_text(path.read_text() + entry(999, 40_000, error_code="30003") + "\n")
    times = {"started_at": iso(START + 900), "ended_at": iso(START + 1500)}
    missed = {"started_at": iso(START + 20_000), "ended_at": iso(START + 20_100)}
    incidents = posted(
        tmp_path,
        {"title": "SMS late", "components": ["SMS"], **times},
        {"title": "Unseen", "components": "Messaging / SMS", **missed},
        {"title": "Other", "components": ["Dashboard"], **times},
        {"title": "Before", "components": ["SMS"], "started_at": iso(0), "ended_at": iso(9)},
    )

    backtest(tmp_path, "--alerts", str(path), "--incidents", str(incidents))

    out = capsys.readouterr().out
    assert out[out.index("Grades") : out.index("Backtest:")].splitlines() == [
        "Grades",
        "  hit         2026-03-29 01:15:00Z “SMS late”: sms would have been read 4 min earlier",
        "  miss        2026-03-29 06:33:20Z “Unseen”: no rule opened anything",
        "  false open  2026-03-29 03:30:00Z sms “Delays sending SMS”: people posted nothing",
        "  no rule     2026-03-29 01:15:00Z “Other”: on Dashboard",
        "  sms  1 of 2 opened were right  1 of 2 posted were found",
        "  Against 3 incidents that people posted in 11 h 6 min.",
        "",
    ]


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ("{", "is no list of incidents"),
        ('[{"components": []}]', "started_at"),
        ('[{"components": [], "started_at": "2026-03-29T01:00:00"}]', "timezone"),
        ('[{"components": [], "started_at": "2026-03-29T01:00:00Z", "page": "x"}]', "public"),
    ],
)
def test_incidents_that_can_not_be_read_are_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], told: str, words: str
) -> None:
    path = tmp_path / "incidents.json"
    path.write_text(told)

    code = backtest(tmp_path, "--alerts", str(history(tmp_path, *OUTAGE)), "--incidents", str(path))

    assert code == 1
    assert words in capsys.readouterr().err


def test_suggests_what_lies_between_noise_and_outages_and_tries_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    outage = [entry(1000 + n, 9000 + n) for n in range(50)]
    blips = [entry(10 * b + n, 1000 * b + n) for b in range(1, 6) for n in range(4)]
    path = history(tmp_path, *outage, *blips, entry(9999, 20_000, error_code="30003"))
    times = {"started_at": iso(START + 9100), "ended_at": iso(START + 9500)}
    incidents = posted(tmp_path, {"title": "SMS", "components": ["SMS"], **times})

    args = ("--alerts", str(path), "--incidents", str(incidents), "--suggest")
    backtest(tmp_path, *args)

    out = capsys.readouterr().out
    assert out[out.index("Suggested") :].splitlines()[1:3] == [
        "  sms  degraded_performance  count 3 → 16",
        "      in quiet time at most 4, 99.9 % of it 4; 1 of 1 outage at least 50",
    ]
    assert "This rests on 5 h 18 min with 1 outage that people posted." in out
    assert out[out.index("This rests on") :].splitlines()[1:3] == [
        "  4 outages that nobody posted of (false open, above) count as quiet time.",
        "  Where one was real, list it and run this again: the numbers come out lower.",
    ]
    assert "1 hit, 0 missed, 0 false opens" in out


def test_suggests_nothing_where_no_outage_stands_out_from_noise(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = history(tmp_path, *OUTAGE, *(entry(200 + n, 9000 + n) for n in range(20)))
    times = {"started_at": iso(START + 600), "ended_at": iso(START + 700)}
    incidents = posted(tmp_path, {"title": "SMS", "components": ["SMS"], **times})

    args = ("--alerts", str(path), "--incidents", str(incidents), "--suggest", "--json")
    backtest(tmp_path, *args)

    suggested = json.loads(capsys.readouterr().out)["suggested"]
    (threshold,) = suggested["thresholds"]
    assert (threshold["new"], threshold["why"]) == (None, "no outage stands out from noise")
    assert (suggested["outages"], suggested["outages_unlisted"]) == (1, 1)
    assert suggested["differences"] == []


@pytest.mark.parametrize(
    ("args", "code", "words"),
    [
        (("--from", "noon"), 64, "is no time"),
        (("--days", "3"), 64, "give --from and --to"),
        (("--from", "2026-04-01", "--to", "2026-03-01"), 64, "--from is not before --to"),
        (("--from", "2027-01-01"), 1, "no alert to replay"),
    ],
)
def test_what_can_not_be_replayed_is_said(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    args: tuple[str, ...],
    code: int,
    words: str,
) -> None:
    path = history(tmp_path, *OUTAGE)

    assert backtest(tmp_path, "--alerts", str(path), *args) == code
    assert words in capsys.readouterr().err
