"""Faults planted in the product, to show that the harness sees.

Each is a patch that a tired person might write: a wait left out, a check forgotten, two lines in
the wrong order. `PLANTED` names them; the tests of the tests find each.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from itertools import chain, count, islice
from typing import Any
from unittest.mock import patch
from urllib.parse import urlsplit

import httpx

from simulation.setting import draw
from simulation.telling import tell
from statusbridge.adapters import (
    http,
    http_transport,
    sqlite_file,
    twilio_monitor,
    twilio_requests,
    twilio_wire,
)
from statusbridge.bridge import evaluating, publishing, settling, survey
from statusbridge.core import (
    catching_up,
    delivery,
    episodes,
    evaluate,
    listing,
    ownership,
    readback,
    restrain,
)
from statusbridge.core.coverage import Coverage, Hole
from statusbridge.core.operations import Operation, OperationState
from statusbridge.core.outcome import Outcome, Unknown

Patch = tuple[Any, str, Any]


def no_wait() -> Iterable[Patch]:
    """Doubts are read back at once."""

    def due(operation: Operation, now: Any, doubt_wait: float) -> bool:
        return delivery.is_due(operation, now, 0)

    return (settling, "is_due", due), (survey, "is_due", due)


def no_baseline() -> Iterable[Patch]:
    """Whatever reads like ours is taken for what was just sent."""

    def blank(read: Callable[..., Any]) -> Callable[..., Any]:
        return lambda operation, *rest: read(replace(operation, baseline=frozenset()), *rest)

    def unowned(operation: Operation, incidents: Any, owned: Any, *rivals: Any) -> Any:
        return blank(readback.read_back_open)(operation, incidents, frozenset(), *rivals)

    return (
        (settling, "read_back_open", unowned),
        (settling, "read_back_update", blank(readback.read_back_update)),
    )


def receipt_before_effect() -> Iterable[Patch]:
    """An operation counts as done when it is about to be sent."""

    def sent(operation: Operation, now: Any) -> Operation:
        return replace(operation, state=OperationState.DONE, since=now, due=None)

    return ((publishing, "sent", sent),)


def blind_retry() -> Iterable[Patch]:
    """An unknown outcome is taken for none."""

    def after(operation: Operation, outcome: Outcome, now: Any) -> Operation:
        if isinstance(outcome, Unknown):
            return replace(operation, state=OperationState.READY, since=now, due=None)
        return delivery.after_write(operation, outcome, now)

    return ((publishing, "after_write", after),)


def sent_is_forgotten() -> Iterable[Patch]:
    """What a dead process had on its way goes again."""

    def recovered(operation: Operation, now: Any) -> Operation:
        return replace(operation, state=OperationState.READY, since=now, due=None)

    return ((settling, "recovered", recovered),)


def key_from_the_clock() -> Iterable[Patch]:
    """An episode is named after the time at which it was noticed."""
    made = iter(range(10**9))

    def named(*_: Any) -> str:
        return f"sb-{next(made)}"

    return ((episodes, "episode_id", named),)


def cursor_is_the_newest_seen() -> Iterable[Patch]:
    """A poll starts where the last one ended, and nothing is read again."""

    def begin(coverage: Coverage, now: int, lookback: Any) -> tuple[Coverage, tuple[()]]:
        top = coverage.asked_until
        lo = now - lookback.first if top is None else min(top, now)
        return replace(coverage, holes=(Hole(lo, now),), asked_until=now), ()

    return ((twilio_monitor, "begin", begin),)


def the_listing_cap_is_ignored() -> Iterable[Patch]:
    """A listing that ends is taken for complete."""

    def after_page(coverage: Any, asked: Any, page: Any, cap: int) -> Any:
        return listing.after_page(coverage, asked, page, 10**9)

    return ((twilio_monitor, "after_page", after_page),)


def the_update_cap_is_ignored() -> Iterable[Patch]:
    """Updates are posted until the page takes no more, not even the resolve."""
    return ((restrain._Room, "_update_budget", lambda room, draft: None),)


def next_page_url_is_trusted() -> Iterable[Patch]:
    """The next page is asked for wherever the answer says that it is."""

    def cursor(address: str) -> listing.Cursor:
        return listing.Cursor(address)

    ask = twilio_requests.Requests.ask

    def follow(requests: Any, wanted: listing.Listing) -> Any:
        if wanted.cursor is None:
            return ask(requests, wanted)
        whole = urlsplit(wanted.cursor.token)
        own = "127.0.0.1:8001"
        path = wanted.cursor.token if whole.netloc != own else f"{whole.path}?{whole.query}"
        coroutine = requests._wire.get(path, {})
        requests._flight = twilio_requests.asyncio.create_task(coroutine)
        return requests._flight

    return (twilio_wire, "_cursor", cursor), (twilio_requests.Requests, "ask", follow)


def redirects_are_followed() -> Iterable[Patch]:
    """The client reads where an answer sends it, the credentials with it."""

    class Following(httpx.AsyncClient):
        async def send(self, request: httpx.Request, **options: Any) -> httpx.Response:
            follows = request.method == "GET"
            return await super().send(request, **{**options, "follow_redirects": follows})

        def _build_redirect_request(self, request: Any, response: Any) -> httpx.Request:
            there = super()._build_redirect_request(request, response)
            return httpx.Request(there.method, there.url, headers=request.headers)

    return (
        (http.httpx, "AsyncClient", Following),
        (http_transport, "_origin_of", lambda url: "any"),
        (http_transport, "_NOT_FOR_HTTPX", ()),
    )


def unsynced_commits() -> Iterable[Patch]:
    """The state file is opened with synchronous=NORMAL."""
    loose = sqlite_file._PRAGMAS.replace("synchronous = FULL", "synchronous = NORMAL")
    return ((sqlite_file, "_PRAGMAS", loose),)


def absence_counts_while_blind() -> Iterable[Patch]:
    """The watermark is the newest of all accounts, not the oldest that gave evidence."""

    def covered(rule: Any, detector: Any, episode: Any, coverage: Any) -> int | None:
        return max((c.heard_until for c in coverage.values() if c.heard_until), default=None)

    return ((evaluate, "covered_for", covered), (catching_up, "covered_for", covered))


def what_a_person_closed_is_reopened() -> Iterable[Patch]:
    """Posts that are not ours mean nothing."""
    return ((ownership, "_touched", lambda ledger, live: ""),)


def people_are_not_asked() -> Iterable[Patch]:
    """A person's open incident on the same component keeps nothing back."""
    return ((restrain._Room, "_person", lambda room, draft: None),)


def addresses_are_kept() -> Iterable[Patch]:
    """The whole request URL is stored, where only its host may be."""
    return ((twilio_wire, "host_of", lambda address: address),)


def refusals_are_repeated() -> Iterable[Patch]:
    """What the page refused is sent again and again."""

    def after(operation: Operation, outcome: Outcome, now: Any) -> Operation:
        after = delivery.after_write(operation, outcome, now)
        again = after.state is OperationState.PARKED
        return replace(after, state=OperationState.SENT) if again else after

    return ((publishing, "after_write", after),)


def outages_outlive_their_rules() -> Iterable[Patch]:
    """An outage whose rule is gone, or speaks for something else, goes on when the rule is back."""
    return ((evaluating, "orphans", lambda *_: None),)


PLANTED: dict[str, Callable[[], Iterable[Patch]]] = {
    planted.__name__: planted
    for planted in (
        no_wait,
        no_baseline,
        receipt_before_effect,
        blind_retry,
        sent_is_forgotten,
        key_from_the_clock,
        cursor_is_the_newest_seen,
        the_listing_cap_is_ignored,
        the_update_cap_is_ignored,
        next_page_url_is_trusted,
        redirects_are_followed,
        unsynced_commits,
        absence_counts_while_blind,
        what_a_person_closed_is_reopened,
        people_are_not_asked,
        addresses_are_kept,
        refusals_are_repeated,
        outages_outlive_their_rules,
    )
}


@contextmanager
def planted(name: str) -> Iterator[None]:
    """Run with the fault *name* in the product."""
    with ExitStack() as stack:
        for target, attribute, value in PLANTED[name]():
            stack.enter_context(patch.object(target, attribute, value))
        yield


FOUND_BY = {"no_wait": 978, "people_are_not_asked": 100}
"""Seeds that found the rarer ones when they were planted: the search begins with them."""


def found_by(name: str) -> Iterator[int]:
    """Yield the seeds by which to look for the fault *name*."""
    return chain([FOUND_BY[name]] if name in FOUND_BY else [], count())


def first_find(name: str, seeds: Iterable[int], within: int) -> tuple[int, str] | None:
    """Return the first of *seeds* that finds the fault *name*, and what it found.

    None where none of the first *within* does.
    """
    with planted(name):
        for seed in islice(seeds, within):
            story = tell(draw(seed))
            if story.found:
                return seed, story.found[0]
    return None
