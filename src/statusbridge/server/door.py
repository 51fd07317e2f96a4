"""Who may act over HTTP: whoever has the token of `[server] token`, and for a while a browser that
brought it once.

Sessions are remembered by this process alone. They end with it, with the token that began them, and
by themselves.
"""

from __future__ import annotations

import hmac
import secrets
from collections import deque
from dataclasses import dataclass
from hashlib import sha256

import structlog

from statusbridge.config.secrets import SecretError
from statusbridge.core.model import Instant, Seconds
from statusbridge.daemon import Daemon

log = structlog.get_logger()

LASTS: Seconds = 12 * 3600
"""How long a session goes on at most: a shift."""
_MOST_SESSIONS = 32
_MOST_TRIES = 10
_TRIES_IN: Seconds = 60


@dataclass(frozen=True, slots=True)
class Session:
    """A browser that brought the token. *form_key* stands in each form: no other page knows it."""

    form_key: str
    until: Instant
    token: bytes
    """Digest of the token that began it."""


class Door:
    """Asks for the token, and knows again who showed it."""

    def __init__(self, daemon: Daemon) -> None:
        self._daemon = daemon
        self._sessions: dict[str, Session] = {}
        self._wrong: deque[Instant] = deque(maxlen=_MOST_TRIES)

    @property
    def has_lock(self) -> bool:
        """Whether there is a token at all: without one nobody may act."""
        return self._daemon.config.server.token is not None

    def is_barred(self) -> bool:
        """Whether too many wrong tokens came in the last minute to look at another."""
        full = len(self._wrong) == _MOST_TRIES
        return full and 0 <= self._now() - self._wrong[0] < _TRIES_IN

    def opens_to(self, given: str) -> bool:
        """Whether *given* is the token; takes as long for one that nearly is."""
        token = self._token()
        if token is not None and hmac.compare_digest(token, _digest(given)):
            return True
        self._wrong.append(self._now())
        log.warning("token.refused")
        return False

    def begin(self) -> str:
        """Begin a session; return what its cookie holds."""
        token = self._token()
        assert token is not None
        self._sweep()
        while len(self._sessions) >= _MOST_SESSIONS:
            del self._sessions[next(iter(self._sessions))]
        name = secrets.token_urlsafe(32)
        self._sessions[name] = Session(secrets.token_urlsafe(32), self._now() + LASTS, token)
        return name

    def session(self, cookie: str | None) -> Session | None:
        """Return the session of *cookie*; None: there is none, or it is over."""
        self._sweep()
        return self._sessions.get(cookie or "")

    def end(self, cookie: str | None) -> None:
        self._sessions.pop(cookie or "", None)

    def _sweep(self) -> None:
        if self._sessions:
            now, token = self._now(), self._token()
            kept = self._sessions.items()
            self._sessions = {n: s for n, s in kept if now < s.until and s.token == token}

    def _token(self) -> bytes | None:
        """Return the digest of the token as it is now; None: there is none, or none to be read."""
        token = self._daemon.config.server.token
        try:
            return None if token is None else _digest(token.read())
        except SecretError:
            return None

    def _now(self) -> Instant:
        return self._daemon.parts.bridge.clock.now()


def _digest(token: str) -> bytes:
    return sha256(token.encode("utf-8", "surrogatepass")).digest()
