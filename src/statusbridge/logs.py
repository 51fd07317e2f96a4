"""Logs: to stderr, one line an event, as text for people or JSON for machines; no secret in either.

Events are constant words; everything that varies is a key. Secrets are cut out twice: by the key's
name, and by their value from the finished line, so that no object's representation brings one in.
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Callable, MutableMapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TextIO, cast

import structlog

from statusbridge import journal
from statusbridge.secrecy import HIDDEN, without_secrets
from statusbridge.terminal import spelled_out

_LEVELS = {"debug": 10, "info": 20, "warning": 30, "error": 40, "silent": 50}
_SECRET_KEYS = re.compile(r"token|secret|password|authorization|api_key", re.IGNORECASE)

Event = MutableMapping[str, Any]


@dataclass(frozen=True, slots=True, weakref_slot=True)
class _Lossy:
    """A stream to which a line is lost that it does not take.

    A full disk, or a reader that is gone, would else end what the line is about.
    """

    stream: TextIO

    def write(self, text: str) -> int:
        with suppress(OSError):
            self.stream.write(text)
        return len(text)

    def flush(self) -> None:
        with suppress(OSError):
            self.stream.flush()


def configure(level: str, form: str, stream: TextIO | None = None) -> None:
    """Send all logs to *stream*, default stderr. *form* auto: text on a terminal, else JSON.

    Where that is the journal, each line has its priority, so that `journalctl -p err` finds it.

    *level* silent: none are written.
    """
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
        _hide_by_key,
        _in_order,
        *((_tame,) if as_text else ()),
    ]
    render: Callable[..., Any] = (
        structlog.dev.ConsoleRenderer(
            colors=out.isatty(), exception_formatter=structlog.dev.plain_traceback
        )
        if as_text
        else structlog.processors.JSONRenderer(default=str)
    )

    in_journal = journal.listens_on(out)

    def last(logger: Any, method: str, event: Event) -> str:
        level = str(event["level"])
        line = without_secrets(render(logger, method, event))
        return journal.marked(line, level) if in_journal else line

    structlog.configure(
        processors=[*shared, last],
        wrapper_class=structlog.make_filtering_bound_logger(_LEVELS[level]),
        logger_factory=structlog.PrintLoggerFactory(cast("TextIO", _Lossy(out))),
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
    # Else the arguments of a line that can't be put together are printed as they are.
    logging.raiseExceptions = False
    # What strangers send to the server is no news of ours.
    logging.getLogger("uvicorn").setLevel(logging.ERROR)


def _hide_by_key(_logger: Any, _method: str, event: Event) -> Event:
    return {key: _hidden(key, value) for key, value in event.items()}


def _in_order(_logger: Any, _method: str, event: Event) -> Event:
    """Put first what every line has, so that lines stand under each other."""
    return {**{key: event[key] for key in ("timestamp", "level", "event") if key in event}, **event}


def _tame(_logger: Any, _method: str, event: Event) -> Event:
    """Spell out what would steer a terminal, and keep the event to one line; JSON does both."""
    tame = {k: spelled_out(v) if isinstance(v, str) else v for k, v in event.items()}
    return {**tame, "event": str(tame["event"]).replace("\n", "\\n")}


def _hidden(key: object, value: Any) -> Any:
    if _SECRET_KEYS.search(str(key)):
        return HIDDEN
    if isinstance(value, dict):
        return {inner: _hidden(inner, one) for inner, one in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_hidden("", one) for one in value]
    return value
