"""The download of Twilio's published error dictionary, for `codes --refresh`.

Knows its web address and the limits on what may come from there; not what is in it. Apart from the
rest of `codes`, so that printing the table need not load an HTTP client.
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
from typing import Final

import httpx

from statusbridge import __version__
from statusbridge.commands.code_dictionary import DictionaryError
from statusbridge.core.model import Seconds

URL: Final = "https://www.twilio.com/docs/api/errors/twilio-error-codes.json"
"""Linked from twilio.com/docs/api/errors as the list of all error codes."""
MAX_BYTES: Final = 20 * 1024 * 1024
"""Far above what some 2,800 codes with their explanations can need."""
DEADLINE: Final[Seconds] = 60
"""For the whole download, redirects included."""
MAX_REDIRECTS: Final = 5


def check_url(url: str) -> None:
    """Raise ValueError, with a sentence, unless *url* is https or leads to this machine."""
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL as error:
        raise ValueError(f"{url!r} is not a web address: {error}") from None
    if parsed.scheme not in ("http", "https") or not parsed.host:
        raise ValueError(f"{url!r} is not a web address: give https://HOST/PATH")
    if parsed.scheme == "http" and not _is_loopback(parsed.host):
        raise ValueError(f"{url!r} is not encrypted: give an https address")


def fetch(url: str, deadline: float = DEADLINE) -> bytes:
    """Return what *url* answers within *deadline* seconds, at most MAX_BYTES.

    Follows redirects on the same origin only. Raises DictionaryError.
    """
    try:
        return asyncio.run(_fetch(httpx.URL(url), deadline))
    except TimeoutError:
        raise DictionaryError(
            f"{url} did not answer completely within {deadline:g} s; try again later"
        ) from None
    # httpx refuses unusable proxy settings of the environment with the last two.
    except (httpx.HTTPError, ImportError, ValueError) as error:
        why = str(error).rstrip(".") or type(error).__name__
        raise DictionaryError(f"{url} could not be read: {why}; try again later") from None


async def _fetch(url: httpx.URL, deadline: float) -> bytes:
    # A cancelled request may cost httpx its connection; this client is used once and closed.
    async with (
        asyncio.timeout(deadline),
        httpx.AsyncClient(
            timeout=deadline,
            trust_env=not _is_loopback(url.host),
            # Identity: a compressed answer could outgrow the cap in one read.
            headers={"Accept-Encoding": "identity", "User-Agent": f"statusbridge/{__version__}"},
        ) as client,
    ):
        for _ in range(MAX_REDIRECTS + 1):
            async with client.stream("GET", url) as response:
                if response.next_request is None:
                    return await _body(response)
                url = _same_origin(url, response.next_request.url)
    raise DictionaryError(f"{url} redirects more than {MAX_REDIRECTS} times; try again later")


async def _body(response: httpx.Response) -> bytes:
    if response.status_code != httpx.codes.OK:
        raise DictionaryError(
            f"{response.url} answered {response.status_code} instead of 200; try again later"
        )
    encoding = response.headers.get("Content-Encoding", "identity")
    if encoding != "identity":
        raise DictionaryError(f"{response.url} answered in {encoding}, though asked for plain text")
    body = bytearray()
    async for chunk in response.aiter_raw():
        body += chunk
        if len(body) > MAX_BYTES:
            raise DictionaryError(
                f"{response.url} answered more than {MAX_BYTES // 1024**2} MB, too much for a list "
                "of error codes"
            )
    return bytes(body)


def _same_origin(url: httpx.URL, target: httpx.URL) -> httpx.URL:
    if (target.scheme, target.host, target.port) != (url.scheme, url.host, url.port):
        raise DictionaryError(
            f"{url} redirects to {target}, which is not the same host; only Twilio's own is read"
        )
    return target


def _is_loopback(host: str) -> bool:
    with contextlib.suppress(ValueError):
        return ipaddress.ip_address(host).is_loopback
    return host == "localhost"
