"""A plan in lines for people. Knows surveys; decides nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from rich.cells import cell_len, set_cell_size

from statusbridge.bridge.evidence import evidence, heard_until
from statusbridge.bridge.parts import Bridge
from statusbridge.bridge.survey import Survey
from statusbridge.commands.printing import Styles, columns
from statusbridge.config.durations import show
from statusbridge.core.live import Structure
from statusbridge.core.model import (
    ComponentStatus,
    Instant,
    Seconds,
    Stage,
    Status,
    aged,
    time_of_day,
)
from statusbridge.core.operations import Action, Draft, Said
from statusbridge.core.restrain import told_pause
from statusbridge.core.review import Evidence, Proposal
from statusbridge.documents import Document

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
    r"^  publishing is paused .*": "bold red",
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
    for proposal, _ in bridge.store.acts.proposals():
        if proposal.page == survey.page:
            entries.append(_proposed(proposal))
    for draft in survey.plan.shadow:
        proof = [line for each in facts[draft.episode] for line in told(each)]
        entries.append(_on_trial(draft, (*_public(draft, survey.structure, {}), *proof)))
    head = f"page {survey.page} ({survey.structure.page})   {_as_of(heard, survey.now)}"
    paused = [f"  {told_pause(one)}" for one in bridge.pauses() if one.page in ("", survey.page)]
    return [head, *paused, *laid_out(entries)]


def _facts(bridge: Bridge, survey: Survey) -> dict[str, tuple[Evidence, ...]]:
    """Return, by episode, the evidence of each of its rules."""
    return {
        case.episode.id: evidence(bridge, (member.rule for member in case.episode.members))
        for case in survey.cases
    }


def _as_of(heard: Instant, now: Instant) -> str:
    """Return up to when the plan knows; *heard* is 0 where no account was ever read."""
    return f"as of {time_of_day(heard)} ({aged(now - heard)})" if heard else _NEVER


def unread(bridge: Bridge, surveys: Iterable[Survey]) -> list[str]:
    """Return a line for each page that could not be surveyed."""
    read = {survey.page for survey in surveys}
    return [
        f"page {name} ({page})   can't be read: what is due is unknown"
        for name, page in bridge.policy.pages.items()
        if name not in read
    ]


def _proposed(one: Proposal) -> Entry:
    """Return what waits for review, as it would be posted."""
    rows = [
        (f"{one.status} · {line.name}", _moved(line.before, line.status)) for line in one.components
    ]
    message = [f"“{part}”" for part in one.message.splitlines() if part]
    proof = [line for each in one.evidence for line in told(each)]
    return Entry(
        "?",
        "join" if one.joins else "open",
        one.incident,
        f"“{one.title}”",
        f"rule {', '.join(one.rules)}   (review: waits for a person)",
        (*columns(rows), *message, *proof),
    )


def draft_lines(draft: Draft, structure: Structure | None) -> list[str]:
    """Return the lines that show *draft* alone: what, where, and the exact public text."""
    opening = draft.action is Action.OPEN
    public = _public(draft, structure, {} if opening else _before(draft.said))
    if draft.stage is Stage.AUTO:
        return laid_out([_entry(draft, public)])
    return laid_out([_on_trial(draft, public)])


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


def laid_out(entries: list[Entry]) -> list[str]:
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
    return _moved(before.get(line.component, Status.OPERATIONAL), line.status)


def _moved(was: Status, status: Status) -> str:
    return status.wire if was is status else f"{was.wire} → {status.wire}"


def told(found: Evidence) -> list[str]:
    """Return the evidence in a line: measures, what was needed, codes by count."""
    return [proof(dict(found.measured), dict(found.needed), found.window, found.codes)]


def proof(
    measured: Mapping[str, int],
    needed: Mapping[str, int],
    window: Seconds,
    codes: Iterable[tuple[int | None, int]],
) -> str:
    """Return in a line what a rule measures, what it needs, and the codes behind it."""
    parts = ", ".join(f"{number} {_NOUNS[name]}" for name, number in measured.items())
    numbers = ", ".join(str(number) for number in needed.values())
    shown = " · ".join(
        f"{'no code' if code is None else code} ×{count}"
        for code, count in tuple(codes)[:_MOST_CODES]
    )
    return f"{parts} in {show(window)} ({numbers} needed){' · ' if shown else ''}{shown}"


def summary(plan: Document, pages_unread: int) -> str:
    """Return the closing line of a printed plan, of which *pages_unread* pages are not part."""
    counts = plan["summary"]
    unknown = f" {pages_unread} of the pages can't be read." if pages_unread else ""
    return (
        f"Plan: {counts['open']} to open, {counts['update']} to update, "
        f"{counts['resolve']} to resolve, {counts['held']} held.{unknown}"
    )
