from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from outside import Outside
from programs import SOURCES
from statusbridge import __version__, cli
from statusbridge.commands import schema


def program(*args: str, before: str = "") -> list[str]:
    """The program as a shell starts it, with *before* done to its outputs."""
    line = f'exec "$@" {before}'
    return ["bash", "-c", line, "-", sys.executable, "-m", "statusbridge", *args]


@pytest.mark.parametrize("command", [("codes",), ("schema",), ("completion", "bash")])
def test_output_that_can_not_be_written_is_said_and_fails(command: tuple[str, ...]) -> None:
    environ = {**os.environ, "PYTHONPATH": str(SOURCES)}
    full = program(*command, before=">/dev/full")

    ended = subprocess.run(full, env=environ, capture_output=True, text=True, check=False)

    said = "statusbridge: The output can't be written (No space left on device).\n"
    assert (ended.returncode, ended.stderr) == (1, said)


async def test_locale_that_lacks_a_character_hides_no_answer(outside: Outside) -> None:
    outside.environ["PYTHONIOENCODING"] = "ascii"

    ended = await outside("check")

    assert (ended.code, ended.err) == (0, "")
    assert ended.out.splitlines()[2] == r"page public: \u201cExample Status\u201d, 3 components"


def test_interrupt_while_a_command_is_still_imported_ends_with_130(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(name: str) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(cli.importlib, "import_module", interrupted)

    assert cli.main(["codes"]) == 130
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("closed", "command", "code"),
    [(">&-", ("codes", "30008"), 0), ("<&- >&- 2>&-", ("codes", "nine"), 64)],
)
def test_outputs_that_are_closed_are_no_defect(
    closed: str, command: tuple[str, ...], code: int
) -> None:
    environ = {**os.environ, "PYTHONPATH": str(SOURCES)}
    shut = program(*command, before=closed)

    ended = subprocess.run(shut, env=environ, capture_output=True, text=True, check=False)

    assert (ended.returncode, ended.stdout, ended.stderr) == (code, "", "")


def test_version_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        cli.main(["--version"])

    assert end.value.code == 0
    assert capsys.readouterr().out == f"statusbridge {__version__}\n"


@pytest.mark.parametrize("command", cli.COMMANDS)
def test_every_command_has_a_help(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        cli.main([command, "--help"])

    assert end.value.code == 0
    assert capsys.readouterr().out.startswith(f"usage: statusbridge {command} ")


async def test_configuration_may_be_named_before_or_after_the_command(outside: Outside) -> None:
    outside.config.rename(outside.folder / "other.toml")

    before = await outside.here("--config", "other.toml", "check", "--offline")
    after = await outside.here("check", "--offline", "--config", "other.toml")
    neither = await outside.here("check", "--offline")

    assert before == after
    assert (before.code, neither.code) == (0, 78)


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (
            "pln",
            'statusbridge: unknown command "pln"; did you mean "plan"? Try: statusbridge --help',
        ),
        ("frobnicate", 'statusbridge: unknown command "frobnicate". Try: statusbridge --help'),
        (
            "plan --jsn",
            'statusbridge plan: unknown option "--jsn"; did you mean "--json"? '
            "Try: statusbridge plan --help",
        ),
        (
            "run --dryrun=yes",
            'statusbridge run: unknown option "--dryrun"; did you mean "--dry-run"? '
            "Try: statusbridge run --help",
        ),
        (
            "plan now",
            'statusbridge plan: unknown argument "now". Try: statusbridge plan --help',
        ),
        ("--jsn plan", 'statusbridge: unknown option "--jsn". Try: statusbridge --help'),
        (
            "alive \x1b[2J",
            r'statusbridge alive: unknown argument "\x1b[2J". Try: statusbridge alive --help',
        ),
    ],
)
def test_what_is_not_known_is_said_with_what_is_near_and_whose_help_to_read(
    typed: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as end:
        cli.main(typed.split())

    assert (end.value.code, capsys.readouterr().err) == (64, f"{said}\n")


def ending_in(error: BaseException) -> Callable[[argparse.Namespace], int]:
    def run(_: argparse.Namespace) -> int:
        raise error

    return run


def test_interrupted_command_ends_with_130(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schema, "run", ending_in(KeyboardInterrupt()))

    assert cli.main(["schema"]) == 130


def test_defect_is_not_made_up_as_an_expected_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schema, "run", ending_in(ZeroDivisionError()))

    with pytest.raises(ZeroDivisionError):
        cli.main(["schema"])


def test_reader_that_has_seen_enough_is_no_failure() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    environ = os.environ | {"PYTHONPATH": str(SOURCES)}

    ended = subprocess.run(
        [sys.executable, "-m", "statusbridge", "schema"],
        stdout=writing,
        stderr=subprocess.PIPE,
        env=environ,
        check=False,
    )
    os.close(writing)

    assert (ended.returncode, ended.stderr) == (0, b"")


async def test_state_file_that_is_none_is_said_in_a_sentence(outside: Outside) -> None:
    outside.state.parent.mkdir(mode=0o700)
    outside.state.write_text("this is no database, and long enough to be looked at as one\n" * 99)

    for command in (("run", "--once"), ("plan",), ("status",)):
        ended = await outside.here(*command)

        assert ended.code == 1
        assert len(ended.err.splitlines()) == 1
        assert str(outside.state) in ended.err


async def test_socket_of_another_user_is_said(
    outside: Outside, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(_: Path) -> bool:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("statusbridge.adapters.unix_socket.answers", refused)

    ended = await outside.here("status")

    assert (ended.code, ended.err) == (
        1,
        f"statusbridge: The socket {outside.folder}/state/statusbridge.sock can't be used "
        "(permission denied). Run as the daemon's user, or in its group.\n",
    )
