"""A plan in lines for people. Knows surveys; decides nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from rich.cells import cell_len, set_cell_size

from statusbridge.bridge import Bridge
from statusbridge.commands.printing import Styles, columns
from statusbridge.config.durations import show
from statusbridge.core.live import Structure
from statusbridge.core.model import ComponentStatus, Instant, Stage, Status, time_of_day
from statusbridge.core.operations import Action, Draft, Said
from statusbridge.core.review import Evidence
from statusbridge.evidence import evidence, heard_until
from statusbridge.survey import Survey

Document = dict[str, Any]

SIGNS = {Action.OPEN: "+", Action.UPDATE: "~", Action.RESOLVE: "-"}
_MOST_CODES = 5
_NOUNS = {"count": "alerts", "distinct_resources": "resources", "distinct_accounts": "accounts"}
_NEVER = "no alert was ever read"

STYLES: Styles = {
    r"^page \S+": "bold",
    r"^  \+ .*": "bold green",
    r"^  ~ .*": "bold yellow",
    r"^  - .*": "bold cyan",
    r"^  ! .*": "bold red",
    r"^  \? .*": "dim",
    r"notifies subscribers$": "magenta",
    r"^Plan: .*": "bold",
}
"""What stands out on a terminal."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that a plan shows: a head line, and lines *below* it."""

    sign: str
    action: str
    incident: str
    title: str
    aside: str = ""
    below: tuple[str, ...] = ()


def text(bridge: Bridge, survey: Survey) -> list[str]:
    """Return the lines that show the plan of one page."""
    heard = heard_until(bridge)
    facts = _facts(bridge, survey)
    cases = {case.episode.id: case for case in survey.cases}
    entries = []
    for draft in survey.plan.drafts:
        before = _before(cases[draft.episode].ledger.said)
        proof = [line for each in facts[draft.episode] for line in told(each)]
        entries.append(_entry(draft, (*_public(draft, survey.structure, before), *proof)))
    for held in survey.plan.held:
        entries.append(Entry("!", "held", held.incident, f"{held.detail}  [{held.reason}]"))
    for draft in survey.plan.shadow:
        proof = [line for each in facts[draft.episode] for line in told(each)]
        entries.append(_on_trial(draft, (*_public(draft, survey.structure, {}), *proof)))
    head = f"page {survey.page} ({survey.structure.page})   {_as_of(heard, survey.now)}"
    return [head, *_laid_out(entries)]


def _facts(bridge: Bridge, survey: Survey) -> dict[str, tuple[Evidence, ...]]:
    """Return, by episode, the evidence of each of its rules."""
    return {
        case.episode.id: evidence(bridge, (member.rule for member in case.episode.members))
        for case in survey.cases
    }


def _as_of(heard: Instant, now: Instant) -> str:
    """Return up to when the plan knows; *heard* is 0 where no account was ever read."""
    return f"as of {time_of_day(heard)} ({max(0, now - heard)} s ago)" if heard else _NEVER


def unread(bridge: Bridge, surveys: Iterable[Survey]) -> list[str]:
    """Return a line for each page that could not be surveyed."""
    read = {survey.page for survey in surveys}
    return [
        f"page {name} ({page})   can't be read: what is due is unknown"
        for name, page in bridge.policy.pages.items()
        if name not in read
    ]


def draft_lines(draft: Draft, structure: Structure | None) -> list[str]:
    """Return the lines that show *draft* alone: what, where, and the exact public text."""
    opening = draft.action is Action.OPEN
    public = _public(draft, structure, {} if opening else _before(draft.said))
    if draft.stage is Stage.AUTO:
        return _laid_out([_entry(draft, public)])
    return _laid_out([_on_trial(draft, public)])


def _on_trial(draft: Draft, below: tuple[str, ...]) -> Entry:
    entry = _entry(replace(draft, notify=False), below)
    return replace(entry, sign="?", aside=f"{entry.aside}   ({draft.stage}: not published)")


def _entry(draft: Draft, below: tuple[str, ...]) -> Entry:
    mail = ("notifies subscribers",) if draft.notify else ()
    plain = (f"in plain words: {draft.simplified}",) if draft.simplified else ()
    return Entry(
        SIGNS[draft.action],
        str(draft.action),
        draft.incident,
        f"“{draft.name}”",
        f"rule {', '.join(draft.rules)}",
        (*below, *mail, *plain),
    )


def _laid_out(entries: list[Entry]) -> list[str]:
    """Return *entries* as lines, their keys, titles and rules under each other."""
    key = max((cell_len(entry.incident) for entry in entries), default=0)
    title = max((cell_len(entry.title) for entry in entries if entry.aside), default=0)
    lines = []
    for entry in entries:
        head = f"  {entry.sign} {entry.action:<7} {set_cell_size(entry.incident, max(8, key))} "
        shown = set_cell_size(entry.title, title) if entry.aside else entry.title
        lines.append(f"{head}{shown}   {entry.aside}".rstrip())
        lines += [f"            {line}" for line in entry.below]
    return lines


def _before(said: Said | None) -> Mapping[str, Status]:
    return {} if said is None else {line.component: line.status for line in said.components}


def _public(
    draft: Draft, structure: Structure | None, before: Mapping[str, Status]
) -> tuple[str, ...]:
    """Return what customers will see of *draft*: each component's change, and the text."""
    names = {c.id: c.full_name for c in structure.components} if structure else {}
    stage = str(draft.said.incident_status)
    rows = [
        (f"{stage} · {names.get(line.component, line.component)}", _change(line, before))
        for line in draft.said.components
    ]
    message = [f"“{part}”" for part in draft.message.splitlines() if part]
    return (*(columns(rows) or [stage]), *message)


def _change(line: ComponentStatus, before: Mapping[str, Status]) -> str:
    was = before.get(line.component, Status.OPERATIONAL)
    return line.status.wire if was is line.status else f"{was.wire} → {line.status.wire}"


def told(found: Evidence) -> list[str]:
    """Return the evidence in a line: measures, what was needed, codes by count."""
    parts = [f"{number} {_NOUNS[name]}" for name, number in found.measured]
    needed = ", ".join(str(number) for _, number in found.needed)
    codes = " · ".join(
        f"{'no code' if code is None else code} ×{count}"
        for code, count in found.codes[:_MOST_CODES]
    )
    window = show(found.window)
    return [f"{', '.join(parts)} in {window} ({needed} needed){' · ' if codes else ''}{codes}"]


def summary(plan: Document) -> str:
    """Return the closing line of a printed plan."""
    counts = plan["summary"]
    return (
        f"Plan: {counts['open']} to open, {counts['update']} to update, "
        f"{counts['resolve']} to resolve, {counts['held']} held."
    )
