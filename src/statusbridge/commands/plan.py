"""`statusbridge plan`: what a cycle would do now, against the live page. Changes nothing."""

from __future__ import annotations

import argparse
import asyncio
import json
from pathlib import Path

from statusbridge.bridge.planning import draw, plan_document
from statusbridge.commands.exits import FAILED, REFUSED
from statusbridge.commands.plan_text import STYLES, summary, text, unread
from statusbridge.commands.printing import say
from statusbridge.commands.running import (
    bridged,
    complain,
    configured,
    copied_store,
)
from statusbridge.config.values import Config
from statusbridge.core.coverage import Budget

_BUDGET = Budget(pages=5000, seconds=300)
_CHANGES = 2


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of `plan`."""
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument("--out", type=Path, metavar="FILE", help="save the plan for `apply`")
    parser.add_argument(
        "--detailed-exitcode", action="store_true", help="end with 2 where there are changes"
    )


def run(args: argparse.Namespace) -> int:
    """Print the plan. Returns 0, with --detailed-exitcode 2 for changes; 1 or 77: it failed."""
    return asyncio.run(_plan(args, configured(args, at_least="warning")))


async def _plan(args: argparse.Namespace, config: Config) -> int:
    with copied_store(config) as store:
        async with bridged(config, store) as parts:
            bridge = parts.bridge
            bridge.budget, bridge.deep_seconds = _BUDGET, 0
            surveys = await draw(bridge)
            plan = plan_document(surveys)
            encoded = json.dumps(plan, indent=2, ensure_ascii=False)
            if args.json:
                print(encoded)
            else:
                lines = [line for survey in surveys for line in text(bridge, survey)]
                missing = unread(bridge, surveys)
                say([*lines, *missing, summary(plan, len(missing))], STYLES)
            for name, why in sorted(bridge.trouble.items()):
                complain(f"{name}: {why}")
            if bridge.trouble:
                return REFUSED if bridge.refused else FAILED
    if args.out is not None and not _saved(args.out, encoded):
        return FAILED
    changes = bool(plan["operations"])
    return _CHANGES if args.detailed_exitcode and changes else 0


def _saved(path: Path, encoded: str) -> bool:
    try:
        path.write_text(encoded + "\n", encoding="utf-8")
    except OSError as error:
        complain(f"{path} can't be written ({error.strerror}). Name another file with --out.")
        return False
    return True
