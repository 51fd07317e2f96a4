"""`statusbridge backtest`: what the rules would have published of a recorded past."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
from dataclasses import dataclass, replace
from pathlib import Path
from time import time

from statusbridge.adapters.recording_entries import RecordingError
from statusbridge.commands.backtest_past import (
    Complaints,
    People,
    UsageError,
    fetched,
    kept_names,
    names,
    people,
    recorded,
)
from statusbridge.commands.backtest_report import no_place_for, written
from statusbridge.commands.backtest_text import STYLES, compared, lines, suggested
from statusbridge.commands.exits import FAILED, USAGE
from statusbridge.commands.printing import say
from statusbridge.commands.running import complain, log_by
from statusbridge.config.load import load_to_rehearse
from statusbridge.config.values import Config
from statusbridge.core.model import Instant
from statusbridge.documents import Document
from statusbridge.rehearse.backtest import EmptyError, History, Replayed, replay
from statusbridge.rehearse.backtest_document import (
    backtest_document,
    differences_document,
    suggestions_document,
)
from statusbridge.rehearse.comparing import differences
from statusbridge.rehearse.grading import graded
from statusbridge.rehearse.report.material import Material, Other, Unread
from statusbridge.rehearse.result import Result
from statusbridge.rehearse.suggesting import applied, basis, suggestions


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of `backtest`."""
    parser.add_argument(
        "--alerts",
        type=Path,
        metavar="FILE",
        help="recorded alerts: NDJSON, JSON or CSV, or .gz; default: what Twilio has",
    )
    parser.add_argument(
        "--days", type=_days, metavar="N", help="without --alerts: the last N days, 30 at most"
    )
    parser.add_argument("--from", dest="since", metavar="TIME", help="not before this time")
    parser.add_argument("--to", dest="until", metavar="TIME", help="not after this time")
    parser.add_argument("--strict", action="store_true", help="stop at what can't be read")
    parser.add_argument(
        "--incidents",
        metavar="page|none|FILE",
        help="grade by what people posted: on the page, or in a JSON file; "
        "default: the page, with --alerts none",
    )
    parser.add_argument(
        "--against", type=Path, metavar="FILE", help="compare with this other configuration"
    )
    parser.add_argument(
        "--suggest", action="store_true", help="suggest thresholds that fit, and try them"
    )
    parser.add_argument(
        "--report", type=Path, metavar="FILE.html", help="write all of it as a page for a browser"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON document")


def _days(text: str) -> int:
    if not (text.isdecimal() and 1 <= int(text) <= 30):
        raise argparse.ArgumentTypeError(f"{text!r} is no number from 1 to 30")
    return int(text)


@dataclass(slots=True)
class Telling:
    """What is to be said, for people, as a document and as a page."""

    lines: list[str]
    document: Document
    material: Material


def run(args: argparse.Namespace) -> int:
    """Print what would have been published. Returns 0; 1 where nothing can be read; 64."""
    config = load_to_rehearse(args.config, os.environ)
    other = None if args.against is None else load_to_rehearse(args.against, os.environ)
    log_by(config, at_least="error")
    try:
        telling = asyncio.run(_backtest(args, config, other))
    except UsageError as error:
        complain(str(error))
        return USAGE
    except RecordingError as error:
        complain(str(error))
        return FAILED
    except EmptyError:
        complain("There is no alert to replay in what was asked for.")
        return FAILED
    if args.json:
        print(json.dumps(telling.document, indent=2, ensure_ascii=False))
    else:
        say(telling.lines, STYLES)
    return 0 if args.report is None or written(args.report, telling.material) else FAILED


async def _backtest(args: argparse.Namespace, config: Config, other: Config | None) -> Telling:
    if args.report is not None and (why := no_place_for(args.report)):
        raise UsageError(why)
    if args.alerts is None:
        history = await fetched(args, config, other)
    else:
        history = recorded(args, config)
    known = await people(args, config)
    complaints = Complaints(args.alerts, args.strict)
    replayed = await replay(config, history, complaints.hear, _unheard)
    complaints.sum_up()
    _note(replayed)
    result = _graded(replayed.result, config, known)
    material = Material(
        result, int(time()), unread=Unread(complaints.count, tuple(complaints.named))
    )
    telling = Telling(list(lines(result)), backtest_document(result), material)
    again = replace(history, after=result.start, until=result.end)
    if other is not None:
        named = kept_names(other) if args.alerts is None else names(other)
        there = await _replayed(other, replace(again, names=named), complaints, known)
        telling.document["against"] = backtest_document(there)
        found = _compare(telling, Other(str(args.against), there, differences(result, there)))
        telling.document["differences"] = found
    if args.suggest:
        measured = [meter.peaks for meter in replayed.meters]
        better = suggestions(result, config.rules, measured, known.name)
        telling.lines += suggested(better, basis(result))
        tried = replace(config, rules=applied(config.rules, better))
        there = await _replayed(tried, again, complaints, known)
        telling.document["suggested"] = {
            **suggestions_document(better, basis(result)),
            "result": backtest_document(there),
            "differences": _compare(telling, _as_suggested(result, there)),
        }
        telling.material = replace(telling.material, suggested=better, tried=there)
    return telling


async def _replayed(
    config: Config, history: History, complaints: Complaints, known: People
) -> Result:
    replayed = await replay(config, history, complaints.hear, _unheard)
    return _graded(replayed.result, config, known)


def _graded(result: Result, config: Config, known: People) -> Result:
    if known.posted is None:
        return result
    return graded(result, known.posted, config.rules, known.name)


def _as_suggested(here: Result, there: Result) -> Other:
    title = "the suggested thresholds"
    return Other(title, there, differences(here, there), name="the suggestion")


def _compare(telling: Telling, other: Other) -> list[Document]:
    """Tell how *other* differs; the page has room for one, which is the first."""
    here = telling.material.result
    telling.lines += compared(other.differences, here, other.result, other.title)
    if telling.material.other is None:
        telling.material = replace(telling.material, other=other)
    return differences_document(other.differences)


def _unheard(until: Instant) -> None:
    pass


def _note(replayed: Replayed) -> None:
    for count, what in (
        (replayed.tally.repeated, "stand in the recording more than once, and count once"),
        (replayed.tally.elsewhere, "are of accounts that are not configured, and left out"),
    ):
        if count:
            complain(f"{count:,} alerts {what}")
