"""What the status page's answer to a write means: the table, and the API's own words for a no.

Knows answers, not requests. A status that is not in the table is doubt: the request may have been
applied, and only reading back can tell.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from statusbridge.adapters.http import Reply, one_line, other_than_json, retry_after, server_time
from statusbridge.adapters.incidentio_answer import Malformed, decoded
from statusbridge.core.outcome import (
    Applied,
    Gone,
    Limited,
    Outcome,
    Refused,
    Unauthorized,
    Unknown,
)

REFUSED = frozenset({400, 402, 405, 406, 410, 411, 412, 413, 414, 415, 416, 417, 421, 422, 426})
REFUSED |= {428, 431, 451}
"""Statuses by which a server says that it did nothing (RFC 9110, RFC 6585); 408, 409 don't."""


def classify(reply: Reply, applied: Callable[[bytes], Applied]) -> Outcome:
    """Return what became of the write that *reply* answers.

    *applied* reads the body of a 201, and raises `Malformed` where that is not about our write.
    """
    why = f"{reply.status} {complaint(reply.body)}".rstrip()
    match reply.status:
        case 201:
            return _applied(reply, applied)
        case 429:
            return Limited(why, wait_asked(reply))
        case 401 | 403:
            return Unauthorized(reply.status, why)
        case 404 if is_own(reply):
            return Gone(why)
        case status if status in REFUSED:
            return Refused(status, why)
        case _:
            return Unknown(why)


def _applied(reply: Reply, applied: Callable[[bytes], Applied]) -> Outcome:
    if other := other_than_json(reply):
        return Unknown(f"201, but {other}, not JSON")
    try:
        return applied(reply.body)
    except Malformed as error:
        return Unknown(f"201, but {error}")


def wait_asked(reply: Reply) -> int | None:
    """Return the seconds that *reply* asks to wait, dates taken against its own clock.

    A date in an answer that doesn't say its own waits the longest.
    """
    return retry_after(reply, server_time(reply) or 0)


def is_own(reply: Reply) -> bool:
    """Whether an error is the API's, which speaks JSON objects, and not a proxy's on the way.

    Load balancers answer 404 with a page of their own while a back end is being replaced.
    """
    try:
        decoded(reply.body, dict[str, msgspec.Raw])
    except Malformed:
        return False
    return other_than_json(reply) is None


class _Fault(msgspec.Struct):
    code: str | None = None
    message: str | None = None
    source: dict[str, Any] | None = None


class _Error(msgspec.Struct):
    type: str | None = None
    request_id: str | None = None
    errors: list[_Fault] | None = None


def complaint(body: bytes) -> str:
    """Return an error in the API's own words, one line of at most 300 characters; "": no words.

    Of what was sent it names fields, and quotes no more than the API's own sentence does.
    """
    try:
        error = decoded(body, _Error)
    except Malformed:
        return ""
    words = (error.type, *(_told(fault) for fault in error.errors or ()))
    request = f" (request {one_line(error.request_id, 48)})" if error.request_id else ""
    return one_line(": ".join(filter(None, words)), 240) + request


def _told(fault: _Fault) -> str:
    # The official example has a source without the pointer that the schema requires.
    field = (fault.source or {}).get("field")
    said = (fault.message or fault.code or "")[:120]
    return f"{field}: {said}" if isinstance(field, str) else said
