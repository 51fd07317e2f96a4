"""What waits for a person's word: what an outage in review would say in public, were it approved.

A proposal is what planning gives once the outage counts as approved, so that what a person looks at
is what will be posted. Knows the plan and the guards; not who decides, nor how.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256

from statusbridge.core.episodes import Episode, admitted
from statusbridge.core.model import Instant, Seconds, Stage, Status
from statusbridge.core.operations import Draft, Held, HeldReason, Said
from statusbridge.core.plan import Case, Plan, Planner
from statusbridge.core.restrain import Situation, restrain
from statusbridge.core.rules import Review

UNTIMED = Review()


@dataclass(frozen=True, slots=True)
class Line:
    """One component of a proposal, and what the public reads of it now."""

    component: str
    name: str
    status: Status
    before: Status


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a rule measures, what it needs, and the codes behind it, the most frequent first."""

    rule: str
    window: Seconds
    measured: tuple[tuple[str, int], ...]
    needed: tuple[tuple[str, int], ...]
    codes: tuple[tuple[int | None, int], ...]


@dataclass(frozen=True, slots=True)
class Proposal:
    """An outage that waits for a person, with all that is to be looked at."""

    page: str
    incident: str
    episode: str
    rules: tuple[str, ...]
    joins: bool
    """An incident of the same key is open: approved, its rules have a say in that one."""
    title: str
    status: str
    """The incident's, in the page's words; "" where nothing new would be said."""
    message: str
    components: tuple[Line, ...]
    notify: bool
    look: str
    """Names what is proposed: another outage, title, text or status has another name."""
    stopped_by: HeldReason | None = None
    """Why it would be held even so; None: it would go out at once."""
    stopped: str = ""
    """The same in words."""
    started_at: Instant = 0
    worst: Status = Status.OPERATIONAL
    """What its rules ask for at worst, also of components that can't be named now."""
    expires: Review = UNTIMED
    """By the rules of now: filled in by who looks."""
    evidence: tuple[Evidence, ...] = ()


def proposals(
    cases: Sequence[Case], waiting: frozenset[str], planner: Planner, situation: Situation
) -> tuple[Proposal, ...]:
    """Return what each of *cases* whose episode is among *waiting* would say, were it approved."""
    return tuple(
        _proposal(case, cases, planner, situation) for case in cases if case.episode.id in waiting
    )


def _proposal(
    case: Case, cases: Sequence[Case], planner: Planner, situation: Situation
) -> Proposal:
    approved = _approved(case.episode, cases)
    host = _host(case.episode, approved)
    plan = planner.plan(approved)
    draft = next((d for d in plan.drafts if d.episode == host.episode.id), None)
    held = _held(host.episode, plan, situation)
    lines = () if draft is None else _lines(draft, host.ledger.said, planner)
    return Proposal(
        page=case.episode.group.page,
        incident=case.episode.group.incident,
        episode=case.episode.id,
        rules=tuple(sorted(member.rule for member in case.episode.members)),
        joins=host.episode.id != case.episode.id,
        title=(host.ledger.name or "") if draft is None else draft.name,
        status="" if draft is None else str(draft.said.incident_status),
        message="" if draft is None else draft.message,
        components=lines,
        notify=draft is not None and draft.notify,
        look=_look(case.episode.id, approved, host, planner),
        stopped_by=None if held is None else held.reason,
        stopped="" if held is None else held.detail,
        started_at=case.episode.started_at,
        worst=planner.worst(host.episode),
    )


def _approved(episode: Episode, cases: Sequence[Case]) -> list[Case]:
    """Return *cases* as they would be, were *episode* approved."""
    after = admitted((case.episode for case in cases), {episode.id})
    return [replace(case, episode=new) for case, new in zip(cases, after, strict=True)]


def _host(episode: Episode, cases: Iterable[Case]) -> Case:
    """Return which of *cases* speaks for *episode* once approved: it, or the one it joined."""
    public = episode.group._replace(stage=Stage.AUTO)
    return next(c for c in cases if c.episode.group == public and c.episode.goes_on)


def _held(episode: Episode, plan: Plan, situation: Situation) -> Held | None:
    held = restrain(plan, situation).held
    return next((one for one in held if one.episode == episode.id), None)


def _lines(draft: Draft, said: Said | None, planner: Planner) -> tuple[Line, ...]:
    names = {component.id: component.full_name for component in planner.structure.components}
    before = {line.component: line.status for line in said.components} if said else {}
    return tuple(
        Line(
            line.component,
            names.get(line.component, line.component),
            line.status,
            before.get(line.component, Status.OPERATIONAL),
        )
        for line in draft.said.components
    )


def _look(episode: str, cases: Iterable[Case], host: Case, planner: Planner) -> str:
    """Return a name of what is proposed: the same as long as only the time in its texts differs.

    Another outage has another one: who saw the last one's evidence has seen nothing of this one's.
    """
    still = replace(planner, now=host.episode.opened_at)
    drafts = still.plan(cases).drafts
    draft = next((d for d in drafts if d.episode == host.episode.id), None)
    if draft is None:
        return _digest(episode, "nothing", host.episode.id)
    said = (f"{line.component} {line.status.wire}" for line in draft.said.components)
    mails = "mails" if draft.notify else "silent"
    return _digest(episode, draft.action, draft.name, draft.message, mails, *said)


def _digest(*parts: str) -> str:
    return sha256("\x1f".join(parts).encode()).hexdigest()[:8]


def differences(before: Proposal, now: Proposal) -> tuple[str, ...]:
    """Return in words what is proposed otherwise *now* than *before*; empty where nothing is."""
    was = {line.name: line.status.wire for line in before.components}
    will = {line.name: line.status.wire for line in now.components}
    statuses = (
        (name, was.get(name, "not named"), will.get(name, "not named"))
        for name in dict.fromkeys((*was, *will))
    )
    told = (
        *statuses,
        ("title", f"“{before.title}”", f"“{now.title}”"),
        ("text", f"“{before.message}”", f"“{now.message}”"),
        ("incident", before.status or "nothing to say", now.status or "nothing to say"),
        ("mail", *("yes" if one.notify else "no" for one in (before, now))),
        (
            "what it does",
            *("joins an open incident" if p.joins else "opens" for p in (before, now)),
        ),
    )
    return tuple(f"{what}: {then} → {since}" for what, then, since in told if then != since)
