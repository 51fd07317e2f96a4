"""A stand-in of Twilio Monitor's Alerts: GET /v1/Alerts and /v1/Alerts/{Sid}.

Says what Twilio documents or was recorded saying; where nobody knows, a switch has both variants.
"""

from __future__ import annotations

import time
from base64 import b64decode
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import msgspec
from starlette.applications import Starlette

from statusbridge.simulators.alerts_listing import LIST_PATH, Tokens, list_alerts
from statusbridge.simulators.alerts_query import ERRORS, Problem, TwilioSwitches, not_found
from statusbridge.simulators.control import (
    Controls,
    application,
    common_controls,
    listed,
    switched,
)
from statusbridge.simulators.exchange import Headers, Reply, Request, json_reply
from statusbridge.simulators.faults import Status, retry_after
from statusbridge.simulators.feed import AlertEntry, FeedAlert, expand
from statusbridge.simulators.front import Front
from statusbridge.simulators.notation import NotationError, build, digest, nearest
from statusbridge.simulators.shelf import Shelf
from statusbridge.simulators.strikes import FaultBook

_DETAILS = ("request_headers", "request_variables", "response_body", "response_headers")

ENDPOINTS = frozenset({"alerts.list", "alerts.fetch", "unknown"})


@dataclass(frozen=True, slots=True)
class Account:
    """One account and what opens it: its token, or an API key and that key's secret."""

    name: str = "default"
    account_sid: str = ""
    auth_token: str = ""
    api_key_sid: str = ""
    api_key_secret: str = ""

    @property
    def users(self) -> tuple[tuple[str, str], ...]:
        """User and password pairs that are let in."""
        return (
            (self.account_sid, self.auth_token),
            (self.api_key_sid, self.api_key_secret),
        )


def fake_account(name: str = "default") -> Account:
    """Return the account *name* with credentials that look like Twilio's and open nothing there."""
    fake = {
        kind: ("fa4e" * 4 + digest(kind, name))[:32] for kind in ("AC", "token", "SK", "secret")
    }
    return Account(name, f"AC{fake['AC']}", fake["token"], f"SK{fake['SK']}", fake["secret"])


class TwilioSimulator:
    """Monitor for *accounts*, each opened by its own credentials only. *now*: epoch seconds."""

    def __init__(
        self,
        accounts: Iterable[Account] = (),
        *,
        switches: TwilioSwitches | None = None,
        now: Callable[[], float] = time.time,
        seed: int = 0,
    ) -> None:
        self.accounts = tuple(accounts) or (fake_account(),)
        self._now = now
        self._seed = seed
        self._initial = switches or TwilioSwitches()
        self._switches = self._initial
        self._entries = 0
        self._tokens = Tokens()
        self._shelves: dict[str, Shelf] = {}
        self.front = Front(self, FaultBook(ENDPOINTS, seed), now)
        self.journal = self.front.journal
        self.faults = self.front.faults
        self.reset()

    @property
    def app(self) -> Starlette:
        """The ASGI application: the API, and the control routes beside it."""
        return application(self.front, self._controls())

    @property
    def switches(self) -> TwilioSwitches:
        """The variants in force."""
        return self._switches

    @switches.setter
    def switches(self, switches: TwilioSwitches) -> None:
        self._switches = switches
        for shelf in self._shelves.values():
            shelf.sort_by(switches.sort_by)
            shelf.delay(switches.visible_after)

    @property
    def switch_table(self) -> dict[str, object]:
        """The variants in force, by name."""
        return msgspec.structs.asdict(self._switches)

    def set_switches(self, table: object) -> None:
        """Set the switches that *table* names. Raises `NotationError`."""
        self.switches = switched(self._switches, table)

    def clock(self) -> float:
        """Return the simulators' time, whatever `Date` says."""
        return self._now()

    def add(self, *entries: AlertEntry, start: float | None = None) -> list[str]:
        """Add the alerts of *entries*, times counted from *start* (None: now); return their SIDs.

        They become visible when the clock gets to their storing. Raises `NotationError`.
        """
        origin = self._now() if start is None else start
        sids: list[str] = []
        for entry in entries:
            account = self._account(entry.account)
            self._entries += 1
            alerts = expand(entry, origin, account.account_sid, f"{self._seed}/{self._entries}")
            sids += self._shelves[account.name].put(alerts, self._switches.visible_after)
        return sids

    def visible(self) -> list[FeedAlert]:
        """Return every alert that a listing would show now, account by account, newest first."""
        now, always = self._now(), float("inf")
        listings = [shelf.listing(now, None, -always, always) for shelf in self._shelves.values()]
        return [alert for listing in listings for alert in listing.rows(0, len(listing))]

    def reset(self) -> None:
        """Forget alerts, faults, journal and changed switches."""
        self.front.reset()
        self._tokens = Tokens()
        self._switches = self._initial
        self._shelves = {a.name: Shelf(self._initial.sort_by) for a in self.accounts}

    def endpoint(self, request: Request) -> str:
        """Return "alerts.list", "alerts.fetch" or "unknown"."""
        path = request.path.removesuffix(".json")
        if request.method != "GET":
            return "unknown"
        if path == LIST_PATH:
            return "alerts.list"
        return "alerts.fetch" if path.startswith(f"{LIST_PATH}/") else "unknown"

    def answer(self, request: Request) -> Reply:
        """Return what Monitor answers to *request*."""
        account = self._authenticated(request)
        if account is None:
            realm = (("www-authenticate", 'Basic realm="Twilio API"'),)
            return self._error(Problem(401, 20003, "Authenticate"), realm)
        try:
            return self._found(request, self._shelves[account.name])
        except Problem as problem:
            return self._error(problem)

    def refuse(self, fault: Status) -> Reply:
        """Return Twilio's error answer with the status that *fault* orders."""
        code, message = ERRORS.get(fault.status, (None, "The server could not do it"))
        return self._error(
            Problem(fault.status, code, message), retry_after(fault, self.server_time())
        )

    def server_time(self) -> float:
        """Return the clock of `Date`, off by the switch `date_skew`."""
        return self._now() + self._switches.date_skew

    def _account(self, name: str | None) -> Account:
        if name is None:
            return self.accounts[0]
        for account in self.accounts:
            if account.name == name:
                return account
        hint = nearest(name, (a.name for a in self.accounts))
        raise NotationError(f'alerts: unknown account "{name}", {hint}')

    def _authenticated(self, request: Request) -> Account | None:
        scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
        try:
            user, _, password = b64decode(encoded).decode().partition(":")
        except ValueError:
            return None
        if scheme.lower() != "basic" or not password:
            return None
        return next((a for a in self.accounts if (user, password) in a.users), None)

    def _found(self, request: Request, shelf: Shelf) -> Reply:
        match self.endpoint(request):
            case "alerts.list":
                now = self._now()
                found = list_alerts(request, shelf, self._switches, self._tokens, now)
                return Reply(200, found, self._headers())
            case "alerts.fetch":
                return self._fetch(request, shelf)
            case _ if request.method != "GET":
                raise Problem(405, 20004, "Method not allowed")
            case _:
                raise not_found(request.path)

    def _fetch(self, request: Request, shelf: Shelf) -> Reply:
        sid = request.path.removesuffix(".json").removeprefix(f"{LIST_PATH}/")
        alert = shelf.find(sid, self._now())
        if alert is None:
            raise not_found(request.path)
        table = msgspec.json.decode(alert.encoded, type=dict[str, object])
        return json_reply(200, table | dict.fromkeys(_DETAILS), self._headers())

    def _error(self, problem: Problem, headers: Headers = ()) -> Reply:
        table = {
            "code": problem.code,
            "message": problem.message,
            "more_info": f"https://www.twilio.com/docs/errors/{problem.code or ''}",
            "status": problem.status,
        }
        return json_reply(problem.status, table, (*self._headers(), *headers))

    def _headers(self) -> Headers:
        return (
            ("twilio-request-id", f"RQ{digest(self._seed, self.journal.last)}"),
            ("twilio-concurrent-requests", "1"),
        )

    def _controls(self) -> Controls:
        def add_alerts(body: object) -> object:
            entries = [build(AlertEntry, entry, "alerts") for entry in listed(body)]
            return {"sids": self.add(*entries)}

        return {**common_controls(self), ("POST", "/alerts"): add_alerts}
