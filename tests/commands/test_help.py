"""`--help`: what a person reads of each command, and what must be in it."""

from __future__ import annotations

import argparse
import re
import shlex

import pytest

from pages import ROOT, column
from statusbridge import cli
from statusbridge.commands.manual import manuals

COMMANDS = list(cli.COMMANDS)


@pytest.fixture(params=[80, 120])
def columns(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setenv("COLUMNS", str(request.param))
    return int(request.param)


def helped(capsys: pytest.CaptureFixture[str], *command: str) -> str:
    with pytest.raises(SystemExit) as end:
        cli.main([*command, "--help"])
    assert end.value.code == 0
    return capsys.readouterr().out


def options(command: str) -> list[argparse.Action]:
    parser = cli.parser_of([command])
    (commands,) = (a for a in parser._actions if isinstance(a, argparse._SubParsersAction))
    return list(commands.choices[command]._actions)


def test_every_command_has_a_manual_and_every_manual_a_command() -> None:
    assert list(manuals()) == COMMANDS


@pytest.mark.parametrize("command", COMMANDS)
def test_help_has_synopsis_purpose_options_examples_and_exit_codes_in_this_order(
    command: str, capsys: pytest.CaptureFixture[str], columns: int
) -> None:
    text = helped(capsys, command)

    purpose = cli.COMMANDS[command]
    heads = [f"usage: statusbridge {command} [-h]", f"\n\n{purpose[0].upper()}{purpose[1:]}.\n\n"]
    heads += ["\noptions:\n", "\n\nexamples:\n", f"\n  statusbridge {command}", "\n\nexit codes:\n"]
    places = [text.find(head) for head in heads]
    assert -1 not in places, heads
    assert places == sorted(places)
    assert max(map(len, text.splitlines())) <= columns


def test_help_of_the_program_names_its_commands_files_environment_and_exit_codes(
    capsys: pytest.CaptureFixture[str], columns: int
) -> None:
    text = helped(capsys)

    for head in ("commands", "options", "files", "environment", "exit codes"):
        assert f"\n{head}:\n" in text
    assert [name for name in COMMANDS if f"\n    {name} " not in text] == []
    assert max(map(len, text.splitlines())) <= columns


@pytest.mark.parametrize("command", COMMANDS)
def test_every_argument_is_explained_and_its_default_named(command: str) -> None:
    for action in options(command):
        assert action.help, action.dest
        if action.default not in (None, False, "", [], argparse.SUPPRESS):
            assert "default" in action.help, action.dest


@pytest.mark.parametrize("command", COMMANDS)
def test_every_example_is_a_call_that_the_command_takes(command: str) -> None:
    for typed, _ in manuals()[command].examples:
        words = shlex.split(typed.partition(" > ")[0])

        assert cli.parser_of(words).parse_args(words).command == command


@pytest.mark.parametrize("command", COMMANDS)
def test_exit_codes_are_those_of_the_program(command: str) -> None:
    told = [code for code, _ in manuals()[command].exits]
    known = set(column(ROOT / "docs" / "operations.md", "code"))

    assert told == sorted(told, key=int)
    assert {"0", "64"} <= set(told) <= known


def test_program_tells_every_exit_code_of_the_documentation(
    capsys: pytest.CaptureFixture[str],
) -> None:
    _, _, after = helped(capsys).partition("\nexit codes:\n")

    told = re.findall(r"^  (\d+)  ", after, re.MULTILINE)

    assert told == column(ROOT / "docs" / "operations.md", "code")
