"""Incidents over time, by component: ours, those of another configuration, and people's."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from statusbridge.core.model import IncidentStatus, Instant
from statusbridge.rehearse.report.grading import grades
from statusbridge.rehearse.report.material import Material, Told, all_outages, lasted, twins, worst
from statusbridge.rehearse.report.places import Places, target
from statusbridge.rehearse.result import Outage, Posted
from statusbridge.web.words import STATUS, by_mail, counted, stretch

NO_COMPONENT = "No component"
_MOST_BARS = 400
_UNGRADED = ("", "")


@dataclass(frozen=True, slots=True)
class Segment:
    """A part of a bar in which the public read the same: *kind* a status, or monitoring."""

    place: str
    kind: str


@dataclass(frozen=True, slots=True)
class Bar:
    """One incident on one component. *label*: its values, one a line; *target* where it is told.

    *lead*: from the first alert to what the public read first. *unseen*: nothing was published.
    *tone*: good where people had it too, bad where the one or the other had not, else "".
    """

    place: str
    target: str
    label: str
    segments: tuple[Segment, ...]
    lead: str | None = None
    unseen: bool = False
    tone: str = ""


@dataclass(frozen=True, slots=True)
class Lane:
    """The bars of one source: *rows* so that in each none covers another."""

    whose: str
    name: str
    rows: tuple[tuple[Bar, ...], ...]


@dataclass(frozen=True, slots=True)
class Track:
    """A component with its lanes; *page* "" where there is only one page."""

    component: str
    page: str
    lanes: tuple[Lane, ...]


@dataclass(frozen=True, slots=True)
class Timeline:
    """Tracks of components with incidents, and the names of those that were quiet all the time."""

    tracks: tuple[Track, ...]
    quiet: tuple[str, ...]
    left_out: int
    """Outages that are not drawn, the least of too many."""


@dataclass(frozen=True, slots=True)
class _Entry:
    """A bar to be, and where it belongs."""

    key: tuple[str, str]
    whose: str
    start: Instant
    end: Instant
    bar: Bar


def timeline(material: Material, places: Places) -> Timeline:
    """Return the timeline: a track for each component of a rule or of an incident."""
    outages = all_outages(material)
    drawn = worst(outages, lambda outage: len(_of(outage)), _MOST_BARS)
    entries = sorted(_entries(material, drawn, places), key=lambda entry: entry.start)
    keys = list(dict.fromkeys(_keys(material)))
    several = len({page for page, _ in keys}) > 1
    whose = _whose(material)
    tracks, quiet = [], []
    for page, component in keys:
        here = [entry for entry in entries if entry.key == (page, component)]
        if here:
            lanes = tuple(_lane(here, one, name) for one, name in whose.items())
            tracks.append(Track(component, page if several else "", lanes))
        elif component != NO_COMPONENT:
            quiet.append(component)
    return Timeline(tuple(tracks), tuple(quiet), len(outages) - len(drawn))


def _whose(material: Material) -> dict[str, str]:
    """Return the lanes that each track has, with their names."""
    names = {"ours": "these rules"}
    if material.other is not None:
        names["others"] = material.other.name
    if material.result.grades is not None:
        names["people"] = "people"
    return names


def _keys(material: Material) -> Iterator[tuple[str, str]]:
    """Yield page and component of all that is spoken of: first of rules, in file order."""
    for result in (material.result, *([material.other.result] if material.other else [])):
        for rule in result.rules:
            yield from ((rule.page, component) for component in rule.components)
        for outage in result.outages:
            yield from _of(outage)
    for posted in _posted(material):
        yield from _of(posted)


def _of(one: Outage | Posted) -> list[tuple[str, str]]:
    return [(one.page, component) for component in one.components or (NO_COMPONENT,)]


def _posted(material: Material) -> tuple[Posted, ...]:
    grades = material.result.grades
    return () if grades is None else grades.posted


def _entries(material: Material, drawn: list[Told], places: Places) -> Iterator[_Entry]:
    graded, same = grades(material.result.grades), twins(material)
    for outage, whose in drawn:
        start, over = lasted(outage)
        end = material.result.end if over is None else over
        twin = same.get(outage.id) if whose == "others" else None
        named = target(whose, outage.id) if twin is None else target("ours", twin)
        bar = _bar(outage, places, named, graded.get(target(whose, outage.id), _UNGRADED))
        yield from (_Entry(key, whose, start, end, bar) for key in _of(outage))
    for posted in _posted(material):
        ended = material.result.end if posted.ended_at is None else posted.ended_at
        bar = _posted_bar(posted, places, graded.get(target("people", posted.id), _UNGRADED))
        yield from (_Entry(key, "people", posted.posted_at, ended, bar) for key in _of(posted))


def _bar(outage: Outage, places: Places, named: str, grade: tuple[str, str]) -> Bar:
    start, over = lasted(outage)
    seen = bool(outage.changes)
    posts = f"{counted(len(outage.posts), 'post')}, {by_mail(outage.notified)}"
    label = (
        outage.title,
        f"{STATUS[outage.worst]} · {stretch(start, over)}",
        posts if seen else "not published: held, or over before a cycle came",
        grade[0],
    )
    return Bar(
        place=places.of(start, over),
        target=named,
        label="\n".join(filter(None, label)),
        segments=tuple(_segments(outage, places)),
        lead=places.of(outage.started_at, start) if outage.started_at < start else None,
        unseen=not seen,
        tone=grade[1],
    )


def _segments(outage: Outage, places: Places) -> Iterator[Segment]:
    """Yield the stretches between what the public read; the last one may be open."""
    ends = [*(change.at for change in outage.changes[1:]), None]
    for change, end in zip(outage.changes, ends, strict=False):
        watched = change.state is IncidentStatus.MONITORING
        if change.state is not IncidentStatus.RESOLVED and end != change.at:
            yield Segment(
                places.of(change.at, end), "monitoring" if watched else change.status.wire
            )


def _posted_bar(posted: Posted, places: Places, grade: tuple[str, str]) -> Bar:
    place = places.of(posted.posted_at, posted.ended_at)
    worst = "by people" if posted.worst is None else f"{STATUS[posted.worst]}, by people"
    kind = "unsaid" if posted.worst is None else posted.worst.wire
    earlier = posted.started_at < posted.posted_at
    label = (posted.title, f"{worst} · {stretch(posted.posted_at, posted.ended_at)}", grade[0])
    return Bar(
        place=place,
        target=target("people", posted.id),
        label="\n".join(filter(None, label)),
        segments=(Segment(place, kind),),
        lead=places.of(posted.started_at, posted.posted_at) if earlier else None,
        tone=grade[1],
    )


def _lane(entries: Iterable[_Entry], whose: str, name: str) -> Lane:
    """Return the lane of *whose* entries, each in the first row where it fits."""
    rows: list[list[_Entry]] = [[]]
    for entry in entries:
        if entry.whose == whose:
            fitting = (row for row in rows if not row or row[-1].end <= entry.start)
            row = next(fitting, None)
            if row is None:
                rows.append(row := [])
            row.append(entry)
    return Lane(whose, name, tuple(tuple(entry.bar for entry in row) for row in rows))
