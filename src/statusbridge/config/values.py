"""The configuration as the rest of the program sees it: complete, checked, in whole seconds."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

from statusbridge.config.errors import Problem
from statusbridge.config.places import Places
from statusbridge.config.secrets import Secret, missing
from statusbridge.core.model import PageId, Seconds
from statusbridge.core.restrain import Guards
from statusbridge.core.rules import Rule


@dataclass(frozen=True, slots=True)
class Account:
    """One Twilio account. *username* and *password* are those of basic authentication."""

    name: str
    account_sid: str | Secret
    username: str | Secret
    password: Secret


@dataclass(frozen=True, slots=True)
class Twilio:
    """Where alerts are read. *base_url* ends in no slash; there is at least one account."""

    poll_interval: Seconds
    overlap: Seconds
    base_url: str
    accounts: tuple[Account, ...]


@dataclass(frozen=True, slots=True)
class StatusPage:
    """A status page by the name that rules call it."""

    name: str
    id: PageId


@dataclass(frozen=True, slots=True)
class IncidentIo:
    """Where incidents are published. *base_url* ends in no slash."""

    api_key: Secret
    base_url: str
    pages: tuple[StatusPage, ...]


@dataclass(frozen=True, slots=True)
class Address:
    """Where to listen; an IPv6 *host* without brackets, *port* 0 takes a free one."""

    host: str
    port: int


@dataclass(frozen=True, slots=True)
class Server:
    """*listen* None: nothing is served over HTTP. *token* None: nobody may act over HTTP."""

    listen: Address | None
    token: Secret | None = None


@dataclass(frozen=True, slots=True)
class AlertSource:
    """An HTTP alert source of incident.io's."""

    id: str
    secret: Secret


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """Who misses us when we are blind, and how often it is pinged at most."""

    url: Secret
    method: Literal["GET", "POST"]
    interval: Seconds


@dataclass(frozen=True, slots=True)
class Operator:
    """Who is told. *link* "": none."""

    webhook_url: Secret | None
    alert_source: AlertSource | None
    grace: Seconds
    link: str
    heartbeat: Heartbeat | None = None


@dataclass(frozen=True, slots=True)
class Log:
    """How logs are written."""

    level: Literal["debug", "info", "warning", "error"]
    format: Literal["auto", "console", "json"]


@dataclass(frozen=True, slots=True)
class Publish:
    """How posts are made."""

    doubt_wait: Seconds
    missed: Literal["skip", "retrospective"]
    after_touch: Literal["hands_off", "resolve_only"]


@dataclass(frozen=True, slots=True)
class Text:
    """What holds for all public texts."""

    timezone: ZoneInfo


@dataclass(frozen=True, slots=True)
class Config:
    """All of it. Secrets are named, not read; *warnings* are for `check` to print."""

    path: Path
    twilio: Twilio
    incidentio: IncidentIo
    store_path: Path
    socket_path: Path
    server: Server
    sockets: Path | None
    """Where the Unix sockets are by which alone the outside is reached; None: over the network."""
    operator: Operator
    log: Log
    publish: Publish
    guards: Guards
    text: Text
    rules: tuple[Rule, ...]
    warnings: tuple[Problem, ...]
    places: Places = field(default=Places("", {}, {}), compare=False, repr=False)
    """Where each key was set, for what is found against it later."""

    @property
    def secrets(self) -> tuple[Secret, ...]:
        """Everything that has to be read from outside, once each, accounts first."""
        named: list[str | Secret] = []
        for account in self.twilio.accounts:
            named += (account.account_sid, account.username, account.password)
        named.append(self.incidentio.api_key)
        if self.operator.webhook_url is not None:
            named.append(self.operator.webhook_url)
        if self.operator.alert_source is not None:
            named.append(self.operator.alert_source.secret)
        if self.operator.heartbeat is not None:
            named.append(self.operator.heartbeat.url)
        if self.server.token is not None:
            named.append(self.server.token)
        return tuple(dict.fromkeys(value for value in named if isinstance(value, Secret)))


def missing_secrets(config: Config) -> tuple[Problem, ...]:
    """Return a problem for each secret that can't be read now; reads them all."""
    problems = (missing(secret) for secret in config.secrets)
    return tuple(problem for problem in problems if problem is not None)
