"""The console over HTTP: the page, the part of it that changes, and what is decided on it.

Deciding needs a session, which the token begins, and the form's own key, which no other page knows.
"""

from __future__ import annotations

import hmac
import socket
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from statusbridge.adapters.sqlite_lookups import posted_lately
from statusbridge.bridge.reviewing import review_document
from statusbridge.core.acts import Refused
from statusbridge.daemon import Daemon
from statusbridge.server.console import page
from statusbridge.server.console.forms import (
    Form,
    Words,
    form_of,
    is_from_elsewhere,
    order_of,
    written,
)
from statusbridge.server.console.lookout import Lookout
from statusbridge.server.console.page_view import component_names, page_view
from statusbridge.server.console.recent import Recent
from statusbridge.server.console.view import headline, posts, rule_views, tiles
from statusbridge.server.door import LASTS, Door, Session
from statusbridge.server.orders import carried
from statusbridge.status import status_document

BY_CONSOLE = "console (token)"
COOKIE = "statusbridge_session"
_MOST_POSTS = 12
_MOST_ACTS = 8
_PATIENCE = 0.08
"""Seconds that the page waits for what is read beside it; it is there the next time."""
_GET_ONLY = {"Allow": "GET, HEAD"}


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of an order: *said* once; words that were refused are *kept* until the next."""

    said: str = ""
    tone: str = ""
    kept: Words | None = None


_NONE = Answer()


class Console:
    """What the page is made of, and who looks at it."""

    def __init__(self, daemon: Daemon, door: Door) -> None:
        self._daemon = daemon
        self._door = door
        self._lookout = Lookout(daemon)
        self._recent = Recent(daemon)
        self._answers: dict[str, Answer] = {}
        """By session: what came of its last order."""

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
        answer = _NONE if session is None else self._answers.pop(cookie, _NONE)
        if answer.kept is not None:
            self._answers[cookie] = Answer(kept=answer.kept)
        more = {"answer": answer, "lock": self._door.has_lock, "kept": answer.kept}
        return _html(page.whole(await self._values(session) | more))

    async def live(self, request: Request) -> Response:
        return _html(page.live(await self._values(self._session(request)) | {"kept": None}))

    async def icon(self, _: Request) -> Response:
        return Response(page.ICON, media_type="image/svg+xml")

    async def entrance(self, _: Request) -> Response:
        if not self._door.has_lock:
            return PlainTextResponse("No [server] token is configured.\n", status_code=404)
        return _html(page.entrance({"why": "", "kept": None}))

    async def enter(self, request: Request) -> Response:
        if not self._door.has_lock:
            return PlainTextResponse("This page only shows.\n", 405, headers=_GET_ONLY)
        if self._door.is_barred():
            why = "Too many wrong tokens; try again in a minute."
            return _html(page.entrance({"why": why, "kept": None}), 429)
        if is_from_elsewhere(request):
            return PlainTextResponse("That came from another page.\n", 403)
        form = await form_of(request)
        if not self._door.opens_to(form.get("token", "").strip()):
            return _html(page.entrance({"why": "That is not the token.", "kept": None}), 403)
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
        if self._is_agreed(request, await form_of(request)):
            self._door.end(request.cookies.get(COOKIE))
        answer = RedirectResponse("/", 303)
        answer.delete_cookie(COOKIE, httponly=True, samesite="strict")
        return answer

    async def act(self, request: Request) -> Response:
        if not self._door.has_lock:
            return PlainTextResponse("This page only shows.\n", 405, headers=_GET_ONLY)
        form = await form_of(request)
        if not self._is_agreed(request, form):
            return _asked_in(None if is_from_elsewhere(request) else written(form))
        try:
            order = order_of(form)
            if order is None:
                return PlainTextResponse("That is not an order.\n", 400)
            answer = Answer(await carried(self._daemon, order, BY_CONSOLE), "good")
        except Refused as refusal:
            answer = Answer(str(refusal), "bad", written(form))
        known = self._answers.items()
        self._answers = {c: a for c, a in known if self._door.session(c) is not None}
        self._answers[request.cookies[COOKIE]] = answer
        return RedirectResponse("/", 303)

    def _session(self, request: Request) -> Session | None:
        return self._door.session(request.cookies.get(COOKIE))

    def _is_agreed(self, request: Request, form: Form) -> bool:
        """Whether *form* is of this page, and of somebody whom we know."""
        session = self._session(request)
        if session is None or is_from_elsewhere(request):
            return False
        given = form.get("form_key", "").encode("utf-8", "replace")
        return hmac.compare_digest(given, session.form_key.encode())

    async def _values(self, session: Session | None) -> dict[str, object]:
        await self._recent.look(_PATIENCE)
        parts, lookout = self._daemon.parts, self._lookout
        lately = posted_lately(parts.store, _MOST_POSTS)
        await lookout.look(_PATIENCE, {name: at for name, _, at in reversed(lately)})
        bridge = parts.bridge
        status = status_document(bridge, parts.store, self._daemon.liveness())
        review = review_document(bridge, _MOST_ACTS)
        pages = tuple(
            page_view(bridge, name, lookout.seen.get(name), lookout.trouble.get(name, ""))
            for name in bridge.pages
        )
        names = component_names(lookout.seen.values())
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


def _asked_in(words: Words | None) -> Response:
    """Return what is answered to a form of nobody we know: with *words*, so that they are kept."""
    if words is None:
        return RedirectResponse("/enter", 303)
    why = "This needs the token again: you entered it too long ago, or the daemon was restarted."
    return _html(page.entrance({"why": why, "kept": words}), 403)
