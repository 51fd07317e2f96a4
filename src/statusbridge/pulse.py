"""Whether the daemon's work goes on: what its service manager's watchdog is fed by.

Work that goes on comes to the end of a step, of a request or of a portion of a past every so often,
since each has its bound; and a rest ends by the schedule. Knows neither what the work is nor a
clock.
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
    done: int = 0
    """How many requests and portions had ended by then."""

    def works(self, now: float) -> None:
        """Note that another step begins."""
        self.since, self.resting = now, False

    def rests(self, now: float) -> None:
        """Note that all is done, until the schedule says more."""
        self.since, self.resting = now, True

    def goes_on(self, now: float, done: int, interval: float) -> bool:
        """Return whether the work goes on, of which *done* requests and portions have ended.

        A rest may last for *interval*, by which work is scheduled.
        """
        if done != self.done:
            self.since, self.done = now, done
        longest = LONGEST_STEP + (interval if self.resting else 0)
        return now - self.since < longest
