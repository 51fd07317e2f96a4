"""Values as the state file keeps them: one JSON document each, but for alerts, a column a field."""

from __future__ import annotations

from typing import TypeVar

import msgspec

from statusbridge.adapters.sqlite_errors import StoreBroken
from statusbridge.core.model import Alert
from statusbridge.core.operations import Operation

T = TypeVar("T")

SEPARATOR = "\x1f"
"""Between the text conditions that held for an alert."""


def text_of(value: object) -> str:
    """Return *value* as it is stored: one JSON document."""
    return msgspec.json.encode(value).decode()


def value_of(text: str, kind: type[T]) -> T:
    """Return the *kind* that was stored as *text*. Raises StoreBroken where it is none."""
    try:
        return msgspec.json.decode(text, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise StoreBroken(
            f"The state file is damaged: a {kind.__name__} in it can't be read ({error}). Restore "
            "it from a backup."
        ) from error


def operation_of(number: int, facts: str) -> Operation:
    """Return the operation of a row: its number, and what `text_of` made of it."""
    return value_of(facts, Operation).numbered(number)


def alert_of(row: tuple[object, ...]) -> Alert:
    """Return the alert of a row: its fields in order, the text conditions joined."""
    traits = row[8]
    return Alert._make((*row[:8], tuple(str(traits).split(SEPARATOR)) if traits else ()))
