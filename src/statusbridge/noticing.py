"""Gather what whoever operates the bridge may have to be told: from what is stored and remembered.

Stores nothing and tells nobody; what of it is a notice is decided in `core.notices`.
"""

from __future__ import annotations

from statusbridge.bridge import Bridge
from statusbridge.core.coverage import Coverage
from statusbridge.core.drafting import shown_title
from statusbridge.core.model import Seconds, Stage
from statusbridge.core.notices import Blindness, Knowledge
from statusbridge.core.plan import Case
from statusbridge.core.texts import Clock


def knowledge(bridge: Bridge, patience: Seconds) -> Knowledge:
    """Return what notices are made from. *patience*: how long an account may not be read whole."""
    cases = tuple(bridge.store.cases())
    pages: dict[str, set[str]] = {}
    for rule in bridge.policy.rules:
        pages.setdefault(rule.incident, set()).add(rule.page)
    for case in cases:
        pages.setdefault(case.episode.group.incident, set()).add(case.episode.group.page)
    return Knowledge(
        cases,
        tuple(bridge.store.held()),
        {
            c.episode.id: _title(bridge, c)
            for c in cases
            if c.episode.group.stage is not Stage.SHADOW
        },
        frozenset(incident for incident, found in pages.items() if len(found) > 1),
        _blind(bridge, patience),
    )


def _title(bridge: Bridge, case: Case) -> str:
    policy, episode = bridge.policy, case.episode
    rules = {rule.id: rule for rule in policy.rules}
    ids = (episode.opened_by, *(member.rule for member in episode.members))
    opener = next((rules[id_] for id_ in ids if id_ in rules), None)
    clock = Clock(bridge.clock.now(), policy.manners.zone)
    return shown_title(episode, case.ledger, opener, policy.render, clock)


def _blind(bridge: Bridge, patience: Seconds) -> dict[str, Blindness]:
    now, coverage = bridge.clock.now(), bridge.store.coverage()
    found = {}
    for source in bridge.sources:
        covered = coverage.get(source.account, Coverage()).covered_until
        if covered is None or now - covered > patience:
            found[f"account {source.account}"] = Blindness.BEHIND
    for name in bridge.trouble:
        refused = name in bridge.refused
        found[name] = Blindness.REFUSED if refused else Blindness.UNREADABLE
    return found
