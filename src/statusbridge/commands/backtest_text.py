"""A backtest's result in lines for people: incidents, what was held, what nobody listened to."""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from statusbridge.commands.printing import Styles, columns
from statusbridge.core.model import Instant, Seconds, Stage, Status
from statusbridge.rehearse.comparing import Difference, resolved_at, worst_said
from statusbridge.rehearse.result import Grades, Outage, Post, Posted, Result
from statusbridge.rehearse.suggesting import Basis, Suggestion

STYLES: Styles = {
    r"^[A-Z][a-z]+$": "bold",
    r"^  [+] .*": "bold green",
    r"^  ~ .*": "bold yellow",
    r"^  - .*": "bold cyan",
    r"^  ! .*": "bold red",
    r"\bmails?\b|\bmailed\b": "magenta",
    r"^ {10,}.*": "dim",
    r"^Backtest: .*": "bold",
    r"^(hit|found) .*": "green",
    r"^  (miss|false open) .*": "bold red",
}
"""What stands out on a terminal."""

_NOUNS = {"count": "alert", "distinct_resources": "resource", "distinct_accounts": "account"}
_SIGNS = {"open": "+", "update": "~", "resolve": "-"}
_MOST_UNMATCHED = 8


def lines(result: Result) -> Iterator[str]:
    """Yield what *result* says, a section each for what there is."""
    yield f"{_moment(result.start)} to {_moment(result.end)}, {_span(result.end - result.start)}"
    yield f"{_counted(result.alerts, 'alert')}, {result.matched:,} matched a rule"
    for account, lo, hi, why in result.gaps:
        yield f"  ! account {account}: nothing known of {_moment(lo)} to {_moment(hi)}: {why}"
    if result.outages:
        yield from ("", "Incidents")
        for outage in result.outages:
            yield from _outage(outage)
    if result.unmatched:
        yield from ("", "Unmatched")
        yield from (f"  {line}" for line in columns(_unmatched(result)))
    yield from ("", "Rules", *(f"  {line}" for line in columns(_rules(result))))
    if result.grades is not None:
        yield from ("", "Grades", *_grades(result.grades, result))
    yield from ("", summary(result))


def summary(result: Result) -> str:
    """Return all of *result* in a line."""
    published = sum(bool(outage.posts) for outage in result.outages)
    unpublished = len(result.outages) - published
    held = f", {unpublished} never published" if unpublished else ""
    return (
        f"Backtest: {_counted(published, 'incident')} in {_span(result.end - result.start)}, "
        f"{_counted(result.posts, 'post')}, {_counted(result.notified, 'mail')} to subscribers"
        f"{held}."
    )


def _outage(outage: Outage) -> Iterator[str]:
    marked = "" if set(outage.stages) == {Stage.AUTO} else f" ({', '.join(outage.stages)})"
    over = ", not over when the recording ends"
    if outage.ended_at is not None:
        over = f", {_span(outage.ended_at - outage.started_at)}"
    codes = " · ".join(f"{code or 'no code'} ×{count:,}" for code, count in outage.codes[:4])
    about = f" · {', '.join(outage.components)}" if not outage.posts else ""
    yield f"  {_moment(outage.started_at)}  {outage.incident} “{outage.title}”"
    rules = f"rule {', '.join(outage.rules)}{marked}"
    yield f"      {rules} · {_status(outage.worst)}{over} · {codes}{about}"
    for post in outage.posts:
        mail = ", mailed" if post.mailed else ""
        said = f" · {_components(post)}" if post.components else ""
        at = _clock(post.at, outage.started_at)
        yield f"    {_SIGNS[post.action]} {at}  {post.state}{mail}{said}"
        yield from _wrapped(f"“{post.text}”")
    for hold in outage.holds:
        until = "to the end" if hold.until is None else f"until {_clock(hold.until, hold.since)}"
        yield (
            f"    ! {_clock(hold.since, outage.started_at)}  held {until}: {hold.detail}  "
            f"[{hold.reason}]"
        )
    if not outage.posts and not outage.holds:
        yield "      never published: it was over before a cycle saw it"


def _components(post: Post) -> str:
    by_status: dict[Status, list[str]] = {}
    for name, status in post.components:
        by_status.setdefault(status, []).append(name)
    return "; ".join(f"{', '.join(names)} {_status(status)}" for status, names in by_status.items())


def _wrapped(text: str) -> list[str]:
    indent = " " * 10
    width = min(shutil.get_terminal_size((100, 24)).columns, 120)
    return textwrap.wrap(text, width, initial_indent=indent, subsequent_indent=f"{indent} ")


def _unmatched(result: Result) -> Iterator[tuple[str, ...]]:
    shown = result.unmatched[:_MOST_UNMATCHED]
    for one in shown:
        code = "no code" if one.code is None else str(one.code)
        yield code, f"{one.count:,}", f"fault of {one.fault}", one.title or ""
    if rest := result.unmatched[_MOST_UNMATCHED:]:
        total = sum(one.count for one in rest)
        yield f"{len(rest)} more", f"{total:,}"


def _rules(result: Result) -> Iterator[tuple[str, ...]]:
    for rule in result.rules:
        least = min(rule.triggers, key=lambda trigger: trigger.status)
        asked = {curve.measure: getattr(least.threshold, curve.measure) for curve in rule.curves}
        peaks = ", ".join(
            f"{curve.peak:,}"
            + (f" of {asked[curve.measure]:,}" if asked[curve.measure] else "")
            + f" {_NOUNS[curve.measure]}s"
            for curve in rule.curves
        )
        matched = f"{rule.matched:,} matched"
        yield rule.rule, str(rule.stage), matched, _counted(rule.fired, "incident"), f"peak {peaks}"


def _grades(grades: Grades, result: Result) -> Iterator[str]:
    for hit in grades.hits:
        yield (
            f"  hit         {_title(hit.posted)}: {hit.outage.incident} would have been read "
            f"{_early(hit.early)}"
        )
    for miss in grades.misses:
        yield f"  miss        {_title(miss)}: no rule opened anything"
    for outage in grades.false_opens:
        yield (
            f"  false open  {_moment(outage.started_at)} {outage.incident} “{outage.title}”: "
            "people posted nothing"
        )
    for posted in grades.uncovered:
        yield f"  no rule     {_title(posted)}: on {', '.join(posted.components) or 'no component'}"
    rows = [
        (
            score.rule,
            f"{score.right} of {score.opened} opened were right",
            f"{score.found} of {score.posted} posted were found",
        )
        for score in grades.scores
    ]
    yield from (f"  {line}" for line in columns(rows))
    days = _span(result.end - result.start)
    yield f"  Against {_counted(len(grades.posted), 'incident')} that people posted in {days}."


def _title(posted: Posted) -> str:
    return f"{_moment(posted.posted_at)} “{posted.title}”"


def _early(seconds: Seconds) -> str:
    if abs(seconds) < 60:
        return "at the same time"
    return f"{_span(abs(seconds))} {'earlier' if seconds > 0 else 'later'}"


def compared(found: Iterable[Difference], here: Result, there: Result, name: str) -> Iterator[str]:
    """Yield what differs between *here* and *there*, which is called *name*."""
    told = list(found)
    yield from ("", f"Compared: {here.config} → {name}")
    if not told:
        yield "  The public would have read the same incidents at the same times."
    for one in told:
        outage = one.either
        head = f"{_moment(outage.started_at)}  {outage.page}/{outage.incident} “{outage.title}”"
        if one.there is None:
            yield f"  - {head}: no more with {name}"
        elif one.here is None:
            yield f"  + {head}: only with {name}"
        else:
            yield f"  ~ {head}: {', '.join(_words(one, one.here, one.there))}"
    yield f"  With {name}: {summary(there).removeprefix('Backtest: ')}"
    if there.grades is not None:
        yield f"  {_sum_of(there.grades)}"


def _sum_of(grades: Grades) -> str:
    return (
        f"{_counted(len(grades.hits), 'hit')}, {len(grades.misses)} missed, "
        f"{_counted(len(grades.false_opens), 'false open')}"
    )


def suggested(found: Iterable[Suggestion], rests_on: Basis) -> Iterator[str]:
    """Yield what thresholds the past suggests, and on how much that rests."""
    yield from ("", "Suggested")
    told = list(found)
    for one in told:
        new = "stays" if one.new is None else f"→ {one.new:,}"
        yield f"  {one.rule}  {one.status}  {one.measure} {one.old:,} {new}"
        yield f"      {_grounds(one)}"
    if not told:
        yield "  Nothing: no rule matched any alert."
    outages = _counted(rests_on.outages, "outage")
    whose = "that people posted" if rests_on.by_people else "that the present rules see"
    yield f"  This rests on {_span(rests_on.seconds)} with {outages} {whose}."
    if not rests_on.by_people:
        yield "  What people posted in that time would say more: --incidents page, or a FILE."
    if rests_on.unlisted:
        count = "counts" if rests_on.unlisted == 1 else "count"
        outages = _counted(rests_on.unlisted, "outage")
        yield f"  {outages} that nobody posted of (false open, above) {count} as quiet time."
        yield "  Where one was real, list it and run this again: the numbers come out lower."


def _grounds(one: Suggestion) -> str:
    noise = f"in quiet time at most {one.quiet_most:,}, 99.9 % of it {one.quiet_usual:,}"
    peak = "" if one.least_peak is None else f"; {_seen(one)} at least {one.least_peak:,}"
    why = f"; {one.why}" if one.why else "" if one.outages else "; no outage to compare with"
    return f"{noise}{peak}{why}"


def _seen(one: Suggestion) -> str:
    return f"{one.seen} of {_counted(one.outages, 'outage')}"


def _words(difference: Difference, here: Outage, there: Outage) -> Iterator[str]:
    for change in difference.changes:
        match change:
            case "published":
                yield "published only there" if there.posts else "no longer published"
            case "opened" if difference.later is not None:
                later = difference.later
                yield f"opens {_span(abs(later))} {'later' if later > 0 else 'earlier'}"
            case "status":
                yield f"{_status(worst_said(here))} → {_status(worst_said(there))}"
            case "resolved":
                yield _resolved(resolved_at(here), resolved_at(there))
            case "posts":
                yield f"{len(here.posts)} → {len(there.posts)} posts"
            case "mails":
                yield f"{here.notified} → {there.notified} mails"
            case "words":
                yield "other title"
            case "components":
                yield "other components"


def _resolved(here: Instant | None, there: Instant | None) -> str:
    if here is None or there is None:
        return "resolved only there" if here is None else "not resolved any more"
    return f"resolved {_span(abs(there - here))} {'later' if there > here else 'earlier'}"


def _status(status: Status) -> str:
    return status.wire.replace("_", " ")


def _moment(at: Instant) -> str:
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M:%SZ}"


def _clock(at: Instant, after: Instant) -> str:
    """Return *at* as a time of day, with its date where that is another than *after*'s."""
    moment = datetime.fromtimestamp(at, UTC)
    same = moment.date() == datetime.fromtimestamp(after, UTC).date()
    return f"{moment:%H:%M:%SZ}" if same else f"{moment:%m-%d %H:%M:%SZ}"


def _span(seconds: Seconds) -> str:
    """Return a duration in its two largest units."""
    for size, unit, small, below in ((86_400, "d", 3600, "h"), (3600, "h", 60, "min")):
        if seconds >= size:
            rest = seconds % size // small
            return f"{seconds // size} {unit}" + (f" {rest} {below}" if rest else "")
    return f"{seconds // 60} min" if seconds >= 60 else f"{seconds} s"


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
