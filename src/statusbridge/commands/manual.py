"""The text of `--help`: what each command does, examples, exit codes. Read when it is asked for.

Knows no parser: `cli` puts the options between.
"""

from __future__ import annotations

import textwrap
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.resources import files

_WIDEST = 96
"""Columns: longer lines are hard to read, however wide the terminal is."""

_BROADEST_NAME = 24
"""Columns: a name that is longer has a line of its own."""

FILES = (
    ("./config.toml", "the configuration, unless --config or $STATUSBRIDGE_CONFIG names another"),
    (
        "$XDG_CONFIG_HOME/statusbridge/config.toml",
        "looked for next; without the variable ~/.config",
    ),
    ("/etc/statusbridge/config.toml", "looked for last"),
    ("state.db", "the state, in $STATE_DIRECTORY, else $XDG_STATE_HOME/statusbridge"),
    ("pause", "beside the state: while it is there, nothing is published"),
)
ENVIRONMENT = (
    ("STATUSBRIDGE_CONFIG", "the configuration file"),
    ("STATUSBRIDGE_TABLE__KEY", "overrides KEY of [TABLE], as STATUSBRIDGE_LOG__LEVEL=debug"),
    ("TWILIO_ACCOUNT_SID", "the account, where the configuration lists none"),
    ("TWILIO_AUTH_TOKEN", "its token; or TWILIO_API_KEY with TWILIO_API_SECRET"),
    ("INCIDENT_API_KEY", "incident.io's key, where the configuration names no other"),
    ("NO_COLOR", "if set, nothing is printed in colour"),
)
PROGRAM_EXITS = (
    ("0", "done"),
    ("1", "failed; what and why is on stderr"),
    ("2", "there are changes (plan --detailed-exitcode)"),
    ("64", "wrong usage"),
    ("77", "an API refused the credentials"),
    ("78", "the configuration or a secret is missing or wrong"),
    ("130", "interrupted by Ctrl-C"),
)
_NEXT = """
`statusbridge COMMAND --help` says what a command takes. `statusbridge demo` shows all of it at
work, with no account.
"""


@dataclass(frozen=True, slots=True)
class Manual:
    """What there is to say of a command. *examples*: what is typed, without the program's name."""

    about: str
    examples: tuple[tuple[str, str], ...]
    exits: tuple[tuple[str, str], ...]


def manuals() -> Mapping[str, Manual]:
    """Return the manual of each command that has one, by its name."""
    text = files(__package__).joinpath("manual.toml").read_text(encoding="utf-8")
    return {name: _manual(table) for name, table in tomllib.loads(text).items()}


def _manual(table: Mapping[str, object]) -> Manual:
    match table:
        case {"about": str(about), "examples": list(examples), "exits": dict(exits)}:
            codes = {"64": "wrong usage", **exits}
            return Manual(
                about.strip(),
                tuple((typed, purpose) for typed, purpose in examples),
                tuple(sorted(codes.items(), key=lambda one: int(one[0]))),
            )
        case _:
            raise ValueError(f"manual.toml: {sorted(table)} is no manual")


def before(name: str, sentence: str, columns: int) -> str:
    """Return what stands before the options of command *name*: what it does."""
    manual = manuals().get(name)
    return "\n\n".join((sentence, *([filled(manual.about, columns)] if manual else [])))


def after(name: str, columns: int) -> str:
    """Return what stands after the options of command *name*: examples and exit codes."""
    manual = manuals().get(name)
    if manual is None:
        return ""
    typed = [(f"statusbridge {what}", purpose) for what, purpose in manual.examples]
    return "\n\n".join((_examples(typed, columns), section("exit codes", manual.exits, columns)))


def after_program(columns: int) -> str:
    """Return what stands after the commands: files, environment, exit codes, where to go on."""
    return "\n\n".join(
        (
            section("files", FILES, columns),
            section("environment", ENVIRONMENT, columns),
            section("exit codes", PROGRAM_EXITS, columns),
            filled(_NEXT, columns),
        )
    )


def filled(text: str, columns: int) -> str:
    """Return *text* as a paragraph for a terminal of *columns*."""
    return textwrap.fill(" ".join(text.split()), min(columns, _WIDEST), break_on_hyphens=False)


def section(title: str, entries: Iterable[tuple[str, str]], columns: int) -> str:
    """Return *entries* under *title*, what is said of them under each other."""
    rows = tuple(entries)
    fitting = [len(name) for name, _ in rows if len(name) <= _BROADEST_NAME]
    indent = max(fitting, default=0) + 4
    lines = [f"{title}:"]
    for name, said in rows:
        head = f"  {name}"
        if len(head) + 2 > indent:
            lines.append(head)
            head = ""
        room = min(columns, _WIDEST) - indent
        wrapped = textwrap.wrap(said, room, break_on_hyphens=False)
        lines += [
            f"{head:{indent}}{line}" if not n else f"{'':{indent}}{line}"
            for n, line in enumerate(wrapped)
        ]
    return "\n".join(lines)


def _examples(entries: Iterable[tuple[str, str]], columns: int) -> str:
    """Return each example in a line to be copied, under a line that says what it is for."""
    lines = ["examples:"]
    for typed, purpose in entries:
        said = textwrap.wrap(f"# {purpose}", min(columns, _WIDEST) - 2, subsequent_indent="# ")
        lines += [*(f"  {line}" for line in said), f"  {typed}"]
    return "\n".join(lines)
