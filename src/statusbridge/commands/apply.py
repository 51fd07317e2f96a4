"""`statusbridge apply FILE`: carry out a saved plan, if it is still the plan."""

from __future__ import annotations

import argparse
import asyncio
import json
from pathlib import Path

import msgspec

from statusbridge.bridge.planning import Difference, carry_out, essences
from statusbridge.commands.asking import Answer, ask
from statusbridge.commands.exits import CONFIGURATION, FAILED, REFUSED
from statusbridge.commands.printing import say
from statusbridge.commands.running import (
    bridged,
    complain,
    configured,
    locked_store,
)
from statusbridge.config.values import Config
from statusbridge.core.coverage import Budget
from statusbridge.documents import Document

_BUDGET = Budget(pages=5000, seconds=300)


class _Saved(msgspec.Struct):
    """What of a plan's file matters here."""

    version: int
    operations: list[Document]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of `apply`."""
    parser.add_argument("file", type=Path, metavar="FILE", help="written by `plan --out FILE`")


def run(args: argparse.Namespace) -> int:
    """Publish what the file says, or nothing. Returns 0; 1 where the plan is another by now."""
    config = configured(args)
    try:
        saved = msgspec.json.decode(args.file.read_bytes(), type=_Saved)
        essences(saved.operations)
    except OSError as error:
        complain(f"{args.file} can't be read ({error.strerror}).")
        return FAILED
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        complain(f"{args.file} is not a saved plan ({error}). Write one with `plan --out`.")
        return CONFIGURATION
    if saved.version != 1:
        complain(f"{args.file} is a plan of version {saved.version}; this program reads version 1.")
        return CONFIGURATION
    answer = ask(config.socket_path, "POST", "/apply", json.dumps(saved.operations).encode())
    if answer is not None:
        return _told(answer)
    return asyncio.run(_apply(config, saved.operations))


def _told(answer: Answer) -> int:
    found = answer.document
    if answer.status != 200:
        complain(f"the daemon could not apply it: {found.get('error', answer.status)}")
        return FAILED
    lines = tuple(found.get("difference") or ())
    return _report(Difference(lines) if lines else int(found["applied"]), found["trouble"])


async def _apply(config: Config, operations: list[Document]) -> int:
    with locked_store(config) as store:
        async with bridged(config, store) as parts:
            parts.bridge.budget = _BUDGET
            done = await carry_out(parts.bridge, operations)
            trouble = dict(parts.bridge.trouble)
            code = _report(done, trouble)
            return REFUSED if parts.bridge.refused else code


def _report(done: int | Difference, trouble: dict[str, str]) -> int:
    for name, why in sorted(trouble.items()):
        complain(f"{name}: {why}")
    if isinstance(done, Difference):
        complain("the plan has changed since it was saved; nothing was published:")
        say(done.lines, {})
        return FAILED
    print(f"Applied: {done}.")
    return FAILED if trouble else 0
