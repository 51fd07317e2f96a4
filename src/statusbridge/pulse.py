"""Whether the daemon's work goes on: what its service manager's watchdog is fed by.

Work that goes on comes to the end of a step, or of a request, every so often, since each has its
deadline; and a rest ends by the schedule. Knows neither what the work is nor a clock.
"""

from __future__ import annotations

from dataclasses import dataclass

LONGEST_STEP = 120.0
"""Seconds. A request has 30, and is asked again within less than this."""


@dataclass(slots=True)
class Pulse:
    """Where the work was seen last. Times are seconds on a clock that can't be set."""

    since: float
    """When it last came further."""
    resting: bool = True
    requests: int = 0
    """How many requests had ended by then."""

    def works(self, now: float) -> None:
        """Note that another step begins."""
        self.since, self.resting = now, False

    def rests(self, now: float) -> None:
        """Note that all is done, until the schedule says more."""
        self.since, self.resting = now, True

    def goes_on(self, now: float, requests: int, interval: float) -> bool:
        """Return whether the work goes on, of which *requests* have ended since the start.

        A rest may last for *interval*, by which work is scheduled.
        """
        if requests != self.requests:
            self.since, self.requests = now, requests
        longest = LONGEST_STEP + (interval if self.resting else 0)
        return now - self.since < longest
