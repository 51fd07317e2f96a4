"""The one place that knows every class: configuration in, a bridge with real parts out."""

from __future__ import annotations

import asyncio
import time
from base64 import b64encode
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

from statusbridge.adapters import pause_file
from statusbridge.adapters.clock import SystemClock
from statusbridge.adapters.exchanges import Exchanges
from statusbridge.adapters.http import Wire
from statusbridge.adapters.http_transport import Limits
from statusbridge.adapters.incidentio import IncidentIo
from statusbridge.adapters.receivers import LIMITS, AlertSource, HeartbeatUrl, Webhook
from statusbridge.adapters.rehearsal import RehearsalPage
from statusbridge.adapters.sqlite import SqliteStore
from statusbridge.adapters.templates import UnsafeTemplateError, render
from statusbridge.adapters.twilio_clock import Clock as TwilioClock
from statusbridge.adapters.twilio_monitor import Settings, TwilioMonitor
from statusbridge.bridge.heartbeat import Heartbeat
from statusbridge.bridge.parts import Bridge, Policy
from statusbridge.bridge.telling import Receiver, Teller
from statusbridge.config.secrets import SHORTEST, Secret, SecretError, reveal
from statusbridge.config.values import Account, Config
from statusbridge.core.coverage import Batch
from statusbridge.core.errors import Unavailable
from statusbridge.core.keeping import lookback_of
from statusbridge.core.live import Structure
from statusbridge.core.model import Instant, Seconds
from statusbridge.core.operations import Draft
from statusbridge.core.plan import Manners
from statusbridge.core.rules import probes
from statusbridge.secrecy import holds_secret, remember

Tell = Callable[[Draft, Structure | None], None]
"""Shows what would be posted, and on what page as far as that was read."""


Stretch = Callable[[Instant, Instant], AsyncGenerator[Batch, None]]
"""Reads all alerts between two times, both included."""
_PAST_PATIENCE: Seconds = 300
"""How long a request for the past is asked again: Twilio may ask for minutes of patience."""


@dataclass(slots=True)
class Parts:
    """A bridge and the connections it was built on. Close them when it is done."""

    bridge: Bridge
    store: SqliteStore
    wires: tuple[Wire, ...]
    rehearse: Tell | None = None
    exchanges: Mapping[str, Exchanges] = field(default_factory=dict)
    """Requests by service, counted since the start."""
    teller: Teller | None = None
    """Tells whoever operates the bridge; None: nobody is told."""
    heartbeat: Heartbeat | None = None
    """Pings who should miss us; None: nobody."""

    async def aclose(self) -> None:
        for wire in self.wires:
            await wire.aclose()


def build(
    config: Config,
    store: SqliteStore,
    rehearse: Tell | None = None,
    exchanges: Mapping[str, Exchanges] | None = None,
) -> Parts:
    """Return the bridge that *config* describes, on *store*.

    *rehearse*: nothing is written to a page; each post goes to this function instead. *exchanges*:
    where requests go on being counted. Reads no secret: each is read when a request needs it, so
    that a rotated one is found.
    """
    clock = SystemClock()
    counted = exchanges or {name: Exchanges() for name in ("twilio", "incidentio", "operator")}
    sources, wires = _sources(config, clock, counted["twilio"])
    page_wire = Wire(
        config.incidentio.base_url,
        _bearer(config.incidentio.api_key),
        limits=Limits(sockets=config.sockets),
        exchanges=counted["incidentio"],
    )
    real = {page.name: IncidentIo(page_wire, page.id) for page in config.incidentio.pages}
    pages = (
        real
        if rehearse is None
        else {name: RehearsalPage(page, clock, rehearse) for name, page in real.items()}
    )
    bridge = Bridge(policy(config), sources, pages, store, clock)
    stop = config.store_path.with_name(pause_file.NAME)
    bridge.emergency = lambda: pause_file.reason(stop)
    if rehearse is not None:
        bridge.tell_shadow = rehearse
    told, told_wires = ((), ()) if rehearse else receivers(config, counted["operator"])
    teller = Teller(told, store.notices, clock, config.operator.grace) if told else None
    heart = None if rehearse else heartbeat(config, clock, counted["operator"])
    all_wires = (*wires, page_wire, *told_wires)
    return Parts(bridge, store, all_wires, rehearse, counted, teller, heart)


def heartbeat(config: Config, clock: SystemClock, exchanges: Exchanges) -> Heartbeat | None:
    """Return what pings who should miss us; None: the configuration names nobody."""
    told = config.operator.heartbeat
    if told is None:
        return None
    switch = HeartbeatUrl(_address(told.url), told.method, exchanges, config.sockets)
    return Heartbeat(switch, clock, told.interval)


def receivers(
    config: Config, exchanges: Exchanges
) -> tuple[tuple[Receiver, ...], tuple[Wire, ...]]:
    """Return who is told what the operator should know, and the connections to close in the end."""
    operator = config.operator
    found: list[Receiver] = []
    wires: list[Wire] = []
    if operator.webhook_url is not None:
        url = _address(operator.webhook_url)
        found.append(Webhook(url, operator.link, exchanges, config.sockets))
    if (source := operator.alert_source) is not None:
        limits = replace(LIMITS, sockets=config.sockets)
        wire = Wire(
            config.incidentio.base_url, _bearer(source.secret), limits=limits, exchanges=exchanges
        )
        wires.append(wire)
        found.append(AlertSource(wire, source.id, operator.link))
    return tuple(found), tuple(wires)


async def rebuild(parts: Parts, config: Config) -> None:
    """Bring *parts* to what *config* says, on the store they have."""
    fresh = build(config, parts.store, parts.rehearse, parts.exchanges)
    for name, page in fresh.bridge.pages.items():
        before = parts.bridge.pages.get(name)
        if isinstance(page, RehearsalPage) and isinstance(before, RehearsalPage):
            page.remember(before)
    fresh.bridge.take_over(parts.bridge)
    if parts.teller is not None:
        await parts.teller.finish(0)
        if fresh.teller is not None:
            fresh.teller.remember(parts.teller)
    if parts.heartbeat is not None:
        await parts.heartbeat.finish()
        if fresh.heartbeat is not None:
            fresh.heartbeat.remember(parts.heartbeat)
    parts.heartbeat = fresh.heartbeat
    await parts.aclose()
    parts.bridge, parts.wires, parts.teller = fresh.bridge, fresh.wires, fresh.teller


def _sources(
    config: Config, clock: SystemClock, exchanges: Exchanges
) -> tuple[tuple[TwilioMonitor, ...], tuple[Wire, ...]]:
    settings, twilio = source_settings(config), _twilio_clock(clock)
    asked = probes(config.rules)
    wires = _twilio_wires(config, exchanges)
    sources = tuple(
        TwilioMonitor(account.name, wire, asked, settings, twilio)
        for account, wire in zip(config.twilio.accounts, wires, strict=True)
    )
    return sources, wires


def _twilio_clock(clock: SystemClock) -> TwilioClock:
    return TwilioClock(time.time, clock.steady, asyncio.sleep)


def _twilio_wires(config: Config, exchanges: Exchanges) -> tuple[Wire, ...]:
    base_url, limits = config.twilio.base_url, Limits(sockets=config.sockets)
    return tuple(
        Wire(base_url, _basic(account), limits=limits, exchanges=exchanges)
        for account in config.twilio.accounts
    )


@asynccontextmanager
async def histories(config: Config) -> AsyncIterator[dict[str, Stretch]]:
    """Yield, by account, what reads a stretch of its past; several may be read at a time."""
    settings = replace(source_settings(config), patience=_PAST_PATIENCE)
    clock, asked = _twilio_clock(SystemClock()), probes(config.rules)
    wires = _twilio_wires(config, Exchanges())

    def reader(name: str, wire: Wire) -> Stretch:
        return lambda lo, hi: TwilioMonitor(name, wire, asked, settings, clock).stretch(lo, hi)

    try:
        names = (account.name for account in config.twilio.accounts)
        yield {name: reader(name, wire) for name, wire in zip(names, wires, strict=True)}
    finally:
        for wire in wires:
            await wire.aclose()


def source_settings(config: Config) -> Settings:
    """Return how accounts are read."""
    return Settings(lookback_of(config.rules, config.twilio.overlap), config.twilio.base_url)


def policy(config: Config) -> Policy:
    """Return the part of *config* that decisions rest on."""
    publish = config.publish
    return Policy(
        rules=config.rules,
        pages={page.name: page.id for page in config.incidentio.pages},
        render=_public,
        guards=config.guards,
        manners=Manners(publish.missed, publish.after_touch, config.text.timezone),
        doubt_wait=publish.doubt_wait,
    )


def _public(source: str, values: Mapping[str, str]) -> str:
    """Fill in *source*. Raises UnsafeTemplateError also where a secret would be published."""
    text = render(source, values)
    if holds_secret(text):
        raise UnsafeTemplateError("it would publish a secret of this program")
    return text


def _basic(account: Account) -> Callable[[], str]:
    def header() -> str:
        pair = f"{reveal(account.username)}:{reveal(account.password)}"
        encoded = b64encode(pair.encode()).decode()
        remember(encoded)
        return f"Basic {encoded}"

    return header


def _address(secret: Secret) -> Callable[[], str]:
    """Return what reads a webhook's address, and lets no part of it be logged that lets one in."""

    def read() -> str:
        try:
            url = secret.read()
        except SecretError as error:
            raise Unavailable(str(error)) from error
        target = url.partition("://")[2].partition("/")[2]
        if len(target) >= SHORTEST:
            remember(target)
        return url

    return read


def _bearer(key: Secret) -> Callable[[], str]:
    return lambda: f"Bearer {key.read()}"
