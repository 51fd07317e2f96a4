"""The console over HTTP: the page, the part of it that changes, and what is decided on it.

Deciding needs a session, which the token begins, and the form's own key, which no other page knows.
"""

from __future__ import annotations

import hmac
import socket
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from statusbridge.adapters.sqlite_lookups import posted_lately
from statusbridge.bridge.reviewing import review_document
from statusbridge.core.acts import ActKind, Order, Refused
from statusbridge.daemon import Daemon
from statusbridge.server.bodies import body
from statusbridge.server.console import page
from statusbridge.server.console.lookout import Lookout
from statusbridge.server.console.page_view import component_names, page_view
from statusbridge.server.console.recent import Recent
from statusbridge.server.console.view import headline, posts, rule_views, tiles
from statusbridge.server.door import LASTS, Door, Session
from statusbridge.server.orders import carried
from statusbridge.status import status_document

BY_CONSOLE = "console (token)"
COOKIE = "statusbridge_session"
_LARGEST_FORM = 10_000
_MOST_POSTS = 12
_MOST_ACTS = 8
_PATIENCE = 0.08
"""Seconds that the page waits for what is read beside it; it is there the next time."""
_GET_ONLY = {"Allow": "GET, HEAD"}


class Console:
    """What the page is made of, and who looks at it."""

    def __init__(self, daemon: Daemon, door: Door) -> None:
        self._daemon = daemon
        self._door = door
        self._lookout = Lookout(daemon)
        self._recent = Recent(daemon)
        self._said: dict[str, tuple[str, str]] = {}
        """By session: what came of its last order, shown once."""

    def routes(self) -> list[Route]:
        return [
            Route("/", self.show),
            Route("/live", self.live),
            Route("/icon.svg", self.icon),
            Route("/enter", self.entrance),
            Route("/enter", self.enter, methods=["POST"]),
            Route("/leave", self.leave, methods=["POST"]),
            Route("/act", self.act, methods=["POST"]),
        ]

    async def show(self, request: Request) -> Response:
        session = self._session(request)
        cookie = request.cookies.get(COOKIE, "")
        said, tone = ("", "") if session is None else self._said.pop(cookie, ("", ""))
        more = {"said": said, "said_tone": tone, "lock": self._door.has_lock}
        return _html(page.whole(await self._values(session) | more))

    async def live(self, request: Request) -> Response:
        return _html(page.live(await self._values(self._session(request))))

    async def icon(self, _: Request) -> Response:
        return Response(page.ICON, media_type="image/svg+xml")

    async def entrance(self, _: Request) -> Response:
        if not self._door.has_lock:
            return PlainTextResponse("No [server] token is configured.\n", status_code=404)
        return _html(page.entrance({"why": ""}))

    async def enter(self, request: Request) -> Response:
        if not self._door.has_lock:
            return PlainTextResponse("This page only shows.\n", 405, headers=_GET_ONLY)
        if self._door.is_barred():
            why = "Too many wrong tokens; try again in a minute."
            return _html(page.entrance({"why": why}), 429)
        if _is_from_elsewhere(request):
            return PlainTextResponse("That came from another page.\n", 403)
        form = await _form(request)
        if not self._door.opens_to(form.get("token", "").strip()):
            return _html(page.entrance({"why": "That is not the token."}), 403)
        answer = RedirectResponse("/", 303)
        answer.set_cookie(
            COOKIE,
            self._door.begin(),
            max_age=LASTS,
            httponly=True,
            samesite="strict",
            secure=request.url.scheme == "https",
        )
        return answer

    async def leave(self, request: Request) -> Response:
        if await self._agreed(request) is not None:
            self._door.end(request.cookies.get(COOKIE))
        answer = RedirectResponse("/", 303)
        answer.delete_cookie(COOKIE, httponly=True, samesite="strict")
        return answer

    async def act(self, request: Request) -> Response:
        if not self._door.has_lock:
            return PlainTextResponse("This page only shows.\n", 405, headers=_GET_ONLY)
        form = await self._agreed(request)
        if form is None:
            return RedirectResponse("/enter", 303)
        order = _order(form)
        if order is None:
            return PlainTextResponse("That is not an order.\n", 400)
        try:
            said = (await carried(self._daemon, order, BY_CONSOLE), "good")
        except Refused as refusal:
            said = (str(refusal), "bad")
        self._said[request.cookies[COOKIE]] = said
        return RedirectResponse("/", 303)

    def _session(self, request: Request) -> Session | None:
        return self._door.session(request.cookies.get(COOKIE))

    async def _agreed(self, request: Request) -> dict[str, str] | None:
        """Return the form that *request* brings; None: not of this page, or of nobody we know."""
        session, form = self._session(request), await _form(request)
        if session is None or _is_from_elsewhere(request):
            return None
        given = form.get("form_key", "").encode("utf-8", "replace")
        return form if hmac.compare_digest(given, session.form_key.encode()) else None

    async def _values(self, session: Session | None) -> dict[str, object]:
        await self._recent.look(_PATIENCE)
        await self._lookout.look(_PATIENCE)
        parts, lookout = self._daemon.parts, self._lookout
        bridge = parts.bridge
        status = status_document(bridge, parts.store, self._daemon.liveness())
        review = review_document(bridge, _MOST_ACTS)
        pages = tuple(
            page_view(bridge, name, lookout.seen.get(name), lookout.trouble.get(name, ""))
            for name in bridge.pages
        )
        names = component_names(lookout.seen.values())
        lately = posted_lately(parts.store, _MOST_POSTS)
        said, tone = headline(status, len(review["waiting"]), pages)
        return {
            "title": f"{said} · statusbridge",
            "headline": said,
            "tone": tone,
            "host": socket.gethostname(),
            "status": status,
            "review": review,
            "pages": pages,
            "tiles": tiles(status, bridge, pages),
            "rules": rule_views(bridge, self._recent.curves),
            "posts": tuple(posts(lately, names, bridge.clock.now())),
            "started": bool(bridge.standings),
            "form_key": "" if session is None else session.form_key,
        }


def _html(text: str, status: int = 200) -> Response:
    headers = {"Content-Security-Policy": page.policy(), "Referrer-Policy": "same-origin"}
    return HTMLResponse(text, status, headers=headers)


async def _form(request: Request) -> dict[str, str]:
    """Return the fields of the form that *request* brings; none where it is none, or too long."""
    brought = await body(request, _LARGEST_FORM)
    try:
        text = (brought or b"").decode()
        return dict(parse_qsl(text, keep_blank_values=True, max_num_fields=20))
    except ValueError:
        return {}


def _is_from_elsewhere(request: Request) -> bool:
    """Whether a browser says that another site's page sent *request*."""
    return request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none")


def _order(form: dict[str, str]) -> Order | None:
    """Return the order of *form*; None: it is none."""
    minutes = form.get("minutes", "")
    try:
        kind = ActKind(form.get("kind", ""))
        seconds = min(int(minutes), 1440) * 60 if minutes else None
    except ValueError:
        return None
    if not form.get("key") and kind not in (ActKind.PAUSE, ActKind.RESUME):
        return None
    if seconds is not None and (kind is not ActKind.PAUSE or seconds <= 0):
        return None
    return Order(
        kind, form.get("key", ""), form.get("reason", ""), seconds, look=form.get("look", "")
    )
