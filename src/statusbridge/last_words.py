"""What a process says of an error that nobody expected: what helps to mend it, and no secret.

Python's own hooks print messages as they are, and objects besides. These cut out what is secret,
show no variable, and keep to the form of the logs once that is known.
"""

from __future__ import annotations

import faulthandler
import sys
import threading
import warnings
from types import TracebackType
from typing import Any, TextIO

from statusbridge import journal
from statusbridge.secrecy import without_secrets

_REPORT = "This is a defect of statusbridge: please report it, with what is said of it here."


def prepare() -> None:
    """Take the place of every hook by which Python tells of errors and warnings.

    A watchdog ends a process by SIGABRT: that tells where each thread was, without any value.
    """
    faulthandler.enable()
    sys.excepthook = _on_error
    sys.unraisablehook = _on_unraisable
    threading.excepthook = _on_thread
    warnings.showwarning = _on_warning


def _on_error(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    log = _log()
    if log is None:
        _print(error)
    else:
        log.critical("program.failed", exc_info=error.with_traceback(trace), hint=_REPORT)


def _on_thread(args: threading.ExceptHookArgs) -> None:
    log, error = _log(), args.exc_value
    if log is not None:
        log.critical("thread.failed", exc_info=error, hint=_REPORT)
    elif error is not None:
        _print(error)


def _on_unraisable(args: sys.UnraisableHookArgs) -> None:
    # Without the object in question: its representation can hold anything.
    log, error = _log(), args.exc_value
    if log is not None:
        log.critical("error.ignored", exc_info=error, hint=_REPORT)
    elif error is not None:
        _print(error)


def _on_warning(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    where, why = f"{filename}:{lineno}", f"{category.__name__}: {message}"
    log = _log()
    if log is not None:
        log.warning("library.warned", where=where, why=why)
    else:
        sys.stderr.write(without_secrets(f"{where}: {why}\n"))


def _log() -> Any:
    """The log, once its form is known; else None."""
    structlog = sys.modules.get("structlog")
    return structlog.get_logger() if structlog is not None and structlog.is_configured() else None


def _print(error: BaseException) -> None:
    from traceback import TracebackException

    lines = (*TracebackException.from_exception(error).format(), f"{_REPORT}\n")
    told = without_secrets("".join(lines))
    sys.stderr.write(journal.for_stream(told, "critical", sys.stderr))
