"""A rule's public texts: what one says that the file leaves out, and what is wrong with one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from statusbridge.adapters.templates import UnsafeTemplateError, check_template, render, variables
from statusbridge.config.lint_names import Lint
from statusbridge.config.rule_settings import TextTable
from statusbridge.config.text_lints import internals
from statusbridge.core.rules import Texts
from statusbridge.core.wording import TEXT_LIMIT, TITLE_LIMIT, leaks, unfit

DEFAULTS: Mapping[str, str] = {
    "investigating": (
        "We are seeing a problem with {{ components }} and are investigating it. "
        "We will post here as soon as we know more."
    ),
    "worsened": (
        "The problem with {{ components }} has become worse. We are still investigating it "
        "and will keep you updated here."
    ),
    "returned": (
        "The problem with {{ components }} has come back. We are investigating it again "
        "and will keep you updated here."
    ),
    "monitoring": (
        "Service has been back to normal since {{ quiet_since }}. "
        "We are watching it for a while before we close this incident."
    ),
    "resolved": (
        "This incident is resolved, and service is back to normal. "
        "The impact lasted {{ duration }}."
    ),
}

# As long as they come: a text that fits with these fits with what is published.
SAMPLE: Mapping[str, str] = {
    "components": "Messaging / SMS (United States and Canada) and Voice / Outgoing calls",
    "status": "degraded performance",
    "started_at": "2026-11-21 12:03 UTC",
    "quiet_since": "2026-11-21 13:15 UTC",
    "duration": "1 hour and 12 minutes",
    "now": "2026-11-21 13:30 UTC",
    "page": "Example Status",
}

# Only recovery tells these; before it there is nothing to fill in.
_KNOWN_LATE = frozenset({"quiet_since", "duration"})
_POSTED_EARLY = ("title", "investigating", "worsened")


def texts(table: TextTable) -> Texts:
    """Return the texts of *table*, the defaults where it leaves one out."""
    written = {key: getattr(table, key) for key in DEFAULTS}
    chosen = {key: DEFAULTS[key] if text is None else text for key, text in written.items()}
    return Texts(title=table.title, **chosen)


def refusals(table: TextTable) -> Iterator[tuple[str, str]]:
    """Yield key and reason of each text that can't be published as it is written."""
    for key, source in _given(table):
        wrong = check_template(source) or _unfit(key, source)
        if wrong is not None:
            yield key, wrong


def doubts(table: TextTable) -> Iterator[tuple[str, Lint, str]]:
    """Yield key and warning of each sound text that says what it can't know, or should not."""
    for key, source in _given(table):
        early = sorted(_KNOWN_LATE & variables(source)) if key in _POSTED_EARLY else ()
        if early:
            what = f"names {' and '.join(early)}, known only once the problem is over"
            yield key, Lint.EARLY_TEXT, what
        found = dict.fromkeys(internals(source))
        if found:
            what = f"names {' and '.join(found)}; say it in your customers' words"
            yield key, Lint.INTERNAL_TEXT, what


def _given(table: TextTable) -> Iterator[tuple[str, str]]:
    for key in ("title", *DEFAULTS):
        source = getattr(table, key)
        if source is not None:
            yield key, source


def _unfit(key: str, source: str) -> str | None:
    try:
        shown = render(source, SAMPLE)
    except UnsafeTemplateError as error:
        return str(error)
    limit = TITLE_LIMIT if key == "title" else TEXT_LIMIT
    if len(shown) > limit:
        return f"{len(shown)} characters with sample values filled in; expected at most {limit}"
    if not shown.strip():
        return "empty with sample values filled in; expected some text"
    if key == "title" and len(shown.splitlines()) > 1:
        return "more than one line; expected a title of one line"
    found = dict.fromkeys(leaks(source) + unfit(source, shown))
    if found:
        return f"contains what looks like {' and '.join(found)}; expected nothing private"
    return None
