"""Settings as written → the configuration, every name, path, duration and default resolved."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from zoneinfo import ZoneInfo

from statusbridge.config import addresses, durations, files, judgement
from statusbridge.config.fields import SecretSource
from statusbridge.config.pair_lints import pair_lints
from statusbridge.config.places import Places
from statusbridge.config.rule_lints import rule_lints
from statusbridge.config.rules import rule
from statusbridge.config.secrets import Secret, SecretKind
from statusbridge.config.settings import (
    AccountTable,
    GuardsTable,
    IncidentIoTable,
    OperatorTable,
    PublishingTable,
    ServerTable,
    Settings,
    TwilioTable,
)
from statusbridge.config.toml_lines import Loc
from statusbridge.config.validation import Finding
from statusbridge.config.values import (
    Account,
    Address,
    AlertSource,
    Config,
    Heartbeat,
    IncidentIo,
    Log,
    Operator,
    Publish,
    Server,
    StatusPage,
    Text,
    Twilio,
)
from statusbridge.core.model import PageId
from statusbridge.core.restrain import Guards
from statusbridge.core.rules import Rule


@dataclass(frozen=True, slots=True)
class Origin:
    """Where settings came from: what relative paths and messages refer to."""

    path: Path
    places: Places
    environ: Mapping[str, str]


def resolve(settings: Settings, origin: Origin) -> Config:
    """Return the configuration of *settings*, in which the judgement found nothing wrong."""
    store = files.store_path(settings.store.path, origin.environ)
    pages = tuple(settings.incidentio.pages)
    twilio = _twilio(settings.twilio, origin)
    rules = tuple(
        rule(table, order, pages, settings.lists) for order, table in enumerate(settings.rules)
    )
    return Config(
        path=origin.path,
        twilio=twilio,
        incidentio=_incidentio(settings.incidentio, origin),
        store_path=store,
        socket_path=files.socket_path(settings.server.socket, store, origin.environ),
        server=_server(settings.server, origin),
        sockets=files.sockets_path(settings.egress.sockets, origin.environ),
        operator=_operator(settings.operator, origin),
        log=Log(settings.log.level, settings.log.format),
        publish=_publish(settings.publish),
        guards=_guards(settings.guards),
        text=Text(ZoneInfo(settings.text.timezone)),
        rules=rules,
        warnings=origin.places.problems((*judgement.warnings(settings), *_lints(rules, twilio))),
        places=origin.places,
    )


def _lints(rules: tuple[Rule, ...], twilio: Twilio) -> Iterator[Finding]:
    accounts = frozenset(account.name for account in twilio.accounts)
    for one in rules:
        yield from rule_lints(one, accounts)
    yield from pair_lints(rules)


def _twilio(table: TwilioTable, origin: Origin) -> Twilio:
    accounts = table.accounts or [AccountTable()]
    return Twilio(
        poll_interval=durations.parse(table.poll_interval),
        overlap=durations.parse(table.overlap),
        base_url=table.base_url.rstrip("/"),
        accounts=tuple(_account(one, index, origin) for index, one in enumerate(accounts)),
    )


def _account(table: AccountTable, index: int, origin: Origin) -> Account:
    place: Loc = ("twilio", "accounts", index)
    sid = table.account_sid or _variable(
        "TWILIO_ACCOUNT_SID", (*place, "account_sid"), origin, sid="AC"
    )
    if table.auth_token is not None:
        password = _secret(table.auth_token, (*place, "auth_token"), origin)
        return Account(table.name, sid, sid, password)
    if table.api_key_sid is not None and table.api_key_secret is not None:
        password = _secret(table.api_key_secret, (*place, "api_key_secret"), origin)
        return Account(table.name, sid, table.api_key_sid, password)
    return _usual_account(table.name, sid, place, origin)


def _usual_account(name: str, sid: str | Secret, place: Loc, origin: Origin) -> Account:
    """The account as Twilio's own tools find it in the environment: an API key before a token.

    https://www.twilio.com/docs/twilio-cli/general-usage/profiles#environment-variables
    """
    environ = origin.environ
    has_key = "TWILIO_API_KEY" in environ
    if has_key and ("TWILIO_API_SECRET" in environ or "TWILIO_AUTH_TOKEN" not in environ):
        return Account(
            name,
            sid,
            _variable("TWILIO_API_KEY", (*place, "api_key_sid"), origin, sid="SK"),
            _variable("TWILIO_API_SECRET", (*place, "api_key_secret"), origin),
        )
    return Account(name, sid, sid, _variable("TWILIO_AUTH_TOKEN", (*place, "auth_token"), origin))


def _incidentio(table: IncidentIoTable, origin: Origin) -> IncidentIo:
    return IncidentIo(
        api_key=_secret(table.api_key, ("incidentio", "api_key"), origin),
        base_url=table.base_url.rstrip("/"),
        pages=tuple(StatusPage(name, PageId(page)) for name, page in table.pages.items()),
    )


def _operator(table: OperatorTable, origin: Origin) -> Operator:
    place: Loc = ("operator",)
    url, source, pinged = table.webhook_url, table.alert_source, table.heartbeat_url
    return Operator(
        webhook_url=None
        if url is None
        else replace(_secret(url, (*place, "webhook_url"), origin), is_url=True),
        alert_source=None
        if source is None
        else AlertSource(
            source.id, _secret(source.secret, (*place, "alert_source", "secret"), origin)
        ),
        grace=durations.parse(table.grace),
        link=table.link or "",
        heartbeat=None
        if pinged is None
        else Heartbeat(
            replace(_secret(pinged, (*place, "heartbeat_url"), origin), is_url=True),
            table.heartbeat_method,
            durations.parse(table.heartbeat_interval),
        ),
    )


def _variable(name: str, place: Loc, origin: Origin, sid: str = "") -> Secret:
    return Secret(SecretKind.ENV, name, origin.places.where(place), origin.environ, sid)


def _secret(source: SecretSource, place: Loc, origin: Origin) -> Secret:
    where = origin.places.where(place)
    if source.env is not None:
        return Secret(SecretKind.ENV, source.env, where, origin.environ)
    if source.file is not None:
        path = files.secret_path(source.file, origin.path, origin.environ)
        return Secret(SecretKind.FILE, str(path), where, origin.environ)
    return Secret(SecretKind.CREDENTIAL, source.credential or "", where, origin.environ)


def _server(table: ServerTable, origin: Origin) -> Server:
    token = None if table.token is None else _secret(table.token, ("server", "token"), origin)
    return Server(_address(table.listen), token)


def _address(written: str) -> Address | None:
    return Address(*addresses.split_address(written)) if written else None


def _publish(table: PublishingTable) -> Publish:
    return Publish(durations.parse(table.doubt_wait), table.missed, table.after_touch)


def _guards(table: GuardsTable) -> Guards:
    return Guards(
        table.max_open_incidents,
        table.max_opens_per_hour,
        table.max_notifications_per_day,
        durations.parse(table.stale_after),
        hold_in_maintenance=table.during_maintenance == "hold",
    )
