"""`statusbridge resume [KEY]`: end a pause."""

from __future__ import annotations

import argparse

from statusbridge.commands.asking import configured
from statusbridge.commands.ordering import add_reason, give, incident_key
from statusbridge.core.acts import ActKind, Order


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of `resume`."""
    parser.add_argument(
        "key", metavar="KEY", nargs="?", type=incident_key, help="only this incident key"
    )
    add_reason(parser)


def run(args: argparse.Namespace) -> int:
    """Resume. Returns 0, also where nothing was paused; 1 where what is named stays paused."""
    return give(configured(args), Order(ActKind.RESUME, args.key or "", args.reason))
