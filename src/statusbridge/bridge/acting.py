"""What people order, carried into the store: approve, reject, release, pause, resume.

Each is committed with who, when and why, and heeded by the next cycle: nothing is written to a page
from here. What is no longer true is refused, with what changed. Knows neither sockets nor
arguments.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from difflib import get_close_matches

from statusbridge.bridge.judging import approve, reject
from statusbridge.bridge.parts import Bridge
from statusbridge.bridge.reviewing import note
from statusbridge.core.acts import (
    BY_FILE,
    LONGEST,
    PRIVATE_REASON_LIMIT,
    Act,
    ActKind,
    Order,
    Refused,
    told,
)
from statusbridge.core.model import iso
from statusbridge.core.operations import Owner


def carry(bridge: Bridge, order: Order, who: str) -> str:
    """Record *order* of *who*; return in a sentence what was done. Raises Refused.

    The same order again changes nothing, and says so.
    """
    act = Act(order.kind, "", "", bridge.clock.now(), who, " ".join(order.reason.split()))
    if len(act.reason) > PRIVATE_REASON_LIMIT:
        raise Refused(f"The reason has {len(act.reason)} characters; {PRIVATE_REASON_LIMIT} fit.")
    if order.key:
        page, incident = find(bridge, order.key)
        act = replace(act, page=page, incident=incident)
    elif order.kind not in (ActKind.PAUSE, ActKind.RESUME):
        raise Refused(f"Say which incident: there is no way to {order.kind} everything.")
    if order.seconds is not None:
        if not 0 < order.seconds <= LONGEST:
            raise Refused(f"{order.seconds} seconds is no time to wait; say from 1s to 365d.")
        act = replace(act, until=act.at + order.seconds)
    match order.kind:
        case ActKind.APPROVE:
            return approve(bridge, order, act)
        case ActKind.REJECT:
            return reject(bridge, act)
        case ActKind.RELEASE:
            return _release(bridge, act)
        case ActKind.PAUSE:
            return _pause(bridge, act)
        case ActKind.RESUME:
            return _resume(bridge, act)


def find(bridge: Bridge, key: str) -> tuple[str, str]:
    """Return page and incident that *key* means. Raises Refused where it is none, or several."""
    known = {(rule.page, rule.incident) for rule in bridge.policy.rules}
    known |= {case.episode.group[:2] for case in bridge.store.cases()}
    # A pause outlives the rules that it was ordered for, and must be one that can be ended.
    pauses = bridge.store.acts.pauses(bridge.clock.now())
    known |= {(pause.page, pause.incident) for pause in pauses if pause.incident}
    page, _, incident = key.rpartition("/")
    found = sorted(k for k in known if k[1] == incident and page in ("", k[0]))
    if len(found) == 1:
        return found[0]
    if found:
        names = " or ".join(f"{p}/{i}" for p, i in found)
        raise Refused(f"{key} is on several pages. Say {names}.")
    every = sorted({i for _, i in known} | {f"{p}/{i}" for p, i in known})
    near = get_close_matches(key, every, n=1)
    hint = f" Did you mean {near[0]}?" if near else f" Known: {_listed(i for _, i in known)}."
    raise Refused(f"There is no incident key {key}.{hint}")


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(set(names))) or "none: the configuration has no rules"


def _release(bridge: Bridge, act: Act) -> str:
    here = [c for c in bridge.store.cases() if c.episode.group[:2] == (act.page, act.incident)]
    taken = [case for case in here if case.ledger.owner is not Owner.OURS]
    if not taken:
        if any(case.ledger.incident_id for case in here):
            return f"{act.key} needs nothing: its incident is the bridge's."
        raise Refused(f"There is nothing to release: {act.key} has no incident that is a person's.")
    act = replace(act, episode=taken[0].episode.id)
    bridge.store.acts.record(act, [replace(case.ledger, released=True) for case in taken])
    note(act)
    why = {case.ledger.why for case in taken if case.ledger.why}
    return f"Released {act.key}{''.join(f' ({reason})' for reason in sorted(why))}."


def _pause(bridge: Bridge, act: Act) -> str:
    for before in bridge.store.acts.pauses(act.at):
        if replace(before, at=act.at, who=act.who) == act:
            return f"{act.key} needs nothing: it was {told(before)}."
    bridge.store.acts.record(act)
    note(act)
    until = "until `statusbridge resume" + (f" {act.key}`" if act.incident else "`")
    until = until if act.until is None else f"until {iso(act.until)}"
    return f"Publishing of {act.key} is paused {until}."


def _resume(bridge: Bridge, act: Act) -> str:
    kept = bridge.store.acts.pauses(act.at)
    ended = any((pause.page, pause.incident) == (act.page, act.incident) for pause in kept)
    if ended:
        bridge.store.acts.record(act)
        note(act)
    left = bridge.pauses()
    if any(pause.covers(act.page, act.incident) for pause in left):
        aside = ": only the pause that was ordered is ended" if ended else ""
        head = f"Publishing of {act.key} is still paused{aside}."
        raise Refused(" ".join((head, *map(_still, left))))
    said = f"Publishing of {act.key} {'is resumed' if ended else 'was not paused'}."
    return " ".join((said, *map(_still, left)))


def _still(pause: Act) -> str:
    if pause.who == BY_FILE:
        return "The file `pause` in the state folder pauses everything: remove it."
    return f"Still paused by {pause.who}: {pause.key}."
