"""Twilio's clock as far as it can be believed: what a poll means by now.

The machine's wall clock is asked only at the start and where the steady clock stood still, as it
does while a machine sleeps. It may not decide alone: what an answer says must agree with either.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from statusbridge.core.model import Instant, Seconds, iso

TOLERANCE: Seconds = 30


@dataclass(frozen=True, slots=True)
class Clock:
    """The machine's clocks, in seconds: *wall* since the epoch, *steady* since whenever."""

    wall: Callable[[], float]
    steady: Callable[[], float]
    sleep: Callable[[float], Awaitable[None]]


class Disbelieved(Exception):  # noqa: N818 - named for what is then true
    """An answer whose time agrees with no clock: nothing may be concluded from it."""

    def __init__(self, said: Instant, expected: Instant) -> None:
        super().__init__(
            f"the server's clock says {iso(said)} where {iso(expected)} was expected, more than "
            f"{TOLERANCE} s apart: nothing was concluded; check this machine's clock"
        )
        self.latest = max(said, expected)


class ServerClock:
    """The server's time: what was last believed, and the steady time passed since."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._believed: tuple[Instant, float] | None = None

    def now(self) -> Instant:
        """Return the server's time as estimated; before anything was believed, the wall clock's."""
        if self._believed is None:
            return int(self._clock.wall())
        server, then = self._believed
        return server + int(self._clock.steady() - then)

    def hear(self, said: Instant | None) -> Instant:
        """Return the server's time after an answer that says *said*; None leaves the estimate.

        Raises `Disbelieved` where *said* agrees with nothing; the estimate stands then.
        """
        expected = self.now()
        if said is None:
            return expected
        if min(abs(said - expected), abs(said - self._clock.wall())) > TOLERANCE:
            raise Disbelieved(said, expected)
        self._believed = (said, self._clock.steady())
        return said
