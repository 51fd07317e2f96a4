"""What a person asks about, read from what was typed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import TypeAlias

from statusbridge.config import durations
from statusbridge.core.model import Instant, iso

_ALERT = re.compile(r"NO[0-9a-fA-F]{32}\Z")
_OTHER_SID = re.compile(r"[A-Z]{2}[0-9a-fA-F]{32}\Z")
_CODE = re.compile(r"[0-9]{3,6}\Z", re.ASCII)
_AGO = re.compile(r"(?P<duration>[0-9dhms]+) ago\Z")
_TIME_OF_DAY = re.compile(r"[0-9]{2}:[0-9]{2}(:[0-9]{2})?Z?\Z")


class QuestionError(ValueError):
    """What was typed can't be a question; the message says what can."""


@dataclass(frozen=True, slots=True)
class OfAlert:
    """About one alert of Twilio's."""

    sid: str


@dataclass(frozen=True, slots=True)
class OfCode:
    """About an error code."""

    code: int


@dataclass(frozen=True, slots=True)
class OfName:
    """About a rule's id or an incident key: "sms", or "page/sms" where several pages have it."""

    name: str


@dataclass(frozen=True, slots=True)
class OfAll:
    """About every rule."""


Question: TypeAlias = OfAlert | OfCode | OfName | OfAll


def understood(text: str | None) -> Question:
    """Return what *text* asks about; None asks about every rule. Raises QuestionError."""
    if text is None:
        return OfAll()
    if _ALERT.match(text):
        return OfAlert(text)
    if _OTHER_SID.match(text):
        raise QuestionError(
            f"{text[:2]}… is no alert's SID: those begin with NO. Twilio's console shows it beside "
            "the error."
        )
    if _CODE.match(text):
        return OfCode(int(text))
    return OfName(text)


def as_of(question: Question, text: str | None, now: Instant) -> Instant | None:
    """Return the time as of which *question* is asked; None: now. Raises QuestionError."""
    if text is None:
        return None
    if isinstance(question, OfAlert):
        raise QuestionError("an alert happened once; --at goes with a rule, a code or nothing")
    return moment(text, now)


def moment(text: str, now: Instant) -> Instant:
    """Return the past time that *text* names: ISO, a time of day in UTC, or "2h ago".

    A time of day that is still to come today was yesterday's. Raises QuestionError.
    """
    at = _moment(text.strip(), now)
    if at > now:
        raise QuestionError(f"{iso(at)} is still to come; --at takes a time that has passed")
    return at


def _moment(text: str, now: Instant) -> Instant:
    if ago := _AGO.match(text):
        try:
            return now - durations.parse(ago["duration"])
        except ValueError as error:
            raise QuestionError(str(error)) from None
    try:
        if _TIME_OF_DAY.match(text):
            return _last(text.removesuffix("Z"), now)
        found = datetime.fromisoformat(text)
        return int((found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp())
    except (ValueError, OverflowError):
        raise QuestionError(
            f'"{text}" is no time; expected one such as "2026-03-29T12:03Z", "12:03" (UTC) or '
            '"2h ago"'
        ) from None


def _last(text: str, now: Instant) -> Instant:
    today = datetime.fromtimestamp(now, UTC)
    found = datetime.combine(today.date(), time.fromisoformat(text), UTC)
    return int((found if found <= today else found - timedelta(days=1)).timestamp())
