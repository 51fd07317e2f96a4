"""Requests, answers and what is delivered of them, as values; the journal that remembers them.

Below both simulators: knows HTTP's nouns and neither API.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import TypeAlias

import msgspec

Headers: TypeAlias = tuple[tuple[str, str], ...]

_REMEMBERED = 100_000
"""Requests kept; a simulator left running for weeks must not grow. Writes are all kept."""


@dataclass(frozen=True, slots=True)
class Request:
    """One request as received; header names in lower case, the last of a repeated one."""

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def origin(self) -> str:
        """Where the client reached us, for absolute links."""
        return f"http://{self.headers.get('host', '127.0.0.1')}"


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer. *wrote*: the id of what the request changed; None: it changed nothing."""

    status: int
    body: bytes
    headers: Headers = ()
    content_type: str = "application/json"
    wrote: str | None = None


@dataclass(frozen=True, slots=True)
class Delivery:
    """How much of an answer reaches the client, and when.

    *reply* None: the connection is closed without one. *delay*: seconds before anything is sent,
    infinite: until the client goes. *cut*: body bytes sent before the connection is closed.
    *pad*: blanks after the body. *drip*: seconds over which the body is spread.
    """

    reply: Reply | None
    delay: float = 0.0
    cut: int | None = None
    pad: int = 0
    drip: float = 0.0

    @property
    def answered(self) -> bool:
        """Whether a patient client gets the whole answer."""
        return self.reply is not None and self.cut is None


@dataclass(frozen=True, slots=True)
class Received:
    """One request in the journal. *status* None: the client was not answered."""

    no: int
    at: float
    endpoint: str
    method: str
    path: str
    query: Mapping[str, str]
    key: str | None
    body: str
    fault: str | None
    status: int | None


@dataclass(frozen=True, slots=True)
class Written:
    """One write that was applied, in the order of applying. *request*: its number as `Received`."""

    request: int
    at: float
    endpoint: str
    method: str
    path: str
    subject: str
    key: str | None
    body: str
    answered: bool


@dataclass(slots=True)
class Journal:
    """Every request received and every write applied. *on_write* is told of each write at once."""

    on_write: Callable[[Written], None] | None = None
    received: deque[Received] = field(default_factory=lambda: deque(maxlen=_REMEMBERED))
    written: list[Written] = field(default_factory=list)
    _count: int = 0

    @property
    def last(self) -> int:
        """The number of the newest request; 0: there was none."""
        return self._count

    def number(self) -> int:
        """Return the number of a request that has just arrived, from 1."""
        self._count += 1
        return self._count

    def note(self, entry: Received) -> None:
        """Remember a request."""
        self.received.append(entry)

    def wrote(self, entry: Written) -> None:
        """Remember an applied write."""
        self.written.append(entry)
        if self.on_write is not None:
            self.on_write(entry)

    def clear(self) -> None:
        """Forget everything; numbers go on."""
        self.received.clear()
        self.written.clear()

    def report(self) -> dict[str, object]:
        """Return the journal as JSON-able tables."""
        return {
            "requests": [asdict(entry) for entry in self.received],
            "writes": [asdict(entry) for entry in self.written],
        }


def json_reply(status: int, body: object, headers: Headers = (), wrote: str | None = None) -> Reply:
    """Return *body* as a JSON answer."""
    return Reply(status, msgspec.json.encode(body), headers, wrote=wrote)


def key_of(body: bytes) -> str | None:
    """Return the `idempotency_key` of a JSON *body*; None where there is none."""
    if not body:
        return None
    try:
        return msgspec.json.decode(body, type=_Keyed).idempotency_key
    except msgspec.DecodeError:
        return None


class _Keyed(msgspec.Struct):
    idempotency_key: str | None = None
