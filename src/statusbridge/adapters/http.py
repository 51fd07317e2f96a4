"""The one module that speaks HTTP: bounded exchanges with one origin, their failures named.

Knows nothing of either API. With `adapters.http_transport` it fences off what httpx and httpcore
1.0 leave open: a slow drip that outlives every read timeout, inflating before a size cap can act,
credentials to any absolute URL, connections lost to cancelled requests, cookies, and an answer left
over from the request before.
"""

from __future__ import annotations

import ipaddress
import math
import os
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx
import msgspec

from statusbridge import __version__
from statusbridge.adapters.exchanges import Exchanges
from statusbridge.adapters.http_transport import FAILURES, Limits, PinnedOrigin, spending
from statusbridge.core.errors import Unavailable

LONGEST_RETRY_AFTER = 15 * 60
"""Seconds. A server that asks for more is asked again after this."""

_JSON = re.compile(r"(application|text)/([a-z0-9.-]+\+)?json")
_MEDIA_TYPE = re.compile(r"[a-z0-9.+-]{1,30}/[a-z0-9.+-]{1,30}")
_ERRNO = re.compile(r"\[Errno -?\d+\] ")
# asyncio puts the address in the place of what the number means.
_REFUSED = re.compile(r"\[Errno (\d+)\] Connect call failed")
_PLAINLY = {
    "ConnectError": "could not connect",
    "ConnectTimeout": "could not connect in time",
    "ReadError": "the connection broke",
    "ReadTimeout": "no whole answer in time",
    "WriteError": "the connection broke",
    "WriteTimeout": "could not send in time",
}
"""What httpx and httpcore call a failure, for whoever reads it at night."""


class NotSent(Exception):  # noqa: N818 - named for what is then true
    """Not a byte of the request left. Safe to send again."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Interrupted(Exception):  # noqa: N818 - named for what is then true
    """The request left, or part of it, and no whole answer came: its outcome is unknown."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Reply:
    """A whole answer, whatever its status. *body* is as sent: never inflated."""

    status: int
    headers: httpx.Headers
    body: bytes


class Wire:
    """HTTP/1.1 to the origin of *base_url*, below its path, and to nowhere else.

    *authorization* gives the header's value for each request anew, so that a secret may be rotated;
    when it raises, nothing is sent, and what it says is the reason: it must not quote the secret.
    None: no such header is sent. *private_path*: failures name no path, as it is itself a secret.
    Raises ValueError where *base_url* is not https (http for loopback), or carries credentials.
    """

    def __init__(
        self,
        base_url: str,
        authorization: Callable[[], str] | None,
        *,
        private_path: bool = False,
        limits: Limits | None = None,
        exchanges: Exchanges | None = None,
    ) -> None:
        self._exchanges = exchanges or Exchanges()
        base = _checked(base_url)
        limits = limits or Limits()
        self._base = str(base).rstrip("/")
        self._limits = limits
        self._private = private_path
        self._origin = PinnedOrigin(base, authorization, limits)
        self._client = httpx.AsyncClient(
            transport=self._origin,
            headers={
                "Accept": "application/json",
                "Accept-Encoding": "identity",
                "User-Agent": f"statusbridge/{__version__}",
            },
            timeout=httpx.Timeout(limits.deadline, connect=limits.connect, pool=limits.pool),
            follow_redirects=False,
            trust_env=False,
        )

    @property
    def pool_rebuilds(self) -> int:
        """How often cancelled requests had used up the connections for reads."""
        return self._origin.rebuilds

    async def get(self, path: str, params: Mapping[str, str] | None = None) -> Reply:
        """Return the answer to a read, of any status but a redirect.

        Connections are kept for the next read. Not retried here.
        Raises `Unavailable` where no whole answer came in time, for a redirect, and where *path*
        and *params*, which may come from an answer, are more than an address can hold.
        """
        try:
            request = self._client.build_request("GET", self._base + path, params=params)
        except (httpx.InvalidURL, UnicodeError) as error:
            raise Unavailable(f"GET {path[:100]} can't be asked for: {error}") from error
        try:
            reply = await self._exchange(request)
        except (NotSent, Interrupted) as error:
            raise Unavailable(error.reason) from error
        if 300 <= reply.status < 400:
            raise Unavailable(f"GET {path} was redirected ({reply.status}): check the base URL")
        return reply

    async def post_once(self, path: str, body: bytes) -> Reply:
        """Send *body* as JSON once, on a connection of its own; return the answer of any status.

        Raises `NotSent` or `Interrupted`: only the first is safe to repeat.
        """
        headers = {"Content-Type": "application/json", "Connection": "close"}
        request = self._client.build_request(
            "POST", self._base + path, content=body, headers=headers
        )
        return await self._exchange(request)

    async def aclose(self) -> None:
        """Close every connection. The wire can't be used after."""
        await self._client.aclose()

    async def _exchange(self, request: httpx.Request) -> Reply:
        began = time.perf_counter()
        outcome = "not_sent"
        with spending(self._limits) as budget:
            try:
                response = await self._client.send(request)
                outcome = str(response.status_code)
            except FAILURES as error:
                outcome = "interrupted" if budget.request_left else "not_sent"
                failure = Interrupted if budget.request_left else NotSent
                path = "" if self._private else request.url.path
                raise failure(_reason(request, path, error)) from error
            finally:
                self._exchanges.note(outcome, time.perf_counter() - began)
        return Reply(response.status_code, response.headers, response.content)


def retry_after(reply: Reply, now: float) -> int | None:
    """Return the seconds that *reply* asks to wait, 0 to `LONGEST_RETRY_AFTER`; None: it doesn't.

    Reads the header as seconds or as a date, else `rate_limit.retry_after` of an incident.io error.
    *now* is in seconds since the epoch.
    """
    text = reply.headers.get("Retry-After", "").strip()
    if re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", text):
        wanted = float(text)
    else:
        moment = _http_date(text) or _limit_end(reply.body)
        if moment is None:
            return None
        wanted = moment.timestamp() - now
    return math.ceil(min(max(wanted, 0.0), LONGEST_RETRY_AFTER))


def other_than_json(reply: Reply) -> str | None:
    """Return the media type of *reply* where that is not JSON; None: it is, or is not said.

    What stands between us and an API, such as a Wi-Fi's log-in page, answers in its stead, with any
    status and with any body.
    """
    said = reply.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if not said or _JSON.fullmatch(said):
        return None
    return said if _MEDIA_TYPE.fullmatch(said) else "something unnamed"


def one_line(text: str, longest: int) -> str:
    """Return what a server said as one line that can be logged and shown: cut, nothing invisible.

    Control characters would reach a terminal, marks of direction would turn a log around.
    """
    kept = (char if char.isprintable() else " " for char in text[: 4 * longest])
    return " ".join("".join(kept).split())[:longest].strip()


def server_time(reply: Reply) -> int | None:
    """Return the server's clock when it answered, from the `Date` header; None: not said."""
    moment = _http_date(reply.headers.get("Date", ""))
    return None if moment is None else int(moment.timestamp())


def _http_date(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
        # Raises OverflowError where the offset leads out of the years 1 to 9999.
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (TypeError, ValueError, OverflowError):
        return None


class _RateLimit(msgspec.Struct):
    retry_after: datetime


class _RateLimited(msgspec.Struct):
    rate_limit: _RateLimit


def _limit_end(body: bytes) -> datetime | None:
    try:
        moment = msgspec.json.decode(body, type=_RateLimited).rate_limit.retry_after
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _checked(base_url: str) -> httpx.URL:
    try:
        url = httpx.URL(base_url)
        host = url.host
    except (httpx.InvalidURL, UnicodeError) as error:
        raise ValueError(f"the base URL is no URL: {error}") from error
    if not host or url.userinfo or url.query or url.fragment:
        raise ValueError("a base URL is https://host, at most with a port and a path")
    if url.scheme != "https" and not (url.scheme == "http" and _loopback(host)):
        raise ValueError(f"the base URL of {host} must be https (http only for loopback)")
    return url


def _loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _reason(request: httpx.Request, path: str, error: BaseException) -> str:
    # h11 quotes the line that it can't read, and a server may have put our credentials there.
    told = str(_told(error)).partition(": bytearray(")[0]
    told = _ERRNO.sub("", _REFUSED.sub(lambda found: os.strerror(int(found[1])), told))
    name = type(error).__name__
    text = one_line(f"{_PLAINLY.get(name, name)}: {told}".rstrip(": "), 200)
    return f"{request.method} {request.url.host}{path} failed: {text}"


def _told(error: BaseException) -> BaseException:
    # The pool raises "from None": what really failed is left only in the arguments of its error.
    wrapped = error.args[0] if error.args else None
    return wrapped.__cause__ or wrapped if isinstance(wrapped, BaseException) else error
