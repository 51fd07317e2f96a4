"""What may go wrong between a client and a simulator, and what it does to an answer.

Which requests it strikes is `strikes`' matter; `wire` delivers what `bend` says. No I/O here.
"""

from __future__ import annotations

import gzip
from collections.abc import Callable
from dataclasses import replace
from math import inf
from typing import Literal, TypeAlias, assert_never

from msgspec import Struct

from statusbridge.simulators.exchange import Delivery, Headers, Reply
from statusbridge.simulators.notation import Span, http_date


class LostBefore(Struct, frozen=True):
    """The connection is closed without an answer, and nothing was applied."""


class LostAfter(Struct, frozen=True):
    """Applied, then the connection is closed without an answer."""


class AppliedLate(Struct, frozen=True):
    """The connection is closed without an answer; *seconds* later the request is applied."""

    seconds: Span = Span(30)


class Status(Struct, frozen=True):
    """The API's own error answer with *status*; *applied*: although the request was carried out.

    *retry_after*: how the wait of *seconds* is told; "body" is incident.io's `rate_limit` alone.
    """

    status: int = 503
    applied: bool = False
    retry_after: Literal["absent", "seconds", "date", "body"] = "absent"
    seconds: Span = Span(1)


class Garbage(Struct, frozen=True):
    """A success whose body is not what was promised."""

    applied: bool = True
    text: str = '{"ok": tru'


class WrongType(Struct, frozen=True):
    """The right answer under another content type."""

    content_type: str = "text/html; charset=utf-8"


class Truncated(Struct, frozen=True):
    """The connection is closed after the share *keep* of the body."""

    keep: float = 0.5


class Huge(Struct, frozen=True):
    """The right answer, followed by *size* blanks: still valid JSON."""

    size: int = 64 * 1024 * 1024


class Gzip(Struct, frozen=True):
    """The answer compressed, asked for or not, *size* blanks after it: a bomb where it is large."""

    size: int = 0


class Redirect(Struct, frozen=True):
    """Sent elsewhere, nothing applied."""

    location: str
    status: int = 307


class Slow(Struct, frozen=True):
    """Applied at once, answered *seconds* later."""

    seconds: Span = Span(5)


class Hang(Struct, frozen=True):
    """Never answered; the connection stays open until the client gives up."""

    applied: bool = False


class Drip(Struct, frozen=True):
    """Answered a few bytes at a time, over *seconds*."""

    seconds: Span = Span(60)


class OtherOrigin(Struct, frozen=True):
    """The answer's links to ourselves (`next_page_url`) lead to *origin*."""

    origin: str = "http://127.0.0.1:9"


Fault: TypeAlias = (
    LostBefore
    | LostAfter
    | AppliedLate
    | Status
    | Garbage
    | WrongType
    | Truncated
    | Huge
    | Gzip
    | Redirect
    | Slow
    | Hang
    | Drip
    | OtherOrigin
)

KINDS: dict[str, type[Fault]] = {
    "lost_before": LostBefore,
    "lost_after": LostAfter,
    "applied_late": AppliedLate,
    "status": Status,
    "garbage": Garbage,
    "wrong_type": WrongType,
    "truncated": Truncated,
    "huge": Huge,
    "gzip": Gzip,
    "redirect": Redirect,
    "slow": Slow,
    "hang": Hang,
    "drip": Drip,
    "other_origin": OtherOrigin,
}


def retry_after(fault: Status, now: float) -> Headers:
    """Return the `Retry-After` header that *fault* orders as of *now*, if any."""
    if fault.retry_after == "seconds":
        return (("retry-after", str(int(fault.seconds))),)
    if fault.retry_after == "date":
        return (("retry-after", http_date(now + fault.seconds)),)
    return ()


def bend(
    fault: Fault | None, origin: str, apply: Callable[[], Reply], refuse: Callable[[Status], Reply]
) -> Delivery:
    """Return what the client gets under *fault*, having called *apply* where it says so.

    *refuse* gives the API's own error answer. A request to be applied late is not applied here.
    """
    match fault:
        case None:
            delivery = Delivery(apply())
        case LostBefore() | AppliedLate():
            delivery = Delivery(None)
        case LostAfter():
            apply()
            delivery = Delivery(None)
        case Status(applied=applied):
            if applied:
                apply()
            delivery = Delivery(refuse(fault))
        case Redirect(location=location, status=status):
            delivery = Delivery(Reply(status, b"", (("location", location),)))
        case Hang(applied=applied):
            if applied:
                apply()
            delivery = Delivery(None, delay=inf)
        case Garbage(applied=applied, text=text):
            delivery = Delivery(Reply(apply().status if applied else 200, text.encode()))
        case WrongType() | Truncated() | Huge() | Gzip() | Slow() | Drip() | OtherOrigin():
            delivery = _reshaped(fault, apply(), origin)
        case _:
            assert_never(fault)
    return delivery


def _reshaped(
    fault: WrongType | Truncated | Huge | Gzip | Slow | Drip | OtherOrigin,
    reply: Reply,
    origin: str,
) -> Delivery:
    match fault:
        case WrongType(content_type=content_type):
            delivery = Delivery(replace(reply, content_type=content_type))
        case Truncated(keep=keep):
            delivery = Delivery(reply, cut=int(len(reply.body) * keep))
        case Huge(size=size):
            delivery = Delivery(reply, pad=size)
        case Gzip(size=size):
            body = gzip.compress(reply.body + b" " * size, mtime=0)
            headers = (*reply.headers, ("content-encoding", "gzip"))
            delivery = Delivery(replace(reply, body=body, headers=headers))
        case Slow(seconds=seconds):
            delivery = Delivery(reply, delay=seconds)
        case Drip(seconds=seconds):
            delivery = Delivery(reply, drip=seconds)
        case OtherOrigin(origin=other):
            body = reply.body.replace(origin.encode(), other.encode())
            delivery = Delivery(replace(reply, body=body))
        case _:
            assert_never(fault)
    return delivery
