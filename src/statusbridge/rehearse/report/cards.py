"""Each outage as a reader takes it up: what the public would have read, and why."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from statusbridge.core.codes import fault_of
from statusbridge.core.model import IncidentStatus, Stage, Status, iso
from statusbridge.core.texts import listed
from statusbridge.rehearse.report.grading import grades
from statusbridge.rehearse.report.material import Material, Told, all_outages, lasted, twins, worst
from statusbridge.rehearse.report.places import target
from statusbridge.rehearse.result import Outage, Post
from statusbridge.web.words import (
    STATE,
    STATUS,
    by_mail,
    counted,
    lasting,
    moment,
    stretch,
)

_MOST_CHARACTERS = 300_000
"""Of all cards together, so that a report stays a page that a phone can open."""
_CARD = 2_000
"""Characters of a card besides its public texts, about."""
_MOST_CODES = 6


@dataclass(frozen=True, slots=True)
class Read:
    """A post as it stands on the page. *changes*: component, word and kind of its status."""

    state: str
    kind: str
    at: str
    iso: str
    text: str
    changes: tuple[tuple[str, str, str], ...]
    mailed: bool


@dataclass(frozen=True, slots=True)
class Card:
    """One outage. *grade*: how it compares with people, and good | bad | ""; None: not graded."""

    id: str
    title: str
    kind: str
    worst: str
    components: str
    when: str
    length: str
    counts: str
    grade: tuple[str, str] | None
    others: bool
    facts: tuple[tuple[str, str], ...]
    posts: tuple[Read, ...]


def cards(material: Material) -> tuple[Card, ...]:
    """Return what fits of `told`, in order of time: where not all does, the worst."""
    graded = grades(material.result.grades)
    fitting = worst(told(material), _characters, _MOST_CHARACTERS)
    return tuple(
        _card(outage, whose, graded.get(target(whose, outage.id)))
        for outage, whose in sorted(fitting, key=lambda one: one[0].fired_at)
    )


def told(material: Material) -> list[Told]:
    """Return all outages of ours, and those of the other that read otherwise."""
    same = twins(material)
    return [one for one in all_outages(material) if one[1] == "ours" or one[0].id not in same]


def _characters(outage: Outage) -> int:
    return _CARD + sum(len(post.text) + len(post.title) for post in outage.posts)


def _card(outage: Outage, whose: str, grade: tuple[str, str] | None) -> Card:
    start, over = lasted(outage)
    posts = counted(len(outage.posts), "post")
    return Card(
        id=target(whose, outage.id),
        title=outage.title,
        kind=outage.worst.wire,
        worst=STATUS[outage.worst],
        components=", ".join(outage.components),
        when=stretch(start, over),
        length="not over" if over is None else lasting(over - start),
        counts=f"{posts}, {by_mail(outage.notified)}" if outage.posts else "not published",
        grade=grade,
        others=whose == "others",
        facts=tuple(_facts(outage)),
        posts=tuple(map(_read, reversed(outage.posts))),
    )


def _facts(outage: Outage) -> Iterator[tuple[str, str]]:
    """Yield what a person would ask: which rule, since when, on what evidence, what was held."""
    yield "Rule" if len(outage.rules) == 1 else "Rules", listed(outage.rules)
    if any(stage is not Stage.AUTO for stage in outage.stages):
        yield "Stage", f"{listed(stage.value for stage in outage.stages)}: replayed as if auto"
    yield "Oldest alert", f"{moment(outage.started_at)} UTC"
    yield "Trigger reached", f"{moment(outage.fired_at)} UTC"
    if outage.opened_at is not None:
        yield (
            "First read",
            (
                f"{moment(outage.opened_at)} UTC, "
                f"{lasting(outage.opened_at - outage.started_at)} after the oldest alert"
            ),
        )
    if outage.codes:
        yield "Alerts", _codes(outage.codes)
    for hold in outage.holds:
        why = f"{hold.reason.replace('_', ' ')}{': ' if hold.detail else ''}{hold.detail}"
        yield "Held", f"{stretch(hold.since, hold.until)}: {why}"


def _codes(codes: Sequence[tuple[int | None, int]]) -> str:
    shown = [
        f"{'no code' if code is None else code} × {count:,} ({fault_of(code).value})"
        for code, count in codes[:_MOST_CODES]
    ]
    more = sum(count for _, count in codes[_MOST_CODES:])
    return ", ".join([*shown, *([f"{more:,} of other codes"] if more else [])])


def _kind(post: Post) -> str:
    """Return what colours a post: its stage, and of the first stage the worst of its components."""
    if post.state is not IncidentStatus.INVESTIGATING:
        return post.state.value
    return max((status for _, status in post.components), default=Status.OPERATIONAL).wire


def _read(post: Post) -> Read:
    return Read(
        state=STATE[post.state],
        kind=_kind(post),
        at=f"{moment(post.at)} UTC",
        iso=iso(post.at),
        text=post.text,
        changes=tuple(
            (name, STATUS[status], status.wire)
            for name, status in post.components
            if status is not Status.OPERATIONAL or post.state is IncidentStatus.MONITORING
        ),
        mailed=post.mailed,
    )
