"""Scenarios: what is played, written as TOML, read into values.

Times are relative to the start of the simulators. Unknown keys are errors that name the nearest
known one.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Literal, TypeAlias

from msgspec import Struct, field

from statusbridge.simulators.alert_events import AlertSource
from statusbridge.simulators.alerts_query import TwilioSwitches
from statusbridge.simulators.feed import AlertEntry
from statusbridge.simulators.incidentio import FAKE_KEY, PUBLISHER
from statusbridge.simulators.notation import NotationError, Span, build, choose, nearest, span
from statusbridge.simulators.page_layout import PageEntry, layout
from statusbridge.simulators.page_payloads import PageSwitches
from statusbridge.simulators.people import Act, PageAct, read_act
from statusbridge.simulators.strikes import Rule, read_rule
from statusbridge.simulators.twilio import Account, fake_account

_ENDING = ".toml"
_TWILIO = TwilioSwitches()
_INCIDENTIO = PageSwitches()


Side: TypeAlias = Literal["twilio", "incidentio", "webhook"]


@dataclass(frozen=True, slots=True)
class FaultEntry:
    """A fault of one side. Its rule's times are relative to the start of the scenario."""

    side: Side
    rule: Rule


@dataclass(frozen=True, slots=True)
class PersonEntry:
    """What a person does on the page, *at* seconds after the start."""

    at: Span
    act: Act | PageAct


@dataclass(frozen=True, slots=True)
class Scenario:
    """All that a pair of simulators is told."""

    about: str = ""
    seed: int = 0
    accounts: tuple[Account, ...] = (fake_account(),)
    twilio: TwilioSwitches = _TWILIO
    pages: tuple[PageEntry, ...] = (PageEntry(),)
    api_key: str = FAKE_KEY
    roles: tuple[str, ...] = (PUBLISHER, "status_page_viewer")
    incidentio: PageSwitches = _INCIDENTIO
    alert_sources: tuple[AlertSource, ...] = (AlertSource(),)
    alerts: tuple[AlertEntry, ...] = ()
    faults: tuple[FaultEntry, ...] = ()
    people: tuple[PersonEntry, ...] = ()


class _File(Struct, frozen=True):
    about: str = ""
    seed: int = 0
    twilio: Mapping[str, object] = {}
    incidentio: Mapping[str, object] = {}
    alerts: tuple[Mapping[str, object], ...] = ()
    faults: tuple[Mapping[str, object], ...] = ()
    people: tuple[Mapping[str, object], ...] = ()


class _Twilio(Struct, frozen=True):
    accounts: tuple[Mapping[str, object], ...] = ({"name": "default"},)
    switches: Mapping[str, object] = {}


class _Account(Struct, frozen=True):
    """What is left out is made up."""

    name: str
    account_sid: str | None = None
    auth_token: str | None = None
    api_key_sid: str | None = None
    api_key_secret: str | None = None


class _Incidentio(Struct, frozen=True):
    pages: tuple[Mapping[str, object], ...] = ({},)
    api_key: str = FAKE_KEY
    roles: tuple[str, ...] = (PUBLISHER, "status_page_viewer")
    switches: Mapping[str, object] = {}
    alert_sources: tuple[Mapping[str, object], ...] = ({},)


class _PollError(Struct, frozen=True):
    """The rule tests' way of writing that polls fail."""

    poll_error: str
    at: Span = Span(0)
    lasts: Span | None = field(default=None, name="for")


def packaged() -> tuple[str, ...]:
    """Return the names of the scenarios that come with the package."""
    found = (entry.name for entry in files(__package__).joinpath("scenarios").iterdir())
    return tuple(sorted(name.removesuffix(_ENDING) for name in found if name.endswith(_ENDING)))


def load(wanted: str) -> Scenario:
    """Return the scenario of that file, or the packaged one of that name.

    Raises `NotationError`, also where there is none.
    """
    if wanted in packaged():
        resource = files(__package__).joinpath("scenarios", wanted + _ENDING)
        return parse(resource.read_text(encoding="utf-8"), wanted)
    try:
        text = Path(wanted).read_text(encoding="utf-8")
    except FileNotFoundError:
        raise NotationError(f'no scenario file "{wanted}", and {_no_such(wanted)}') from None
    except OSError as error:
        raise NotationError(f"{wanted} can't be read ({error.strerror})") from None
    except UnicodeDecodeError:
        raise NotationError(f"{wanted}: not UTF-8; expected a TOML file") from None
    return parse(text, wanted)


def parse(text: str, place: str) -> Scenario:
    """Return the scenario in TOML *text*. Raises `NotationError` that begins with *place*."""
    try:
        table = tomllib.loads(text)
    except RecursionError:
        raise NotationError(f"{place}: nested too deeply") from None
    except ValueError as error:  # of tomllib's own kind, or of int() where a number is too long
        raise NotationError(f"{place}: {error}") from None
    try:
        return _scenario(build(_File, table, "scenario"))
    except NotationError as error:
        raise NotationError(f"{place}: {error}") from None


def _no_such(wanted: str) -> str:
    return f"none of that name comes with statusbridge, {nearest(wanted, packaged())}"


def _scenario(file: _File) -> Scenario:
    twilio = build(_Twilio, file.twilio, "twilio")
    incidentio = build(_Incidentio, file.incidentio, "incidentio")
    alerts, polls = _split(file.alerts)
    pages = [build(PageEntry, p, f"incidentio.pages[{n}]") for n, p in enumerate(incidentio.pages)]
    for page in pages:
        layout(page)
    return Scenario(
        about=file.about,
        seed=file.seed,
        accounts=tuple(_account(a, f"twilio.accounts[{n}]") for n, a in enumerate(twilio.accounts)),
        twilio=build(TwilioSwitches, twilio.switches, "twilio.switches"),
        pages=tuple(pages),
        api_key=incidentio.api_key,
        roles=incidentio.roles,
        incidentio=build(PageSwitches, incidentio.switches, "incidentio.switches"),
        alert_sources=tuple(
            build(AlertSource, table, f"incidentio.alert_sources[{n}]")
            for n, table in enumerate(incidentio.alert_sources)
        ),
        alerts=alerts,
        faults=(*polls, *(_fault(f, f"faults[{n}]") for n, f in enumerate(file.faults))),
        people=tuple(_person(p, f"people[{n}]") for n, p in enumerate(file.people)),
    )


def _split(
    entries: tuple[Mapping[str, object], ...],
) -> tuple[tuple[AlertEntry, ...], tuple[FaultEntry, ...]]:
    """Return the alerts of a feed, and the faults that it writes as failing polls."""
    alerts, polls = [], []
    for number, entry in enumerate(entries):
        place = f"alerts[{number}]"
        if "poll_error" in entry:
            polls.append(_poll_error(build(_PollError, entry, place), entry, place))
        else:
            alerts.append(build(AlertEntry, entry, place))
    return tuple(alerts), tuple(polls)


def _poll_error(entry: _PollError, table: Mapping[str, object], place: str) -> FaultEntry:
    rest = {key: value for key, value in table.items() if key != "poll_error"}
    if entry.poll_error.isdecimal():
        rest |= {"kind": "status", "status": int(entry.poll_error)}
    else:
        rest |= {"kind": entry.poll_error}
    return FaultEntry("twilio", read_rule(rest, 0, place))


def _account(table: Mapping[str, object], place: str) -> Account:
    written = build(_Account, table, place)
    fake = fake_account(written.name)
    return Account(
        written.name,
        written.account_sid or fake.account_sid,
        written.auth_token or fake.auth_token,
        written.api_key_sid or fake.api_key_sid,
        written.api_key_secret or fake.api_key_secret,
    )


def _fault(table: Mapping[str, object], place: str) -> FaultEntry:
    rest = dict(table)
    sides: dict[str, Side] = {
        "twilio": "twilio",
        "incidentio": "incidentio",
        "webhook": "webhook",
    }
    side = choose(sides, rest.pop("side", None), f"{place}.side")
    return FaultEntry(side, read_rule(rest, 0, place))


def _person(table: Mapping[str, object], place: str) -> PersonEntry:
    rest = dict(table)
    at = rest.pop("at", "0s")
    if not isinstance(at, str):
        raise NotationError(f'{place}.at: {at!r} is no span of time: write "30s"')
    return PersonEntry(span(at), read_act(rest, place))
