"""What reading a recording gives, whatever form its file has."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from statusbridge.adapters.twilio_wire import Item

Tell = Callable[[int, str], None]
"""Hears of a line that can't be used, by its number, and why."""


class RecordingError(Exception):
    """A file that is no recording, or can't be read; a sentence says what to do."""


class Entry(Item, gc=False, omit_defaults=True):
    """One recorded alert, as Twilio lists it. *host* and *traits*: what is left of its texts where
    they were cut out before it was kept."""

    account_sid: str | None = None
    host: str | None = None
    traits: list[str] | None = None


@dataclass(frozen=True, slots=True)
class Portion:
    """Entries that follow each other, and the line on which each stands."""

    entries: Sequence[Entry]
    lines: Callable[[], Sequence[int]]
