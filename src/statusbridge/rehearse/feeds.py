"""What a rule test's feed means: alerts as they arrive, polls that fail, acts at their time.

Alerts go through their wire form, as Twilio would send them, so that hosts, texts and levels are
read as they are in production.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from statusbridge.adapters.twilio_wire import read_page
from statusbridge.config.durations import parse
from statusbridge.core.errors import Unauthorized, Unavailable
from statusbridge.core.model import Instant
from statusbridge.core.rules import Probe
from statusbridge.rehearse.replay import Arrival, Failure
from statusbridge.rehearse.tables import FAILURES, AlertTable, PollErrorTable
from statusbridge.simulators.feed import AlertEntry, FeedAlert, expand
from statusbridge.simulators.notation import Span as Seconds
from statusbridge.simulators.notation import digest

_LISTING = "GET /v1/Alerts"
_PAGE = 1_000


@dataclass(frozen=True, slots=True)
class Span:
    """When a test is played: from *start* to *end*. What happens later is not made."""

    start: Instant
    end: Instant


def arrivals(
    table: AlertTable, span: Span, account: str, label: str, probes: tuple[Probe, ...]
) -> list[Arrival]:
    """Return the alerts of *table* for *account*; *label* is all that chance depends on."""
    first, every = span.start + parse(table.at), parse(table.every)
    entry = AlertEntry(
        every=Seconds(every),
        times=min(table.times, (span.end - first) // every + 1) if every else table.times,
        code=table.code,
        level=table.level,
        resource=table.resource,
        service=table.service,
        text=table.text,
        request_url=table.request_url,
        spread=Seconds(parse(table.spread)),
        late=Seconds(parse(table.late)),
    )
    stored = expand(entry, first, f"AC{digest(account)}", label)
    return [arrival for page in _pages(stored) for arrival in _read(page, account, probes)]


def _pages(stored: Iterator[FeedAlert]) -> Iterator[list[FeedAlert]]:
    while page := list(islice(stored, _PAGE)):
        yield page


def _read(page: list[FeedAlert], account: str, probes: tuple[Probe, ...]) -> Iterator[Arrival]:
    body = b'{"alerts":[' + b",".join(one.encoded for one in page) + b'],"meta":{}}'
    read = read_page(body, account, probes, max(one.created for one in page))
    for one, alert in zip(page, read.alerts, strict=True):
        yield Arrival(one.created, alert)


def failure(table: PollErrorTable, start: Instant) -> Failure:
    """Return when polls fail by *table*, and with what the bridge takes it for."""
    since = start + parse(table.at)
    until = None if table.lasts is None else since + parse(table.lasts)
    return Failure(since, until, _error(table.poll_error))


def _error(word: str) -> Unavailable | Unauthorized:
    if not word.isdecimal():
        return Unavailable(f"{_LISTING}: {FAILURES[word]}")
    reason = f"{_LISTING} was answered {word}"
    if word in {"401", "403"}:
        return Unauthorized(int(word), reason)
    return Unavailable(reason)


def merged(found: Iterable[Arrival]) -> list[Arrival]:
    """Return *found* in the order in which polls may see it."""
    return sorted(found, key=lambda one: (one.seen, one.alert.at, one.alert.sid))
