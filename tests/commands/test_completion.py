"""Completion, asked of the shells themselves."""

from __future__ import annotations

import os
import pty
import shutil
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from shlex import quote

import pytest

from pages import ROOT
from programs import SOURCES
from statusbridge import cli
from statusbridge.commands.completion import SHELLS, names

RULES = ["sms", "sms-delivery", "voice-calls", "webhook-answers"]
STATUSES = ["degraded_performance", "full_outage", "partial_outage"]
SCENARIOS = ["calm", "carrier-failure", "first-week", "flaky-network", "twilio-401"]

ASKED = {
    "pa": ["pages", "pause"],
    "plan --d": ["--detailed-exitcode"],
    "--config config.toml plan --d": ["--detailed-exitcode"],
    "approve --as ": STATUSES,
    "approve sms --as p": ["partial_outage"],
    "codes --fault c": ["carrier"],
    "simulate twi": ["twilio-401"],
    "completion ": ["bash", "fish", "names", "zsh"],
    "explain s": ["sms", "sms-delivery"],
    "pause ": RULES,
    "--config other.toml reject ": ["other"],
    "reject --config other.toml ": ["other"],
    "plan --out conf": ["config.toml"],
    "--config oth": ["other.toml"],
    "pause --for ": [],
    "demo ": [],
}
"""What is typed after the program's name, and what may stand there."""


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with two configurations, a program on the path, and each shell's script."""
    program = tmp_path / "bin" / "statusbridge"
    program.parent.mkdir()
    call = f"PYTHONPATH={SOURCES} exec {sys.executable} -m statusbridge"
    program.write_text(f'#!/bin/sh\n{call} "$@"\n')
    program.chmod(0o755)
    shutil.copy(ROOT / "config.example.toml", tmp_path / "config.toml")
    (tmp_path / "other.toml").write_text('[[rules]]\nid = "other"\n')
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def script(shell: str, capsys: pytest.CaptureFixture[str], place: Path) -> Path:
    assert cli.main(["completion", shell]) == 0
    path = place / f"completion.{shell}"
    path.write_text(capsys.readouterr().out)
    return path


def answers(shell: str, program: str) -> list[list[str]]:
    """What *shell* prints when it runs *program*: a line for each question, words parted by |."""
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    ended = subprocess.run([shell, "-c", program], capture_output=True, text=True, check=False)
    assert ended.stderr == ""
    return [sorted(filter(None, line.split("|"))) for line in ended.stdout.splitlines()]


def by_bash(lines: list[str], source: Path) -> list[list[str]]:
    asked = [
        f"ask statusbridge {line}{' ' + quote('') if line[-1:] in ' ' else ''}" for line in lines
    ]
    return answers(
        "bash",
        f"""source {source}
        ask() {{
            COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
            _statusbridge
            (IFS='|'; echo "${{COMPREPLY[*]}}")
        }}
        """
        + "\n".join(asked),
    )


def by_fish(lines: list[str], source: Path) -> list[list[str]]:
    asked = [f"ask {quote(f'statusbridge {line}')}" for line in lines]
    return answers(
        "fish",
        f"""source {source}
        function ask
            echo (string join -- '|' (complete -C $argv | string split -f1 \\t))
        end
        """
        + "\n".join(asked),
    )


def test_bash_completes_commands_options_words_files_and_names(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = by_bash(list(ASKED), script("bash", capsys, place))

    assert dict(zip(ASKED, found, strict=True)) == ASKED


def test_fish_completes_commands_options_words_files_and_names(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = by_fish(list(ASKED), script("fish", capsys, place))

    assert dict(zip(ASKED, found, strict=True)) == ASKED


def test_bash_completes_what_follows_an_equals_sign(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = script("bash", capsys, place)

    found = by_bash(
        ["plan --out = conf", "approve --as = ", "--config = other.toml pause o"], source
    )

    assert found == [["config.toml"], STATUSES, ["other"]]


def test_bash_completes_every_option_of_every_command(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    commands = list(cli.COMMANDS)
    helped = {name: help_of(name, capsys) for name in commands}

    found = by_bash([f"{name} --" for name in commands], script("bash", capsys, place))

    for name, options in zip(commands, found, strict=True):
        assert options
        assert [option for option in options if option not in helped[name]] == []


def help_of(command: str, capsys: pytest.CaptureFixture[str]) -> str:
    with pytest.raises(SystemExit):
        cli.main([command, "--help"])
    return capsys.readouterr().out


ZSH = {
    "pla": "plan",
    "plan --det": "plan --detailed-exitcode",
    "approve --as part": "approve --as partial_outage",
    "approve --as=part": "approve --as=partial_outage",
    "simulate twi": "simulate twilio-401",
    "explain webh": "explain webhook-answers",
    "--config other.toml reject o": "--config other.toml reject other",
    "reject --config other.toml o": "reject --config other.toml other",
    "plan --out conf": "plan --out config.toml",
    "--config=oth": "--config=other.toml",
}
"""What is typed, and what the line is after the Tab."""


def test_zsh_completes_commands_options_words_files_and_names(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = script("zsh", capsys, place)
    if shutil.which("zsh") is None:
        pytest.skip("zsh is not installed")
    asked = [f"statusbridge {line}\t\x01print -r -- 'GOT \x05'\n" for line in ZSH]

    start = "autoload -U compinit; compinit -u -D; unsetopt zle_bracketed_paste\n"
    said = typed(["zsh", "-f", "-i"], [start, f"source {source}\n", *asked, "exit\n"])

    got = [line.partition("GOT ")[2].strip() for line in said.splitlines() if line[:4] == "GOT "]
    assert dict(zip(ZSH, got, strict=True)) == {
        line: f"statusbridge {completed}" for line, completed in ZSH.items()
    }


def typed(command: list[str], lines: list[str]) -> str:
    """What *command* prints on a terminal on which *lines* are typed, each when it is ready."""
    terminal, theirs = pty.openpty()
    environ = os.environ | {"TERM": "dumb", "PS1": "READY", "COLUMNS": "300"}
    shell = subprocess.Popen(
        ["setsid", "--ctty", *command], stdin=theirs, stdout=theirs, stderr=theirs, env=environ
    )
    os.close(theirs)
    said = b""
    # The end of the other side of a terminal is an error to whoever reads.
    with shell, suppress(OSError):
        for line in lines:
            seen = len(said)
            while b"READY" not in said[seen:]:
                said += os.read(terminal, 65_536)
            os.write(terminal, line.encode())
        while part := os.read(terminal, 65_536):
            said += part
    os.close(terminal)
    return said.decode(errors="replace")


@pytest.mark.parametrize("shell", SHELLS)
def test_script_is_one_that_its_shell_can_read(
    shell: str, place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = script(shell, capsys, place)

    assert answers(shell, f"source {source}" if shell != "zsh" else f"zsh -n {source}") == []


@pytest.mark.parametrize(
    "text", ["", "rules = 3", "[[rules]]\nid = 3", "[rules", "[rules]\nid = 'a'", "rules = [1]"]
)
def test_configuration_that_is_wrong_has_no_names_and_no_error(text: str, tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text(text)

    assert names(config) == []
    assert names(tmp_path / "none.toml") == []
