"""`statusbridge release KEY`: hand an incident back that a person took over."""

from __future__ import annotations

import argparse

from statusbridge.commands.asking import configured
from statusbridge.commands.ordering import add_reason, give, incident_key
from statusbridge.core.acts import ActKind, Order


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of `release`."""
    parser.add_argument(
        "key", metavar="KEY", type=incident_key, help="the incident key, or PAGE/KEY"
    )
    add_reason(parser)


def run(args: argparse.Namespace) -> int:
    """Release it. Returns 0; 1 where there is nothing to release."""
    return give(configured(args), Order(ActKind.RELEASE, args.key, args.reason))
