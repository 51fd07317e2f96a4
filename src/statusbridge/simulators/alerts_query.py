"""Monitor's switches, its error answers, and how the query of a listing is read."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import inf
from typing import Literal

from msgspec import Struct

from statusbridge.simulators.notation import Span, timestamp
from statusbridge.simulators.shelf import Date

_RETENTION = 30 * 86400
_MAX_PAGE = 1000
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\dZ)?")


class TwilioSwitches(Struct, frozen=True, forbid_unknown_fields=True):
    """What nobody documents of Monitor, and what differs between accounts and days."""

    sort_by: Date = "generated"
    """Which date the listing filters and sorts by."""
    tokens: Literal["keyset", "offset"] = "keyset"
    """Whether a page token marks a row, as recorded, or counts rows and shifts with new ones."""
    token_lifetime: Span | None = None
    cap: int = 10_000
    """Rows that one listing gives, however many match."""
    at_cap: Literal["end", "error"] = "end"
    """Whether paging past the cap ends silently or answers 400."""
    old_start: Literal["clamp", "refuse"] = "clamp"
    """What a StartDate of more than 30 days ago gets: what there is, or 400."""
    big_page: Literal["clamp", "refuse"] = "clamp"
    """What a PageSize over 1,000 gets."""
    date_only_end: Literal["whole_day", "midnight"] = "whole_day"
    """What an EndDate without a time includes."""
    visible_after: Span = Span(0)
    """Seconds from an alert's storing to its first listing."""
    date_skew: Span = Span(0)
    """How far the `Date` header is ahead of the clock."""


class Problem(Exception):  # noqa: N818  (an answer, not a failure of ours)
    """An error answer in Twilio's terms. *code* None: the error carries none."""

    def __init__(self, status: int, code: int | None, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message


ERRORS: dict[int, tuple[int | None, str]] = {
    401: (20003, "Authenticate"),
    403: (20003, "Permission denied"),
    404: (20404, "The requested resource was not found"),
    429: (20429, "Too Many Requests"),
    500: (20500, "An internal server error has occurred"),
    503: (20503, "Service is unavailable. Please try again"),
}
"""Code and message of Twilio's errors, by status (its error dictionary, codes 20xxx)."""


def not_found(path: str) -> Problem:
    """Return Twilio's answer for a *path* at which there is nothing."""
    return Problem(404, 20404, f"The requested resource {path} was not found")


def bad_token() -> Problem:
    """Return Twilio's answer to a page token that it does not know (any more)."""
    return Problem(400, 21481, "Invalid PageToken")


@dataclass(frozen=True, slots=True)
class AlertsQuery:
    """A listing's query. Dates are epoch seconds, both included; *echo* repeats the filters."""

    level: str | None
    low: float
    high: float
    size: int
    page: int
    token: str | None
    echo: str


def read_query(query: Mapping[str, str], switches: TwilioSwitches, now: float) -> AlertsQuery:
    """Return the meaning of *query* as of *now*. Raises `Problem`: Twilio would answer that."""
    token = query.get("PageToken") or None
    page = _number(query, "Page", 0)
    if page > 0 and token is None:
        raise Problem(400, None, "Paged requests must include a PageToken")
    level = query.get("LogLevel") or None
    start, end = _moment(query, "StartDate"), _moment(query, "EndDate")
    shown = (("LogLevel", level), ("StartDate", _shown(start)), ("EndDate", _shown(end)))
    return AlertsQuery(
        level=level and level.lower(),
        low=_low(start, switches, now),
        high=_high(query, end, switches),
        size=_size(query, switches),
        page=page,
        token=token,
        echo="".join(f"{key}={value}&" for key, value in shown if value),
    )


def _low(start: float | None, switches: TwilioSwitches, now: float) -> float:
    oldest = now - _RETENTION
    if start is not None and start < oldest and switches.old_start == "refuse":
        told = "Date range specified in query is partially or entirely outside of retention window"
        raise Problem(400, 20004, f"{told} of 30 days")
    return oldest if start is None else max(start, oldest)


def _high(query: Mapping[str, str], end: float | None, switches: TwilioSwitches) -> float:
    if end is None:
        return inf
    whole_day = "T" not in query["EndDate"] and switches.date_only_end == "whole_day"
    return end + timedelta(days=1).total_seconds() - 1 if whole_day else end


def _size(query: Mapping[str, str], switches: TwilioSwitches) -> int:
    size = _number(query, "PageSize", 50)
    if size < 1:
        raise Problem(400, 20001, "Page size must be at least 1")
    if size > _MAX_PAGE and switches.big_page == "refuse":
        raise Problem(400, 20007, "Page size too large")
    return min(size, _MAX_PAGE)


def _number(query: Mapping[str, str], name: str, default: int) -> int:
    text = query.get(name) or str(default)
    if not text.isdecimal():
        raise Problem(400, 20001, f"Invalid {name}")
    return int(text)


def _moment(query: Mapping[str, str], name: str) -> float | None:
    text = query.get(name)
    if not text:
        return None
    try:
        if _MOMENT.fullmatch(text):
            return datetime.fromisoformat(text.removesuffix("Z")).replace(tzinfo=UTC).timestamp()
    except ValueError:
        pass
    raise Problem(400, 20001, f"Invalid {name}: {text}")


def _shown(at: float | None) -> str | None:
    return None if at is None else timestamp(at)
