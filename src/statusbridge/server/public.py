"""What is served on `[server] listen`: health, metrics and status for anybody near.

Takes GET and HEAD and says nothing of alerts but codes and counts; whoever has the token may act.
"""

from __future__ import annotations

import json

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from statusbridge.adapters.sqlite_errors import StoreError
from statusbridge.bridge.reviewing import review_document
from statusbridge.core.restrain import told_pause
from statusbridge.daemon import Daemon
from statusbridge.server.console.routes import Console
from statusbridge.server.door import Door
from statusbridge.server.metrics import CONTENT_TYPE, exposition
from statusbridge.server.orders import answered, posted
from statusbridge.status import status_document, told_refusal, unready_reasons

BY_TOKEN = "HTTP (token)"
"""Who ordered, where only the token is known of them."""


def public_app(daemon: Daemon) -> Starlette:
    """Return what is served on `[server] listen`."""
    door = Door(daemon)

    async def livez(_: Request) -> Response:
        return PlainTextResponse("ok\n")

    async def readyz(request: Request) -> Response:
        bridge, liveness = daemon.parts.bridge, daemon.liveness()
        reasons = unready_reasons(bridge, liveness)
        lines = reasons or ["ok"]
        if "verbose" in request.query_params:
            # Paused is not unready: somebody wanted it. Nor does a wrong file stop anything.
            lines = [*lines, *map(told_pause, bridge.pauses()), *told_refusal(liveness)]
        status = 503 if reasons else 200
        return PlainTextResponse("".join(f"{line}\n" for line in lines), status_code=status)

    async def metrics(_: Request) -> Response:
        return Response(exposition(daemon), media_type=CONTENT_TYPE)

    async def status(_: Request) -> Response:
        parts = daemon.parts
        found = status_document(parts.bridge, parts.store, daemon.liveness())
        text = json.dumps(found, indent=2, ensure_ascii=False)
        return Response(f"{text}\n", media_type="application/json")

    async def review(request: Request) -> Response:
        return _turned_away(door, request) or JSONResponse(review_document(daemon.parts.bridge))

    async def act(request: Request) -> Response:
        refusal = _turned_away(door, request)
        if refusal is not None:
            return refusal
        brought = await posted(request)
        if brought is None:
            return JSONResponse({"error": "that is not an order"}, status_code=400)
        return await answered(daemon, brought.order, BY_TOKEN)

    return Starlette(
        exception_handlers={StoreError: _in_plain_words},
        routes=[
            Route("/livez", livez),
            Route("/healthz", livez),
            Route("/readyz", readyz),
            Route("/metrics", metrics),
            Route("/api/status", status),
            Route("/api/review", review),
            Route("/api/acts", act, methods=["POST"]),
            *Console(daemon, door).routes(),
        ],
    )


def _turned_away(door: Door, request: Request) -> Response | None:
    """Return why *request* may not be answered; None: it brings the token."""
    if not door.has_lock:
        why = "This daemon only shows: no [server] token is configured."
        return JSONResponse({"error": why}, status_code=405, headers={"Allow": "GET, HEAD"})
    if door.is_barred():
        why = "Too many wrong tokens; try again in a minute."
        return JSONResponse({"error": why}, status_code=429, headers={"Retry-After": "60"})
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not door.opens_to(token.strip()):
        why = "Bring the token of [server] token: Authorization: Bearer TOKEN."
        challenge = {"WWW-Authenticate": "Bearer"}
        return JSONResponse({"error": why}, status_code=401, headers=challenge)
    return None


def _in_plain_words(_: Request, error: Exception) -> Response:
    return PlainTextResponse(f"{error}\n", status_code=503)
