"""`statusbridge backtest`: what the rules would have published of a recorded past."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from statusbridge.adapters.recording import RecordingError, portions
from statusbridge.commands.backtest_text import STYLES, compared, lines
from statusbridge.commands.exits import FAILED, USAGE
from statusbridge.commands.printing import say
from statusbridge.commands.running import complain, log_by
from statusbridge.config.load import load
from statusbridge.config.secrets import SecretError, reveal
from statusbridge.config.values import Config
from statusbridge.core.model import Instant
from statusbridge.rehearse.backtest import EmptyError, History, replay
from statusbridge.rehearse.backtest_document import backtest_document, differences_document
from statusbridge.rehearse.comparing import differences

_NAMED = 10
"""Broken lines that are named; further ones are only counted."""


class UsageError(Exception):
    """Arguments that contradict each other, or a time that is none."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of `backtest`."""
    parser.add_argument(
        "--alerts", type=Path, metavar="FILE", help="recorded alerts: NDJSON, JSON or CSV, or .gz"
    )
    parser.add_argument("--from", dest="since", metavar="TIME", help="not before this time")
    parser.add_argument("--to", dest="until", metavar="TIME", help="not after this time")
    parser.add_argument("--strict", action="store_true", help="stop at what can't be read")
    parser.add_argument(
        "--against", type=Path, metavar="FILE", help="compare with this other configuration"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON document")


@dataclass(slots=True)
class Complaints:
    """What could not be read, of which the first few are said."""

    path: Path
    strict: bool
    count: int = 0
    last: int = 0
    """The furthest line heard of: to be sorted, or for another configuration, it is read again."""

    def hear(self, line: int, why: str) -> None:
        """Count it, and say so. Raises RecordingError where nothing may be left out."""
        if line <= self.last:
            return
        self.last = line
        said = f"{self.path}:{line}: {why}"
        if self.strict:
            raise RecordingError(f"{said}. Leave out --strict to go on without it.")
        self.count += 1
        if self.count <= _NAMED:
            complain(f"{said}; left out")

    def sum_up(self) -> None:
        """Say how many there were, where that was not said one by one."""
        if self.count > _NAMED:
            complain(f"{self.path}: {self.count:,} lines in all could not be used")


def run(args: argparse.Namespace) -> int:
    """Print what would have been published. Returns 0; 1 where nothing can be read; 64."""
    config = load(args.config, os.environ)
    other = None if args.against is None else load(args.against, os.environ)
    log_by(config, at_least="error")
    try:
        return asyncio.run(_backtest(args, config, other))
    except UsageError as error:
        complain(str(error))
        return USAGE
    except RecordingError as error:
        complain(str(error))
        return FAILED
    except EmptyError:
        complain("There is no alert to replay in what was asked for.")
        return FAILED


async def _backtest(args: argparse.Namespace, config: Config, other: Config | None) -> int:
    complaints = Complaints(args.alerts, args.strict)
    history = _recorded(args, config)
    replayed = await replay(config, history, complaints.hear, _unheard)
    complaints.sum_up()
    tally = replayed.tally
    _note(tally.repeated, "stand in the file more than once, and count once")
    _note(tally.elsewhere, "are of accounts that are not configured, and left out")
    result = replayed.result
    document = backtest_document(result)
    told = list(lines(result))
    if other is not None:
        theirs = replace(history, names=_names(other), after=result.start, until=result.end)
        there = (await replay(other, theirs, complaints.hear, _unheard)).result
        found = differences(result, there)
        document["against"] = backtest_document(there)
        document["differences"] = differences_document(found)
        told += compared(found, str(args.config or config.path), str(args.against))
    if args.json:
        print(json.dumps(document, indent=2, ensure_ascii=False))
    else:
        say(told, STYLES)
    return 0


def _unheard(until: Instant) -> None:
    pass


def _note(count: int, what: str) -> None:
    if count:
        complain(f"{count:,} alerts {what}")


def _recorded(args: argparse.Namespace, config: Config) -> History:
    since, until = _time(args.since), _time(args.until)
    if since is not None and until is not None and since >= until:
        raise UsageError("--from is not before --to. Swap them.")
    path: Path = args.alerts
    return History(partial(portions, path), _names(config), since, until)


def _names(config: Config) -> Callable[[str | None], str | None]:
    """Return what names the account of a SID; an only account takes all."""
    accounts = config.twilio.accounts
    if len(accounts) == 1:
        return lambda sid: accounts[0].name
    known = {account.name: account.name for account in accounts}
    for account in accounts:
        try:
            known[reveal(account.account_sid)] = account.name
        except SecretError as error:
            complain(f"{error.problem}; its alerts in the file can't be told from others'")
    return lambda sid: None if sid is None else known.get(sid)


def _time(text: str | None) -> Instant | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(
            f"{text!r} is no time. Give one as 2026-11-21 or 2026-11-21T22:37:00Z."
        ) from None
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())
