"""The file as a whole, key by key, as it is written: names, defaults and bounds."""

from __future__ import annotations

from typing import Annotated, Literal
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, Field
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from statusbridge.config.errors import did_you_mean
from statusbridge.config.fields import (
    BaseUrl,
    Duration,
    Link,
    ListedCode,
    Listen,
    Name,
    NonEmpty,
    Number,
    SecretField,
    SecretSource,
    Table,
    between,
    sid_of,
)
from statusbridge.config.rule_settings import RuleTable

ENV_PREFIX = "STATUSBRIDGE_"
ENV_DELIMITER = "__"


class AccountTable(Table):
    """One Twilio account or subaccount; alerts of a subaccount need its own credentials."""

    name: Name = "default"
    """Its name in rules, logs and metrics."""
    account_sid: Annotated[str, sid_of("AC")] | None = None
    """AC…; may be left out of an only account: then $TWILIO_ACCOUNT_SID."""
    auth_token: SecretField | None = None
    """The account's auth token; or take api_key_sid and api_key_secret."""
    api_key_sid: Annotated[str, sid_of("SK")] | None = None
    """SK… of an API key, with api_key_secret."""
    api_key_secret: SecretField | None = None
    """The API key's secret."""


class TwilioTable(Table):
    """Where alerts are read, and how often."""

    poll_interval: Annotated[Duration, between("1s", "1h")] = "30s"
    """How often each account is read."""
    overlap: Annotated[Duration, between("0s", "1d")] = "15m"
    """How far back every poll reads again: Twilio stores some alerts late."""
    base_url: BaseUrl = "https://monitor.twilio.com"
    """Where Twilio Monitor is; plain http only on this machine."""
    accounts: list[AccountTable] = Field(default=[])
    """The accounts. Without any: one named "default" from $TWILIO_ACCOUNT_SID and its secret."""


class IncidentIoTable(Table):
    """Where incidents are published."""

    api_key: SecretField = SecretSource(env="INCIDENT_API_KEY")
    """incident.io's API key."""
    base_url: BaseUrl = "https://api.incident.io"
    """Where incident.io's API is; plain http only on this machine."""
    pages: dict[Name, NonEmpty] = Field(default={})
    """Name → status page id; `statusbridge pages` prints them."""


class StoreTable(Table):
    """Where the bridge keeps what it knows."""

    path: NonEmpty = "state.db"
    """A relative one is under $STATE_DIRECTORY, else $XDG_STATE_HOME/statusbridge."""


class ServerTable(Table):
    """Where the daemon can be asked."""

    listen: Listen = "127.0.0.1:9464"
    """host:port of the console, /livez, /readyz, /metrics and /api/status; "" turns it off."""
    token: SecretField | None = None
    """Who has it may approve, reject, release, pause and resume over HTTP, as the commands do.
    Without one HTTP only shows."""
    socket: NonEmpty = "statusbridge.sock"
    """Commands reach the daemon here. A relative one is under $RUNTIME_DIRECTORY, else beside the
    store."""


class EgressTable(Table):
    """How the outside is reached."""

    sockets: NonEmpty | None = None
    """A folder of Unix sockets, each named by the host that it leads to and .sock: then nothing is
    reached but by them, and the network is not used. TLS checks the host's name all the same."""


class AlertSourceTable(Table):
    """An HTTP alert source of incident.io's, by which people are paged."""

    id: Name
    """Its id, as the address that incident.io shows for it ends."""
    secret: SecretField
    """The source's own secret; not the API key."""


class OperatorTable(Table):
    """Who is told what is opened, waits for a person, is held, or can't be read."""

    webhook_url: SecretField | None = None
    """Where a webhook takes JSON with a "text", as those of Slack and Mattermost do. Whoever knows
    the URL can write there: it is a secret."""
    alert_source: AlertSourceTable | None = None
    """An HTTP alert source of incident.io's, by which people are paged."""
    heartbeat_url: SecretField | None = None
    """Pinged while all is well, as incident.io's heartbeats and healthchecks.io want it: whoever
    misses it wakes you. Whoever knows the URL can ping: it is a secret."""
    heartbeat_method: Literal["GET", "POST"] = "POST"
    """How it is pinged."""
    heartbeat_interval: Annotated[Duration, between("10s", "1h")] = "1m"
    """It is pinged no more often, and no more often than accounts are read."""
    grace: Annotated[Duration, between("0s", "1d")] = "5m"
    """What may pass by itself is told only once it has lasted so long."""
    link: Link | None = None
    """Sent along with every notice, for example where your instructions are."""


class LogTable(Table):
    """What is logged, to stderr."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    """The least level shown."""
    format: Literal["auto", "console", "json"] = "auto"
    """auto: console on a terminal, else JSON."""


class PublishingTable(Table):
    """How posts are made."""

    doubt_wait: Annotated[Duration, between("1s", "10m")] = "90s"
    """After a write whose outcome is unknown: wait so long, read back, only then decide."""
    missed: Literal["skip", "retrospective"] = "skip"
    """An outage that began and ended unseen; retrospective never notifies."""
    after_touch: Literal["hands_off", "resolve_only"] = "hands_off"
    """What is still posted once a person has touched an incident of ours."""


class GuardsTable(Table):
    """What holds an opening for a person, counted for each page."""

    max_open_incidents: Number = 5
    """Open at once; 0 holds every opening."""
    max_opens_per_hour: Number = 3
    """Openings in any hour."""
    max_notifications_per_day: Number = 20
    """Notified posts in any 24 h; past it, posts go out silently."""
    stale_after: Annotated[Duration, between("1s", "30d")] = "2h"
    """Where the newest evidence is older than this, nothing is opened."""
    during_maintenance: Literal["hold", "publish"] = "hold"
    """For components in a maintenance window on the page."""


def _zone(key: str) -> str:
    try:
        ZoneInfo(key)
    except (KeyError, ValueError, OSError):
        hint = did_you_mean(key, available_timezones())
        raise ValueError(
            f'"{key}" is no known time zone; expected for example "UTC" or "Europe/Berlin"{hint}'
        ) from None
    return key


class WordsTable(Table):
    """What holds for the public texts of all rules."""

    timezone: Annotated[str, AfterValidator(_zone)] = "UTC"
    """IANA name of the zone in which public times are written."""


class Settings(BaseSettings):
    """Configuration of statusbridge."""

    model_config = SettingsConfigDict(
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,
        use_attribute_docstrings=True,
        env_prefix=ENV_PREFIX,
        env_nested_delimiter=ENV_DELIMITER,
    )

    twilio: TwilioTable = TwilioTable()
    """Where alerts are read, and how often."""
    incidentio: IncidentIoTable = IncidentIoTable()
    """Where incidents are published."""
    store: StoreTable = StoreTable()
    """Where the bridge keeps what it knows."""
    server: ServerTable = ServerTable()
    """Where the daemon can be asked."""
    egress: EgressTable = EgressTable()
    """How the outside is reached, where that is not simply the network."""
    operator: OperatorTable = OperatorTable()
    """Who is told what is opened, waits for a person, is held, or can't be read."""
    log: LogTable = LogTable()
    """What is logged, to stderr."""
    publish: PublishingTable = PublishingTable()
    """How posts are made."""
    guards: GuardsTable = GuardsTable()
    """What holds an opening for a person, counted for each page."""
    text: WordsTable = WordsTable()
    """What holds for the public texts of all rules."""
    lists: dict[Name, Annotated[list[ListedCode], Field(min_length=1)]] = Field(default={})
    """Named lists of error codes, for "@name" in rules: numbers and "from-to"."""
    rules: list[RuleTable] = Field(default=[])
    """Which alerts are a customer-visible problem with which component."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Only what it is given: `overrides` has merged the environment, and knows its names."""
        return (init_settings,)
