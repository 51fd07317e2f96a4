"""The manual page `statusbridge.1`, made of what `--help` says. `generate.py` writes it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from statusbridge.cli import COMMANDS, parser_of
from statusbridge.commands import manual
from statusbridge.commands.completion_tree import Command, Option, tree

MAN_PAGE = Path(__file__).parents[1] / "src" / "man" / "statusbridge.1"

_ABOUT = """
Watches the alerts of Twilio accounts and decides by rules which of them are a problem that
customers notice, and with which component. Opens, updates and resolves the incident on an
incident.io status page: each exactly once, never on a guess, never over a person's head.
"""


def manual_page() -> str:
    """Return the page in the macros of man(7), without a date: it changes when its text does."""
    program, *commands = tree(parser_of(COMMANDS))
    lines = [
        '.TH STATUSBRIDGE 1 "" "" "User Commands"',
        ".SH NAME",
        "statusbridge \\- Twilio Monitor alerts in, incident.io status page incidents out",
        ".SH SYNOPSIS",
        r".B statusbridge",
        r"[\fB\-\-config\fR \fIPATH\fR] \fICOMMAND\fR [\fIargument\fR ...]",
        ".SH DESCRIPTION",
        _escaped(_ABOUT),
        ".SH OPTIONS",
        *_options(program.options),
        ".SH COMMANDS",
        *(line for command in commands for line in _command(command)),
        ".SH FILES",
        *_listed(manual.FILES),
        ".SH ENVIRONMENT",
        *_listed(manual.ENVIRONMENT),
        ".SH EXIT STATUS",
        *_listed(manual.PROGRAM_EXITS),
    ]
    return "\n".join(lines) + "\n"


def _command(command: Command) -> Iterator[str]:
    said = manual.manuals()[command.name]
    place = f" \\fI{_escaped(command.value.metavar)}\\fR" if command.value else ""
    yield f".SS {command.name}"
    yield f"\\fBstatusbridge {command.name}\\fR [\\fIoptions\\fR]{place}"
    yield ".PP"
    yield _escaped(f"{COMMANDS[command.name][0].upper()}{COMMANDS[command.name][1:]}.")
    yield _escaped(said.about)
    own = [one for one in command.options if one.name not in ("--help", "--config")]
    yield from _options(own)
    yield ".PP"
    yield "Examples:"
    for typed, purpose in said.examples:
        yield from (".RS", ".EX", _escaped(f"# {purpose}"), _escaped(f"statusbridge {typed}"))
        yield from (".EE", ".RE")
    yield ".PP"
    yield "Exit status:"
    yield from (".RS", *_listed(said.exits), ".RE")


def _options(options: Iterable[Option]) -> Iterator[str]:
    for option in options:
        value = f" \\fI{_escaped(option.value.metavar)}\\fR" if option.value else ""
        yield from (".TP", f"\\fB{_escaped(option.name)}\\fR{value}", _escaped(option.says))


def _listed(entries: Iterable[tuple[str, str]]) -> Iterator[str]:
    for name, said in entries:
        yield from (".TP", f"\\fB{_escaped(name)}\\fR", _escaped(said))


def _escaped(text: str) -> str:
    """Return *text* as it is to be read: on a line of its own a dot or a quote begins a request."""
    plain = " ".join(text.split()).replace("\\", "\\e").replace("-", "\\-").replace("`", "\\(ga")
    plain = plain.replace("~", "\\(ti").replace("^", "\\(ha")
    return f"\\&{plain}" if plain[:1] in (".", "'") else plain
