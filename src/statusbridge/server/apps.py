"""The two faces of a daemon: what anybody near may read, and what commands may ask.

The public face takes GET and HEAD and says nothing of alerts but counts. The commands' face is on a
socket that only the daemon's user and group can open.
"""

from __future__ import annotations

import asyncio
import json
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from statusbridge.adapters.sqlite_errors import StoreError
from statusbridge.daemon import Daemon
from statusbridge.explain.answer import NothingNamedError, explained_beside
from statusbridge.explain.coverage import unmatched_beside
from statusbridge.explain.question import understood
from statusbridge.planning import Difference, carry_out, essences
from statusbridge.server.metrics import CONTENT_TYPE, exposition
from statusbridge.status import is_blind, status_document, unready_reasons

_LARGEST_PLAN = 1_000_000
"""Bytes of a plan that `apply` may bring."""
_PATIENCE = 10
"""Seconds that it may take to bring them."""


def public_app(daemon: Daemon) -> Starlette:
    """Return what is served on `[server] listen`."""

    async def livez(_: Request) -> Response:
        return PlainTextResponse("ok\n")

    async def readyz(_: Request) -> Response:
        reasons = unready_reasons(daemon.parts.bridge, daemon.liveness())
        if not reasons:
            return PlainTextResponse("ok\n")
        return PlainTextResponse("".join(f"{reason}\n" for reason in reasons), status_code=503)

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

    return Starlette(
        exception_handlers={StoreError: _as_an_answer},
        routes=[
            Route("/status", status),
            Route("/unmatched", unmatched),
            Route("/explain", explain),
            Route("/apply", apply, methods=["POST"]),
        ],
    )


def _in_plain_words(_: Request, error: Exception) -> Response:
    return PlainTextResponse(f"{error}\n", status_code=503)


def _as_an_answer(_: Request, error: Exception) -> Response:
    return JSONResponse({"error": str(error)}, status_code=503)


async def _operations(request: Request) -> list[dict[str, Any]] | None:
    body = bytearray()
    try:
        async with asyncio.timeout(_PATIENCE):
            async for chunk in request.stream():
                body += chunk
                if len(body) > _LARGEST_PLAN:
                    return None
        found: list[dict[str, Any]] = json.loads(body)
        essences(found)
    except (ValueError, RecursionError, TimeoutError):
        return None
    return found
