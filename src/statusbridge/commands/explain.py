"""`statusbridge explain`: why there is an incident or none, of an alert, code, rule or time."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import time
from urllib.parse import urlencode

from statusbridge.adapters.sqlite_errors import StoreError
from statusbridge.bridge.evaluating import evaluate
from statusbridge.commands import code_dictionary
from statusbridge.commands.asking import ask, configured
from statusbridge.commands.exits import FAILED, USAGE
from statusbridge.commands.explain_text import STYLES, lines
from statusbridge.commands.printing import say
from statusbridge.commands.running import bridged, complain, copied_store
from statusbridge.config.values import Config
from statusbridge.core.model import Instant
from statusbridge.documents import Document
from statusbridge.explain.answer import NothingNamedError, explained
from statusbridge.explain.question import QuestionError, as_of, understood

_NOT_FOUND = 404


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of `explain`."""
    parser.add_argument(
        "what",
        nargs="?",
        metavar="X",
        help="an alert's SID, an error code, a rule's id, an incident's key or page/key; without "
        "it every rule",
    )
    parser.add_argument(
        "--at", metavar="TIME", help='as of a past time: "2026-03-29T12:03Z", "12:03", "2h ago"'
    )
    parser.add_argument("--json", action="store_true", help="print one JSON document")


def run(args: argparse.Namespace) -> int:
    """Print the answer. Returns 0; 1: nothing has the name; 64: that is no question."""
    try:
        at = as_of(understood(args.what), args.at, int(time.time()))
    except QuestionError as error:
        complain(f"{error}")
        return USAGE
    config = configured(args)
    try:
        document = _from_daemon(config, args.what, at)
        if document is None:
            document = asyncio.run(_from_store(config, args.what, at))
    except NothingNamedError as error:
        complain(str(error))
        return FAILED
    if document["kind"] == "code" and document["title"] is None:
        document["published_title"] = _published(document["code"])
    if args.json:
        print(json.dumps(document, indent=2, ensure_ascii=False))
    else:
        say(lines(document), STYLES)
    return 0


def _published(code: int) -> str | None:
    """Return Twilio's own title of *code*, where `codes --refresh` has read it."""
    try:
        dictionary = code_dictionary.load(code_dictionary.state_file(os.environ))
    except code_dictionary.DictionaryError:
        return None
    codes = () if dictionary is None else dictionary.codes
    return next((one.title for one in codes if one.code == code), None)


def _from_daemon(config: Config, what: str | None, at: Instant | None) -> Document | None:
    asked = {"what": what, "at": at}
    query = urlencode({key: value for key, value in asked.items() if value is not None})
    answer = ask(config.socket_path, "GET", f"/explain?{query}")
    if answer is None:
        return None
    if answer.status == _NOT_FOUND:
        raise NothingNamedError(str(answer.document.get("error")))
    if answer.status != 200:
        raise StoreError(f"The daemon can't say: {answer.document.get('error', answer.status)}")
    return answer.document


async def _from_store(config: Config, what: str | None, at: Instant | None) -> Document:
    with copied_store(config) as store:
        async with bridged(config, store) as parts:
            await evaluate(parts.bridge)
            return explained(parts.bridge, store, understood(what), at)
