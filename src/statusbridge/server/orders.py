"""An order that came over HTTP or the socket, carried out when it may be."""

from __future__ import annotations

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from statusbridge.bridge.acting import carry
from statusbridge.core.acts import ActKind, Order, Refused
from statusbridge.daemon import Daemon
from statusbridge.server.bodies import body

_LARGEST = 100_000
"""Bytes of an order, whose texts have 4,096 characters at most."""


class Posted(msgspec.Struct):
    """An order as a command brings it. *by*: who its user says to be (`users.recorded`)."""

    order: Order
    by: str = ""


async def posted(request: Request) -> Posted | None:
    """Return the order that *request* brings; None: it brings none."""
    brought = await body(request, _LARGEST)
    try:
        return None if brought is None else msgspec.json.decode(brought, type=Posted)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


async def answered(daemon: Daemon, order: Order, who: str) -> Response:
    """Return what came of *order* as JSON: what was done, or 409 and why not."""
    try:
        said = await carried(daemon, order, who)
    except Refused as refusal:
        return JSONResponse({"refused": str(refusal)}, status_code=409)
    return JSONResponse({"said": said})


async def carried(daemon: Daemon, order: Order, who: str) -> str:
    """Carry out *order*, a pause also in the midst of a cycle; a cycle follows at once.

    Returns in a sentence what was done. Raises Refused.
    """
    if order.kind in (ActKind.PAUSE, ActKind.RESUME):
        said = daemon.at_once(lambda: carry(daemon.parts.bridge, order, who))
    else:
        said = await daemon.between_cycles(lambda: _carry(daemon, order, who))
    daemon.wake()
    return said


async def _carry(daemon: Daemon, order: Order, who: str) -> str:
    # The bridge of its turn: a reload may come before it.
    return carry(daemon.parts.bridge, order, who)
