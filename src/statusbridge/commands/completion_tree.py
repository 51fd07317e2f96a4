"""Commands, options and what may follow them, read from the parser: what completion rests on.

Knows no shell.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from statusbridge.core.model import Fault
from statusbridge.simulators.scenario import packaged


@dataclass(frozen=True, slots=True)
class Value:
    """What may be typed in a place: one of *words*, a file, a rule's id or an incident's key."""

    metavar: str = ""
    words: tuple[str, ...] = ()
    files: bool = False
    names: bool = False


@dataclass(frozen=True, slots=True)
class Option:
    """One option. *value* None: it takes none."""

    name: str
    says: str
    value: Value | None


@dataclass(frozen=True, slots=True)
class Command:
    """One command, or with name "" the program. *value* None: it takes nothing but options."""

    name: str
    says: str
    options: tuple[Option, ...]
    value: Value | None


def _by_metavar() -> Mapping[str, Value]:
    return {
        "PATH": Value(files=True),
        "FILE": Value(files=True),
        "FILE.html": Value(files=True),
        "page|none|FILE": Value(words=("page", "none"), files=True),
        "SCENARIO": Value(words=tuple(packaged()), files=True),
        "FAULT": Value(words=tuple(map(str, Fault))),
        "KEY": Value(names=True),
        "X": Value(names=True),
    }


def tree(parser: argparse.ArgumentParser) -> tuple[Command, ...]:
    """Return the program itself, and each command of *parser* in its order."""
    known = _by_metavar()
    (commands,) = (a for a in parser._actions if isinstance(a, argparse._SubParsersAction))
    whole = _command("", "", parser, known)
    return (
        replace(whole, value=Value("COMMAND", words=tuple(commands.choices))),
        *(
            _command(choice.dest, choice.help or "", commands.choices[choice.dest], known)
            for choice in commands._choices_actions
        ),
    )


def _command(
    name: str, says: str, parser: argparse.ArgumentParser, known: Mapping[str, Value]
) -> Command:
    places = (a for a in parser._actions if not a.option_strings)
    place = next((a for a in places if not isinstance(a, argparse._SubParsersAction)), None)
    value = None if place is None else _value(place, known)
    return Command(name, says, tuple(_options(parser, known)), value)


def _options(parser: argparse.ArgumentParser, known: Mapping[str, Value]) -> Iterator[Option]:
    for action in parser._actions:
        if action.option_strings and action.help != argparse.SUPPRESS:
            value = None if action.nargs == 0 else _value(action, known)
            says = (action.help or "").replace("%(default)s", str(action.default))
            yield Option(action.option_strings[-1], says, value)


def _value(action: argparse.Action, known: Mapping[str, Value]) -> Value:
    metavar = str(action.metavar or action.dest)
    if action.choices is not None:
        return Value(metavar, words=tuple(map(str, action.choices)))
    return replace(known.get(metavar, Value()), metavar=metavar)
