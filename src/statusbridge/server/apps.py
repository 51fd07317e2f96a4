"""What commands may ask of a daemon, on a socket that only its user and group can open."""

from __future__ import annotations

import asyncio
import json

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from statusbridge.adapters.sqlite_errors import StoreError
from statusbridge.adapters.users import recorded
from statusbridge.bridge.planning import Difference, carry_out, essences
from statusbridge.bridge.reviewing import review_document
from statusbridge.daemon import Daemon
from statusbridge.documents import Document
from statusbridge.explain.answer import NothingNamedError, explained_beside
from statusbridge.explain.coverage import unmatched_beside
from statusbridge.explain.question import understood
from statusbridge.server import bodies
from statusbridge.server.orders import answered, posted
from statusbridge.server.served import PEER
from statusbridge.status import is_blind, status_document

_LARGEST_PLAN = 1_000_000
"""Bytes of a plan that `apply` may bring."""


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
        answer: Document = {"trouble": daemon.parts.bridge.trouble}
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
    """Return what came of the order that *request* brings."""
    brought = await posted(request)
    if brought is None:
        return JSONResponse({"error": "that is not an order"}, status_code=400)
    # The kernel's word, since only root, our user and our group can connect.
    who = recorded(getattr(request.state, PEER), brought.by)
    return await answered(daemon, brought.order, who)


def _as_an_answer(_: Request, error: Exception) -> Response:
    return JSONResponse({"error": str(error)}, status_code=503)


async def _operations(request: Request) -> list[Document] | None:
    brought = await bodies.body(request, _LARGEST_PLAN)
    if brought is None:
        return None
    try:
        found: list[Document] = json.loads(brought)
        essences(found)
    except (ValueError, RecursionError):
        return None
    return found
