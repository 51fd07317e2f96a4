"""What public text may say: the variables a template may use, and what must never be published.

Knows text only. Templates are rendered by an adapter; what is found here is a refusal at `check`
and a hold when publishing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

VARIABLES = ("components", "status", "started_at", "quiet_since", "duration", "now", "page")
"""All that a public template may name."""

TEXT_LIMIT = 4096
"""Characters of a posted message."""
TITLE_LIMIT = 200
"""Characters of an incident's name."""

_SID = re.compile(r"(?<![A-Za-z0-9])[A-Z]{2}[0-9a-fA-F]{32}(?![A-Za-z0-9])")

# One character before the @ is enough, so that a match can begin at no other place.
_EMAIL = re.compile(r"[\w.%+-]@(?:[A-Za-z0-9-]+\.)+[A-Za-z]{2}")

_PHONES = (
    re.compile(r"(?<!\w)\+[1-9](?:[ ().-]{0,2}[0-9]){7,14}(?![0-9])"),
    re.compile(r"(?<!\w)\([0-9]{2,5}\)[ -]?[0-9]{3,4}[ .-]?[0-9]{3,5}(?!\w)"),
    re.compile(r"(?<![\w.-])(?:1[ .-])?[0-9]{3}([ .-])[0-9]{3}\1[0-9]{4}(?![\w-])"),
    # Trunk prefixes: 020 7946 0958, 0171 1234567, 0800-123-4567.
    re.compile(r"(?<![\w.:-])0[0-9]{2,4}[ /-][0-9]{3,4}(?:[ -]?[0-9]{3,5})(?![\w:-])"),
    re.compile(r"(?<![\w.])[0-9]{10,}+(?!\w)"),
)

_URL = re.compile(r"(?<![A-Za-z0-9])([A-Za-z][A-Za-z0-9+.-]{0,20})://([^\s/?#<>\"')]*)")
_PRIVATE_HOST = re.compile(
    r"[^.]*|.*\.(?:local|localhost|localdomain|internal|intranet|lan|corp|home|private|arpa)",
    re.IGNORECASE,
)

_IPV4 = re.compile(
    r"(?<![\w.])(?<![Vv]ersion )(?:(?:25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])\.){3}"
    r"(?:25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])(?![\w]|\.[0-9])"
)
_GROUP = r"[0-9A-Fa-f]{1,4}"
_IPV6 = re.compile(
    rf"(?<![\w:.])(?:(?:{_GROUP}:){{7}}{_GROUP}"
    rf"|{_GROUP}(?::{_GROUP}){{0,6}}::(?:{_GROUP}(?::{_GROUP}){{0,6}})?"
    rf"|::{_GROUP}(?::{_GROUP}){{0,6}})(?![\w:])"
)

_KNOWN_TOKEN = re.compile(
    r"(?<![\w-])(?:eyJ[\w-]{8,}\.[\w-]+\.|(?:sk|pk|rk|ghp|gho|ghs|glpat|xox[abeprs]|whsec)"
    r"[_-](?=[A-Za-z_-]*[0-9])[\w-]{8,}|AKIA[0-9A-Z]{16})"
)
_HEX = re.compile(r"(?<![A-Za-z0-9])[0-9a-fA-F]{20,}(?![A-Za-z0-9])")
_RUN = re.compile(r"[A-Za-z0-9_+/=-]{20,}")
# Where a random text changes class about every second character and words hardly ever do;
# a capital followed by a small letter is how words begin.
_TURN = re.compile(r"(?<=[a-z])(?=[A-Z0-9])|(?<=[0-9])(?=[A-Za-z])|(?<=[A-Z])(?=[0-9])")
# Ids by which public pages link to an incident: a ULID or UUID as one part of a URL's path.
_LINKED_ID = re.compile(
    r"(?<=/)(?:[0-9A-HJKMNP-TV-Z]{26}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(?![\w-])"
)

_TAG = re.compile(r"</?[A-Za-z][A-Za-z0-9-]*(?:[\s/][^<>]*)?>|<!--")

# Joiners are part of words in some scripts and of emoji, so they pass between such characters.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e"
    "\u2060-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
    "|(?<![^\x00-\x7f])[\u200c\u200d]|[\u200c\u200d](?![^\x00-\x7f])"
)


def leaks(text: str) -> tuple[str, ...]:
    """Return the names of what *text* seems to hold and must not publish; empty for clean text.

    Each name once, in a fixed order, fit for "contains what looks like …". Errs towards passing
    ordinary prose: clock times, dates, error codes, versions and public https links are clean.
    Takes time linear in the length of *text*.
    """
    found = (
        ("a SID", bool(_SID.search(text))),
        ("a phone number", any(phone.search(text) for phone in _PHONES)),
        ("an e-mail address", bool(_EMAIL.search(text))),
        ("a private URL", any(_is_private(*url.groups()) for url in _URL.finditer(text))),
        ("an IP address", bool(_IPV4.search(text) or _IPV6.search(text))),
        ("a token", _has_token(text)),
        ("an HTML tag", bool(_TAG.search(text))),
        ("an invisible or control character", bool(_INVISIBLE.search(text))),
    )
    return tuple(name for name, present in found if present)


def _is_private(scheme: str, authority: str) -> bool:
    """Whether a URL is none that the public could and should open."""
    host = authority.rpartition("@")[2].rstrip(".,;")
    name = host.partition(":")[0]
    return (
        scheme.lower() not in {"http", "https"}
        or "@" in authority
        or host.startswith("[")
        or bool(_PRIVATE_HOST.fullmatch(name))
        or bool(_IPV4.fullmatch(name))
    )


def _has_token(text: str) -> bool:
    text = _LINKED_ID.sub("", _SID.sub("", text))
    if _KNOWN_TOKEN.search(text) or _HEX.search(text):
        return True
    return _any_random(run.group() for run in _RUN.finditer(text))


def _any_random(runs: Iterable[str]) -> bool:
    return any(len(_TURN.findall(run)) * 5 >= len(run) for run in runs)
