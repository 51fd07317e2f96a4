"""A plan, for people and as JSON. Knows surveys; decides nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from statusbridge.bridge import Bridge
from statusbridge.config.durations import show
from statusbridge.core.evaluate import Standing
from statusbridge.core.live import Structure
from statusbridge.core.model import Instant, Status
from statusbridge.core.operations import Action, Draft, Held
from statusbridge.core.rules import Rule, Threshold, Trigger, matches
from statusbridge.survey import Survey

Document = dict[str, Any]

SIGNS = {Action.OPEN: "+", Action.UPDATE: "~", Action.RESOLVE: "-"}
_MOST_CODES = 5


@dataclass(frozen=True, slots=True)
class Evidence:
    """Why an outage counts: the rule's measures with what was needed, and the codes behind them."""

    standing: Standing
    codes: tuple[tuple[int | None, int], ...]


def evidence(bridge: Bridge, survey: Survey) -> dict[str, tuple[Evidence, ...]]:
    """Return, by episode, the evidence of each of its rules."""
    standings = {standing.rule.id: standing for standing in bridge.standings}
    heard = max((c.heard_until or 0 for c in bridge.store.coverage().values()), default=0)
    return {
        case.episode.id: tuple(
            Evidence(standings[m.rule], _codes(bridge, standings[m.rule].rule, heard))
            for m in case.episode.members
            if m.rule in standings
        )
        for case in survey.cases
    }


def _codes(bridge: Bridge, rule: Rule, heard: Instant) -> tuple[tuple[int | None, int], ...]:
    counts: dict[int | None, int] = {}
    for alert in bridge.store.alerts_between(heard - rule.window, heard):
        if matches(rule, alert):
            counts[alert.code] = counts.get(alert.code, 0) + 1
    return tuple(sorted(counts.items(), key=lambda item: -item[1]))


def document(surveys: Iterable[Survey]) -> Document:
    """Return the plan as `plan --json` prints it, version 1.

    With more than one page the top level names them all, and each entry says its own.
    """
    found = list(surveys)
    operations = [_operation(d, s.page) for s in found for d in s.plan.drafts]
    held = [_held(h, s.page) for s in found for h in s.plan.held]
    return {
        "version": 1,
        "page": ", ".join(survey.page for survey in found),
        "as_of": stamp(max((survey.now for survey in found), default=0)),
        "operations": operations,
        "held": held,
        "shadow": [_operation(d, s.page) for s in found for d in s.plan.shadow],
        "summary": {
            **{a: sum(o["action"] == a for o in operations) for a in map(str, Action)},
            "held": len(held),
        },
    }


def _operation(draft: Draft, page: str) -> Document:
    return {
        "page": page,
        "action": str(draft.action),
        "incident": draft.incident,
        "incident_id": draft.incident_id,
        "rules": list(draft.rules),
        "name": draft.name,
        "incident_status": str(draft.said.incident_status),
        "component_statuses": [
            {"component_id": line.component, "component_status": line.status.wire}
            for line in draft.said.components
        ],
        "message": draft.message,
        "notify_subscribers": draft.notify,
        "reason": str(draft.reason),
    }


def _held(held: Held, page: str) -> Document:
    return {
        "page": page,
        "incident": held.incident,
        "reason": str(held.reason),
        "detail": held.detail,
    }


def text(bridge: Bridge, survey: Survey) -> list[str]:
    """Return the lines that show the plan of one page."""
    heard = max((c.heard_until or 0 for c in bridge.store.coverage().values()), default=0)
    age = max(0, survey.now - heard)
    lines = [f"page {survey.page} ({survey.structure.page})   as of {clock(heard)} ({age} s ago)"]
    facts = evidence(bridge, survey)
    cases = {case.episode.id: case for case in survey.cases}
    for draft in survey.plan.drafts:
        lines += draft_lines(draft, survey.structure, _before(cases[draft.episode].ledger.said))
        lines += [f"            {line}" for each in facts[draft.episode] for line in told(each)]
        lines += _mail(draft)
    for held in survey.plan.held:
        lines.append(f"  ! held    {held.incident:<8} {held.detail}  [{held.reason}]")
    for draft in survey.plan.shadow:
        lines += draft_lines(
            draft, survey.structure, {}, sign="?", note="   (shadow: not published)"
        )
        lines += [f"            {line}" for each in facts[draft.episode] for line in told(each)]
    return lines


def _before(said: Any) -> Mapping[str, Status]:
    return {} if said is None else {line.component: line.status for line in said.components}


def draft_lines(
    draft: Draft,
    structure: Structure | None = None,
    before: Mapping[str, Status] | None = None,
    sign: str = "",
    note: str = "",
) -> list[str]:
    """Return the lines that show *draft*: what, where, and the exact public text."""
    names = {c.id: c.full_name for c in structure.components} if structure else {}
    head = f"  {sign or SIGNS[draft.action]} {draft.action:<7} {draft.incident:<8} “{draft.name}”"
    lines = [f"{head}   rule {', '.join(draft.rules)}{note}"]
    stage = str(draft.said.incident_status)
    if not draft.said.components:
        lines.append(f"            {stage}")
    for line in draft.said.components:
        was = (before or {}).get(line.component, Status.OPERATIONAL).wire
        change = line.status.wire if was == line.status.wire else f"{was} → {line.status.wire}"
        lines.append(f"            {stage} · {names.get(line.component, line.component)}  {change}")
    lines += [f"            “{part}”" for part in draft.message.splitlines() if part]
    return lines


def told(found: Evidence) -> list[str]:
    """Return the evidence in a line: measures, what was needed, codes by count."""
    rule, measured = found.standing.rule, found.standing.measures
    parts = [f"{measured.count} alerts"]
    if "distinct_resources" in rule.measures:
        parts.append(f"{measured.distinct_resources} resources")
    if "distinct_accounts" in rule.measures:
        parts.append(f"{measured.distinct_accounts} accounts")
    needed = _needed(_reached(rule.triggers, found.standing))
    codes = " · ".join(
        f"{'no code' if code is None else code} ×{count}"
        for code, count in found.codes[:_MOST_CODES]
    )
    window = show(rule.window)
    return [f"{', '.join(parts)} in {window} ({needed} needed){' · ' if codes else ''}{codes}"]


def _reached(triggers: tuple[Trigger, ...], standing: Standing) -> Threshold:
    """Return the threshold of the worst trigger that is met, or else of the first."""
    met = [t for t in triggers if standing.measures.reach(t.threshold)]
    return max(met, key=lambda t: t.status).threshold if met else triggers[0].threshold


def _needed(threshold: Threshold) -> str:
    asked = (threshold.count, threshold.distinct_resources, threshold.distinct_accounts)
    return ", ".join(str(number) for number in asked if number is not None)


def _mail(draft: Draft) -> list[str]:
    return ["            notifies subscribers"] if draft.notify else []


def summary(plan: Document) -> str:
    """Return the closing line of a printed plan."""
    counts = plan["summary"]
    return (
        f"Plan: {counts['open']} to open, {counts['update']} to update, "
        f"{counts['resolve']} to resolve, {counts['held']} held."
    )


def clock(at: Instant) -> str:
    """Return *at* as the time of day in UTC."""
    return f"{datetime.fromtimestamp(at, UTC):%H:%M:%SZ}"


def stamp(at: Instant) -> str:
    """Return *at* as RFC 3339 in UTC."""
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%dT%H:%M:%SZ}"
