"""What is looked at: the bridge and its state, now or as can be found again for a past time."""

from __future__ import annotations

from dataclasses import dataclass, replace

from statusbridge.adapters.sqlite import SqliteStore
from statusbridge.adapters.sqlite_lookups import outages_of
from statusbridge.bridge.parts import Bridge
from statusbridge.core.coverage import Coverage
from statusbridge.core.evaluate import Standing
from statusbridge.core.hindsight import span, standings_at
from statusbridge.core.model import Instant, iso
from statusbridge.core.rules import Rule


@dataclass(frozen=True, slots=True)
class View:
    """*as_of*: the newest time heard of, or the past time asked about; None: no alert was read."""

    bridge: Bridge
    store: SqliteStore
    now: Instant
    as_of: Instant | None
    past: bool
    standings: tuple[Standing, ...]

    @property
    def rules(self) -> tuple[Rule, ...]:
        return self.bridge.policy.rules

    @property
    def accounts(self) -> tuple[str, ...]:
        return tuple(source.account for source in self.bridge.sources)

    def coverage(self) -> dict[str, Coverage]:
        """Return how far each configured account was read."""
        known = self.store.coverage()
        return {account: known.get(account, Coverage()) for account in self.accounts}


def view(bridge: Bridge, store: SqliteStore, at: Instant | None = None) -> View:
    """Return what is known now, or was the case at *at*, by *store*.

    *bridge* tells what only a running one knows. Of the past, rules are those of now.
    """
    beside = replace(bridge, store=store, trouble=dict(bridge.trouble))
    now = bridge.clock.now()
    if at is None:
        heard = [c.heard_until for c in store.coverage().values() if c.heard_until is not None]
        return View(beside, store, now, max(heard, default=None), False, bridge.standings)
    return View(beside, store, now, at, True, _standings(beside, store, at))


def _standings(bridge: Bridge, store: SqliteStore, at: Instant) -> tuple[Standing, ...]:
    rules = bridge.policy.rules
    begin = min([at - span(rules), *_under_way(rules, store, at)])
    longest = max((rule.window for rule in rules), default=0)
    accounts = {source.account for source in bridge.sources}
    alerts = store.alerts_between(begin - longest, at)
    here = (alert for alert in alerts if alert.account in accounts)
    return standings_at(rules, here, store.gaps(begin - longest), begin, at)


def _under_way(rules: tuple[Rule, ...], store: SqliteStore, at: Instant) -> list[Instant]:
    """Return from when on to look for each outage that was under way at *at*."""
    keys = {(rule.page, rule.incident) for rule in rules}
    episodes = [o.case.episode for key in keys for o in outages_of(store, *key, at)]
    reach = max((rule.reach for rule in rules), default=0)
    return [e.started_at - reach for e in episodes if e.ended_at is None or e.ended_at >= at]


def stamp(at: Instant | None) -> str | None:
    """Return *at* as documents have it."""
    return None if at is None else iso(at)
