"""What of a text survives being published: how the bridge knows its own words again.

The page keeps messages as rich text and may write the Markdown anew, so bytes and marks prove
nothing. Letters and digits in their order do.
"""

from __future__ import annotations

import html
from unicodedata import normalize


def canonical(text: str) -> str:
    """Return the letters and digits of *text*, compatibility forms unified, in no case.

    HTML entities count as what they stand for. "" for a text of signs alone.
    """
    # Folding case can undo the normal form (U+0345), hence the second pass.
    folded = normalize("NFKC", normalize("NFKC", html.unescape(text)).casefold())
    return "".join(filter(str.isalnum, folded))


def same_text(a: str, b: str) -> bool:
    """Whether *a* and *b* read the same. Texts of signs alone must be equal as they stand."""
    ours, theirs = canonical(a), canonical(b)
    return ours == theirs and (ours != "" or a.strip() == b.strip())
