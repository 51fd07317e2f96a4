"""Logs: to stderr, one line an event, as text for people or JSON for machines; no secret in either.

Events are constant words; everything that varies is a key. Secrets are cut out twice: by the key's
name and by the secret's value, wherever it stands.
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Callable, Iterable, MutableMapping
from typing import Any, TextIO

import structlog

_LEVELS = {"debug": 10, "info": 20, "warning": 30, "error": 40}
_SECRET_KEYS = re.compile(r"token|secret|password|authorization|api_key", re.IGNORECASE)
_HIDDEN = "…"

Event = MutableMapping[str, Any]


def configure(
    level: str, form: str, secrets: Iterable[str] = (), stream: TextIO | None = None
) -> None:
    """Send all logs to *stream*, default stderr. *form* auto: text on a terminal, else JSON."""
    out = stream or sys.stderr
    as_text = form == "console" or (form == "auto" and out.isatty())
    shared: list[Callable[..., Any]] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.ExceptionRenderer(
            structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
        )
        if not as_text
        else structlog.processors.format_exc_info,
        _hiding(frozenset(filter(None, secrets))),
    ]
    last: Callable[..., Any] = (
        structlog.dev.ConsoleRenderer(
            colors=out.isatty(), exception_formatter=structlog.dev.plain_traceback
        )
        if as_text
        else structlog.processors.JSONRenderer(default=str)
    )
    structlog.configure(
        processors=[*shared, last],
        wrapper_class=structlog.make_filtering_bound_logger(_LEVELS[level]),
        logger_factory=structlog.PrintLoggerFactory(out),
        cache_logger_on_first_use=False,
    )
    _bridge_stdlib(out, shared, last)


def _bridge_stdlib(out: TextIO, shared: list[Callable[..., Any]], last: Callable[..., Any]) -> None:
    """Give what libraries log the same form; only what went wrong: httpx logs URLs at info."""
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, last],
    )
    target = logging.StreamHandler(out)
    target.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers = [target]
    root.setLevel(logging.WARNING)
    # A cycle that takes longer than the interval is no news: the next one starts when it is done.
    logging.getLogger("apscheduler").setLevel(logging.ERROR)


def _hiding(secrets: frozenset[str]) -> Callable[[Any, str, Event], Event]:
    def hide(_logger: Any, _method: str, event: Event) -> Event:
        for key, value in event.items():
            if _SECRET_KEYS.search(key):
                event[key] = _HIDDEN
            elif isinstance(value, str):
                event[key] = _without(value, secrets)
            elif not isinstance(value, int | float | bool | None):
                event[key] = _scrubbed(value, secrets)
        return event

    return hide


def _scrubbed(value: Any, secrets: frozenset[str]) -> Any:
    if isinstance(value, str):
        return _without(value, secrets)
    if isinstance(value, dict):
        return {key: _scrubbed(inner, secrets) for key, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_scrubbed(inner, secrets) for inner in value]
    return value


def _without(text: str, secrets: frozenset[str]) -> str:
    for secret in secrets:
        text = text.replace(secret, _HIDDEN)
    return text
