"""A file of rule tests as it is written, key by key: names, defaults and bounds.

An entry of a feed is one of several tables: `AlertTable`, `PollErrorTable` or one of `act_tables`.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

from statusbridge.config.errors import did_you_mean, one_of
from statusbridge.config.fields import (
    Name,
    NonEmpty,
    Number,
    Positive,
    Table,
    Truth,
    as_list,
)
from statusbridge.config.rule_settings import Level
from statusbridge.core.operations import HeldReason
from statusbridge.rehearse.act_tables import ComponentWord, Time

State: TypeAlias = Literal[
    "none", "pending", "held", "investigating", "identified", "monitoring", "resolved"
]
StageWord: TypeAlias = Literal["auto", "review", "shadow", "configured"]

FAILURES = {
    "timeout": "timed out",
    "connection": "connection refused",
    "garbage": "was answered with not JSON, or cut short",
}
"""What polls may end with besides a status, and what the bridge says of it."""


def _failure(word: str) -> str:
    if word in FAILURES or (re.fullmatch("[45][0-9][0-9]", word) is not None):
        return word
    hint = did_you_mean(word, FAILURES)
    raise ValueError(f"{one_of(('401', '503', *FAILURES))}, or another status from 400 on{hint}")


def _held(written: object) -> object:
    if written is False or written is None:
        return written
    reasons = list(map(str, HeldReason))
    if written not in reasons:
        hint = did_you_mean(written, reasons) if isinstance(written, str) else ""
        what = "expected false, or a reason of docs/operations.md, such as"
        raise ValueError(f'{what} "{HeldReason.MAINTENANCE}"{hint}')
    return HeldReason(str(written))


def _moment(written: object) -> object:
    """Take a TOML time or its text. Raises ValueError: it is none, or of no known zone."""
    wanted = 'expected a time with its offset, such as "2026-03-29T00:58:00Z"'
    try:
        moment = datetime.fromisoformat(written) if isinstance(written, str) else written
    except ValueError:
        raise ValueError(wanted) from None
    if not isinstance(moment, datetime) or moment.tzinfo is None:
        raise ValueError(wanted)
    if not 2000 <= moment.year <= 2100:
        raise ValueError("expected a time from 2000 to 2100")
    return moment


class AlertTable(Table):
    """Alerts of one kind."""

    at: Time = "0s"
    """When the first happens, counted from the start."""
    every: Time = "0s"
    """How long after each the next happens."""
    times: Annotated[Positive, Field(le=100_000)] = 1
    """How many there are."""
    spread: Time = "0s"
    """Each happens up to so much later, by chance: the same chance in every run."""
    late: Time = "0s"
    """Twilio stores each so long after it happened; no poll sees it before."""
    code: Annotated[Positive, Field(ge=100, le=999_999)] | None = None
    """Twilio's error code; without it the alerts have none."""
    level: Level = "error"
    """Twilio's log level."""
    resource: NonEmpty | None = None
    """The resource's SID: two letters and anything; {n} is the alert's number in the entry."""
    service: NonEmpty | None = None
    """The service's SID, written like resource."""
    account: Name | None = None
    """One of [[twilio.accounts]]; without it the first."""
    request_url: NonEmpty | None = None
    """The URL that Twilio asked; {n} as in resource."""
    text: NonEmpty | None = None
    """The alert's text as Twilio writes it, such as "httpResponse=502&Msg=Bad+Gateway"."""


class PollErrorTable(Table):
    """A time in which polls fail."""

    poll_error: Annotated[str, AfterValidator(_failure)]
    """A status, or timeout, connection or garbage."""
    at: Time = "0s"
    """When polls begin to fail, counted from the start."""
    lasts: Annotated[Time | None, Field(alias="for")] = None
    """For how long; without it for the rest of the test."""
    account: Name | None = None
    """The only account whose polls fail; without it those of all do."""


class ExpectTable(Table):
    """What is true at one time."""

    at: Time
    """When, counted from the start: after the poll at that time, if there is one."""
    incident: NonEmpty | None = None
    """The incident's key, a rule's `incident` or id; without it the whole page is meant."""
    page: Name | None = None
    """The page's name; needed where the incident is on several."""
    state: State | None = None
    """Where the newest outage of the incident stands."""
    status: ComponentWord | None = None
    """The worst status that the incident holds a component in."""
    statuses: Annotated[dict[NonEmpty, ComponentWord] | None, Field(min_length=1)] = None
    """Component → the status that the incident holds it in."""
    title: NonEmpty | None = None
    """The incident's title on the page."""
    text: NonEmpty | None = None
    """The whole text of its last update."""
    text_contains: Annotated[
        list[NonEmpty] | None, Field(min_length=1), BeforeValidator(as_list)
    ] = None
    """What occurs in the text of its last update: one text, or a list of them."""
    posts: Number | None = None
    """How many updates the bridge has posted since the start."""
    notified: Number | None = None
    """How many of them mailed the subscribers."""
    incidents: Number | None = None
    """How many incidents the bridge has opened since the start."""
    held: Annotated[
        HeldReason | Literal[False] | None,
        BeforeValidator(_held),
        WithJsonSchema({"anyOf": [{"type": "string"}, {"enum": [False]}]}),
    ] = None
    """Why something that is due waits, or false: nothing does."""
    frozen: Truth | None = None
    """Whether an account that gave evidence can't be read, so that nothing recovers."""


class RuleTestTable(Table):
    """One rule test."""

    name: NonEmpty
    """What is to be shown, as a sentence."""
    config: NonEmpty | None = None
    """The configuration under test; a relative path starts at this file's directory."""
    start: Annotated[datetime, BeforeValidator(_moment)] = datetime.fromisoformat(
        "2026-01-01T00:00:00Z"
    )
    """When the bridge starts, with an offset; its first poll is then."""
    stage: StageWord | None = None
    """The stage of every rule; without it the rule's own, but auto for shadow."""
    components: Annotated[tuple[NonEmpty, ...], BeforeValidator(as_list)] = ()
    """Components of the page that no rule names, for people's acts."""
    feed: tuple[dict[str, Any], ...] = ()
    """Alerts, polls that fail, and what people do."""
    expect: Annotated[list[ExpectTable], Field(min_length=1)]
    """What is true when."""


class FileTable(Table):
    """A file of rule tests."""

    test: Annotated[list[RuleTestTable], Field(min_length=1)]
    """The rule tests."""
