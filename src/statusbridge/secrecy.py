"""Secrets that this process has read, and cutting them out of what it says.

There is one memory for the whole process: what has once been read may turn up in any error of any
library, long after it was exchanged for another. Knows nothing of where secrets come from.
"""

from __future__ import annotations

import json
import re
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterator
from urllib.parse import quote, quote_plus

HIDDEN = "…"
"""Stands where a secret stood."""

# What a header says, also of a pair that was put together elsewhere.
_CREDENTIALS = re.compile(r"\b(Basic|Bearer) +(?=[^\s\"']*[0-9+/=_])[A-Za-z0-9+/=._~-]{8,}")

_forms: dict[str, list[str]] = {}
"""Secret → the ways in which it may be written, itself among them."""
_longest_first: list[str] = []


def remember(secret: str) -> None:
    """From now on cut *secret* out, also where it is escaped, quoted or in Base64."""
    if secret and secret not in _forms:
        _forms[secret] = list(dict.fromkeys(_ways_to_write(secret)))
        # One may be part of another, which then must go first.
        written = {form for forms in _forms.values() for form in forms}
        _longest_first[:] = sorted(written, key=lambda form: (-len(form), form))


def without_secrets(text: str) -> str:
    """Return *text* with `HIDDEN` for each secret that was ever read, and for headers' values."""
    for form in _longest_first:
        if form in text:
            text = text.replace(form, HIDDEN)
    return _CREDENTIALS.sub(rf"\1 {HIDDEN}", text)


def holds_secret(text: str) -> bool:
    """Whether *text* holds a secret that was ever read."""
    return any(form in text for form in _longest_first)


def _ways_to_write(secret: str) -> Iterator[str]:
    yield secret
    yield repr(secret)[1:-1]
    for shown in (secret, repr(secret)[1:-1]):
        # A text inside of a document, and the representation of one inside of it.
        yield json.dumps(shown)[1:-1]
    for quoted in (quote(secret, safe=""), quote(secret), quote_plus(secret)):
        yield quoted
        yield re.sub("%..", lambda found: found[0].lower(), quoted)
    for encoded in (b64encode(secret.encode()), urlsafe_b64encode(secret.encode())):
        yield encoded.decode().rstrip("=")
