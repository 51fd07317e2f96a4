"""The two faces of a daemon: what anybody near may read, and what commands may ask.

The public face takes GET and HEAD and says nothing of alerts but counts. The commands' face is on a
socket that only the daemon's user and group can open.
"""

from __future__ import annotations

import asyncio
import json
from typing import Any

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from statusbridge.acting import carry
from statusbridge.adapters.sqlite_errors import StoreError
from statusbridge.adapters.users import recorded
from statusbridge.core.acts import ActKind, Order, Refused
from statusbridge.core.restrain import told_pause
from statusbridge.daemon import Daemon
from statusbridge.explain.answer import NothingNamedError, explained_beside
from statusbridge.explain.coverage import unmatched_beside
from statusbridge.explain.question import understood
from statusbridge.planning import Difference, carry_out, essences
from statusbridge.reviewing import review_document
from statusbridge.server.metrics import CONTENT_TYPE, exposition
from statusbridge.server.served import PEER
from statusbridge.status import is_blind, status_document, unready_reasons

_LARGEST_PLAN = 1_000_000
"""Bytes of a plan that `apply` may bring."""
_LARGEST_ORDER = 100_000
"""Bytes of an order, whose texts have 4,096 characters at most."""
_PATIENCE = 10
"""Seconds that it may take to bring them."""


def public_app(daemon: Daemon) -> Starlette:
    """Return what is served on `[server] listen`."""

    async def livez(_: Request) -> Response:
        return PlainTextResponse("ok\n")

    async def readyz(request: Request) -> Response:
        reasons = unready_reasons(daemon.parts.bridge, daemon.liveness())
        lines = reasons or ["ok"]
        if "verbose" in request.query_params:
            # Paused is not unready: that is what somebody wanted.
            lines = [*lines, *map(told_pause, daemon.parts.bridge.pauses())]
        status = 503 if reasons else 200
        return PlainTextResponse("".join(f"{line}\n" for line in lines), status_code=status)

    async def metrics(_: Request) -> Response:
        return Response(exposition(daemon), media_type=CONTENT_TYPE)

    return Starlette(
        exception_handlers={StoreError: _in_plain_words},
        routes=[
            Route("/livez", livez),
            Route("/healthz", livez),
            Route("/readyz", readyz),
            Route("/metrics", metrics),
        ],
    )


def command_app(daemon: Daemon) -> Starlette:
    """Return what is served on the daemon's socket."""

    async def status(_: Request) -> Response:
        bridge, liveness = daemon.parts.bridge, daemon.liveness()
        found = status_document(bridge, daemon.parts.store, liveness)
        stale = is_blind(bridge, bridge.clock.now(), liveness.patience)
        return JSONResponse({**found, "stale": stale})

    async def unmatched(_: Request) -> Response:
        # Beside the cycles: a month of alerts may take seconds to go through.
        bridge, store = daemon.parts.bridge, daemon.parts.store
        return JSONResponse(await asyncio.to_thread(unmatched_beside, bridge, store))

    async def explain(request: Request) -> Response:
        asked, at = request.query_params.get("what"), request.query_params.get("at")
        bridge, store = daemon.parts.bridge, daemon.parts.store
        try:
            question, moment = understood(asked), None if at is None else int(at)
            # Beside the cycles: a past time may take a second to be found again.
            found = await asyncio.to_thread(explained_beside, bridge, store, question, moment)
        except NothingNamedError as error:
            return JSONResponse({"error": str(error)}, status_code=404)
        except ValueError as error:
            return JSONResponse({"error": str(error)}, status_code=400)
        return JSONResponse(found)

    async def apply(request: Request) -> Response:
        saved = await _operations(request)
        if saved is None:
            return JSONResponse({"error": "that is not a plan"}, status_code=400)
        # The bridge of its turn: a reload may come before it.
        done = await daemon.between_cycles(lambda: carry_out(daemon.parts.bridge, saved))
        answer: dict[str, Any] = {"trouble": daemon.parts.bridge.trouble}
        if isinstance(done, Difference):
            return JSONResponse({**answer, "difference": list(done.lines)})
        return JSONResponse({**answer, "applied": done})

    async def review(_: Request) -> Response:
        return JSONResponse(review_document(daemon.parts.bridge))

    async def act(request: Request) -> Response:
        return await _ordered(daemon, request)

    return Starlette(
        exception_handlers={StoreError: _as_an_answer},
        routes=[
            Route("/status", status),
            Route("/unmatched", unmatched),
            Route("/explain", explain),
            Route("/apply", apply, methods=["POST"]),
            Route("/review", review),
            Route("/acts", act, methods=["POST"]),
        ],
    )


async def _ordered(daemon: Daemon, request: Request) -> Response:
    """Return what came of the order that *request* brings; a cycle follows at once."""
    posted = await _posted(request)
    if posted is None:
        return JSONResponse({"error": "that is not an order"}, status_code=400)
    try:
        said = await _carried(daemon, posted.order, _who(request, posted))
    except Refused as refusal:
        return JSONResponse({"refused": str(refusal)}, status_code=409)
    daemon.wake()
    return JSONResponse({"said": said})


async def _carried(daemon: Daemon, order: Order, who: str) -> str:
    """Carry out *order*: a pause also in the midst of a cycle. Raises Refused."""
    if order.kind in (ActKind.PAUSE, ActKind.RESUME):
        return daemon.at_once(lambda: carry(daemon.parts.bridge, order, who))

    async def act() -> str:
        return carry(daemon.parts.bridge, order, who)

    return await daemon.between_cycles(act)


class _Posted(msgspec.Struct):
    """An order as a command brings it. *by*: who its user says to be (`users.recorded`)."""

    order: Order
    by: str = ""


def _who(request: Request, posted: _Posted) -> str:
    """Return who asks: the kernel's word, since only root, our user and our group can connect."""
    return recorded(getattr(request.state, PEER), posted.by)


async def _posted(request: Request) -> _Posted | None:
    body = await _body(request, _LARGEST_ORDER)
    try:
        return None if body is None else msgspec.json.decode(body, type=_Posted)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def _in_plain_words(_: Request, error: Exception) -> Response:
    return PlainTextResponse(f"{error}\n", status_code=503)


def _as_an_answer(_: Request, error: Exception) -> Response:
    return JSONResponse({"error": str(error)}, status_code=503)


async def _operations(request: Request) -> list[dict[str, Any]] | None:
    body = await _body(request, _LARGEST_PLAN)
    if body is None:
        return None
    try:
        found: list[dict[str, Any]] = json.loads(body)
        essences(found)
    except (ValueError, RecursionError):
        return None
    return found


async def _body(request: Request, largest: int) -> bytes | None:
    """Return what *request* brings; None where that is too much, or takes too long."""
    body = bytearray()
    try:
        async with asyncio.timeout(_PATIENCE):
            async for chunk in request.stream():
                body += chunk
                if len(body) > largest:
                    return None
    except TimeoutError:
        return None
    return bytes(body)
