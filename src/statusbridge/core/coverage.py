"""What of an account's past has been read, as values."""

from __future__ import annotations

from dataclasses import dataclass

from statusbridge.core.model import Instant


@dataclass(frozen=True, slots=True)
class Hole:
    """A closed stretch of time still to be read, newest first: *hi* comes down as pages are stored.

    *deep*: reads again what was read before, for alerts that Twilio stored late; holds nothing back.
    """

    lo: Instant
    hi: Instant
    deep: bool = False


@dataclass(frozen=True, slots=True)
class Gap:
    """A stretch (lo, hi] that can never be read, and why. Absence in it proves nothing."""

    lo: Instant
    hi: Instant
    reason: str


@dataclass(frozen=True, slots=True)
class Coverage:
    """How far one account has been read.

    *covered_until* is the watermark: everything up to it was read, or lies in a recorded gap. None:
    nothing yet. *heard_until* is the newest server time heard of. *holes* are what is left to read.
    """

    covered_until: Instant | None = None
    heard_until: Instant | None = None
    holes: tuple[Hole, ...] = ()
    swept_short: Instant | None = None
    """When the 4 h re-read was last begun."""
    swept_long: Instant | None = None
    """When the 48 h re-read was last begun."""
