"""`statusbridge pause [KEY]`: stop publishing; reading, deciding and showing go on."""

from __future__ import annotations

import argparse

from statusbridge.commands.asking import configured
from statusbridge.commands.ordering import add_duration, add_reason, give, incident_key
from statusbridge.core.acts import ActKind, Order


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of `pause`."""
    parser.add_argument(
        "key", metavar="KEY", nargs="?", type=incident_key, help="only this incident key"
    )
    add_duration(parser, "resume by itself after this time")
    add_reason(parser)


def run(args: argparse.Namespace) -> int:
    """Pause. Returns 0; 1 where there is no such key."""
    return give(configured(args), Order(ActKind.PAUSE, args.key or "", args.reason, args.seconds))
