from __future__ import annotations

import io
import sys

import pytest

from statusbridge.commands.printing import columns, say


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def printed(monkeypatch: pytest.MonkeyPatch, stdout: io.StringIO) -> str:
    monkeypatch.setattr(sys, "stdout", stdout)
    say(["Plan: [1] to open", "x" * 200], {r"\bPlan\b": "bold red"})
    return stdout.getvalue()


def test_columns_stand_under_each_other_by_cells_and_lines_end_without_blanks() -> None:
    rows = [("短信", "", "firing", ""), ("sms", "", "inactive", "now"), ("one",)]

    assert columns(rows) == ["短信  firing", "sms   inactive  now", "one"]


def test_no_rows_give_no_lines() -> None:
    assert columns([]) == []


def test_what_is_piped_is_exactly_the_text(monkeypatch: pytest.MonkeyPatch) -> None:
    assert printed(monkeypatch, io.StringIO()) == "Plan: [1] to open\n" + "x" * 200 + "\n"


def test_terminal_gets_colours_and_whole_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)

    found = printed(monkeypatch, Terminal())

    assert found == "\x1b[1;31mPlan\x1b[0m: [1] to open\n" + "x" * 200 + "\n"


@pytest.mark.parametrize(("name", "value"), [("NO_COLOR", "1"), ("TERM", "dumb")])
def test_terminal_that_wants_no_colour_gets_none(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv(name, value)

    assert "31m" not in printed(monkeypatch, Terminal())
