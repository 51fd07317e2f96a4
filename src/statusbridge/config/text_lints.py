"""Words that customers can't know: what stands in public texts of the machinery behind."""

from __future__ import annotations

import re
from collections.abc import Iterator

from statusbridge.core.codes import FIRST_CODE, LAST_CODE, describe

_WORDS = (
    ("Twilio", re.compile(r"\btwilio\b", re.IGNORECASE)),
    ("an error code", re.compile(r"\b(?:error|code)s?[ #:-]{1,2}\d{3,6}\b", re.IGNORECASE)),
    ("a webhook", re.compile(r"\bweb-?hooks?\b|\bcallback urls?\b", re.IGNORECASE)),
    ("TwiML", re.compile(r"\btwiml\b", re.IGNORECASE)),
    ("a SID", re.compile(r"\bSIDs?\b")),
    ("a subaccount", re.compile(r"\bsub-?accounts?\b", re.IGNORECASE)),
    ("an HTTP status", re.compile(r"\bHTTP[ /]?[1-5]\d\d\b|\b[45]\d\d errors?\b", re.IGNORECASE)),
    (
        "the program behind the page",
        re.compile(r"\bincident\.io\b|\bstatusbridge\b", re.IGNORECASE),
    ),
)
_NUMBER = re.compile(r"(?<![\w.,:-])\d{5,6}(?![\w,:-])")


def internals(text: str) -> Iterator[str]:
    """Yield what of the machinery *text* names, in plain words."""
    for what, pattern in _WORDS:
        if pattern.search(text):
            yield what
    if any(_is_code(int(found)) for found in _NUMBER.findall(text)):
        yield "an error code"


def _is_code(number: int) -> bool:
    """Whether *number* is in our table by itself, and not only in a range."""
    return FIRST_CODE <= number <= LAST_CODE and describe(number).title is not None
