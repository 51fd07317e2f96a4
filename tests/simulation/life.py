"""One run: the production cycle on simulated ports, while all that a seed has drawn goes wrong.

Nothing wrong may happen meanwhile. What must be true afterwards is said in `simulation.calm`.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
from typing import Any

import msgspec
import structlog

from simulation.mortal import Crash, Disk, Fate, Process
from simulation.network import Network
from simulation.oracle import Oracle
from simulation.ordering import AT_ONCE
from simulation.services import Services
from simulation.setting import DOUBT_WAIT, INTERVAL, Setting
from simulation.story import Story
from simulation.virtual import START, Machine, VirtualLoop
from statusbridge.bridge.acting import carry
from statusbridge.bridge.cycle import run_cycle
from statusbridge.bridge.parts import Bridge
from statusbridge.core.acts import Order, Refused
from statusbridge.core.rules import Rule
from statusbridge.simulators.notation import NotationError

_WEIGHT = {"post.before": 5, "post.leaving": 5, "post.after": 5, "get.leaving": 0.3}
"""There are few writes in a life, and many reads."""


class Life:
    """A run under way: the world that lasts, and the process that comes and goes."""

    def __init__(self, setting: Setting, loop: VirtualLoop, fate: Fate | None) -> None:
        self.setting = setting
        self.story = Story(setting)
        self.error: Exception | None = None
        self._loop = loop
        self._dice = random.Random(f"{setting.seed}/fate")
        self.fate = fate or self._by_dice
        self.rate = setting.crashes
        self._naps = list(setting.naps)
        self._kept = b""
        self._restoring = False
        self.heard: list[Order] = []
        """What was ordered, and waits for the end of the cycle under way."""
        self.machine = Machine(loop)
        self.disk = Disk()
        self.services = Services(setting, self.machine)
        self.twilio, self.page = self.services.twilio, self.services.page
        self.oracle = Oracle(setting, lambda: self.page.world, self.services.opens)
        self.page.journal.on_write = self.oracle.wrote
        self.network = Network(
            random.Random(f"{setting.seed}/network"), self, setting.unsent, setting.slowest
        )
        self.network.marks = self.story.marks
        self.truth: list[tuple[str, str]] = []
        for entry in setting.alerts:
            self.storm(entry, START)
        self.process = Process(lambda number, kind: False)
        self.bridge = self.start()

    # The network's onlooker

    def sends(self, host: str, request: Any) -> None:
        self.note(f"> {request.method} {request.path} {sorted(request.query.items())}")
        self.oracle.sends(host, request)

    def reads(self, host: str, request: Any, reply: Any) -> None:
        self.note(f"< {reply.status} {len(reply.body)}")
        self.oracle.reads(host, request, reply)

    def strays(self, host: str, headers: Any) -> None:
        self.note(f"> {host}, which is somewhere else")
        self.oracle.strays(host, headers)

    def note(self, line: str) -> None:
        self.story.trace.append(f"{self._loop.virtual:.3f} {line}")

    def overhear(self, logger: Any, method: str, event: Any) -> Any:
        self.story.marks[f"log {event['event']}"] += 1
        line = f"{method} {sorted((key, str(value)) for key, value in event.items())}"
        self.oracle.check_private("a log line", line)
        self.note(line)
        # Where rules or the file were changed, two outages may read alike: the page is judged.
        unchanged = not self.setting.reloads and not self.setting.restores
        if event["event"] == "duplicate.seen" and unchanged:
            self.story.found.append("the bridge itself saw a duplicate")
        raise structlog.DropEvent

    # Lives

    def _by_dice(self, number: int, kind: str) -> bool:
        return self.rate > 0 and self._dice.random() < self.rate * _WEIGHT.get(kind, 1)

    def start(self) -> Bridge:
        self.process = Process(self.fate, self.process.effects)
        return self._configured()

    def _configured(self) -> Bridge:
        marks = self.story.marks
        return self.services.bridge(self.network, self.process, self.disk, marks)

    def _reload(self, rules: tuple[Rule, ...]) -> None:
        """Let the next cycle go by *rules*, as after a signal to reload."""
        self.note("reload")
        self.story.marks["reload"] += 1
        self.services.rules = rules

    def _copy(self) -> None:
        self._kept = self.disk.image()

    def _ask_to_put_back(self) -> None:
        self._restoring = True

    def _put_back(self) -> None:
        """Start on the copy of the state file, as somebody does who has restored a backup."""
        self.note("restore")
        self.story.marks["restore"] += 1
        self._restoring = False
        self.disk.put_back(self._kept)
        self.bridge = self.start()

    def _nap(self) -> float:
        """Return for how long the machine sleeps now."""
        due = [nap for nap in self._naps if nap[0] <= self._loop.virtual]
        self._naps = [nap for nap in self._naps if nap not in due]
        self.story.marks["nap"] += len(due)
        return sum(seconds for _, seconds in due)

    async def cycle(self) -> None:
        """Run one cycle; where the process dies in it, start the next one after a while."""
        if self._restoring:
            # What the last process had sent has come by then, as operations.md asks for.
            await asyncio.sleep(DOUBT_WAIT)
            self._put_back()
        if self.bridge.policy.rules != self.services.rules:
            self.bridge = self._configured()
        try:
            while self.heard:
                # Who gets no answer asks again.
                self._order(self.heard[0])
                self.heard.pop(0)
            await run_cycle(self.bridge)
        except Crash as crash:
            self.oracle.died(self.disk.rows)
            await self._die(str(crash))
        else:
            self.oracle.cycle_done(self.disk.rows)

    async def _die(self, point: str) -> None:
        self.note(f"crash {point}")
        self.story.crashes += 1
        self.story.marks[f"crash {point}"] += 1
        kind = self._dice.random()
        if kind < 0.3:
            self.disk.cut_power(self._dice.choice((1, 1, 2, 3)))
            self.machine.reboot()
            self.story.marks["power cut"] += 1
        await asyncio.sleep(self._dice.choice((0, 0, 1, 10, 45)))
        self.bridge = self.start()

    # What happens in it

    async def live(self) -> None:
        """Let everything go wrong that the seed has drawn."""
        for at, act in self.setting.acts:
            self._loop.call_at(at, self.act, act)
        for at, order in self.setting.orders:
            self._loop.call_at(at, self.hear, order)
        for at, rules in self.setting.reloads:
            self._loop.call_at(at, self._reload, rules)
        for copied, put_back in self.setting.restores:
            self._loop.call_at(copied, self._copy)
            self._loop.call_at(put_back, self._ask_to_put_back)
        for at, offset in self.setting.steps:
            self._loop.call_at(at, setattr, self.machine, "offset", offset)
        while self._loop.virtual < self.setting.span:
            await self.cycle()
            await asyncio.sleep(INTERVAL + self._nap())

    def storm(self, entry: Any, start: float) -> None:
        """Let the alerts of *entry* happen."""
        account = entry.account or self.setting.accounts[0]
        entry = msgspec.structs.replace(entry, account=account)
        self.truth += [(entry.account, sid) for sid in self.twilio.add(entry, start=start)]

    def act(self, act: Any) -> None:
        """Let a person do *act*, where the page lets them."""
        try:
            self.page.act(act)
        except NotationError:
            return
        name = type(act).__name__
        self.note(f"person {name}")
        self.story.marks[f"person {name}"] += 1
        self.oracle.acted()

    def hear(self, order: Order) -> None:
        """Take an order as a daemon does: a pause at once, what decides between two cycles."""
        if order.kind not in AT_ONCE:
            self.heard.append(order)
            return
        # It may die of it; that is then found by what it does next.
        with contextlib.suppress(Crash):
            self._order(order)

    def _order(self, order: Order) -> None:
        """Let a person order something. Raises Crash."""
        self.oracle.hears(order, self.disk.rows)
        try:
            said = carry(self.bridge, order, "ada")
        except Refused as refusal:
            self.note(f"refused {order.kind} {order.key}: {refusal}")
            return
        self.note(f"order {order.kind} {order.key}: {said}")
        self.story.marks[f"order {order.kind}"] += 1
        self.oracle.heeds(order)

    def end(self) -> None:
        """Close everything, and bring what was found into the story."""
        self.story.found += self.oracle.found
        self.story.seconds = self._loop.virtual
        self.story.effects = self.process.effects
        self.story.posts = self.oracle.posts
        self.story.told = [entry.get("incident_status") for entry in self.oracle.written]
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
        self._loop.run_until_complete(asyncio.sleep(0))
        self._loop.run_until_complete(self._loop.shutdown_asyncgens())
        self._loop.close()
        self.disk.close()
