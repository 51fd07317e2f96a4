"""A rule as the file writes it, key by key: names, defaults and bounds."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import AfterValidator, BeforeValidator, Field

from statusbridge.config.fields import (
    Duration,
    HostName,
    MatchedCode,
    Name,
    NonEmpty,
    Number,
    Positive,
    Table,
    Truth,
    as_list,
    between,
)
from statusbridge.core.rules import Threshold

StatusName: TypeAlias = Literal["degraded_performance", "partial_outage", "full_outage"]
Level: TypeAlias = Literal["error", "warning", "notice", "debug"]
FaultName: TypeAlias = Literal["twilio", "carrier", "application", "recipient", "unknown"]
Texts: TypeAlias = Annotated[list[NonEmpty], Field(min_length=1)]


class MatchTable(Table):
    """Which alerts count. Keys are ANDed, the values of one key ORed; an absent key passes all."""

    codes: list[MatchedCode] | None = Field(default=None, min_length=1)
    """Error codes: numbers, "from-to", or "@name" for a list of [lists]."""
    codes_not: list[MatchedCode] | None = Field(default=None, min_length=1)
    """Error codes that never count, written as in codes."""
    levels: list[Level] | None = Field(default=None, min_length=1)
    """Twilio's log levels."""
    faults: list[FaultName] | None = Field(default=None, min_length=1)
    """Whose fault the code is at the usual; `statusbridge codes` shows the table."""
    accounts: list[Name] | None = Field(default=None, min_length=1)
    """Names of [[twilio.accounts]]."""
    services: Texts | None = None
    """SIDs of services, such as a messaging service's MG…"""
    resource_prefix: Texts | None = None
    """How the alert's resource SID begins, such as SM, MM or CA."""
    request_hosts: list[HostName] | None = Field(default=None, min_length=1)
    """Host of the alert's request URL, without port."""
    text_contains: Texts | None = None
    """What occurs anywhere in the decoded alert text, in any case."""
    fields: dict[NonEmpty, Texts] | None = Field(default=None, min_length=1)
    """Values that a key of the decoded alert text may have, such as httpResponse = ["502"]."""


class BelowTable(Table):
    """Numbers to be at or under, all of them."""

    count: Number | None = None
    """Matching alerts in the window."""
    distinct_resources: Number | None = None
    """Different resources (messages, calls) among them."""
    distinct_accounts: Number | None = None
    """Different Twilio accounts among them."""


class LevelTable(Table):
    """Numbers to reach, all of them, and for how long."""

    count: Positive | None = None
    """Matching alerts in the window."""
    distinct_resources: Positive | None = None
    """Different resources (messages, calls) among them."""
    distinct_accounts: Positive | None = None
    """Different Twilio accounts among them."""
    hold: Annotated[Duration, between("0s", "1d")] = "0s"
    """How long the numbers have to stand, in event time, before this counts."""


def threshold(table: BelowTable | LevelTable) -> Threshold:
    return Threshold(table.count, table.distinct_resources, table.distinct_accounts)


def _asks(table: BelowTable | LevelTable) -> BelowTable | LevelTable:
    if threshold(table) == Threshold():
        raise ValueError(
            "asks for no number; expected count, distinct_resources or distinct_accounts"
        )
    return table


Below: TypeAlias = Annotated[BelowTable, AfterValidator(_asks)]
Levels: TypeAlias = Annotated[
    list[Annotated[LevelTable, AfterValidator(_asks)]],
    Field(min_length=1),
    BeforeValidator(as_list, json_schema_input_type=LevelTable | list[LevelTable]),
]
Components: TypeAlias = Annotated[
    list[NonEmpty],
    Field(min_length=1),
    BeforeValidator(as_list, json_schema_input_type=NonEmpty | list[NonEmpty]),
]


class TriggerTable(Table):
    """What opens or worsens an incident: for each status a table, or an array of tables (ORed)."""

    degraded_performance: Levels | None = None
    """Asks for "degraded performance" on the page."""
    partial_outage: Levels | None = None
    """Asks for "partial outage" on the page."""
    full_outage: Levels | None = None
    """Asks for "full outage" on the page."""


def _has_level(table: TriggerTable) -> TriggerTable:
    if not table.model_dump(exclude_none=True):
        raise ValueError(
            "no trigger; expected at least one of the tables degraded_performance, "
            "partial_outage and full_outage"
        )
    return table


class RecoverTable(Table):
    """When an incident is over."""

    below: Below | None = None
    """At or under these numbers; without it: no matching alert at all."""
    after: Annotated[Duration, between("1s", "7d")] | None = None
    """For so long → monitoring. Default: the rule's window."""
    settle: Annotated[Duration, between("1s", "7d")] = "15m"
    """Monitoring for so long → resolved."""
    manual: Truth = False
    """true: only a person resolves."""


class PublishTable(Table):
    """How loud the rule may be."""

    notify: Literal["never", "open", "open-and-close", "all"] = "open-and-close"
    """Which posts mail the page's subscribers."""
    max_status: StatusName = "full_outage"
    """The rule publishes nothing worse than this."""


class ReviewTable(Table):
    """What becomes of an opening that nobody approves; only for stage = "review"."""

    timeout: Annotated[Duration, between("1s", "7d")] | None = None
    """How long it waits for a person. Default: for as long as the rule fires."""
    on_timeout: Literal["drop", "publish"] = "drop"
    """drop: nothing is published of that outage; publish: it counts as approved."""


class TextTable(Table):
    """Public texts: Jinja2 with the variables components, status, started_at, quiet_since,
    duration, now and page, and nothing else of an alert or a rule."""

    title: str
    """Name of the incident on the page, up to 200 characters."""
    investigating: str | None = None
    """First post."""
    worsened: str | None = None
    """Post when the status rises."""
    returned: str | None = None
    """Post when it fires again while it was monitoring."""
    monitoring: str | None = None
    """Post when the numbers are back under `below`."""
    resolved: str | None = None
    """Last post."""


class RuleTable(Table):
    """One rule: which alerts, how many, and what the page then says of which component."""

    id: Name
    """Its name in commands, logs and metrics; never published."""
    summary: str = ""
    """For operators, never published."""
    page: Name | None = None
    """Name from [incidentio] pages; may be left out where there is one page."""
    component: Components
    """Written "Group / Name", a unique name or an id of a component; or a list of them."""
    incident: Name | None = None
    """Rules with the same key share one public incident. Default: the rule's id."""
    window: Annotated[Duration, between("1s", "7d")]
    """Over how long alerts are counted."""
    stage: Literal["shadow", "review", "auto"] = "shadow"
    """shadow publishes nothing, review asks a person before it opens, auto publishes."""
    match: MatchTable = MatchTable()
    """Which alerts count for this rule."""
    trigger: Annotated[TriggerTable, AfterValidator(_has_level)]
    """What opens or worsens an incident."""
    recover: RecoverTable = RecoverTable()
    """When the incident is over."""
    publish: PublishTable = PublishTable()
    """How loud the rule may be."""
    review: ReviewTable = ReviewTable()
    """What becomes of an opening that nobody approves."""
    text: TextTable
    """What the page says."""
