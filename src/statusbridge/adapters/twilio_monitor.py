"""One account's alerts, read from Twilio Monitor: the source that `run` polls.

Asks what `core.listing` says is to be asked next and yields what came, page by page; what is read
and what that proves is decided there and in `core.coverage`. Stores nothing, logs nothing.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from math import ceil

from statusbridge.adapters.http import Reply, Wire, other_than_json, server_time
from statusbridge.adapters.twilio_clock import Clock, Disbelieved, ServerClock
from statusbridge.adapters.twilio_requests import PATH, Requests
from statusbridge.adapters.twilio_wire import Malformed, Reading, oddity, read_page, read_trouble
from statusbridge.core.coverage import (
    Batch,
    Budget,
    Coverage,
    Gap,
    Hole,
    Lookback,
    begin,
    heard,
    shortened,
)
from statusbridge.core.errors import Unavailable
from statusbridge.core.listing import Listing, Page, Turn, after_page, may_rest, question
from statusbridge.core.model import Instant, Seconds
from statusbridge.core.rules import Probe

_TOO_OLD = 20004
"""Twilio's code for a date range outside of what it keeps (airbytehq/airbyte #10418)."""
_RESTARTS = 3
_UNLIMITED = 10**9


@dataclass(frozen=True, slots=True)
class Settings:
    """How an account is read. *patience*: how long one request is asked again within a poll."""

    lookback: Lookback
    base_url: str = "https://monitor.twilio.com"
    patience: Seconds = 10
    page_size: int = 1_000
    """Twilio's maximum."""
    cap: int = 10_000
    """What one listing shows at most, without a word of the rest (docs/usage/monitor-alert)."""

    @property
    def longest(self) -> int:
        """The pages that no listing can exceed."""
        return -(-self.cap // self.page_size) + 2


@dataclass(slots=True)
class _Walk:
    """Where one poll stands. *stored* is what was yielded last, *coverage* what is true by now."""

    started: Instant
    stored: Coverage
    coverage: Coverage
    gaps: tuple[Gap, ...]
    listing: Listing | None
    restarts: int = 0


class TwilioMonitor:
    """The alerts of one account. One poll at a time, and one request at a time in it."""

    def __init__(
        self, account: str, wire: Wire, probes: tuple[Probe, ...], settings: Settings, clock: Clock
    ) -> None:
        self.account = account
        self._wire = wire
        self._probes = probes
        self._settings = settings
        self._clock = clock
        self._server = ServerClock(clock)
        self._rests_until = clock.steady()
        """Twilio asked not to be asked before."""

    def poll(self, coverage: Coverage, budget: Budget) -> AsyncGenerator[Batch, None]:
        """Yield what there is to read after *coverage*, newest first, while the next page loads.

        Reads one page at least, and leaves holes where *budget* ends; a second that fills pages is
        read to its end first. What was yielded holds,
        whatever happens after. Raises `Unavailable` and `Unauthorized`; where Twilio's clock can't
        be believed, `Unavailable` after a last batch that leaves the coverage as it was.
        """
        return self._read_on(self._begin(coverage), budget)

    def stretch(self, lo: Instant, hi: Instant) -> AsyncGenerator[Batch, None]:
        """Yield all that lies in [*lo*, *hi*], both included, newest first. Raises as `poll`."""
        whole = Coverage(holes=(Hole(lo, hi),), asked_until=hi)
        walk = _Walk(self._server.now(), whole, whole, (), question(whole))
        return self._read_on(walk, Budget(_UNLIMITED, _UNLIMITED))

    async def _read_on(self, walk: _Walk, budget: Budget) -> AsyncGenerator[Batch, None]:
        began = self._clock.steady()
        if began < self._rests_until:
            left = ceil(self._rests_until - began)
            raise Unavailable(f"GET {PATH}: Twilio asked to be left alone for {left} s more", left)
        until = began + budget.seconds
        patience = min(self._settings.patience, budget.seconds)
        requests = Requests(self._wire, self._settings.page_size, patience, self._clock)
        pages = 0
        try:
            while (listing := walk.listing) is not None:
                try:
                    reply = await requests.answer(listing)
                except Unavailable as error:
                    self._rest(error.retry_after or 0)
                    raise
                pages += 1
                try:
                    server = self._server.hear(server_time(reply))
                except Disbelieved as doubt:
                    yield self._doubtful(walk, reply, doubt.latest)
                    raise Unavailable(str(doubt)) from doubt
                batch = self._turn(walk, listing, reply, server)
                spent = batch.rest and (pages >= budget.pages or self._clock.steady() >= until)
                looping = walk.listing is not None and walk.listing.loops(self._settings.longest)
                if walk.listing is not None and not (spent or looping):
                    requests.ask(walk.listing)
                yield batch
                if looping:
                    raise Unavailable(f"GET {PATH}: the pages go in circles; read anew next time")
                if spent:
                    return
        finally:
            await requests.aclose()

    def _rest(self, seconds: Seconds) -> None:
        self._rests_until = self._clock.steady() + seconds

    def _begin(self, coverage: Coverage) -> _Walk:
        started = self._server.now()
        begun, gaps = begin(coverage, started, self._settings.lookback)
        return _Walk(started, coverage, begun, gaps, question(begun))

    def _turn(self, walk: _Walk, listing: Listing, reply: Reply, server: Instant) -> Batch:
        """Return what *reply* to *listing* brought, and bring *walk* to what holds after it."""
        coverage = heard(walk.coverage, server)
        if reply.status == 400:
            reading = Reading((), Page(0))
            turn = self._refused(walk, listing, reply, coverage)
        else:
            reading = self._read(reply, server)
            turn = after_page(coverage, listing, reading.page, self._settings.cap)
        odd = oddity(reading.address, self._settings.base_url)
        batch = Batch(
            alerts=reading.alerts,
            coverage=turn.coverage,
            gaps=walk.gaps + turn.gaps,
            malformed=reading.malformed,
            notes=() if odd is None else (odd,),
            rest=may_rest(turn.coverage, turn.listing),
        )
        walk.coverage, walk.listing, walk.gaps = turn.coverage, turn.listing, ()
        walk.stored = turn.coverage
        return batch

    def _read(self, reply: Reply, server: Instant) -> Reading:
        if other := other_than_json(reply):
            raise Unavailable(f"GET {PATH} was answered with {other}, not JSON: check base_url")
        try:
            return read_page(reply.body, self.account, self._probes, server)
        except Malformed as error:
            raise Unavailable(f"GET {PATH} was answered with {error}") from error

    def _refused(self, walk: _Walk, listing: Listing, reply: Reply, coverage: Coverage) -> Turn:
        """Return how to go on after a 400: the page token is void, or the start too old."""
        if other := other_than_json(reply):
            raise Unavailable(
                f"GET {PATH} was refused (400) with {other}, not JSON: check base_url"
            )
        said = read_trouble(reply.body)
        if said.code is None:
            # Of something in between: for that nothing is given up.
            raise Unavailable(f"GET {PATH} was refused (400) without Twilio's word for it")
        if listing.cursor is not None and walk.restarts < _RESTARTS:
            walk.restarts += 1
            return Turn(coverage, question(coverage))
        if listing.cursor is None:
            cut = shortened(coverage, walk.started, said_so=said.code == _TOO_OLD)
            if cut is not None:
                return Turn(cut[0], question(cut[0]), cut[1])
        raise Unavailable(f"GET {PATH} was refused (400, code {said.code}): {said.message}")

    def _doubtful(self, walk: _Walk, reply: Reply, latest: Instant) -> Batch:
        """Return the alerts of an answer whose time is not believed; they may be true all the same.

        *latest* is the later of two clocks, so that none is dated before it happened.
        """
        if reply.status == 400:
            return Batch((), walk.stored, rest=False)
        reading = self._read(reply, latest)
        return Batch(reading.alerts, walk.stored, (), reading.malformed, rest=False)
