"""Twilio's free text and odd scalars, read one value at a time into what the core takes.

Every function is total: whatever Twilio sends gives a value or None, never an exception. Nothing
here keeps what it was given: alert texts and URLs hold phone numbers, tokens and names.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from urllib.parse import unquote_plus

from statusbridge.core.model import Instant
from statusbridge.core.rules import Probe

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND = timedelta(seconds=1)
_CODE = re.compile(r"\s*([0-9]{1,9})\s*(?:,|$)")
_LEAP = re.compile(r"([0-9]:[0-5][0-9]:)60")
"""The second that no clock of ours has: taken for the one before it."""
_CODES_END = 10**9
_HOST = re.compile(
    r"\s*(?:[a-z][a-z0-9+.-]*://|sips?:)(?:[^/?#]*@)?(\[[^\]/?#]*\]|[^:/?#;\s]+)", re.IGNORECASE
)


def instant_of(text: str | None) -> Instant | None:
    """Return the whole second that *text* names, rounded down; None where it names none.

    Twilio has sent ISO 8601 with and without a fraction, its documentation shows RFC 2822, and
    client libraries have cut dates to the day. Without an offset it is UTC.
    """
    if not text:
        return None
    try:
        moment = _moment(_LEAP.sub(r"\g<1>59", text.strip()))
        # Raises OverflowError where the offset leads out of the years 1 to 9999.
        utc = moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None
    return (utc - _EPOCH) // _SECOND


def _moment(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return parsedate_to_datetime(text)


def code_of(value: str | float | None) -> int | None:
    """Return the error code in *value*: a number, digits, or digits before a comma and words."""
    if value is None:
        return None
    if isinstance(value, str):
        found = _CODE.match(value)
        return int(found[1]) if found else None
    return int(value) if 0 <= value < _CODES_END and value == int(value) else None


def host_of(url: str | None) -> str | None:
    """Return the host of *url* in lower case, without user, port and path. SIP URLs have one."""
    found = _HOST.match(url) if url else None
    return found[1].lower() if found else None


def trait_reader(probes: tuple[Probe, ...]) -> Callable[[str | None], tuple[str, ...]]:
    """Return what reads an alert's text: the traits of those *probes* that hold, sorted, each once.

    The text is URL-encoded `key=value` pairs, some without "=", or a sentence with HTML entities.
    """
    needles = {probe.trait: probe.needle.lower() for probe in probes if probe.key is None}
    fields = {probe.trait: f"{probe.key}={probe.needle}" for probe in probes if probe.key}
    # Where no rule asks for words anywhere, what belongs to other keys need not be decoded.
    keys = None if needles else frozenset(f.partition("=")[0] for f in fields.values())

    def traits_of(text: str | None) -> tuple[str, ...]:
        parts = _decoded(text, keys) if text else ()
        whole = "&".join(parts).lower()
        held = [trait for trait, needle in needles.items() if needle in whole]
        held += [trait for trait, field in fields.items() if field in parts]
        return tuple(sorted(held))

    return traits_of if probes else lambda text: ()


def _decoded(text: str, keys: frozenset[str] | None) -> Sequence[str]:
    """Return *text* as a person would read it: its pairs as `key=value`, or the one sentence.

    Of pairs, those of *keys* at least; None: all. Pairs with blanks, which are not encoded then as
    they should be, are read in both ways.
    """
    if " " in text.partition("=")[0] or "=" not in text:
        return (html.unescape(text),)
    pairs = text.split("&")
    if keys is not None:
        pairs = [pair for pair in pairs if _may_be_of(keys, pair)]
    parts = [_unquoted(pair) for pair in pairs]
    return [html.unescape(text), *parts] if " " in text else parts


def _may_be_of(keys: frozenset[str], pair: str) -> bool:
    key = pair.partition("=")[0]
    return key in keys or "%" in key or "+" in key


def _unquoted(pair: str) -> str:
    if "+" in pair or "%" in pair:
        return html.unescape(unquote_plus(pair))
    return pair
