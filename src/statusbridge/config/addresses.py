"""Addresses as the file writes them. Each check passes its text on or says what was expected."""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import urlsplit

_HOST = re.compile(r"(?=.{1,253}\Z)[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*\Z")
_AUTHORITY = re.compile(r"(\[[^\[\]]*\]|[^\[\]:]*)(:[0-9]*)?\Z")
_NUMBER = re.compile(r"(.*\.)?[0-9]+\Z")
_LONGEST_URL = 2_000
"""Characters of a base URL: to the paths under it, HTTP libraries set bounds of their own."""


def base_url(text: str) -> str:
    """Pass an https URL, or a plain http one of this machine. The error never repeats the URL."""
    try:
        url = urlsplit(text)
        host, _ = url.hostname or "", url.port
    except ValueError:
        raise ValueError('not a URL; expected for example "https://api.example.com"') from None
    if url.scheme not in {"http", "https"} or not host or not text.isprintable() or " " in text:
        raise ValueError('not a web address; expected for example "https://api.example.com"')
    if "@" in url.netloc or "?" in text or "#" in text:
        raise ValueError("expected a URL without user, password, query and fragment")
    if len(text) > _LONGEST_URL or not (_AUTHORITY.match(url.netloc) and _can_be_looked_up(host)):
        raise ValueError(
            "not the address of any host; expected a name in ASCII (others in their xn-- form) "
            'or a number, for example "https://api.example.com"'
        )
    if url.scheme == "http" and not is_loopback(host):
        raise ValueError(
            "plain http would send the credentials unencrypted; expected https "
            "(http only on this machine, such as http://127.0.0.1:8080)"
        )
    return text


def webhook_url(text: str) -> str:
    """Pass an https URL with any path and query, or a plain http one of this machine.

    The error never repeats the URL, which is a secret.
    """
    scheme, mark, rest = text.partition("://")
    host = re.split("[/?#]", rest, maxsplit=1)[0]
    if "@" in host or "#" in text:
        raise ValueError("expected a URL without user, password and fragment")
    base_url(f"{scheme}{mark}{host}")
    return text


def link(text: str) -> str:
    """Pass a web address for people to follow."""
    url = urlsplit(text)
    is_web = url.scheme in {"http", "https"} and url.hostname and "@" not in url.netloc
    if not is_web or not text.isprintable() or " " in text or len(text) > _LONGEST_URL:
        raise ValueError('not a web address; expected for example "https://wiki.example.com/page"')
    return text


def _can_be_looked_up(host: str) -> bool:
    """Whether *host* is a number, or a name in the form that DNS takes; nothing is looked up."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return bool(_HOST.match(host)) and not _NUMBER.match(host) and _reads_back(host)
    return True


def _reads_back(host: str) -> bool:
    """Whether the labels of *host* that stand for other letters ("xn--…") do stand for some."""
    if "xn--" not in host:
        return True
    import httpx  # which makes the requests, and takes 60 ms to load

    try:
        return bool(httpx.URL(f"https://{host}").host)
    except (httpx.InvalidURL, UnicodeError):
        return False


def is_loopback(host: str) -> bool:
    """Whether *host* is this machine by its name or its number alone; nothing is looked up."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def listen(text: str) -> str:
    """Pass "host:port", or "" for none."""
    if text:
        split_address(text)
    return text


def split_address(text: str) -> tuple[str, int]:
    """Return host and port of "host:port"; an IPv6 host stands in brackets. Raises ValueError."""
    host, _, port = text.rpartition(":")
    bracketed = host.startswith("[") and host.endswith("]")
    bare = host[1:-1] if bracketed else host
    is_port = port.isascii() and port.isdigit() and len(port) <= 5 and int(port) <= 65_535
    if not bare or not is_port or (":" in bare) != bracketed:
        raise ValueError(
            f'"{text}" is no address to listen on; expected "host:port" such as "127.0.0.1:9464", '
            'or "" for none'
        )
    return bare, int(port)


def host_name(text: str) -> str:
    """Pass a host's name, in lower case as alerts are matched."""
    if _HOST.match(text) is None:
        raise ValueError(
            f'"{text}" is no host name; expected for example "hooks.example.com", '
            "without scheme, port and path"
        )
    return text.lower()
