"""What the bridge knows, as the document that `status --json` prints.

Made from the store and, where a daemon runs, from what it remembers. Knows no transport.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from statusbridge import __version__
from statusbridge.adapters.sqlite import SqliteStore
from statusbridge.bridge.heartbeat import reasons_against
from statusbridge.bridge.parts import Bridge
from statusbridge.core.acts import Act
from statusbridge.core.coverage import Coverage
from statusbridge.core.evaluate import Standing
from statusbridge.core.model import (
    IncidentStatus,
    Instant,
    Phase,
    Seconds,
    Stage,
    Status,
    aged,
    iso,
    time_of_day,
)
from statusbridge.core.operations import Held, OperationState
from statusbridge.core.plan import Case
from statusbridge.core.rules import Threshold
from statusbridge.documents import Document

MISSED_POLLS = 3
SHORTEST_PATIENCE: Seconds = 10


@dataclass(frozen=True, slots=True)
class Liveness:
    """What of the daemon itself is shown."""

    running: bool
    interval: Seconds
    reasons: tuple[str, ...] = ()
    refused_since: Instant | None = None
    """Since when the configuration file is wrong that the daemon was told to read; None: it is not.

    No reason to be unready: the configuration before goes on.
    """

    @property
    def patience(self) -> Seconds:
        """How long no whole poll may succeed before the bridge counts as blind."""
        return patience(self.interval)


def patience(interval: Seconds) -> Seconds:
    """Return how long no whole poll may succeed that comes every *interval*."""
    return max(MISSED_POLLS * interval, SHORTEST_PATIENCE)


def status_document(bridge: Bridge, store: SqliteStore, liveness: Liveness) -> Document:
    """Return the `status --json` document, version 1."""
    now = bridge.clock.now()
    reasons = unready_reasons(bridge, liveness)
    counters = store.counters()
    pauses = bridge.pauses()
    return {
        "version": 1,
        "now": _time(now),
        "daemon": {
            "running": liveness.running,
            "version": __version__ if liveness.running else None,
            "ready": liveness.running and not reasons,
            "reasons": reasons,
            "paused": any(not pause.incident for pause in pauses),
            "pauses": [pause_document(pause) for pause in pauses],
            "config_refused_since": _time(liveness.refused_since),
        },
        "sources": _sources(bridge),
        "rules": [_rule(standing, bridge) for standing in bridge.standings],
        "incidents": [_incident(case, bridge, store) for case in store.cases() if _public(case)],
        "held": [_held(*entry) for entry in store.held()],
        "parked": [
            {"incident": o.draft.incident, "action": str(o.draft.action), "why": o.why}
            for o in store.parked()
        ],
        "alerts": {name: counters.get(name, 0) for name in ("seen", "matched", "malformed")},
    }


def pause_document(pause: Act) -> Document:
    """Return who stopped publishing, of what, since when and why."""
    return {
        "page": pause.page or None,
        "incident": pause.incident or None,
        "since": _time(pause.at or None),
        "until": _time(pause.until),
        "who": pause.who,
        "reason": pause.reason,
    }


def unready_reasons(bridge: Bridge, liveness: Liveness) -> list[str]:
    """Return why the bridge can't be relied on right now; empty: it can."""
    reasons = [*liveness.reasons, *(f"{n}: {why}" for n, why in sorted(bridge.trouble.items()))]
    now, coverage = bridge.clock.now(), bridge.store.coverage()
    for source in bridge.sources:
        covered = coverage.get(source.account, Coverage()).covered_until
        if f"account {source.account}" in bridge.trouble:
            continue
        if covered is None:
            reasons.append(f"account {source.account}: not read yet")
        elif now - covered > liveness.patience:
            reasons.append(f"account {source.account}: last read whole {aged(now - covered)}")
    return reasons


def state_line(bridge: Bridge, store: SqliteStore, liveness: Liveness) -> str:
    """Return for whoever glances at the service: ready or why not, and what is open and held."""
    pauses = (
        f"{pause.incident or 'Everything'} is paused by {pause.who}" for pause in bridge.pauses()
    )
    remarks = (remark[0].upper() + remark[1:] for remark in told_refusal(liveness))
    return ". ".join((_readiness(bridge, liveness), _doings(store), *pauses, *remarks))


def told_refusal(liveness: Liveness) -> list[str]:
    """Return since when the configuration file is wrong, as a clause; empty: it is not."""
    if liveness.refused_since is None:
        return []
    at = time_of_day(liveness.refused_since)
    return [f"the configuration file has been wrong since {at}; the one before goes on"]


def _readiness(bridge: Bridge, liveness: Liveness) -> str:
    if reasons := unready_reasons(bridge, liveness):
        return f"Not ready: {'; '.join(reasons)}"
    coverage = bridge.store.coverage()
    read = [coverage.get(source.account, Coverage()).covered_until for source in bridge.sources]
    return f"Ready, read up to {time_of_day(min(at or 0 for at in read))}"


def _doings(store: SqliteStore) -> str:
    public = [case for case in store.cases() if _public(case)]
    said = [case.episode.group.incident for case in public if case.ledger.said is not None]
    names = f" ({', '.join(said[:3])}{', …' if len(said) > 3 else ''})" if said else ""
    counts = {f"open{names}": len(said), "held": len(store.held()), "given up": len(store.parked())}
    return ", ".join(f"{n} {what}" for what, n in counts.items() if n) or "Nothing open or held"


def reasons_to_be_missed(bridge: Bridge, store: SqliteStore, liveness: Liveness) -> list[str]:
    """Return why the heartbeat should not be sent; empty: all is well."""
    unready = unready_reasons(bridge, liveness)
    return reasons_against(bridge, unready, len(store.parked()), liveness.patience)


def is_blind(bridge: Bridge, now: Instant, patience: Seconds) -> bool:
    """Whether some account has not been read whole for longer than *patience*."""
    coverage = bridge.store.coverage()
    marks = [coverage.get(s.account, Coverage()).covered_until for s in bridge.sources]
    return any(mark is None or now - mark > patience for mark in marks)


def frozen_by(case: Case, bridge: Bridge) -> list[str]:
    """Return the accounts that gave the case evidence and can't be read whole now."""
    coverage = bridge.store.coverage()
    heard = max((c.heard_until or 0 for c in coverage.values()), default=0)
    return sorted(
        account
        for account in case.episode.accounts
        if f"account {account}" in bridge.trouble
        or (coverage.get(account, Coverage()).covered_until or 0) < heard - SHORTEST_PATIENCE * 6
    )


def state_of(case: Case, held: Iterable[Held]) -> str:
    """Return the case's public state as rule tests and `status` name it."""
    if case.ledger.said is not None:
        return str(case.ledger.said.incident_status)
    if any(entry.episode == case.episode.id for entry in held):
        return "held"
    return "none" if case.episode.status is not IncidentStatus.INVESTIGATING else "pending"


def _public(case: Case) -> bool:
    return case.episode.group.stage is not Stage.SHADOW


def _sources(bridge: Bridge) -> list[Document]:
    coverage, gaps = bridge.store.coverage(), bridge.store.gaps(0)
    return [
        {
            "account": source.account,
            "covered_until": _time(known.covered_until),
            "heard_until": _time(known.heard_until),
            "last_error": bridge.trouble.get(f"account {source.account}"),
            "gaps": [
                {"from": _time(gap.lo), "to": _time(gap.hi), "reason": gap.reason}
                for account, gap in gaps
                if account == source.account
            ],
        }
        for source in bridge.sources
        for known in (coverage.get(source.account, Coverage()),)
    ]


def _rule(standing: Standing, bridge: Bridge) -> Document:
    rule, detector = standing.rule, standing.detector
    measured = standing.measures
    needed = [
        {"status": t.status.wire, **_numbers(t.threshold), **({"hold": t.hold} if t.hold else {})}
        for t in rule.triggers
    ]
    return {
        "id": rule.id,
        "stage": str(rule.stage),
        "phase": str(detector.phase),
        "since": None if detector.phase is Phase.INACTIVE else _time(detector.since),
        "measures": {name: getattr(measured, name) for name in sorted(rule.measures)},
        "needed": needed,
    }


def _numbers(threshold: Threshold) -> dict[str, int]:
    names = ("count", "distinct_resources", "distinct_accounts")
    return {n: value for n in names if (value := getattr(threshold, n)) is not None}


def _incident(case: Case, bridge: Bridge, store: SqliteStore) -> Document:
    ledger, said = case.ledger, case.ledger.said
    held = [entry for _, entry, _ in store.held()]
    done = [o for o in store.done(case.episode.id) if o.state is OperationState.DONE]
    worst = max((c.status for c in said.components), default=None) if said else None
    return {
        "incident": case.episode.group.incident,
        "page": case.episode.group.page,
        "incident_id": ledger.incident_id,
        "state": state_of(case, held),
        "status": (worst or Status.OPERATIONAL).wire if said else None,
        "owner": str(ledger.owner),
        "frozen_by": frozen_by(case, bridge),
        "since": _time(case.episode.started_at),
        "posts": len(done),
        "simplified": next((o.draft.simplified for o in done if o.draft.simplified), None),
    }


def _held(page: str, held: Held, since: Instant) -> Document:
    return {
        "incident": held.incident,
        "page": page,
        "reason": str(held.reason),
        "detail": held.detail,
        "since": _time(since),
    }


def _time(at: Instant | None) -> str | None:
    return None if at is None else iso(at)
