"""`statusbridge doctor`: what keeps the bridge from its work, or soon will, and what to do."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
from contextlib import closing
from pathlib import Path

from statusbridge.adapters.sqlite import SqliteStore
from statusbridge.commands.check import counted
from statusbridge.commands.doctor_apis import ask_apis
from statusbridge.commands.doctor_here import look_here
from statusbridge.commands.exits import FAILED
from statusbridge.commands.findings import STYLES, Finding, document, failed, lines, ok, warn
from statusbridge.commands.printing import say
from statusbridge.commands.running import log_by
from statusbridge.config.load import load
from statusbridge.config.values import Config, missing_secrets
from statusbridge.secrecy import without_secrets

_NOWHERE = Path("/nonexistent/statusbridge")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of `doctor`."""
    parser.add_argument("--offline", action="store_true", help="ask neither API")
    parser.add_argument("--json", action="store_true", help="print one JSON document")


def run(args: argparse.Namespace) -> int:
    """Print what was found. Returns 0; 1 where something failed. Changes nothing."""
    config = load(args.config, os.environ)
    log_by(config, at_least="warning")
    findings = [*_configuration(config), *look_here(config)]
    if not args.offline and not missing_secrets(config):
        findings += asyncio.run(_asked(config))
    if args.json:
        print(without_secrets(json.dumps(document(findings), indent=2, ensure_ascii=False)))
    else:
        say(map(without_secrets, lines(findings)), STYLES)
    return FAILED if failed(findings) else 0


def _configuration(config: Config) -> list[Finding]:
    found = [ok("configuration", f"{config.path}: {counted(config)}")]
    if count := len(config.warnings):
        warnings = f"{count} warning{'' if count == 1 else 's'}"
        found.append(warn("configuration", warnings, "statusbridge check lists them"))
    return found


async def _asked(config: Config) -> list[Finding]:
    # Of what is stored nothing is needed, and it may be what is broken.
    with closing(SqliteStore.copy(_NOWHERE)) as store:
        return [finding async for finding in ask_apis(config, store)]
