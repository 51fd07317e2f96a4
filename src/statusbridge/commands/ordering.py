"""What the commands of the person's side share: ask the daemon, or open the state file itself."""

from __future__ import annotations

import argparse
import asyncio
import os
from dataclasses import asdict
from pathlib import Path

import msgspec

from statusbridge.adapters import users
from statusbridge.adapters.sqlite_errors import StoreError
from statusbridge.adapters.sqlite_file import is_there
from statusbridge.bridge.acting import carry
from statusbridge.bridge.reviewing import review_document
from statusbridge.commands.asking import ask
from statusbridge.commands.exits import FAILED
from statusbridge.commands.printing import say
from statusbridge.commands.running import bridged, complain, copied_store, locked_store
from statusbridge.config import durations
from statusbridge.config.values import Config
from statusbridge.core.acts import LONGEST, Order, Refused
from statusbridge.documents import Document


def incident_key(text: str) -> str:
    """Return *text*, what stands for a key: not "", as an unset variable of a script leaves it."""
    if not text:
        raise argparse.ArgumentTypeError("the incident key is empty")
    return text


def add_reason(parser: argparse.ArgumentParser) -> None:
    """Declare `--reason`."""
    parser.add_argument("--reason", default="", metavar="TEXT", help="why, for the record")


def add_duration(parser: argparse.ArgumentParser, purpose: str) -> None:
    """Declare `--for`."""
    parser.add_argument(
        "--for", dest="seconds", type=_seconds, metavar="DURATION", help=f"{purpose}, such as 2h"
    )


def _seconds(text: str) -> int:
    try:
        seconds = durations.parse(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    if not 0 < seconds <= LONGEST:
        raise argparse.ArgumentTypeError(f"{text}: expected from 1s to 365d")
    return seconds


def give(config: Config, order: Order) -> int:
    """Give *order* and print what was done. Returns 0; 1: refused, and why is on stderr."""
    posted = msgspec.json.encode({"order": asdict(order), "by": users.claimed()})
    answer = ask(config.socket_path, "POST", "/acts", posted)
    if answer is None:
        return asyncio.run(_carried_here(config, order))
    found = answer.document
    if "said" in found:
        say([found["said"]], {})
        return 0
    _complain(str(found.get("refused") or f"The daemon can't: {found.get('error')}"))
    return FAILED


async def _carried_here(config: Config, order: Order) -> int:
    _expect_state(config.store_path)
    with locked_store(config) as store:
        async with bridged(config, store) as parts:
            try:
                who = users.recorded(os.geteuid(), users.claimed())
                said = carry(parts.bridge, order, who)
            except Refused as refusal:
                _complain(str(refusal))
                return FAILED
    say([said, "No daemon is running: the next run heeds it."], {})
    return 0


def _expect_state(path: Path) -> None:
    if not is_there(path):
        raise StoreError(f"There is no state at {path}: nothing was ever run with it.")


def _complain(lines: str) -> None:
    for line in lines.splitlines():
        complain(line)


def review_of(config: Config) -> Document:
    """Return the document of `review`, from the daemon or a copy of its state."""
    answer = ask(config.socket_path, "GET", "/review")
    if answer is None:
        return asyncio.run(_review_here(config))
    if answer.status != 200:
        raise StoreError(f"The daemon can't say: {answer.document.get('error', answer.status)}")
    return answer.document


async def _review_here(config: Config) -> Document:
    with copied_store(config) as store:
        async with bridged(config, store) as parts:
            return review_document(parts.bridge)
