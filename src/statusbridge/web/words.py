"""Numbers, times and durations as a page says them. All times are UTC."""

from __future__ import annotations

from datetime import UTC, datetime

from statusbridge.core.model import IncidentStatus, Instant, Seconds, Status
from statusbridge.core.rules import Threshold

_UNITS = ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))

_JOINED = "\u00a0"

STATUS = {
    Status.OPERATIONAL: "operational",
    Status.DEGRADED_PERFORMANCE: "degraded",
    Status.PARTIAL_OUTAGE: "partial outage",
    Status.FULL_OUTAGE: "full outage",
}
STATE = {
    IncidentStatus.INVESTIGATING: "Investigating",
    IncidentStatus.MONITORING: "Monitoring",
    IncidentStatus.RESOLVED: "Resolved",
}
MEASURE = {
    "count": "alerts",
    "distinct_resources": "resources",
    "distinct_accounts": "accounts",
}


def counted(number: int, noun: str) -> str:
    """Return "1 post", "0 posts", "1,200 posts"."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def by_mail(number: int) -> str:
    """Return how many of some posts went out by mail."""
    return f"{number:,} by mail" if number else "none by mail"


def day(at: Instant) -> str:
    return _at(at).strftime("%-d %b")


def moment(at: Instant) -> str:
    """Return "12 Nov 14:20": to the minute that had begun."""
    return _at(at).strftime("%-d %b %H:%M")


def stretch(start: Instant, end: Instant | None) -> str:
    """Return "12 Nov 14:20 – 15:05 UTC", with the second date only where it is another."""
    if end is None:
        return f"{moment(start)} UTC – not over"
    last = moment(end)
    same_day = _at(start).date() == _at(end).date()
    return f"{moment(start)} – {last.split(' ', 2)[2] if same_day else last} UTC"


def period(start: Instant, end: Instant) -> str:
    """Return "1 Oct – 31 Oct 2026": the days that [start, end) touches."""
    first, last = _at(start), _at(max(start, end - 1))
    if first.date() == last.date():
        return last.strftime("%-d %b %Y")
    form = "%-d %b" if first.year == last.year else "%-d %b %Y"
    return f"{first.strftime(form)} – {last.strftime('%-d %b %Y')}"


def lasting(seconds: Seconds) -> str:
    """Return a duration in its two largest units, as "1 h 5 min", that no line breaks apart."""
    parts: list[str] = []
    for size, unit in _UNITS:
        number, seconds = divmod(seconds, size)
        if number:
            parts.append(f"{number:,}{_JOINED}{unit}")
    return _JOINED.join(parts[:2]) or f"0{_JOINED}s"


def roughly(seconds: Seconds) -> str:
    """Return a duration to the minute from ten minutes on."""
    return lasting(seconds if seconds < 600 else round(seconds / 60) * 60)


def days(seconds: Seconds) -> str:
    """Return "30 days"; a stretch under two days in hours."""
    if seconds < 2 * 86_400:
        return lasting(seconds)
    return counted(round(seconds / 86_400), "day")


def early(seconds: Seconds) -> str:
    """Return how *seconds* before people reads: "6 min before people"; negative is after."""
    if abs(seconds) < 60:
        return "at the same minute as people"
    size = lasting(abs(seconds) // 60 * 60)
    return f"{size} {'before' if seconds > 0 else 'after'} people"


def needed(threshold: Threshold, window: Seconds, hold: Seconds) -> str:
    """Return "25 alerts and 15 resources in 10 min, for 2 min"."""
    asked = [
        f"{number:,} {noun}"
        for measure, noun in MEASURE.items()
        if (number := getattr(threshold, measure)) is not None
    ]
    held = f", for {lasting(hold)}" if hold else ""
    return f"{' and '.join(asked)} in {lasting(window)}{held}"


def _at(at: Instant) -> datetime:
    return datetime.fromtimestamp(at, UTC)
