"""Arguments in, exit code out. Imports a command only when it is asked for."""

from __future__ import annotations

import argparse
import copy
import errno
import importlib
import io
import os
import shutil
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NoReturn, TextIO

from statusbridge import __version__, first_process, journal, last_words, memory
from statusbridge.commands.exits import CONFIGURATION, FAILED, REFUSED, USAGE
from statusbridge.secrecy import without_secrets
from statusbridge.terminal import spelled_out

COMMANDS = {
    "run": "run the bridge: as a daemon, once, or as a rehearsal",
    "plan": "show what a cycle would do now; publish and store nothing",
    "apply": "carry out a saved plan, if it is still the plan",
    "check": "check the configuration, the secrets and both APIs",
    "doctor": "look for what keeps the bridge from its work, and say what to do",
    "test": "play rule tests on a virtual clock",
    "backtest": "show what the rules would have published of recorded alerts",
    "alive": "ask whether the daemon answers, as health checks do",
    "status": "show what the bridge knows",
    "explain": "say why there is an incident, or none",
    "review": "list what waits for a person, and what persons decided",
    "approve": "publish what waits for review",
    "reject": "drop what waits for review",
    "release": "hand an incident back that a person took over",
    "pause": "stop publishing, of everything or of one incident key",
    "resume": "end a pause",
    "init": "write a first configuration from what the account and the page show",
    "pages": "list status pages and components, as TOML to paste",
    "backup": "copy the state file, also while the daemon runs",
    "codes": "say whose fault Twilio's error codes are",
    "schema": "print the JSON Schema of the configuration",
    "completion": "print a script that completes commands in bash, zsh or fish",
    "simulate": "serve stand-ins of both APIs and a webhook on loopback",
    "demo": "play an outage through the whole bridge, with no account",
}
"""Every command, in the order of help; its module is `statusbridge.commands.NAME`."""


class _Parser(argparse.ArgumentParser):
    """Says what is wrong with the arguments in a sentence, and ends with 64.

    *command* "": of the program itself. Only when help is asked for is its text read.
    """

    command = ""

    def format_help(self) -> str:
        from statusbridge.commands import manual

        columns = shutil.get_terminal_size().columns - 2
        shown = copy.copy(self)
        shown.formatter_class = argparse.RawDescriptionHelpFormatter
        if self.command:
            shown.description = manual.before(self.command, self.description or "", columns)
            shown.epilog = manual.after(self.command, columns)
        else:
            shown.epilog = manual.after_program(columns)
        return argparse.ArgumentParser.format_help(shown)

    def parse_known_args(  # type: ignore[override]
        self,
        args: Sequence[str] | None = None,
        namespace: argparse.Namespace | None = None,
    ) -> tuple[argparse.Namespace, list[str]]:
        # Left to the caller, what a command does not know would be said of the program.
        parsed, unknown = super().parse_known_args(args, namespace)
        if unknown:
            known = [name for action in self._actions for name in action.option_strings]
            what = "option" if unknown[0].startswith("-") else "argument"
            self.error(_unknown(what, unknown[0].partition("=")[0], known))
        return parsed, unknown

    def _check_value(self, action: argparse.Action, value: str) -> None:
        if action.dest == "command" and value not in COMMANDS:
            raise argparse.ArgumentError(None, _unknown("command", value, COMMANDS))
        super()._check_value(action, value)

    def error(self, message: str) -> NoReturn:
        stop = "" if message.endswith("?") else "."
        self.exit(USAGE, f"{self.prog}: {message}{stop} Try: {self.prog} --help\n")


def _unknown(what: str, name: str, known: Iterable[str]) -> str:
    from statusbridge.config.errors import did_you_mean

    return f'unknown {what} "{spelled_out(name)}"{did_you_mean(name, known)}'


def program() -> int:
    """Be the program `statusbridge`: `main` in a process that keeps its secrets to itself."""
    _open_what_is_closed()
    if isinstance(sys.stdout, io.TextIOWrapper):
        # In a locale that lacks a quotation mark the words around it still count.
        sys.stdout.reconfigure(errors="backslashreplace")
    first_process.prepare()
    memory.close_to_others()
    last_words.prepare()
    code = main()
    if _takes_no_more(sys.stderr):
        _let_go(sys.stderr)
    return code


def _open_what_is_closed() -> None:
    """Let no file that is opened later stand where output goes, as where `>&-` closed that."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            # It gets the lowest number that is free, which is the closed one's.
            setattr(sys, name, os.fdopen(os.open(os.devnull, os.O_RDWR), mode, closefd=False))


def main(argv: list[str] | None = None) -> int:
    """Run the command that *argv* names and return its exit code."""
    args = sys.argv[1:] if argv is None else argv
    try:
        # Within, as a command takes a moment to be imported.
        code = _run(parser_of(args).parse_args(args))
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read our output has seen enough.
        _let_go(sys.stdout)
        return 0
    except KeyboardInterrupt:
        return 130
    except OSError as error:
        # Commands say what became of the files that they name; this one had no name.
        if error.filename is not None or error.errno not in _NO_ROOM:
            raise
        _let_go(sys.stdout)
        sys.stderr.write(f"statusbridge: The output can't be written ({error.strerror}).\n")
        return FAILED
    return code


_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)


def _takes_no_more(stream: TextIO) -> bool:
    """Whether what was written to *stream* can't leave it."""
    try:
        stream.flush()
    except OSError:
        return True
    return False


def _let_go(stream: TextIO) -> None:
    """Write nothing of *stream* any more; Python would complain of what is left at its exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def parser_of(args: Iterable[str]) -> argparse.ArgumentParser:
    """Return the parser of the program; of the commands those in *args* know their arguments."""
    parser = _Parser(
        prog="statusbridge",
        description="Turn Twilio Monitor alerts into incidents on an incident.io status page.",
    )
    parser.add_argument("--version", action="version", version=f"statusbridge {__version__}")
    default = "$STATUSBRIDGE_CONFIG, else the first config.toml listed below that is there"
    _add_config(parser, None, default)
    commands = parser.add_subparsers(
        dest="command", title="commands", metavar="COMMAND", required=True, parser_class=_Parser
    )
    for name, purpose in COMMANDS.items():
        sentence = f"{purpose[0].upper()}{purpose[1:]}."
        command = commands.add_parser(name, help=purpose, description=sentence)
        command.command = name
        _add_config(command, argparse.SUPPRESS, "see `statusbridge --help`")
        if name in args:
            module = importlib.import_module(f"statusbridge.commands.{name}")
            module.add_arguments(command)
    return parser


def _add_config(parser: argparse.ArgumentParser, default: object, said: str) -> None:
    parser.add_argument(
        "--config",
        type=Path,
        metavar="PATH",
        default=default,
        help=f"the configuration file (default: {said})",
    )


def _run(args: argparse.Namespace) -> int:
    module = importlib.import_module(f"statusbridge.commands.{args.command}")
    try:
        return int(module.run(args))
    except Exception as error:
        code = _expected(error)
        if code is None:
            raise
        said = spelled_out(without_secrets(str(error)))
        lines = "".join(f"statusbridge: {line}\n" for line in said.splitlines())
        sys.stderr.write(journal.for_stream(lines, "error", sys.stderr))
        return code


def _expected(error: Exception) -> int | None:
    """Return the exit code of a failure that a person can mend, None for a defect of ours."""
    from statusbridge.adapters.sqlite_errors import StoreError
    from statusbridge.config.errors import ConfigError
    from statusbridge.config.secrets import SecretError
    from statusbridge.core.errors import Unauthorized, Unavailable

    codes: dict[type[Exception], int] = {
        ConfigError: CONFIGURATION,
        SecretError: CONFIGURATION,
        Unauthorized: REFUSED,
        Unavailable: FAILED,
        StoreError: FAILED,
    }
    return next((code for kind, code in codes.items() if isinstance(error, kind)), None)
