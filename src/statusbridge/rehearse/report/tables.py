"""The tables of a report as rows of text: codes, grades, what was held, what could not be read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from statusbridge.core.model import Instant, Seconds
from statusbridge.core.texts import listed
from statusbridge.rehearse.comparing import Difference, resolved_at, worst_said
from statusbridge.rehearse.report.grading import grades
from statusbridge.rehearse.report.material import Other, lasted
from statusbridge.rehearse.report.places import target
from statusbridge.rehearse.result import CodeCount, Grades, Posted, Result, Volume
from statusbridge.web.plots import Scale, coarsest, path
from statusbridge.web.words import STATUS, counted, lasting, stretch

_MOST_CODES = 200
_SPARK = 150
"""Buckets of a drawing within a line of text."""
_MOST_ROWS = 300


@dataclass(frozen=True, slots=True)
class CodeRow:
    """A code. *share*: of the most frequent one, in per cent.

    *spark*: a path over *points* buckets, "" where it is not known.
    """

    code: str
    title: str
    fault: str
    count: str
    share: float
    spark: str
    points: int


@dataclass(frozen=True, slots=True)
class PostedRow:
    """An incident of people, and what the rules made of it; *tone* good | bad | ""."""

    id: str
    title: str
    components: str
    when: str
    verdict: str
    tone: str


def codes(counts: Sequence[CodeCount], volume: Volume) -> tuple[CodeRow, ...]:
    """Return the most frequent of *counts*."""
    curves = dict(volume.by_code)
    most = max((one.count for one in counts), default=1)
    return tuple(
        _code_row(one, most, coarsest(curves.get(one.code, ()), _SPARK))
        for one in counts[:_MOST_CODES]
    )


def posted(found: Grades) -> tuple[PostedRow, ...]:
    """Return all that people posted, in order of time, each with what became of it."""
    graded = grades(found)
    return tuple(
        _posted_row(one, *graded.get(target("people", one.id), ("", "")))
        for one in sorted(found.posted, key=lambda one: one.posted_at)[:_MOST_ROWS]
    )


def holds(result: Result) -> tuple[tuple[str, str, str, str], ...]:
    """Return incident, stretch, reason and detail of what was held back, in order of time."""
    found = sorted(
        ((outage, hold) for outage in result.outages for hold in outage.holds),
        key=lambda pair: pair[1].since,
    )
    return tuple(
        (outage.title, stretch(hold.since, hold.until), hold.reason.replace("_", " "), hold.detail)
        for outage, hold in found[:_MOST_ROWS]
    )


def gaps(result: Result) -> tuple[tuple[str, str, str], ...]:
    return tuple((who, stretch(start, end), why) for who, start, end, why in result.gaps)[
        :_MOST_ROWS
    ]


def differences(other: Other) -> tuple[tuple[str, str, str, str], ...]:
    """Return title, time, what differs, and the element that tells of it, ours where it can."""
    return tuple(
        (
            one.either.title,
            stretch(*lasted(one.either)),
            _differs(one, other.name),
            target("ours" if one.here else "others", one.either.id),
        )
        for one in other.differences[:_MOST_ROWS]
    )


def _differs(one: Difference, name: str) -> str:
    """Return what is different with the configuration that is called *name*."""
    if one.here is None or one.there is None:
        return f"only {name} has it" if one.here is None else "only these rules have it"
    here, there = one.here, one.there
    words = {
        "published": f"{name} publishes {'it' if there.posts else 'nothing'}",
        "opened": f"{name} opens {_later(one.later)}",
        "status": f"{STATUS[worst_said(here)]} → {STATUS[worst_said(there)]}",
        "resolved": f"{name} {_resolved(resolved_at(here), resolved_at(there))}",
        "posts": f"{len(here.posts)} → {counted(len(there.posts), 'post')}",
        "mails": f"{here.notified} → {counted(there.notified, 'mail')}",
        "words": f"{name} calls it “{there.title}”",
        "components": f"{name} says it of {listed(there.components)}",
    }
    return ", ".join(words[change] for change in one.changes)


def _resolved(here: Instant | None, there: Instant | None) -> str:
    if here is None or there is None:
        return "resolves it" if here is None else "does not resolve it"
    return f"resolves {_later(there - here)}"


def _later(seconds: Seconds | None) -> str:
    return f"{lasting(abs(seconds or 0))} {'earlier' if (seconds or 0) < 0 else 'later'}"


def _posted_row(one: Posted, verdict: str, tone: str) -> PostedRow:
    worst = "" if one.worst is None else f" · {STATUS[one.worst]}"
    return PostedRow(
        id=target("people", one.id),
        title=one.title,
        components=f"{', '.join(one.components)}{worst}",
        when=stretch(one.posted_at, one.ended_at),
        verdict=verdict,
        tone=tone,
    )


def _code_row(one: CodeCount, most: int, values: Sequence[int]) -> CodeRow:
    without = "Alerts without a code" if one.code is None else "No title known"
    return CodeRow(
        code="none" if one.code is None else str(one.code),
        title=one.title or without,
        fault=one.fault.value,
        count=f"{one.count:,}",
        share=max(0.5, round(100 * one.count / most, 1)),
        spark=path(values, Scale(max(4, *values))) if values else "",
        points=len(values),
    )
