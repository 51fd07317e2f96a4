"""`backtest --report` as a user runs it: the page is of the same past as what is printed."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path

import pytest

from commands.test_backtest import LATER, NOISE, OUTAGE, backtest, history
from rehearse.rehearsing import configuration


def text_of(report: Path) -> str:
    """All that stands in the page, without its marks."""
    body = report.read_text(encoding="utf-8").partition("<main")[2].partition("<script>")[0]
    return unescape(re.sub(r"<[^>]+>", "", body)).replace("\u00a0", " ")


def test_the_report_tells_of_the_incident_that_is_printed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report = tmp_path / "report.html"

    code = backtest(
        tmp_path, "--alerts", str(history(tmp_path, *OUTAGE, *NOISE)), "--report", str(report)
    )

    assert code == 0
    assert "Backtest: 1 incident in 39 min" in capsys.readouterr().out
    shown = text_of(report)
    assert "These rules would have opened 1 incident in 39 min 10 s: 4 posts, 2 by mail." in shown
    assert "Delivery is back to normal after 1 minute." in shown
    assert "All rules are in stage shadow, and replayed as if in stage auto." in shown


def test_the_report_names_lines_that_could_not_be_read(tmp_path: Path) -> None:
    path, report = history(tmp_path, *OUTAGE), tmp_path / "report.html"
    with path.open("a") as file:
        file.write("broken\n" * 12)

    backtest(tmp_path, "--alerts", str(path), "--report", str(report))

    shown = text_of(report)
    assert "12 lines of the recording, the first of them" in shown
    assert re.findall(r"(\d+)not JSON", shown) == [str(line) for line in range(9, 19)]


def test_the_report_compares_with_the_other_configuration(tmp_path: Path) -> None:
    path, report = history(tmp_path, *OUTAGE, *NOISE), tmp_path / "report.html"
    other = tmp_path / "other.toml"
    other.write_text(configuration(tmp_path, LATER).path.read_text())

    backtest(tmp_path, "--alerts", str(path), "--report", str(report), "--against", str(other))

    assert "the other opens 10 s later" in text_of(report)


@pytest.mark.parametrize(
    ("place", "said"),
    [
        ("missing/report.html", "There is no folder {}/missing for the report. Make it first."),
        (".", "{} is a folder. Name a file in it with --report."),
    ],
)
def test_a_place_where_no_report_can_be_is_refused_before_the_replay(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], place: str, said: str
) -> None:
    code = backtest(
        tmp_path, "--alerts", str(tmp_path / "unread"), "--report", str(tmp_path / place)
    )

    assert code == 64
    assert said.format(tmp_path) in capsys.readouterr().err


def test_a_report_that_can_not_be_written_is_said_and_fails(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, full = history(tmp_path, *OUTAGE), Path("/dev/full")
    if not full.exists():
        pytest.skip("no /dev/full here")

    code = backtest(tmp_path, "--alerts", str(path), "--report", str(full))

    captured = capsys.readouterr()
    assert code == 1
    assert "Backtest: 1 incident" in captured.out
    assert "/dev/full can't be written (No space left on device)." in captured.err
