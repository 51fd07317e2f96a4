"""One status page of incident.io: read whole, written to once at a time.

The key is good for every page of the account, so this is where other pages are refused. Knows
nothing of rules, plans or retries of writes: each write is attempted exactly once, and what became
of it is a value of `core.outcome`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from urllib.parse import quote

from statusbridge.adapters import http
from statusbridge.adapters import incidentio_structure as structure_format
from statusbridge.adapters import incidentio_wire as wire_format
from statusbridge.adapters.http import Wire
from statusbridge.adapters.incidentio_answer import Malformed, decoded
from statusbridge.adapters.incidentio_bodies import compose
from statusbridge.adapters.incidentio_outcome import classify
from statusbridge.adapters.incidentio_reads import Reads
from statusbridge.adapters.incidentio_structure import Identity, PageEntry
from statusbridge.core.errors import Unavailable
from statusbridge.core.live import Incident, Maintenance, Structure
from statusbridge.core.model import IncidentId, Instant, PageId
from statusbridge.core.operations import Action, Draft, Operation
from statusbridge.core.outcome import Applied, NotSent, Outcome, Unknown


class IncidentIo:
    """The status page *page*.

    Reads raise `Unavailable` where nothing is known and `Unauthorized` at 401 and 403; writes raise
    neither, but ValueError for a body that isn't for this page.
    """

    def __init__(
        self, wire: Wire, page: PageId, *, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    ) -> None:
        self.page = page
        self._wire = wire
        self._reads = Reads(wire, sleep)

    @property
    def last_date(self) -> Instant | None:
        """The page's clock, from its newest answer to a read; None: it never said."""
        return self._reads.last_date

    async def structure(self) -> Structure:
        """Return what the page is called and made of now."""
        id_ = quote(self.page, safe="")
        entry = await self._reads.one(f"/v2/status_pages/{id_}", structure_format.page)
        return await self._reads.one(
            f"/v2/status_page_structures/{id_}",
            lambda body: structure_format.structure(body, entry),
        )

    async def incidents(self) -> tuple[Incident, ...]:
        """Return every incident of this page, in the order served; of another page's none.

        Unfiltered by time: the API's time filters miss incidents that touch no component.
        """
        listed = await self._reads.all(
            "/v2/status_page_incidents", wire_format.incidents, {"status_page_id": self.page}
        )
        ours = {i.id: i for i in reversed(listed) if i.page == self.page}
        return tuple(reversed(ours.values()))

    async def incident(self, id: IncidentId) -> Incident | None:  # noqa: A002
        """Return the incident *id* of this page; None: the API says that there is none (404)."""
        path = f"/v2/status_page_incidents/{quote(id, safe='')}"
        found = await self._reads.find(path, wire_format.incident)
        if found is not None and (found.page, found.id) != (self.page, id):
            raise Unavailable(
                f"asked for incident {id} of page {self.page}, was given {found.id} of {found.page}"
            )
        return found

    async def maintenances(self) -> tuple[Maintenance, ...]:
        """Return every maintenance window of this page; one value for each stretch of time."""
        listed = await self._reads.all(
            "/v2/status_page_maintenances", wire_format.maintenances, {"status_page_id": self.page}
        )
        return tuple(window for page, window in listed if page == self.page)

    def compose(self, draft: Draft, key: str) -> bytes:
        """Return the exact request that says *draft* here."""
        return compose(self.page, draft, key)

    async def send(self, operation: Operation) -> Outcome:
        """Write *operation* once, to the endpoint that its draft calls for."""
        if operation.draft.retrospective:
            return await self.retrospective(operation.body)
        if operation.draft.action is Action.OPEN:
            return await self.create(operation.body)
        return await self.update(operation.body)

    async def identity(self) -> Identity:
        """Return who the key is."""
        return await self._reads.one("/v1/identity", structure_format.identity)

    async def create(self, body: bytes) -> Outcome:
        """Send `incidentio_bodies.create_body` once."""
        return await self._open("/v2/status_page_incidents", body)

    async def retrospective(self, body: bytes) -> Outcome:
        """Send `incidentio_bodies.retrospective_body` once."""
        return await self._open("/v2/status_page_retrospective_incidents", body)

    async def update(self, body: bytes) -> Outcome:
        """Send `incidentio_bodies.update_body` once.

        That the incident is of this page can't be seen here: it was seen when it was last read.
        """
        target = _field(body, "status_page_incident_id")

        def applied(answer: bytes) -> Applied:
            owner, update = wire_format.posted_update(answer)
            if owner != target:
                raise Malformed(f"the answer is about incident {owner}, not {target}")
            return Applied(update=update)

        return await self._write("/v2/status_page_incident_updates", body, applied)

    async def _open(self, path: str, body: bytes) -> Outcome:
        target = _field(body, "status_page_id")
        if target != self.page:
            raise ValueError(f"refused to write to page {target}: this is page {self.page}")

        def applied(answer: bytes) -> Applied:
            opened = wire_format.incident(answer)
            if opened.page != self.page:
                raise Malformed(f"the answer is about page {opened.page}, not {self.page}")
            return Applied(incident=opened)

        return await self._write(path, body, applied)

    async def _write(self, path: str, body: bytes, applied: Callable[[bytes], Applied]) -> Outcome:
        try:
            reply = await self._wire.post_once(path, body)
        except http.NotSent as error:
            return NotSent(error.reason)
        except http.Interrupted as error:
            return Unknown(error.reason)
        return classify(reply, applied)


async def list_pages(
    wire: Wire, *, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
) -> tuple[PageEntry, ...]:
    """Return the status pages that the key sees: public and customer pages, no internal ones."""
    return await Reads(wire, sleep).all("/v2/status_pages", structure_format.pages, {})


def _field(body: bytes, name: str) -> str:
    value = decoded(body, dict[str, object]).get(name)
    if not isinstance(value, str):
        raise ValueError(f"a body without {name} is for no page")  # noqa: TRY004 - a broken body
    return value
