"""`statusbridge approve KEY`: publish what waits for review, as it was looked at."""

from __future__ import annotations

import argparse
import sys

from statusbridge.commands.asking import configured
from statusbridge.commands.editing import EditError, edited
from statusbridge.commands.exits import FAILED
from statusbridge.commands.ordering import add_reason, give, incident_key, review_of
from statusbridge.commands.printing import say
from statusbridge.commands.review_text import STYLES, shown
from statusbridge.commands.running import complain
from statusbridge.core.acts import UNSEEN, ActKind, Order
from statusbridge.core.model import Status
from statusbridge.core.operations import Verdict
from statusbridge.documents import Document

STATUSES = tuple(status.wire for status in Status if status)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of `approve`."""
    parser.add_argument(
        "key", metavar="KEY", type=incident_key, help="the incident key, or PAGE/KEY"
    )
    parser.add_argument("--seen", default="", metavar="LOOK", help="refuse anything but this look")
    parser.add_argument(
        "--as",
        dest="status",
        choices=STATUSES,
        metavar="STATUS",
        help=f"open with this status: {', '.join(STATUSES)}",
    )
    parser.add_argument("--edit", action="store_true", help="edit title and text in $EDITOR")
    parser.add_argument("--title", default="", metavar="TEXT", help="open with this title")
    parser.add_argument("--text", default="", metavar="TEXT", help="open with this text")
    parser.add_argument("--yes", action="store_true", help="do not ask")
    add_reason(parser)


def run(args: argparse.Namespace) -> int:
    """Show what is approved, ask on a terminal, and approve it. Returns 0; 1: it was not."""
    config = configured(args)
    document = review_of(config)
    found = [one for one in document["waiting"] if args.key in _names(one)]
    title, text, look = args.title, args.text, args.seen
    if len(found) == 1 and look in ("", found[0]["seen"]):
        (one,) = found
        look = one["seen"]
        try:
            title, text = edited(one, title, text) if args.edit else (title, text)
        except EditError as error:
            complain(str(error))
            return FAILED
        if not _agreed(_as_ordered(one, title, text, args.status), document["now"], args):
            complain("Nothing was approved.")
            return FAILED
    if not found:
        # A daemon in a cycle carries this out after it, and by then something may wait.
        look = look or UNSEEN
    status = Status[args.status.upper()] if args.status else None
    order = Order(
        ActKind.APPROVE,
        args.key,
        args.reason,
        look=look,
        title=title,
        text=text,
        status=status,
    )
    return give(config, order)


def _names(one: Document) -> tuple[str, str]:
    return one["incident"], f"{one['page']}/{one['incident']}"


def _as_ordered(one: Document, title: str, text: str, status: str | None) -> Document:
    """Return *one* as it would be posted in these words."""
    called = one["component_statuses"]
    if status is not None:
        wanted = Status[status.upper()]
        asked = [Status[line["component_status"].upper()] for line in called]
        worst = max(asked, default=Status.OPERATIONAL)
        verdict = Verdict(True, "", judged=worst, status=wanted)
        names = [verdict.called(each, worst).wire for each in asked]
        called = [
            {**line, "component_status": name} for line, name in zip(called, names, strict=True)
        ]
    return {
        **one,
        "name": title or one["name"],
        "message": text or one["message"],
        "component_statuses": called,
    }


def _agreed(one: Document, now: str, args: argparse.Namespace) -> bool:
    """Show what is about to be approved; whether the person at the terminal says yes."""
    say(shown(one, now), STYLES)
    asks = sys.stdin.isatty() and sys.stdout.isatty() and not args.yes and not args.seen
    if not asks:
        return True
    try:
        return input("Publish this? [y/N] ").strip().lower() in ("y", "yes")
    except EOFError:
        return False
