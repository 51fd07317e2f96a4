"""What a first configuration proposes, as values."""

from __future__ import annotations

from dataclasses import dataclass

from statusbridge.core.model import Instant
from statusbridge.starter.products import Product

Counts = tuple[tuple[int | None, int], ...]
"""Codes and how often each was seen, the most frequent first."""


@dataclass(frozen=True, slots=True)
class Numbers:
    """The numbers of a rule. *resources* None: its alerts do not say what they are about."""

    degraded: int
    partial: int
    below: int
    resources: int | None


UNMEASURED = Numbers(degraded=25, partial=125, below=5, resources=15)
"""Usual ones, where nothing was measured."""


@dataclass(frozen=True, slots=True)
class Quiet:
    """How many alerts lay in a window. *usual*: at most, on most days."""

    usual: int
    most: int
    most_at: Instant | None
    days: int


@dataclass(frozen=True, slots=True)
class Proposal:
    """A rule for *product*."""

    product: Product
    components: tuple[str, ...]
    """As the configuration writes them; empty: no component is known to be about it."""
    codes: Counts
    """Those that were seen of Twilio's and the carriers' fault."""
    active: bool = True
    """False: it is written as a comment."""
    numbers: Numbers = UNMEASURED
    quiet: Quiet | None = None
    """None: nothing was measured."""
    opened: tuple[Instant, ...] | None = None
    """When it would have opened an incident. None: it was not tried."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a first configuration holds beside its rules."""

    page_name: str
    page_id: str
    page_title: str
    twilio_url: str | None
    """None: the usual one; so is *incidentio_url*."""
    incidentio_url: str | None
    tests: str
    """The name of the file of rule tests beside it."""


@dataclass(frozen=True, slots=True)
class Past:
    """What was seen. *left_out*: codes of which nobody outside is told."""

    alerts: int
    days: int
    until: Instant
    left_out: Counts = ()
