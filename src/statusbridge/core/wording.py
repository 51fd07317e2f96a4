"""What public text may say: the variables a template may use, and what must never be published.

Knows text only. Templates are rendered by an adapter; what is found here is a refusal at `check`,
and when publishing a reason to say it more plainly or not at all.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from unicodedata import decimal, normalize

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
    re.compile(r"(?<!\w)00 ?[1-9](?:[ ().-]{0,2}[0-9]){7,14}(?![0-9])"),
    re.compile(r"(?<!\w)\([0-9]{2,5}\)[ -]?[0-9]{3,5}[ .-]?[0-9]{3,5}(?!\w)"),
    re.compile(r"(?<![\w.-])(?:1[ .-])?[0-9]{3}([ .-])[0-9]{3}\1[0-9]{4}(?![\w-])"),
    # Trunk prefixes: 020 7946 0958, 0171 1234567, 0800-123-4567.
    re.compile(r"(?<![\w.:-])0[1-9][0-9]{1,3}[ /-][0-9]{3,4}(?:[ -]?[0-9]{3,5})(?![\w:-])"),
    # In pairs, as in France: 01 23 45 67 89.
    re.compile(r"(?<![\w.:-])0[1-9]([ .-])[0-9]{2}(?:\1[0-9]{2}){3}(?![\w:-])"),
    re.compile(r"(?<![\w.])[0-9]{10,}+(?!\w)"),
)

# Grouped as on cards, so that a large number in groups of three is none.
_CARD = re.compile(
    r"(?<![\w.-])(?:[0-9]{4}([ -])[0-9]{4}\1[0-9]{4}\1[0-9]{4}|3[0-9]{3}([ -])[0-9]{6}\2[0-9]{4,5})"
    r"(?![\w-])"
)
_IBAN = re.compile(
    r"(?<![A-Za-z0-9])[A-Z]{2}[0-9]{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?(?!\w)"
)

_URL = re.compile(r"(?<![A-Za-z0-9])([A-Za-z][A-Za-z0-9+.-]{0,20})://([^\s/?#<>\"')]*)")
# Schemes that need no host, and do something where a link is opened.
_ACTIVE_URL = re.compile(
    r"(?<!\w)(?:(?:javascript|vbscript):\S|data:[\w.+-]*[/;,]|file:/)", re.IGNORECASE
)
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
_UUID = re.compile(
    r"(?<![A-Za-z0-9])[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}(?![A-Za-z0-9])"
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

_TAG = re.compile(r"</?[A-Za-z][A-Za-z0-9-]*(?:[\s/][^<>]*)?>|<[!?][A-Za-z\[-]")
_ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z]{2,10}[0-9]{0,2});")

# Joiners are part of words in some scripts and of emoji, so they pass between such characters.
# The rest is drawn as nothing, is nobody's but a font's, or can't be encoded.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    "\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb\ufffe\uffff"
    "\ud800-\udfff\ue000-\uf8ff\U000e0000-\U000fffff\U00100000-\U0010ffff]"
    "|(?<![^\x00-\x7f])[\u200c\u200d]|[\u200c\u200d](?![^\x00-\x7f])"
)

_LATIN = "A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f"
# Cyrillic, Armenian and Cherokee letters, and of the Greek ones those that look like Latin ones.
_LIKE_LATIN = "\u0400-\u052f\u0531-\u0586\u13a0-\u13fdΑΒΕΖΗΙΚΜΝΟΡΤΥΧανοικρυχϲϳ"
_MIXED = re.compile(f"[{_LATIN}][{_LIKE_LATIN}]|[{_LIKE_LATIN}][{_LATIN}]")

_LINK = re.compile(
    r"https?://[^\s<>\"]+|(?<![\w.])www\.[^\s<>\"]+|\]\(\s*<?([^\s<>()]*)|\]\[|^\s{0,3}\[[^\]\n]{0,200}\]:",
    re.IGNORECASE | re.MULTILINE,
)

_UNIFORM = {
    **dict.fromkeys(map(ord, "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u00ad"), "-"),
    **dict.fromkeys(map(ord, "\u2024\u3002\uff61"), "."),
}


def leaks(text: str) -> tuple[str, ...]:
    """Return the names of what *text* seems to hold and must not publish; empty for clean text.

    Each name once, in a fixed order, fit for "contains what looks like …". Errs towards passing
    ordinary prose: clock times, dates, error codes, versions and public https links are clean.
    Digits, dashes and blanks count as what they look like. Takes time linear in the length of
    *text*.
    """
    plain = _uniform(text)
    found = (
        ("a SID", bool(_SID.search(plain))),
        ("a phone number", any(phone.search(plain) for phone in _PHONES)),
        ("a card or account number", _has_account_number(plain)),
        ("an e-mail address", bool(_EMAIL.search(plain))),
        ("a private URL", _has_private_url(plain)),
        ("an IP address", bool(_IPV4.search(plain) or _IPV6.search(plain))),
        ("a token", _has_token(plain)),
        ("an HTML tag", bool(_TAG.search(plain) or _ENTITY.search(plain))),
        ("an invisible or control character", bool(_INVISIBLE.search(text))),
        ("letters of two alphabets in one word", bool(_MIXED.search(text))),
    )
    return tuple(name for name, present in found if present)


def unfit(source: str, text: str) -> tuple[str, ...]:
    """Return what of *text*, rendered from the template *source*, must not be published.

    As `leaks`, and links of any kind that are not written in *source*: what is filled in brings
    none in.
    """
    strange = set(_links(text)) - set(_links(source))
    return (*leaks(text), *(("a link that its template does not hold",) if strange else ()))


def unpublishable(text: str, longest: int) -> str:
    """Return why *text*, as a person wrote it, must not be published; "" where it may be."""
    if not text.strip() or len(text) > longest:
        return f"it has {len(text)} characters, 1 to {longest} are allowed"
    if longest == TITLE_LIMIT and len(text.splitlines()) > 1:
        return "it has more than one line"
    found = leaks(text)
    return f"it would publish {' and '.join(found)}" if found else ""


def _links(text: str) -> Iterator[str]:
    """Every target of a link, in Markdown or not."""
    for found in _LINK.finditer(text):
        yield found[1] or found[0]


def _uniform(text: str) -> str:
    """*text* in compatibility form, all digits, dashes and full stops in ASCII."""
    if text.isascii():
        return text
    even = normalize("NFKC", text).translate(_UNIFORM)
    return "".join(str(decimal(c)) if c.isdecimal() else c for c in even)


def _has_account_number(text: str) -> bool:
    return any(_sums_up(found[0]) for found in _CARD.finditer(text)) or any(
        _is_iban(found[0]) for found in _IBAN.finditer(text)
    )


def _sums_up(number: str) -> bool:
    """By Luhn's formula (ISO/IEC 7812-1)."""
    digits = [int(c) for c in reversed(number) if c.isdecimal()]
    doubled = (sum(divmod(2 * digit, 10)) for digit in digits[1::2])
    return (sum(digits[::2]) + sum(doubled)) % 10 == 0


def _is_iban(number: str) -> bool:
    """By the check digits of ISO 13616."""
    bare = number.replace(" ", "")
    return int("".join(str(int(c, 36)) for c in bare[4:] + bare[:4])) % 97 == 1


def _has_private_url(text: str) -> bool:
    return bool(_ACTIVE_URL.search(text)) or any(
        _is_private(*url.groups()) for url in _URL.finditer(text)
    )


def _is_private(scheme: str, authority: str) -> bool:
    """Whether a URL is none that the public could and should open."""
    name = authority.partition(":")[0].rstrip(".,;")
    return (
        scheme.lower() not in {"http", "https"}
        or "@" in authority
        or authority.startswith("[")
        or bool(_PRIVATE_HOST.fullmatch(name))
        or bool(_IPV4.fullmatch(name))
    )


def _has_token(text: str) -> bool:
    text = _LINKED_ID.sub("", _SID.sub("", text))
    if _KNOWN_TOKEN.search(text) or _UUID.search(text) or _HEX.search(text):
        return True
    return _any_random(run.group() for run in _RUN.finditer(text))


def _any_random(runs: Iterable[str]) -> bool:
    return any(len(_TURN.findall(run)) * 5 >= len(run) for run in runs)
