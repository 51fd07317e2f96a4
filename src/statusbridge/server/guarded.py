"""What every answer to anybody near has in common, and whom none is given."""

from __future__ import annotations

import ipaddress

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_ALWAYS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
_POLICY = "default-src 'none'; frame-ancestors 'none'"
"""Where an answer has no policy of its own: nothing is loaded."""


def guarded(app: ASGIApp, *, local: bool) -> ASGIApp:
    """Return *app*, whose answers no browser keeps, guesses about or shows in another page.

    *local*: it listens on loopback, so whoever asks by another name than this machine's is a page
    in a browser whose name was made to mean this machine (DNS rebinding): 421.
    """

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(_ALWAYS)
                headers.setdefault("Content-Security-Policy", _POLICY)
            await send(message)

        is_strange = local and not _is_this_machine(Headers(scope=scope).get("host", ""))
        asked = _misdirected if is_strange else app
        await asked(scope, receive, send_guarded)

    return answer


_misdirected = PlainTextResponse("Ask for it by address, or as localhost.\n", status_code=421)


def _is_this_machine(host: str) -> bool:
    """Whether a Host header is an address, localhost or none, which no browser can be led to."""
    name = host[1:].partition("]")[0] if host.startswith("[") else host.partition(":")[0]
    if name.lower() in {"", "localhost"}:
        return True
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
