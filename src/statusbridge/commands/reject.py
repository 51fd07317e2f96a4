"""`statusbridge reject KEY`: drop what waits for review, for the rest of its outage."""

from __future__ import annotations

import argparse

from statusbridge.commands.asking import configured
from statusbridge.commands.ordering import add_duration, add_reason, give, incident_key
from statusbridge.core.acts import ActKind, Order


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of `reject`."""
    parser.add_argument(
        "key", metavar="KEY", type=incident_key, help="the incident key, or PAGE/KEY"
    )
    add_duration(parser, "also what comes under this key within this time")
    add_reason(parser)


def run(args: argparse.Namespace) -> int:
    """Reject it. Returns 0; 1 where nothing waits."""
    return give(configured(args), Order(ActKind.REJECT, args.key, args.reason, args.seconds))
