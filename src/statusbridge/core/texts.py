"""The public variables of a text, and which text a change calls for.

Nothing of an alert can be reached from here: a text is made of the page's own names, words for
statuses, and times.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, tzinfo

from statusbridge.core.episodes import Episode
from statusbridge.core.model import Instant, Seconds, Status
from statusbridge.core.operations import Reason
from statusbridge.core.rules import Texts

FALLBACK_RESOLVED = "This incident has been resolved."
"""What a resolve says when its own text may not be published: it must never be held."""

PLAIN: Mapping[str, str] = {"components": "the affected service", "page": "our status page"}
"""What stands for the names that others gave, where a text with them may not be published."""

_UNITS = ((86_400, "day"), (3_600, "hour"), (60, "minute"))


def source_for(texts: Texts, reason: Reason) -> str:
    """Return the template that *reason* calls for."""
    return {
        Reason.BEGAN: texts.investigating,
        Reason.WORSENED: texts.worsened,
        Reason.RETURNED: texts.returned,
        Reason.QUIETED: texts.monitoring,
        Reason.ENDED: texts.resolved,
        Reason.MISSED: texts.resolved,
    }[reason]


def public_values(
    episode: Episode, components: Iterable[str], status: Status, page: str, clock: Clock
) -> Mapping[str, str]:
    """Return the value of each of `wording.VARIABLES`; `quiet_since` is "" before any quiet."""
    until = episode.quiet_since if episode.quiet_since is not None else clock.now
    quiet = episode.quiet_since
    return {
        "components": listed(components),
        "status": status.wire.replace("_", " "),
        "started_at": clock.read(episode.started_at),
        "quiet_since": "" if quiet is None else clock.read(quiet),
        "duration": in_words(until - episode.started_at),
        "now": clock.read(clock.now),
        "page": page,
    }


class Clock:
    """The time of a cycle in the words of one zone."""

    def __init__(self, now: Instant, zone: tzinfo = UTC) -> None:
        self.now = now
        self._zone = zone

    def read(self, time: Instant) -> str:
        """Return *time* as "12:03 UTC", with the date where it is not today."""
        moment, today = (datetime.fromtimestamp(t, self._zone) for t in (time, self.now))
        form = "%H:%M %Z" if moment.date() == today.date() else "%-d %B %Y, %H:%M %Z"
        return moment.strftime(form)


def in_words(seconds: Seconds) -> str:
    """Return a duration in its two largest units, as "1 hour 5 minutes"; at least a minute."""
    left = max(60, seconds)
    parts = []
    for size, unit in _UNITS:
        count, left = divmod(left, size)
        if count:
            parts.append(f"{count} {unit}{'s' if count > 1 else ''}")
    return " ".join(parts[:2])


def listed(names: Iterable[str]) -> str:
    """Return "A", "A and B" or "A, B and C"."""
    *most, last = [*dict.fromkeys(names)] or [""]
    return f"{', '.join(most)} and {last}" if most else last
