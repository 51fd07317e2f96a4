"""A stand-in of whatever takes a webhook's JSON with a "text", as strict about it as Slack is."""

from __future__ import annotations

import time
from collections.abc import Callable

import msgspec
from starlette.applications import Starlette

from statusbridge.simulators.control import application, common_controls
from statusbridge.simulators.exchange import Reply, Request
from statusbridge.simulators.faults import Status, retry_after
from statusbridge.simulators.front import Front
from statusbridge.simulators.notation import NotationError
from statusbridge.simulators.strikes import FaultBook

PATH = "/hooks/fa4e-operator-0000000000000001"
"""What lets one in; anything else gets 404."""
POSTED, UNKNOWN = "messages.post", "unknown"


class WebhookSimulator:
    """Takes messages at `PATH` and remembers them. *now*: epoch seconds."""

    def __init__(self, now: Callable[[], float] = time.time, seed: int = 0) -> None:
        self._now = now
        self.front = Front(self, FaultBook(frozenset({POSTED, UNKNOWN}), seed), now)
        self.journal = self.front.journal
        self.faults = self.front.faults
        self.messages: list[dict[str, object]] = []

    @property
    def app(self) -> Starlette:
        """The ASGI application: the hook, and the control routes."""
        controls = common_controls(self)
        return application(self.front, {**controls, ("GET", "/messages"): lambda _: self.messages})

    @property
    def switch_table(self) -> dict[str, object]:
        return {}

    def set_switches(self, table: object) -> None:
        """Raise `NotationError`: nothing about it is left open."""
        raise NotationError(f"a webhook has no switches, and so not {table!r}")

    def clock(self) -> float:
        """Return the simulators' time."""
        return self._now()

    def reset(self) -> None:
        """Forget messages, journal and faults."""
        self.front.reset()
        self.messages.clear()

    def endpoint(self, request: Request) -> str:
        """Return the name of what *request* asks for, as faults write it."""
        return POSTED if (request.method, request.path) == ("POST", PATH) else UNKNOWN

    def answer(self, request: Request) -> Reply:
        """Return what Slack answers: plain words, https://api.slack.com/messaging/webhooks."""
        if self.endpoint(request) == UNKNOWN:
            return _words(404, "no_service")
        try:
            message = msgspec.json.decode(request.body, type=dict[str, object])
        except msgspec.DecodeError:
            return _words(400, "invalid_payload")
        if not message.get("text") or not isinstance(message["text"], str):
            return _words(400, "no_text")
        self.messages.append(message)
        return _words(200, "ok", wrote=str(len(self.messages)))

    def refuse(self, fault: Status) -> Reply:
        """Return the answer with the status that *fault* orders."""
        return Reply(
            fault.status,
            b"simulated",
            retry_after(fault, self.server_time()),
            content_type="text/plain",
        )

    def server_time(self) -> float:
        """Return the clock of `Date`."""
        return self._now()


def _words(status: int, text: str, wrote: str | None = None) -> Reply:
    return Reply(status, text.encode(), content_type="text/plain", wrote=wrote)
