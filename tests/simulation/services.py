"""Both services as the bridge meets them, and the bridge that is built on them."""

from __future__ import annotations

import asyncio
from base64 import b64encode
from collections import Counter
from typing import Any

from simulation.configured import INTERNAL, PAGE_ID, PAGES, SMS, VOICE
from simulation.mortal import Disk, Process
from simulation.network import Network, SimulatedWire
from simulation.pool import real_wire
from simulation.setting import (
    CAP,
    DOUBT_WAIT,
    OVERLAP,
    PAGE_SIZE,
    Setting,
)
from simulation.virtual import Machine
from statusbridge.adapters import templates
from statusbridge.adapters.incidentio import IncidentIo
from statusbridge.adapters.twilio_clock import Clock
from statusbridge.adapters.twilio_monitor import Settings, TwilioMonitor
from statusbridge.bridge.parts import Bridge, Policy
from statusbridge.core.coverage import Budget, Lookback
from statusbridge.core.model import PageId
from statusbridge.core.operations import Operation
from statusbridge.core.outcome import Outcome
from statusbridge.core.rules import longest_reach
from statusbridge.simulators.incidentio import IncidentioSimulator
from statusbridge.simulators.page_layout import PageEntry
from statusbridge.simulators.twilio import TwilioSimulator, fake_account

HOST = "127.0.0.1:8001"
PAGE_HOST = "127.0.0.1:8002"
PAGE = PageEntry(
    id=PAGE_ID,
    structure=(
        {"group": "Messaging", "components": [{"component": "SMS", "id": SMS}]},
        {"component": "Voice", "id": VOICE},
    ),
)
ONLY_INTERNAL = PageEntry(
    id=PAGES[INTERNAL], structure=({"component": "Voice", "id": "01FA4EVOICEINTERNAL"},)
)


class CountedPage(IncidentIo):
    """The page, noting which row of the outcome table each write came to."""

    marks: Counter[str]

    async def send(self, operation: Operation) -> Outcome:
        outcome = await super().send(operation)
        self.marks[f"outcome {type(outcome).__name__}"] += 1
        return outcome


class Services:
    """The two simulators of one run, what opens them, and how to reach them."""

    def __init__(self, setting: Setting, machine: Machine) -> None:
        self._setting = setting
        self._machine = machine
        accounts = tuple(fake_account(name) for name in setting.accounts)
        self.twilio = TwilioSimulator(
            accounts, switches=setting.twilio, now=machine.true, seed=setting.seed
        )
        self.rules = setting.rules
        """What the configuration says now."""
        apart = any(rule.page == INTERNAL for rule in setting.rules)
        self._pages = (PAGE, ONLY_INTERNAL) if apart else (PAGE,)
        self.page = IncidentioSimulator(
            self._pages, switches=setting.page, now=machine.true, seed=setting.seed
        )
        self.twilio.faults.add(*setting.twilio_faults)
        self.page.faults.add(*setting.page_faults)
        self._basic = {
            a.name: "Basic " + b64encode(f"{a.account_sid}:{a.auth_token}".encode()).decode()
            for a in accounts
        }
        self._bearer = f"Bearer {self.page.api_key}"

    @property
    def opens(self) -> dict[str, str]:
        """Account, or "page", by the authorization that opens it."""
        return {value: name for name, value in self._basic.items()} | {self._bearer: "page"}

    def bridge(self, network: Network, process: Process, disk: Disk, marks: Counter[str]) -> Bridge:
        """Return the bridge as *process* starts it."""
        setting, machine = self._setting, self._machine
        clock = Clock(machine.wall, machine.steady, asyncio.sleep)
        first = max(OVERLAP, longest_reach(self.rules))
        settings = Settings(
            Lookback(OVERLAP, first), f"http://{HOST}", page_size=PAGE_SIZE, cap=CAP
        )

        def wire(simulator: Any, host: str, header: str) -> Any:
            below = SimulatedWire(network, process, simulator.front, host, lambda: header)
            return real_wire(network, f"http://{host}", below) if setting.real_wire else below

        sources = tuple(
            TwilioMonitor(name, wire(self.twilio, HOST, header), (), settings, clock)
            for name, header in self._basic.items()
        )
        pages = {}
        for name, entry in zip(PAGES, self._pages, strict=False):
            wired = wire(self.page, PAGE_HOST, self._bearer)
            pages[name] = page = CountedPage(wired, PageId(entry.id))
            page.marks = marks
        policy = Policy(
            self.rules, {name: page.page for name, page in pages.items()}, templates.render,
            setting.guards, setting.manners, DOUBT_WAIT,
        )  # fmt: skip
        return Bridge(
            policy, sources, pages, disk.store(process), machine,
            Budget(pages=8, seconds=20), deep_seconds=20,
        )  # fmt: skip
