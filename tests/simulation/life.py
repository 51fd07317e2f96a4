"""One run: the production cycle on simulated ports, from a seed to what the oracle says.

Two phases. While faults are on, nothing wrong may happen; once they are off, everything must come
to rest within `PATIENCE`, and the bridge must do its work as if nothing had been.
"""

from __future__ import annotations

import asyncio
import random
from types import SimpleNamespace
from typing import Any

import msgspec
import structlog

from simulation.mortal import Crash, Disk, Fate, Process
from simulation.network import Network
from simulation.oracle import Oracle
from simulation.services import Services
from simulation.setting import DOUBT_WAIT, INTERVAL, Setting, wave
from simulation.story import Story
from simulation.verdicts import BEHIND_ANOTHER
from simulation.virtual import START, Machine, VirtualLoop
from statusbridge.bootstrap import Parts
from statusbridge.bridge import Bridge
from statusbridge.core.operations import Owner
from statusbridge.core.rules import Rule
from statusbridge.cycle import run_cycle
from statusbridge.daemon import Daemon
from statusbridge.planning import draw, plan_document
from statusbridge.server.metrics import exposition
from statusbridge.simulators.notation import NotationError
from statusbridge.simulators.people import ResolveIncident
from statusbridge.status import status_document

_WEIGHT = {"post.before": 5, "post.leaving": 5, "post.after": 5, "get.leaving": 0.3}
"""There are few writes in a life, and many reads."""
_FOR_A_PERSON = ("person_has_open_incident", "parked", *BEHIND_ANOTHER)
"""Reasons for which something may wait for ever."""
PATIENCE = 60
"""Cycles after which everything must have come to rest."""


class Life:
    """A run under way: the world that lasts, and the process that comes and goes."""

    def __init__(self, setting: Setting, loop: VirtualLoop, fate: Fate | None) -> None:
        self.setting = setting
        self.story = Story(setting)
        self.error: Exception | None = None
        self._loop = loop
        self._dice = random.Random(f"{setting.seed}/fate")
        self._fate = fate or self._by_dice
        self._rate = setting.crashes
        self._naps = list(setting.naps)
        self._kept = b""
        self._restoring = False
        self.machine = Machine(loop)
        self.disk = Disk()
        self._services = Services(setting, self.machine)
        self.twilio, self.page = self._services.twilio, self._services.page
        self.oracle = Oracle(setting, lambda: self.page.world, self._services.opens)
        self.page.journal.on_write = self.oracle.wrote
        self.network = Network(
            random.Random(f"{setting.seed}/network"), self, setting.unsent, setting.slowest
        )
        self.network.marks = self.story.marks
        self._truth: list[tuple[str, str]] = []
        for entry in setting.alerts:
            self.storm(entry, START)
        self.process = Process(lambda number, kind: False)
        self.bridge = self._start()

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
        return self._rate > 0 and self._dice.random() < self._rate * _WEIGHT.get(kind, 1)

    def _start(self) -> Bridge:
        self.process = Process(self._fate, self.process.effects)
        return self._configured()

    def _configured(self) -> Bridge:
        marks = self.story.marks
        return self._services.bridge(self.network, self.process, self.disk, marks)

    def _reload(self, rules: tuple[Rule, ...]) -> None:
        """Let the next cycle go by *rules*, as after a signal to reload."""
        self.note("reload")
        self.story.marks["reload"] += 1
        self._services.rules = rules

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
        self.bridge = self._start()

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
        if self.bridge.policy.rules != self._services.rules:
            self.bridge = self._configured()
        try:
            await run_cycle(self.bridge)
        except Crash as crash:
            self.oracle.died()
            self.oracle.check_ends(self.disk.rows)
            await self._die(str(crash))
        else:
            self.oracle.cycle_done()
            self.oracle.check_ends(self.disk.rows)

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
        self.bridge = self._start()

    # The two phases

    async def live(self) -> None:
        for at, act in self.setting.acts:
            self._loop.call_at(at, self._act, act)
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
        self._calm()
        await asyncio.sleep(DOUBT_WAIT)
        await self._rest()
        await self._sweep()
        self._check()
        await self._restart_quietly()
        if self.setting.roomy and self.setting.seed % 4 == 0:
            await self._storm_again()
        if self.setting.seed % 3 == 0:
            await self._show()
        self._finish()

    def _calm(self) -> None:
        """End all that goes wrong; what is on the page stays."""
        self.note("calm")
        self._count_faults()
        self.twilio.faults.clear()
        self.page.faults.clear()
        self.network.unsent = self.network.slowest = 0.0
        self.machine.offset = 0.0
        self._rate = 0.0
        self._services.rules = self.setting.rules
        self.twilio.switches = _with(self.twilio.switches, date_skew=0.0)
        ours = {entry["subject"] for entry in self.oracle.written}
        for incident in self.page.world.incidents.values():
            if incident.status != "resolved" and incident.id not in ours:
                self._act(ResolveIncident(incident=incident.id))

    def _attend(self) -> None:
        """Let people resolve what has been left to them."""
        for case in self.bridge.store.cases():
            incident = self.page.world.incidents.get(case.ledger.incident_id or "")
            left = case.ledger.owner in (Owner.ORPHANED, Owner.THEIRS)
            if left and incident is not None and incident.status != "resolved":
                self._act(ResolveIncident(incident=incident.id))

    async def _sweep(self) -> None:
        """Go on until the past was read again, for alerts that were stored late."""
        await asyncio.sleep(3200)
        for _ in range(PATIENCE):
            await self.cycle()
            self._attend()
            if self._all_read() and self._at_rest():
                return
            await asyncio.sleep(INTERVAL)
        if not self._all_read():
            self.story.found.append("the past was not read again in time")

    async def _rest(self) -> None:
        for _ in range(PATIENCE):
            await self.cycle()
            self._attend()
            if self._all_read() and self._at_rest():
                return
            await asyncio.sleep(INTERVAL)

    def _all_read(self) -> bool:
        return not any(coverage.holes for coverage in self.bridge.store.coverage().values())

    def _at_rest(self) -> bool:
        waits = {h.episode for _, h, _ in self.bridge.store.held() if h.reason in _FOR_A_PERSON}
        return all(
            case.episode.id in waits
            and case.episode.ended
            and (case.operation is None or case.operation.state == "ready")
            for case in self.bridge.store.cases()
        )

    async def _restart_quietly(self) -> None:
        """Start anew with nothing new: nothing may be written."""
        before = (self.oracle.posts, self._decided())
        self.bridge = self._start()
        await self.cycle()
        if (self.oracle.posts, self._decided()) != before:
            self.story.found.append("a restart with nothing new wrote something")

    def _decided(self) -> Any:
        return (
            self.disk.rows("SELECT * FROM episode"),
            self.disk.rows("SELECT id, state, facts FROM operation"),
        )

    async def _storm_again(self) -> None:
        """A last outage, with nothing in its way, is opened once and resolved once."""
        for incident in self.page.world.incidents.values():
            if incident.status != "resolved":
                self._act(ResolveIncident(incident=incident.id))
        await self.cycle()
        await asyncio.sleep(4000)
        await self.cycle()
        already = len(self.oracle.written)
        self.storm(wave(at=0, times=4, every=0), self.machine.true())
        await asyncio.sleep(self.setting.twilio.visible_after)
        for _ in range(20):
            await self.cycle()
            if not self.bridge.store.cases() and len(self.oracle.written) > already:
                break
            await asyncio.sleep(INTERVAL)
        # Outages that were missed may be told afterwards now, too; they have no single status.
        statuses = (entry.get("incident_status") for entry in self.oracle.written[already:])
        said = [status for status in statuses if status is not None]
        if said != ["investigating", "monitoring", "resolved"]:
            held = [str(held.reason) for _, held, _ in self.bridge.store.held()]
            self.story.found.append(f"an outage in calm weather was told as {said}, held {held}")

    def storm(self, entry: Any, start: float) -> None:
        """Let the alerts of *entry* happen."""
        entry = _with(entry, account=entry.account or self.setting.accounts[0])
        self._truth += [(entry.account, sid) for sid in self.twilio.add(entry, start=start)]

    def _act(self, act: Any) -> None:
        try:
            self.page.act(act)
        except NotationError:
            return
        name = type(act).__name__
        self.note(f"person {name}")
        self.story.marks[f"person {name}"] += 1
        self.oracle.acted()

    # Judgement

    def _check(self) -> None:
        now = self.machine.true()
        found = [(a, sid, self.twilio._shelves[a].find(sid, now)) for a, sid in self._truth]
        truth = [(a, s, f.generated, f.created) for a, s, f in found if f is not None]
        self.oracle.check_stored(truth, self.disk.rows)

    def _count_faults(self) -> None:
        for name, simulator in (("page", self.page), ("twilio", self.twilio)):
            for entry in simulator.journal.received:
                if entry.fault is not None:
                    self.story.marks[f"fault {name} {entry.fault} {entry.method}"] += 1

    def _finish(self) -> None:
        self.oracle.check_written(self.disk.rows)
        self.oracle.check_private("the state file", self.disk.image().decode("latin-1"))

    async def _show(self) -> None:
        """Judge what is shown of the bridge, once it is started again."""
        self._fate = lambda number, kind: False
        bridge: Any = self._start()
        surveys = await draw(bridge)
        config: Any = SimpleNamespace(twilio=SimpleNamespace(poll_interval=INTERVAL))
        daemon = Daemon(config, Parts(bridge, bridge.store, ()), _no_reload)
        for where, shown in (
            ("the plan", plan_document(surveys)),
            ("the status", status_document(bridge, bridge.store, daemon.liveness())),
            ("the metrics", exposition(daemon).decode()),
        ):
            self.oracle.check_private(where, str(shown))

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


async def _no_reload(daemon: Daemon) -> None:
    """Keep what there is."""


def _with(value: Any, **changes: Any) -> Any:
    return msgspec.structs.replace(value, **changes)
