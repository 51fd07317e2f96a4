"""Every warning of `check` by its name; docs/check.md says what each means and what mends it."""

from __future__ import annotations

from enum import StrEnum


class Lint(StrEnum):
    """What is allowed but hardly meant."""

    NO_RULES = "no-rules"
    UNUSED_LIST = "unused-list"
    UNKNOWN_CODE = "unknown-code"
    MATCHES_EVERYTHING = "matches-everything"
    MATCHES_NOTHING = "matches-nothing"
    OTHERS_FAULT = "others-fault"
    HOLD_OVER_WINDOW = "hold-over-window"
    UNREACHABLE_TRIGGER = "unreachable-trigger"
    IDLE_TRIGGER = "idle-trigger"
    CAPPED_TRIGGER = "capped-trigger"
    IDLE_RULE = "idle-rule"
    SAME_ALERTS = "same-alerts"
    TWO_INCIDENTS = "two-incidents"
    DEFAULT_TEXT = "default-text"
    EARLY_TEXT = "early-text"
    INTERNAL_TEXT = "internal-text"
    NOISE = "noise"
    UNMAILABLE = "unmailable"
    FILE_EXPOSED = "file-exposed"


def named(lint: Lint, what: str) -> str:
    """Return the warning *what* with its name."""
    return f"{what} [{lint}]"
