"""`statusbridge status`: what the bridge knows, from the daemon or a copy of its state."""

from __future__ import annotations

import argparse
import asyncio
import json
from collections.abc import Callable

from statusbridge.adapters.sqlite_errors import StoreError
from statusbridge.bridge.evaluating import evaluate
from statusbridge.commands import unmatched_text
from statusbridge.commands.asking import ask, configured
from statusbridge.commands.printing import Styles, say
from statusbridge.commands.running import bridged, copied_store
from statusbridge.commands.status_text import STYLES, lines
from statusbridge.config.values import Config
from statusbridge.documents import Document
from statusbridge.explain.coverage import past_of, unmatched_document
from statusbridge.status import Liveness, is_blind, status_document

_STALE = 1


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of `status`."""
    parser.add_argument(
        "--unmatched",
        action="store_true",
        help="show instead, of 30 days, codes that no rule counts and rules that are idle",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON document")


def run(args: argparse.Namespace) -> int:
    """Print what is known. Returns 0; 1 where it is stale, so that absence of news is no news."""
    config = configured(args)
    if args.unmatched:
        found = _asked(config, "/unmatched") or asyncio.run(_unmatched(config))
        _show(found, args.json, unmatched_text.lines, unmatched_text.STYLES)
        return 0
    document, stale = _from_daemon(config) or asyncio.run(_from_store(config))
    _show(document, args.json, lines, STYLES)
    return _STALE if stale else 0


def _show(
    document: Document, as_json: bool, told: Callable[[Document], list[str]], styles: Styles
) -> None:
    if as_json:
        print(json.dumps(document, indent=2, ensure_ascii=False))
    else:
        say(told(document), styles)


def _from_daemon(config: Config) -> tuple[Document, bool] | None:
    found = _asked(config, "/status")
    return None if found is None else (found, bool(found.pop("stale", False)))


def _asked(config: Config, path: str) -> Document | None:
    """Return what the daemon says; None: there is none. Raises StoreError."""
    answer = ask(config.socket_path, "GET", path)
    if answer is None:
        return None
    found: Document = answer.document
    if answer.status != 200:
        raise StoreError(f"The daemon can't say: {found.get('error', answer.status)}")
    return found


async def _unmatched(config: Config) -> Document:
    with copied_store(config) as store:
        async with bridged(config, store) as parts:
            now = parts.bridge.clock.now()
            return unmatched_document(past_of(parts.bridge, store), now)


async def _from_store(config: Config) -> tuple[Document, bool]:
    liveness = Liveness(running=False, interval=config.twilio.poll_interval)
    with copied_store(config) as store:
        async with bridged(config, store) as parts:
            await evaluate(parts.bridge)
            stale = is_blind(parts.bridge, parts.bridge.clock.now(), liveness.patience)
            return status_document(parts.bridge, store, liveness), stale
