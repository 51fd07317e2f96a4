"""How scenarios and control requests write spans, times, ids and tables, and how strictly.

Everything a person types passes through `build`: an unknown key or word is an error that names its
place and the nearest known one.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from email.utils import format_datetime
from hashlib import blake2b
from typing import Literal, TypeAlias, TypeVar, assert_never

import msgspec

T = TypeVar("T")
S = TypeVar("S", bound=msgspec.Struct)

_SPAN = re.compile(r"(-?\d+(?:\.\d+)?)(s|m|h|d)")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_SID = re.compile(r"[A-Z]{2}[0-9a-f]{32}")

DateFormat: TypeAlias = Literal["iso", "millis", "offset", "rfc2822"]


class NotationError(ValueError):
    """What was written can't be read; the message says where, and what was expected."""


class Span(float):
    """Seconds, written "30s", "10m", "2h", "1d", "0.5s" or "-5m"."""


def span(text: str) -> Span:
    """Return the seconds that *text* writes. Raises `NotationError`."""
    found = _SPAN.fullmatch(text.strip())
    if found is None:
        raise NotationError(f'{text!r} is no span of time: write "30s", "10m", "2h" or "1d"')
    return Span(float(found[1]) * _SECONDS[found[2]])


def written(value: object) -> str:
    """Return a `Span` as it is written; msgspec asks for what it can't encode itself."""
    if not isinstance(value, Span):
        raise NotImplementedError(type(value))
    return f"{float(value):.15g}s"


def nearest(word: str, known: Iterable[str]) -> str:
    """Return a clause naming the known word closest to *word*, or all of them if none is close."""
    words = sorted(known)
    close = difflib.get_close_matches(word, words, n=1, cutoff=0.5)
    return f'did you mean "{close[0]}"?' if close else f"known are {', '.join(words)}"


def build(kind: type[S], table: object, place: str) -> S:
    """Return *table* as a value of the struct *kind*. Raises `NotationError` naming *place*."""
    if isinstance(table, Mapping):
        known = {f.encode_name for f in msgspec.structs.fields(kind)}
        for key in table:
            if key not in known:
                raise NotationError(f'{place}: unknown key "{key}", {nearest(str(key), known)}')
    try:
        return msgspec.convert(table, kind, dec_hook=_read_span)
    except msgspec.ValidationError as error:
        raise NotationError(f"{place}: {error}") from None


def choose(table: Mapping[str, T], word: object, place: str) -> T:
    """Return the entry of *table* that *word* names. Raises `NotationError` naming *place*."""
    if not isinstance(word, str) or word not in table:
        raise NotationError(f'{place}: unknown word "{word}", {nearest(str(word), table)}')
    return table[word]


def sid(text: str, number: int = 0) -> str:
    """Return *text*, "{n}" in it replaced by *number*, as a valid SID of the same prefix.

    The same text gives the same SID; one that is complete already stays as it is.
    """
    written = text.replace("{n}", str(number))
    return written if _SID.fullmatch(written) else f"{written[:2].upper()}{digest(written)}"


def digest(*parts: object) -> str:
    """Return 32 hex digits that depend on *parts* only."""
    return blake2b("/".join(map(str, parts)).encode(), digest_size=16).hexdigest()


def timestamp(at: float, style: DateFormat = "iso") -> str:
    """Return *at* (epoch seconds) in one of the forms in which the two APIs were seen to write it.

    "iso" has a fraction only where *at* has one; Twilio's own times are whole.
    """
    moment = datetime.fromtimestamp(at, UTC)
    match style:
        case "iso":
            return moment.isoformat().replace("+00:00", "Z")
        case "millis":
            return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        case "offset":
            return moment.isoformat(timespec="seconds")
        case "rfc2822":
            return format_datetime(moment.replace(microsecond=0))
        case _:
            assert_never(style)


def http_date(at: float) -> str:
    """Return *at* as HTTP's `Date` and `Retry-After` write it."""
    return format_datetime(datetime.fromtimestamp(int(at), UTC), usegmt=True)


def _read_span(kind: type, raw: object) -> object:
    if kind is not Span:
        return raw
    if not isinstance(raw, str):
        raise NotationError(f'{raw!r} is no span of time: write it with its unit, as in "30s"')
    return span(raw)
