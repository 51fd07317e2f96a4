"""`statusbridge review`: what waits for a person, as it would be posted, and what was decided."""

from __future__ import annotations

import argparse
import json

from statusbridge.commands.asking import configured
from statusbridge.commands.ordering import review_of
from statusbridge.commands.printing import say
from statusbridge.commands.review_text import STYLES, history, waiting


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of `review`."""
    parser.add_argument("--history", action="store_true", help="list what was decided, by whom")
    parser.add_argument("--json", action="store_true", help="print one JSON document with both")


def run(args: argparse.Namespace) -> int:
    """Print what waits, or what was decided. Returns 0."""
    document = review_of(configured(args))
    if args.json:
        print(json.dumps(document, indent=2, ensure_ascii=False))
    else:
        say(history(document) if args.history else waiting(document), STYLES)
    return 0
