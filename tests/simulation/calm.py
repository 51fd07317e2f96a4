"""The second phase of a life: nothing goes wrong any more.

Everything must come to rest within `PATIENCE`, and the bridge must do its work as if nothing had
been.
"""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import msgspec

from simulation.life import Life
from simulation.setting import DOUBT_WAIT, INTERVAL, wave
from simulation.verdicts import BEHIND_ANOTHER
from statusbridge.bootstrap import Parts
from statusbridge.bridge.planning import draw, plan_document
from statusbridge.core.acts import ActKind, Order
from statusbridge.core.operations import Owner
from statusbridge.daemon import Daemon
from statusbridge.server.metrics import exposition
from statusbridge.simulators.people import ResolveIncident
from statusbridge.status import status_document

PATIENCE = 60
"""Cycles after which everything must have come to rest."""
_FOR_A_PERSON = ("person_has_open_incident", "parked", *BEHIND_ANOTHER)
"""Reasons for which something may wait for ever."""


async def come_to_rest(life: Life) -> None:
    """End all faults of *life*, and judge what becomes of it."""
    _calm(life)
    await asyncio.sleep(DOUBT_WAIT)
    await _rest(life)
    await _sweep(life)
    _check(life)
    await _restart_quietly(life)
    if life.setting.roomy and life.setting.seed % 4 == 0:
        await _storm_again(life)
    if life.setting.seed % 3 == 0:
        await _show(life)
    _finish(life)


def _calm(life: Life) -> None:
    """End all that goes wrong; what is on the page stays."""
    life.note("calm")
    _count_faults(life)
    life.twilio.faults.clear()
    life.page.faults.clear()
    life.network.unsent = life.network.slowest = 0.0
    life.machine.offset = 0.0
    life.rate = 0.0
    life.services.rules = life.setting.rules
    if life.setting.orders:
        keys = ("", *(rule.incident for rule in life.setting.rules))
        life.heard += [Order(ActKind.RESUME, key) for key in keys]
    life.twilio.switches = msgspec.structs.replace(life.twilio.switches, date_skew=0.0)
    ours = {entry["subject"] for entry in life.oracle.written}
    for incident in life.page.world.incidents.values():
        if incident.status != "resolved" and incident.id not in ours:
            life.act(ResolveIncident(incident=incident.id))


def _count_faults(life: Life) -> None:
    for name, simulator in (("page", life.page), ("twilio", life.twilio)):
        for entry in simulator.journal.received:
            if entry.fault is not None:
                life.story.marks[f"fault {name} {entry.fault} {entry.method}"] += 1


async def _rest(life: Life) -> None:
    for _ in range(PATIENCE):
        await life.cycle()
        _attend(life)
        if _all_read(life) and _at_rest(life):
            return
        await asyncio.sleep(INTERVAL)


async def _sweep(life: Life) -> None:
    """Go on until the past was read again, for alerts that were stored late."""
    await asyncio.sleep(3200)
    await _rest(life)
    if not _all_read(life):
        life.story.found.append("the past was not read again in time")


def _attend(life: Life) -> None:
    """Let people resolve what has been left to them."""
    for case in life.bridge.store.cases():
        incident = life.page.world.incidents.get(case.ledger.incident_id or "")
        left = case.ledger.owner in (Owner.ORPHANED, Owner.THEIRS)
        if left and incident is not None and incident.status != "resolved":
            life.act(ResolveIncident(incident=incident.id))


def _all_read(life: Life) -> bool:
    return not any(coverage.holes for coverage in life.bridge.store.coverage().values())


def _at_rest(life: Life) -> bool:
    waits = {h.episode for _, h, _ in life.bridge.store.held() if h.reason in _FOR_A_PERSON}
    return all(
        case.episode.id in waits
        and case.episode.ended
        and (case.operation is None or case.operation.state == "ready")
        for case in life.bridge.store.cases()
    )


def _check(life: Life) -> None:
    now = life.machine.true()
    found = [(a, sid, life.twilio._shelves[a].find(sid, now)) for a, sid in life.truth]
    truth = [(a, s, f.generated, f.created) for a, s, f in found if f is not None]
    life.oracle.check_stored(truth, life.disk.rows)


async def _restart_quietly(life: Life) -> None:
    """Start anew with nothing new: nothing may be written."""
    before = (life.oracle.posts, _decided(life))
    life.bridge = life.start()
    await life.cycle()
    if (life.oracle.posts, _decided(life)) != before:
        life.story.found.append("a restart with nothing new wrote something")


def _decided(life: Life) -> Any:
    return (
        life.disk.rows("SELECT * FROM episode"),
        life.disk.rows("SELECT id, state, facts FROM operation"),
    )


async def _storm_again(life: Life) -> None:
    """A last outage, with nothing in its way, is opened once and resolved once."""
    for incident in life.page.world.incidents.values():
        if incident.status != "resolved":
            life.act(ResolveIncident(incident=incident.id))
    # What waited behind those may be told now, and must have ended before.
    await _rest(life)
    await asyncio.sleep(4000)
    await life.cycle()
    already = len(life.oracle.written)
    life.storm(wave(at=0, times=4, every=0), life.machine.true())
    await asyncio.sleep(life.setting.twilio.visible_after)
    waited: set[str] = set()
    for _ in range(20):
        await life.cycle()
        waited |= {str(held.reason) for _, held, _ in life.bridge.store.held()}
        if life.setting.orders:
            life.heard.append(Order(ActKind.APPROVE, life.setting.rules[0].incident))
        if not life.bridge.store.cases() and len(life.oracle.written) > already:
            break
        await asyncio.sleep(INTERVAL)
    # Outages that were missed may be told afterwards now, too; they have no single status.
    statuses = (entry.get("incident_status") for entry in life.oracle.written[already:])
    said = [status for status in statuses if status is not None]
    # Behind one that is being told afterwards, and is in doubt, it is over before its turn comes.
    late = "earlier_outage_not_resolved" in waited and life.setting.manners.missed != "skip"
    if said != ["investigating", "monitoring", "resolved"] and not (late and said == []):
        held = [str(held.reason) for _, held, _ in life.bridge.store.held()]
        life.story.found.append(f"an outage in calm weather was told as {said}, held {held}")


async def _show(life: Life) -> None:
    """Judge what is shown of the bridge, once it is started again."""
    life.fate = lambda number, kind: False
    bridge: Any = life.start()
    surveys = await draw(bridge)
    config: Any = SimpleNamespace(twilio=SimpleNamespace(poll_interval=INTERVAL))
    daemon = Daemon(config, Parts(bridge, bridge.store, ()), _no_reload)
    for where, shown in (
        ("the plan", plan_document(surveys)),
        ("the status", status_document(bridge, bridge.store, daemon.liveness())),
        ("the metrics", exposition(daemon).decode()),
    ):
        life.oracle.check_private(where, str(shown))


def _finish(life: Life) -> None:
    life.oracle.check_written(life.disk.rows)
    life.oracle.check_private("the state file", life.disk.image().decode("latin-1"))


async def _no_reload(daemon: Daemon) -> None:
    """Keep what there is."""
