"""Reading from incident.io's API: tried again while that can help, whole, or not at all.

Knows paging, retries and errors; not what is read. Only reads: a write is never sent from here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import TypeVar

import tenacity

from statusbridge.adapters.http import Reply, Wire, other_than_json, server_time
from statusbridge.adapters.incidentio_answer import Malformed, next_cursor
from statusbridge.adapters.incidentio_outcome import complaint, is_own, wait_asked
from statusbridge.core.errors import Unauthorized, Unavailable
from statusbridge.core.model import Instant

T = TypeVar("T")

ATTEMPTS = 3
PATIENCE = 30.0
"""Seconds after which nothing is tried again."""
SHORT_WAIT = 5
"""Seconds that are waited for at a server's wish; more, and the next cycle tries instead."""
PAGE_SIZE = 250
"""The API's largest (OpenAPI, `page_size`)."""
MOST_PAGES = 1000
"""A listing that goes on after this many pages is taken to run in a circle."""
LONGEST_LISTING = 300.0
"""Seconds after which no more of a listing is asked for: the accounts are to be read meanwhile."""


class Reads:
    """Reads over one wire. *sleep* waits between attempts.

    Every method raises `Unavailable` where nothing is known, `Unauthorized` at 401 and 403.
    """

    def __init__(self, wire: Wire, sleep: Callable[[float], Awaitable[None]]) -> None:
        self._wire = wire
        self._sleep = sleep
        self.last_date: Instant | None = None
        """The server's clock in the newest answer that gave it."""

    async def one(self, path: str, decode: Callable[[bytes], T]) -> T:
        """Return what is at *path*."""
        found = await self.find(path, decode)
        if found is None:
            raise Unavailable(f"GET {path} found nothing (404): check the ids in the configuration")
        return found

    async def find(self, path: str, decode: Callable[[bytes], T]) -> T | None:
        """Return what is at *path*; None: the API says that it is not there."""
        reply = await self._get(path, {})
        return None if reply.status == 404 else _read(path, decode, reply.body)

    async def all(
        self, path: str, decode: Callable[[bytes], Iterable[T]], params: Mapping[str, str]
    ) -> tuple[T, ...]:
        """Return the whole listing at *path*, in the order served."""
        items: list[T] = []
        asked: set[str] = set()
        clock = asyncio.get_running_loop().time
        until = clock() + LONGEST_LISTING
        query = {**params, "page_size": str(PAGE_SIZE)}
        while True:
            reply = await self._get(path, query)
            if reply.status == 404:
                raise Unavailable(f"GET {path} found nothing (404): check the status page's id")
            items.extend(_read(path, decode, reply.body))
            after = _read(path, next_cursor, reply.body)
            if after is None:
                return tuple(items)
            if after in asked or len(asked) >= MOST_PAGES:
                raise Unavailable(f"GET {path} lists without end: page {len(asked) + 1} repeats")
            if clock() > until:
                raise Unavailable(
                    f"GET {path} was still listing after {LONGEST_LISTING:.0f} s and "
                    f"{len(asked) + 1} pages: the status page answers too slowly"
                )
            asked.add(after)
            query["after"] = after

    async def _get(self, path: str, params: Mapping[str, str]) -> Reply:
        retrying = tenacity.AsyncRetrying(
            stop=tenacity.stop_after_attempt(ATTEMPTS) | tenacity.stop_after_delay(PATIENCE),
            wait=_wait,
            retry=tenacity.retry_if_exception(_may_pass),
            sleep=self._sleep,
            reraise=True,
        )
        reply: Reply = await retrying(self._attempt, path, params)
        why = f"GET {path} was answered {reply.status} {complaint(reply.body)}".rstrip()
        match reply.status:
            case 200 if other := other_than_json(reply):
                raise Unavailable(f"GET {path} was answered with {other}, not JSON: check base_url")
            case 200:
                return reply
            case 404 if is_own(reply):
                return reply
            case 401 | 403:
                raise Unauthorized(reply.status, f"{why}: check the API key and what it may do")
            case _:
                raise Unavailable(why)

    async def _attempt(self, path: str, params: Mapping[str, str]) -> Reply:
        reply = await self._wire.get(path, params)
        self.last_date = server_time(reply) or self.last_date
        if reply.status in (408, 429) or reply.status >= 500:
            why = f"GET {path} was answered {reply.status} {complaint(reply.body)}".rstrip()
            raise Unavailable(why, wait_asked(reply))
        return reply


def _may_pass(error: BaseException) -> bool:
    return isinstance(error, Unavailable) and (error.retry_after or 0) <= SHORT_WAIT


_BACKOFF = tenacity.wait_random_exponential(multiplier=0.3, max=3)


def _wait(state: tenacity.RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome else None
    asked = error.retry_after if isinstance(error, Unavailable) else None
    return _BACKOFF(state) if asked is None else float(asked)


def _read(path: str, decode: Callable[[bytes], T], body: bytes) -> T:
    try:
        return decode(body)
    except Malformed as error:
        raise Unavailable(f"GET {path}: {error}") from error
