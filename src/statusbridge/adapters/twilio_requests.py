"""Questions to Twilio Monitor as requests: one at a time, asked again while that may help.

Knows statuses and waiting; not what an alert is, nor which question comes next.
"""

from __future__ import annotations

import asyncio

from tenacity import (
    AsyncRetrying,
    RetryCallState,
    retry_if_exception_type,
    retry_if_result,
    stop_after_attempt,
    stop_before_delay,
    wait_random_exponential,
)

from statusbridge.adapters.http import Reply, Wire, retry_after
from statusbridge.adapters.twilio_clock import Clock
from statusbridge.adapters.twilio_wire import read_trouble
from statusbridge.core.errors import Unauthorized, Unavailable
from statusbridge.core.listing import Listing
from statusbridge.core.model import iso

PATH = "/v1/Alerts"
_ATTEMPTS = 4
_backoff = wait_random_exponential(multiplier=0.5, max=5)


def params_of(listing: Listing, page_size: int) -> dict[str, str]:
    """Return the query of *listing*. Both ends are inclusive and to the second.

    Always with a time: what Twilio takes a bare date for has changed (twilio-node #585).
    """
    params = {
        "StartDate": iso(listing.lo),
        "EndDate": iso(listing.hi),
        "PageSize": str(page_size),
    }
    if listing.level is not None:
        params["LogLevel"] = listing.level
    if listing.cursor is not None:
        params["PageToken"] = listing.cursor.token
        if listing.cursor.page is not None:
            params["Page"] = listing.cursor.page
    return params


class Requests:
    """At most one request in flight, which may be sent off before its answer is wanted."""

    def __init__(self, wire: Wire, page_size: int, patience: float, clock: Clock) -> None:
        self._wire = wire
        self._page_size = page_size
        self._patience = patience
        self._clock = clock
        self._flight: asyncio.Task[Reply] | None = None

    def ask(self, listing: Listing) -> asyncio.Task[Reply]:
        """Send the request for *listing* off; `answer` must be called for it next."""
        params = params_of(listing, self._page_size)
        self._flight = asyncio.create_task(self._wire.get(PATH, params))
        return self._flight

    async def answer(self, listing: Listing) -> Reply:
        """Return the answer to *listing*: 200, or 400 for the caller to make sense of.

        Asked again, at most for *patience* seconds, where Twilio limits requests, fails or can't be
        reached. Raises `Unavailable` and `Unauthorized`.
        """
        retrying = AsyncRetrying(
            sleep=self._clock.sleep,
            stop=stop_after_attempt(_ATTEMPTS) | stop_before_delay(self._patience),
            wait=self._pause,
            retry=retry_if_exception_type(Unavailable) | retry_if_result(_passing),
            retry_error_callback=_last,
        )
        reply: Reply = await retrying(self._attempt, listing)
        if reply.status not in {200, 400}:
            raise self._error(reply)
        return reply

    async def aclose(self) -> None:
        """Wait for a request still in flight: cancelling it would cost a connection of the pool.

        Not where this poll was itself cancelled: then the process ends, and should soon.
        """
        if self._flight is not None:
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                self._flight.cancel()
            await asyncio.wait([self._flight])
            if not self._flight.cancelled():
                self._flight.exception()

    async def _attempt(self, listing: Listing) -> Reply:
        flight = self._flight or self.ask(listing)
        try:
            return await asyncio.shield(flight)
        finally:
            if flight.done():
                self._flight = None

    def _pause(self, state: RetryCallState) -> float:
        outcome = state.outcome
        asked = None
        if outcome is not None and not outcome.failed:
            asked = retry_after(outcome.result(), self._clock.wall())
        return _backoff(state) if asked is None else asked

    def _error(self, reply: Reply) -> Unauthorized | Unavailable:
        said = read_trouble(reply.body)
        code = "" if said.code is None else f", code {said.code}"
        reason = f"GET {PATH} was answered {reply.status}{code}: {said.message}".rstrip(": ")
        if reply.status in {401, 403}:
            return Unauthorized(reply.status, f"{reason}; check the account's SID and secret")
        return Unavailable(reason, retry_after(reply, self._clock.wall()))


def _passing(reply: Reply) -> bool:
    """Whether the same request may well be answered a moment later."""
    return reply.status in {408, 429} or reply.status >= 500


def _last(state: RetryCallState) -> Reply:
    assert state.outcome is not None
    reply: Reply = state.outcome.result()
    return reply
