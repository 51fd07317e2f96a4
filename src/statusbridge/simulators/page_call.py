"""One call of the status page API with all that carrying it out takes, and what comes of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from statusbridge.simulators.exchange import Request
from statusbridge.simulators.page_layout import Page
from statusbridge.simulators.page_payloads import PageSwitches, Refusal
from statusbridge.simulators.page_state import World
from statusbridge.simulators.page_wire import Json


@dataclass(frozen=True, slots=True)
class Call:
    """A request and the world it meets. *args*: the ids in its path. *ids*: fresh ids, in order.

    Writes act on *world*; reads show *seen*, which may be behind it.
    """

    request: Request
    args: tuple[str, ...]
    pages: Mapping[str, Page]
    world: World
    seen: World
    switches: PageSwitches
    now: float
    ids: Iterator[str]
    roles: tuple[str, ...]

    def page(self, page_id: str) -> Page:
        """Return that page. Raises `Refusal`: 404."""
        if page_id not in self.pages:
            raise missing("status page", page_id)
        return self.pages[page_id]


@dataclass(frozen=True, slots=True)
class Done:
    """What to answer. A write: with the world after it, and the id of what it wrote."""

    body: Json
    status: int = 200
    world: World | None = None
    wrote: str | None = None


def missing(what: str, wanted: str) -> Refusal:
    """Return the answer for an id that is not there."""
    return Refusal(404, "not_found", f"{what} {wanted} could not be found")
