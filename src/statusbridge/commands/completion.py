"""`statusbridge completion SHELL`: a script by which a shell completes what is typed."""

from __future__ import annotations

import argparse
import os
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

NAMES = "names"
SHELLS = ("bash", "zsh", "fish")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of `completion`."""
    parser.add_argument(
        "shell",
        choices=(*SHELLS, NAMES),
        metavar="SHELL",
        help=f"{', '.join(SHELLS)}; or {NAMES}: what the scripts ask for as you type, rule ids "
        "and incident keys",
    )


def run(args: argparse.Namespace) -> int:
    """Print the script, or the names. Returns 0."""
    if args.shell == NAMES:
        found = names(args.config)
        print("".join(f"{name}\n" for name in found), end="")
        return 0
    from statusbridge.cli import COMMANDS, parser_of
    from statusbridge.commands import completion_scripts
    from statusbridge.commands.completion_tree import tree

    print(completion_scripts.SCRIPTS[args.shell](tree(parser_of(COMMANDS))), end="")
    return 0


def names(config: Path | None) -> list[str]:
    """Return rule ids and incident keys of the configuration; none where it can't be read.

    Nobody is helped by an error in the midst of typing. The file is only parsed, not checked:
    that takes longer.
    """
    from statusbridge.config import files
    from statusbridge.config.errors import ConfigError

    try:
        table = tomllib.loads(files.read(files.find(config, os.environ)))
    except (ConfigError, tomllib.TOMLDecodeError):
        return []
    return sorted(set(_names(table)))


def _names(table: dict[str, Any]) -> Iterator[str]:
    rules = table.get("rules")
    for rule in rules if isinstance(rules, list) else ():
        for key in ("id", "incident"):
            if isinstance(rule, dict) and isinstance(rule.get(key), str):
                yield rule[key]
