"""A stand-in of incident.io's Status Pages V2, its identity endpoint, and its alert sources.

Says what the official specification says; where it is silent, a switch has both variants. This
module lets requests in and keeps the world; the endpoints are `page_api`'s.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, replace

import msgspec
from starlette.applications import Starlette

from statusbridge.simulators import alert_events
from statusbridge.simulators.alert_events import AlertSource
from statusbridge.simulators.control import Controls, application, common_controls, switched
from statusbridge.simulators.exchange import Headers, Reply, Request, json_reply
from statusbridge.simulators.faults import Status, retry_after
from statusbridge.simulators.front import Front
from statusbridge.simulators.notation import NotationError, digest, timestamp
from statusbridge.simulators.page_api import (
    CARRIED_OUT,
    ENDPOINTS,
    KEYED,
    PUBLIC,
    WRONG_METHOD,
    route,
)
from statusbridge.simulators.page_call import Call, Done, missing
from statusbridge.simulators.page_keys import Bucket, Keys, Use
from statusbridge.simulators.page_layout import Page, PageEntry, layout, numbered_id, without
from statusbridge.simulators.page_payloads import Keyed, PageSwitches, Refusal, read
from statusbridge.simulators.page_state import Alert, Incident, Window, World, automated
from statusbridge.simulators.page_wire import Json, error_json
from statusbridge.simulators.people import (
    Act,
    PageAct,
    RemoveComponent,
    Subscribers,
    perform,
    pick,
    read_act,
)
from statusbridge.simulators.public_page import public_page
from statusbridge.simulators.strikes import FaultBook

FAKE_KEY = "inc_fa4e_not_a_real_key_0000000000000001"
PUBLISHER = "status_page_publisher"

_REMEMBERED = 1000
"""Worlds kept for stale reads."""


class IncidentioSimulator:
    """The status pages of one organisation. *now*: epoch seconds.

    *roles* are those of the key; without "status_page_publisher" every write gets 403.
    """

    def __init__(
        self,
        pages: Iterable[PageEntry] = (),
        *,
        api_key: str = FAKE_KEY,
        roles: tuple[str, ...] = (PUBLISHER, "status_page_viewer"),
        switches: PageSwitches | None = None,
        now: Callable[[], float] = time.time,
        seed: int = 0,
    ) -> None:
        self.alert_sources: tuple[AlertSource, ...] = (AlertSource(),)
        self._entries = tuple(pages) or (PageEntry(),)
        self.api_key = api_key
        self.roles = roles
        self._now = now
        self._initial = switches or PageSwitches()
        self.switches = self._initial
        self._made = 0
        self.front = Front(self, FaultBook(ENDPOINTS, seed), now)
        self.journal = self.front.journal
        self.faults = self.front.faults
        self.reset()

    @property
    def app(self) -> Starlette:
        """The ASGI application: the API, the public page at "/", the control routes."""
        return application(self.front, self._controls())

    @property
    def world(self) -> World:
        """What is on the pages now, stale reads or not."""
        self._move_on()
        return self._worlds[-1][1]

    @property
    def pages(self) -> dict[str, Page]:
        """The pages as they are now, by id."""
        return dict(self._pages)

    @property
    def switch_table(self) -> Json:
        """The variants in force, by name."""
        return msgspec.structs.asdict(self.switches)

    def set_switches(self, table: object) -> None:
        """Set the switches that *table* names. Raises `NotationError`."""
        self.switches = switched(self.switches, table)

    def clock(self) -> float:
        """Return the simulators' time, whatever `Date` says."""
        return self._now()

    def act(self, act: Act | PageAct) -> None:
        """Let a person do something on the page. Raises `NotationError`: it is not there."""
        match act:
            case RemoveComponent(component=wanted, page=name):
                page = self._page(name)
                items = without(page.items, page.component(wanted))
                self._pages[page.entry.id] = replace(page, items=items)
            case Subscribers(count=count, page=name):
                page = self._page(name)
                entry = msgspec.structs.replace(page.entry, subscribers=count)
                self._pages[page.entry.id] = replace(page, entry=entry)
            case _:
                now = self._now()
                self._commit(perform(act, self.world, self._pages, now, self._ids()), now)

    def reset(self) -> None:
        """Forget incidents, maintenances, keys, faults, journal and changed switches."""
        self.front.reset()
        self.switches = self._initial
        self._pages = {entry.id: Page(entry, layout(entry)) for entry in self._entries}
        self._keys = Keys()
        self._bucket = Bucket()
        self._worlds = deque([(float("-inf"), World({}, {}))], maxlen=_REMEMBERED)

    def endpoint(self, request: Request) -> str:
        """Return the name of what *request* asks for, as faults write it."""
        return route(request.method, request.path)[0]

    def answer(self, request: Request) -> Reply:
        """Return what incident.io answers to *request*, having carried it out."""
        endpoint, args = route(request.method, request.path)
        if endpoint == PUBLIC:
            return public_page(self._pages, self.world, self._now())
        try:
            self._let_in(request, endpoint, args)
            return self._replayed(request, endpoint) or self._carry_out(request, endpoint, args)
        except Refusal as refusal:
            return self._refused(refusal)

    def refuse(self, fault: Status) -> Reply:
        """Return incident.io's error answer with the status that *fault* orders."""
        refusal = Refusal(fault.status, "simulated", "ordered by a fault rule")
        at = self.server_time() + fault.seconds
        headers = retry_after(fault, self.server_time())
        return self._refused(refusal, headers, at if fault.retry_after == "body" else None)

    def server_time(self) -> float:
        """Return the clock of `Date`, off by the switch `date_skew`."""
        return self._now() + self.switches.date_skew

    def _let_in(self, request: Request, endpoint: str, args: tuple[str, ...]) -> None:
        if endpoint == alert_events.CREATE:
            self._let_event_in(request, *args)
            return
        if request.headers.get("authorization") != f"Bearer {self.api_key}":
            raise Refusal(401, "authentication_failed", "the API key is not known")
        limit = self.switches.rate_limit
        if limit and not self._bucket.take(limit, self._now()):
            raise Refusal(429, "rate_limited", f"more than {limit} requests a minute")
        if endpoint == WRONG_METHOD:
            raise Refusal(405, "method_not_allowed", f"{request.method} is not allowed here")
        if endpoint not in CARRIED_OUT:
            raise Refusal(404, "not_found", f"there is nothing at {request.path}")
        if request.method != "GET" and PUBLISHER not in self.roles:
            raise Refusal(403, "missing_role", f"the API key lacks the role {PUBLISHER}")

    def _let_event_in(self, request: Request, source: str) -> None:
        known = {one.id: one.secret for one in self.alert_sources}
        if source not in known:
            raise missing("alert source", source)
        if request.headers.get("authorization") != f"Bearer {known[source]}":
            raise Refusal(401, "authentication_failed", "the alert source's secret is another")

    def _replayed(self, request: Request, endpoint: str) -> Reply | None:
        use = _use(request, endpoint)
        if use is None:
            return None
        found = self._keys.replay(use, self.switches, self._now())
        return found and replace(found, headers=self._headers())

    def _carry_out(self, request: Request, endpoint: str, args: tuple[str, ...]) -> Reply:
        now = self._now()
        call = Call(
            request=request,
            args=args,
            pages=self._pages,
            world=self.world,
            seen=self._seen(now),
            switches=self.switches,
            now=now,
            ids=self._ids(),
            roles=self.roles,
        )
        done = CARRIED_OUT[endpoint](call)
        reply = self._reply(done)
        if done.world is not None:
            self._commit(done.world, now)
        use = _use(request, endpoint)
        if use is not None:
            self._keys.keep(use, self.switches, now, reply)
        return reply

    def _reply(self, done: Done) -> Reply:
        body = b"" if done.status == 204 else msgspec.json.encode(done.body)
        return Reply(done.status, body, self._headers(), wrote=done.wrote)

    def _refused(
        self, refusal: Refusal, headers: Headers = (), wait_until: float | None = None
    ) -> Reply:
        body = error_json(refusal, f"req_{digest(self.journal.last)}", self.switches)
        if refusal.code == "rate_limited":
            wait_until = self.server_time() + 1
            headers = (("retry-after", "1"),)
        if wait_until is not None:
            limit = {"name": "api_key", "limit": self.switches.rate_limit, "remaining": 0}
            body["rate_limit"] = limit | {"retry_after": timestamp(wait_until)}
        return json_reply(refusal.status, body, (*self._headers(), *headers))

    def _headers(self) -> Headers:
        limit = self.switches.rate_limit
        return self._bucket.headers(limit, self._now()) if limit else ()

    def _page(self, wanted: str | None) -> Page:
        return pick(self._pages, wanted or next(iter(self._pages)), "page")

    def _ids(self) -> Iterator[str]:
        while True:
            self._made += 1
            yield numbered_id(self._now(), self._made)

    def _seen(self, now: float) -> World:
        """Return the world as reads see it: the newest that is old enough."""
        horizon = now - self.switches.stale_reads
        old = [world for at, world in self._worlds if at <= horizon]
        return old[-1] if old else self._worlds[0][1]

    def _commit(self, world: World, now: float) -> None:
        self._worlds.append((now, world))

    def _move_on(self) -> None:
        before = self._worlds[-1][1]
        after = automated(before, self._now(), self._ids())
        if after is not before:
            self._commit(after, self._now())

    def _controls(self) -> Controls:
        def act(body: object) -> object:
            if not isinstance(body, dict):
                raise NotationError('people: expected a table with the key "act"')
            self.act(read_act(body, "people"))
            return {}

        return {
            **common_controls(self),
            ("POST", "/people"): act,
            ("GET", "/incidents"): lambda _: _rows(self.world.incidents.values()),
            ("GET", "/alerts"): lambda _: _rows(self.world.alerts.values()),
            ("GET", "/maintenances"): lambda _: _rows(self.world.windows.values()),
        }


def _use(request: Request, endpoint: str) -> Use | None:
    if endpoint not in KEYED:
        return None
    keyed = read(Keyed, request.body)
    return Use(keyed.idempotency_key, keyed.status_page_id, endpoint, request.body)


def _rows(found: Iterable[Incident | Window | Alert]) -> list[Json]:
    return [asdict(one) for one in found]
