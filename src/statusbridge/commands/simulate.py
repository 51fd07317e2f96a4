"""`statusbridge simulate`: loopback stand-ins of both APIs and a webhook, driven by a scenario.

Addresses and what to paste go to stdout, a line for every write received to stderr.
"""

from __future__ import annotations

import argparse
import asyncio
import shlex
import signal
import sys
from contextlib import suppress

import msgspec

from statusbridge.commands.exits import CONFIGURATION, FAILED
from statusbridge.core.model import time_of_day
from statusbridge.simulators.exchange import Written
from statusbridge.simulators.notation import NotationError, span
from statusbridge.simulators.scenario import Scenario, load, packaged
from statusbridge.simulators.serve import Running, serving
from statusbridge.simulators.twilio import Account

_SHOWN = 72
_WEBHOOK, _SOURCE = "OPERATOR_WEBHOOK", "ALERT_SOURCE_SECRET"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of `simulate`."""
    names = ", ".join(packaged())
    parser.add_argument(
        "scenario",
        nargs="?",
        metavar="SCENARIO",
        default="carrier-failure",
        help=f"a scenario file, or one of {names} (default: %(default)s)",
    )
    for name, port in (("twilio", 8001), ("incidentio", 8002), ("webhook", 8003)):
        parser.add_argument(
            f"--{name}-port",
            type=_port,
            default=port,
            metavar="PORT",
            help="where it listens; 0 for any that is free (default: %(default)s)",
        )
    parser.add_argument(
        "--for", dest="duration", metavar="DURATION", help='end after so long, as in "10m"'
    )


def _port(text: str) -> int:
    if not text.isdecimal() or int(text[:6]) > 65_535:
        raise argparse.ArgumentTypeError(f"{text!r} is no port; expected 0 to 65535")
    return int(text)


def run(args: argparse.Namespace) -> int:
    """Serve until SIGINT or SIGTERM, or for as long as was asked; return the exit code."""
    try:
        scenario = load(args.scenario)
        duration = None if args.duration is None else span(args.duration)
        ports = args.twilio_port, args.incidentio_port, args.webhook_port
        asyncio.run(_simulate(scenario, ports, duration))
    except NotationError as error:
        print(f"statusbridge simulate: {error}", file=sys.stderr)
        return CONFIGURATION
    except OSError as error:
        print(f"statusbridge simulate: {error}; choose another port", file=sys.stderr)
        return FAILED
    return 0


async def _simulate(
    scenario: Scenario, ports: tuple[int, int, int], duration: float | None
) -> None:
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for ending in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(ending, ended.set)
    twilio, incidentio, webhook = ports
    served = serving(scenario, "127.0.0.1", twilio, incidentio, webhook_port=webhook)
    async with served as running:
        for simulator in (running.incidentio, running.webhook):
            simulator.journal.on_write = lambda write: print(line(write), file=sys.stderr)
        print(introduction(running), flush=True)
        with suppress(TimeoutError):
            await asyncio.wait_for(ended.wait(), duration)
        for entry, reason in running.player.missed:
            print(f"skipped at {entry.at:g}s: {reason}", file=sys.stderr)


def introduction(running: Running) -> str:
    """Return what a person needs to point a daemon at *running*: environment and configuration."""
    scenario = running.player.scenario
    pages = ", ".join(f"{page.key} = {_quoted(page.id)}" for page in scenario.pages)
    lines = [
        f"# {scenario.about}" if scenario.about else "# a scenario of your own",
        f"# the page, as customers see it: {running.incidentio_url}/",
        "",
        "# environment",
        *(f"export {name}={shlex.quote(value)}" for name, value in _environment(running)),
        "",
        "# config.toml",
        "[twilio]",
        f"base_url = {_quoted(running.twilio_url)}",
        *(line for account in _listed(scenario) for line in _account(account)),
        "",
        "[incidentio]",
        f"base_url = {_quoted(running.incidentio_url)}",
        f"pages    = {{ {pages} }}",
        "",
        "[operator]",
        f"webhook_url  = {{ env = {_quoted(_WEBHOOK)} }}",
        *(
            f"alert_source = {{ id = {_quoted(one.id)}, secret = {{ env = {_quoted(_SOURCE)} }} }}"
            for one in scenario.alert_sources[:1]
        ),
    ]
    return "\n".join(lines)


def _environment(running: Running) -> list[tuple[str, str]]:
    scenario = running.player.scenario
    variables = [("INCIDENT_API_KEY", scenario.api_key), (_WEBHOOK, running.webhook_url)]
    variables += [(_SOURCE, source.secret) for source in scenario.alert_sources[:1]]
    if _listed(scenario):
        return [(_variable(a), a.auth_token) for a in scenario.accounts] + variables
    only = scenario.accounts[0]
    return [
        ("TWILIO_ACCOUNT_SID", only.account_sid),
        ("TWILIO_AUTH_TOKEN", only.auth_token),
        *variables,
    ]


def _listed(scenario: Scenario) -> tuple[Account, ...]:
    """Return the accounts that the configuration must name: all, unless there is only one."""
    return scenario.accounts if len(scenario.accounts) > 1 else ()


def _account(account: Account) -> list[str]:
    return [
        "",
        "[[twilio.accounts]]",
        f"name        = {_quoted(account.name)}",
        f"account_sid = {_quoted(account.account_sid)}",
        f"auth_token  = {{ env = {_quoted(_variable(account))} }}",
    ]


def _variable(account: Account) -> str:
    letters = "".join(c if c.isalnum() else "_" for c in account.name.upper())
    return f"TWILIO_AUTH_TOKEN_{letters}"


def _quoted(text: str) -> str:
    return msgspec.json.encode(text).decode()


def line(write: Written) -> str:
    """Return one line about an applied *write*."""
    when = time_of_day(write.at)
    told = msgspec.json.decode(write.body or b"{}", type=_Told)
    said = told.text or told.name or told.message or told.title or ""
    text = " ".join(said.split())[:_SHOWN]
    status = told.incident_status or told.maintenance_status or told.status or told.state or ""
    answer = "" if write.answered else "  (not answered)"
    return f'{when} {write.endpoint} {write.subject} {status} "{text}"{answer}'


class _Told(msgspec.Struct):
    name: str | None = None
    title: str | None = None
    text: str | None = None
    status: str | None = None
    state: str | None = None
    message: str | None = None
    incident_status: str | None = None
    maintenance_status: str | None = None
