"""What a request brings, within limits of size and time."""

from __future__ import annotations

import asyncio

from starlette.requests import Request

PATIENCE = 10
"""Seconds that it may take to bring all of it."""


async def body(request: Request, largest: int) -> bytes | None:
    """Return what *request* brings; None where that is over *largest* bytes, or takes too long."""
    found = bytearray()
    try:
        async with asyncio.timeout(PATIENCE):
            async for chunk in request.stream():
                found += chunk
                if len(found) > largest:
                    return None
    except TimeoutError:
        return None
    return bytes(found)
