from __future__ import annotations

import io
import sys

import pytest

from statusbridge.commands.printing import columns, say
from statusbridge.commands.wrapping import indent, pieces


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


def wrapped(line: str, width: int) -> list[str]:
    margin = " " * indent(line, width)
    return [f"{margin if start else ''}{line[start:end]}" for start, end in pieces(line, width)]


def test_line_that_fits_is_left_as_it_is() -> None:
    assert wrapped("  rules     sms-delivery  firing", 32) == ["  rules     sms-delivery  firing"]
    assert wrapped("", 80) == [""]


def test_cells_that_do_not_fit_go_on_under_the_first_value() -> None:
    line = "  needs    degraded at 25 alerts, 15 resources or more"

    assert wrapped(line, 40) == [
        "  needs    degraded at 25 alerts, 15",
        "           resources or more",
    ]


def test_line_is_broken_before_a_whole_cell_or_alternative_where_that_fills_it_by_half() -> None:
    assert wrapped("  sms  25 alerts, 15 resources  reached at noon", 40) == [
        "  sms  25 alerts, 15 resources",
        "       reached at noon",
    ]
    assert wrapped("degraded at 25 alerts | partial at 150 alerts", 40) == [
        "degraded at 25 alerts",
        "  | partial at 150 alerts",
    ]
    assert wrapped("a  cell that ends far to the right of its middle", 40) == [
        "a  cell that ends far to the right of",
        "   its middle",
    ]


def test_text_that_does_not_fit_goes_on_a_little_further_in() -> None:
    assert wrapped("    “We are investigating, and will post more.”", 30) == [
        "    “We are investigating, and",
        "      will post more.”",
    ]
    first = "a first cell that is far too wide for it  reached"
    assert wrapped(first, 44) == ["a first cell that is far too wide for it", "  reached"]


def test_wide_characters_count_two_where_a_line_is_broken() -> None:
    assert wrapped("短信 短信 短信", 9) == ["短信 短信", "  短信"]


def test_word_that_is_wider_than_the_terminal_stays_whole() -> None:
    assert wrapped("see https://example.com/a/b/c now", 12) == [
        "see",
        "  https://example.com/a/b/c",
        "  now",
    ]


def test_style_goes_on_where_a_line_is_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "12")
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setattr(sys, "stdout", stdout := Terminal())

    say(["is firing since noon"], {"firing since": "bold red"})

    assert stdout.getvalue() == "is \x1b[1;31mfiring\x1b[0m\n  \x1b[1;31msince\x1b[0m noon\n"
