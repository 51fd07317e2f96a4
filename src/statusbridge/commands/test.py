"""`statusbridge test`: rule tests as data, on a virtual clock; what the public would have read."""

from __future__ import annotations

import argparse
import asyncio
import os
import time
from collections.abc import Iterator
from pathlib import Path

from statusbridge import logs
from statusbridge.commands.exits import FAILED
from statusbridge.commands.junit import Played, document
from statusbridge.commands.printing import say
from statusbridge.commands.running import complain
from statusbridge.commands.test_text import STYLES, counted, report, verdict_line
from statusbridge.config import files
from statusbridge.config.errors import ConfigError, Problem
from statusbridge.rehearse.playing import play
from statusbridge.rehearse.reading import RuleTest, read

ENDING = ".test.toml"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of `test`."""
    parser.add_argument(
        "files",
        nargs="*",
        type=Path,
        metavar="FILE",
        help=f"rule tests, or a folder of them; default: each *{ENDING} beside the configuration",
    )
    parser.add_argument("--only", metavar="TEXT", help="play the tests whose name contains TEXT")
    parser.add_argument("--junit", type=Path, metavar="FILE", help="write the results as JUnit XML")
    parser.add_argument(
        "-v", "--verbose", action="store_true", help="print everything that happens in each test"
    )


def run(args: argparse.Namespace) -> int:
    """Play the tests. Returns 0, or 1 where one failed. Raises ConfigError before any is played."""
    logs.configure("silent", "auto")
    found = [(path, _chosen(path, args)) for path in _files(args)]
    if args.only and not any(tests for _, tests in found):
        complain(f"no test's name contains “{args.only}”.")
        return FAILED
    played = [one for path, tests in found if tests for one in _play(path, tests, args.verbose)]
    failed = [one for one in played if not one.verdict.passed]
    for one in failed:
        say(["", *report(one.verdict, verbose=args.verbose)], STYLES)
    say(["", counted(len(played), len(failed))], STYLES)
    if args.junit is not None and not _saved(args.junit, document(played)):
        return FAILED
    return FAILED if failed else 0


def _files(args: argparse.Namespace) -> list[Path]:
    """Return the files to play, in order. Raises ConfigError: there are none."""
    named: list[Path] = args.files or [_folder(args.config)]
    found: list[Path] = []
    for path in named:
        # Path's own `is_dir` raises where one may not look; reading then says so.
        is_folder = os.path.isdir(path)  # noqa: PTH112
        inside = sorted(path.glob(f"*{ENDING}")) if is_folder else [path]
        if not inside:
            what = f"no rule tests here; expected files named *{ENDING}"
            raise ConfigError((Problem(str(path), what),))
        found += inside
    return found


def _folder(config: Path | None) -> Path:
    """Return where the configuration is; here, if there is none."""
    try:
        return files.find(config, os.environ).parent
    except ConfigError:
        return Path()


def _chosen(path: Path, args: argparse.Namespace) -> list[RuleTest]:
    tests = read(path, args.config, os.environ)
    return [test for test in tests if args.only is None or args.only in test.name]


def _play(path: Path, tests: list[RuleTest], verbose: bool) -> Iterator[Played]:
    say([str(path)], STYLES)
    for test in tests:
        begun = time.monotonic()
        verdict = asyncio.run(play(test))
        say([verdict_line(verdict)], STYLES)
        if verbose and verdict.passed:
            say(report(verdict, verbose=True), STYLES)
        yield Played(str(path), verdict, time.monotonic() - begun)


def _saved(path: Path, written: bytes) -> bool:
    try:
        path.write_bytes(written)
    except OSError as error:
        complain(f"{path} can't be written ({error.strerror}). Name another file with --junit.")
        return False
    return True
