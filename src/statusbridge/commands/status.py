"""`statusbridge status`: what the bridge knows, from the daemon or a copy of its state."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
from typing import Any

from statusbridge.adapters.sqlite_errors import StoreError
from statusbridge.commands.asking import ask
from statusbridge.commands.printing import say
from statusbridge.commands.running import bridged, copied_store, log_by
from statusbridge.commands.status_text import STYLES, lines
from statusbridge.config.load import load
from statusbridge.config.values import Config
from statusbridge.cycle import evaluate
from statusbridge.status import Document, Liveness, is_blind, status_document

_STALE = 1


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of `status`."""
    parser.add_argument("--json", action="store_true", help="print one JSON document")


def run(args: argparse.Namespace) -> int:
    """Print what is known. Returns 0; 1 where it is stale, so that absence of news is no news."""
    config = load(args.config, os.environ)
    log_by(config, at_least="warning")
    document, stale = _from_daemon(config) or asyncio.run(_from_store(config))
    if args.json:
        print(json.dumps(document, indent=2, ensure_ascii=False))
    else:
        say(lines(document), STYLES)
    return _STALE if stale else 0


def _from_daemon(config: Config) -> tuple[Document, bool] | None:
    answer = ask(config.socket_path, "GET", "/status")
    if answer is None:
        return None
    found: dict[str, Any] = answer.document
    if answer.status != 200:
        raise StoreError(f"The daemon can't say: {found.get('error', answer.status)}")
    return found, bool(found.pop("stale", False))


async def _from_store(config: Config) -> tuple[Document, bool]:
    liveness = Liveness(running=False, interval=config.twilio.poll_interval)
    with copied_store(config) as store:
        async with bridged(config, store) as parts:
            evaluate(parts.bridge)
            stale = is_blind(parts.bridge, parts.bridge.clock.now(), liveness.patience)
            return status_document(parts.bridge, store, liveness), stale
