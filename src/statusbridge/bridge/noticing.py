"""Gather what whoever operates the bridge may have to be told: from what is stored and remembered.

Stores nothing and tells nobody; what of it is a notice is decided in `core.notices`.
"""

from __future__ import annotations

from statusbridge.bridge.parts import Bridge
from statusbridge.core.coverage import Coverage
from statusbridge.core.drafting import shown_title
from statusbridge.core.model import Seconds, Stage
from statusbridge.core.notices import Blindness, Knowledge
from statusbridge.core.plan import Case
from statusbridge.core.texts import Clock


def knowledge(bridge: Bridge, patience: Seconds) -> Knowledge:
    """Return what notices are made from. *patience*: how long an account may not be read whole."""
    cases = tuple(bridge.store.cases())
    public = [case for case in cases if case.episode.group.stage is not Stage.SHADOW]
    return Knowledge(
        cases,
        held=tuple(bridge.store.held()),
        titles={case.episode.id: _title(bridge, case) for case in public},
        shared=_shared(bridge, cases),
        blind=_blind(bridge, patience),
        pauses=bridge.pauses(),
    )


def _shared(bridge: Bridge, cases: tuple[Case, ...]) -> frozenset[str]:
    """Return the incident keys that more than one page has, by its rules or open outages."""
    of_rules = {(rule.incident, rule.page) for rule in bridge.policy.rules}
    of_cases = {(case.episode.group.incident, case.episode.group.page) for case in cases}
    keys = [incident for incident, _ in of_rules | of_cases]
    return frozenset(key for key in keys if keys.count(key) > 1)


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
