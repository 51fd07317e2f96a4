"""The head of a report: one sentence, a few numbers, and what a reader must know before both."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from statistics import median

from statusbridge.core.model import Stage
from statusbridge.core.rules import Threshold
from statusbridge.core.texts import listed
from statusbridge.rehearse.report.material import Material, opened
from statusbridge.rehearse.result import Grades, Result, RuleHistory
from statusbridge.web.words import MEASURE, by_mail, counted, days, early, lasting


@dataclass(frozen=True, slots=True)
class Tile:
    """A number and what it counts; *tone* good | bad | "" says whether it is to be liked."""

    number: str
    label: str
    aside: str = ""
    tone: str = ""


def verdict(result: Result) -> str:
    """Return what the replay comes to, in a sentence or two, and no more than it shows."""
    found, time = opened(result.outages), days(result.end - result.start)
    if result.grades is not None and _posted(result.grades):
        return _graded(result.grades)
    if not found:
        return f"These rules would have opened nothing in {time}.{_nearest(result.rules)}"
    return (
        f"These rules would have opened {counted(len(found), 'incident')} in {time}: "
        f"{counted(result.posts, 'post')}, {by_mail(result.notified)}."
    )


def in_short(result: Result) -> str:
    """Return what was published, and how that compares with people, in a clause."""
    found = counted(len(opened(result.outages)), "incident")
    published = f"{found}, {counted(result.posts, 'post')}, {by_mail(result.notified)}"
    grades = result.grades
    if grades is None or not _posted(grades):
        return published
    wrong = counted(len(grades.false_opens), "false open")
    return f"{published}; {len(grades.hits)} of {_posted(grades)} of people's found, {wrong}"


def tiles(material: Material) -> tuple[Tile, ...]:
    """Return the numbers of the head; those of the other configuration stand beside them."""
    result = material.result
    other, name = (material.other.result, material.other.name) if material.other else (None, "")
    many = [
        ("incident", len(opened(result.outages)), other and len(opened(other.outages))),
        ("post", result.posts, other and other.posts),
        ("mail to subscribers", result.notified, other and other.notified),
        ("held back", _held(result), other and _held(other)),
    ]
    counts = (
        Tile(f"{number:,}", _noun(noun, number), "" if before is None else f"{name}: {before:,}")
        for noun, number, before in many
    )
    return (*counts, *_grade_tiles(result.grades))


def notes(material: Material) -> tuple[str, ...]:
    """Return what limits what the report can say, as sentences."""
    return tuple(_notes(material))


def _noun(noun: str, number: int) -> str:
    if noun == "mail to subscribers":
        return "mail to subscribers" if number == 1 else "mails to subscribers"
    return noun if noun == "held back" or number == 1 else f"{noun}s"


def _notes(material: Material) -> Iterator[str]:
    result = material.result
    if untrusted := [rule for rule in result.rules if rule.stage is not Stage.AUTO]:
        stages = listed(sorted({rule.stage.value for rule in untrusted}))
        whose = "All rules are" if len(untrusted) == len(result.rules) else _some(untrusted)
        yield f"{whose} in stage {stages}, and replayed as if in stage auto."
    if result.gaps:
        yield (
            f"{counted(len(result.gaps), 'stretch').replace('stretchs', 'stretches')} of the past "
            "could not be read: what happened there is not judged."
        )
    if material.unread.count:
        lines = counted(material.unread.count, "line")
        yield f"{lines} of the recording could not be read and were left out."
    if result.grades is None:
        yield "What people posted in this time is not known, so nothing here is graded."
    elif not _posted(result.grades):
        yield "People posted nothing in this time that a rule speaks of."
    elif _posted(result.grades) < 5:
        count = counted(_posted(result.grades), "incident")
        yield f"Graded against {count} of people: few, so read hits and misses as examples."


def _some(rules: list[RuleHistory]) -> str:
    names = listed(rule.rule for rule in rules[:3])
    more = f" and {len(rules) - 3} more" if len(rules) > 3 else ""
    return f"{names}{more} {'is' if len(rules) == 1 else 'are'}"


def _posted(grades: Grades) -> int:
    return len(grades.hits) + len(grades.misses)


def _graded(grades: Grades) -> str:
    hits, wrong = grades.hits, len(grades.false_opens)
    alone = counted(wrong, "incident") + " that nobody posted" if wrong else "nothing else"
    whole = {1: "the one incident", 2: "both incidents"}.get(
        _posted(grades), f"all {_posted(grades)} incidents"
    )
    where = " on their components" if grades.uncovered else ""
    if not hits:
        return (
            f"These rules would have missed {whole} that people posted{where}, and opened {alone}."
        )
    some = f"{len(hits)} of the {_posted(grades)} incidents"
    found = some if grades.misses else whole
    when = early(round(median(hit.early for hit in hits)))
    typical = " at the median" if len(hits) > 1 else ""
    return (
        f"These rules would have told of {found} that people posted{where}, {when}{typical}, "
        f"and opened {alone}."
    )


def _grade_tiles(grades: Grades | None) -> Iterator[Tile]:
    if grades is None:
        return
    posted, hits = _posted(grades), len(grades.hits)
    yield Tile(f"{hits} of {posted}", "of people's incidents found", "", "good" if hits else "")
    misses, wrong = len(grades.misses), len(grades.false_opens)
    yield Tile(f"{misses}", "missed", "", "bad" if misses else "good")
    yield Tile(f"{wrong}", _noun("false open", wrong), "", "bad" if wrong else "good")


def _held(result: Result) -> int:
    return sum(bool(outage.holds) for outage in result.outages)


def _nearest(rules: tuple[RuleHistory, ...]) -> str:
    """Return which rule came nearest to a trigger, and by which number it fell short."""
    reached = [
        found
        for rule in rules
        for trigger in rule.triggers
        if (found := _short(rule, trigger.threshold))
    ]
    if not reached:
        return ""
    _, rule, measure, peak, number = max(reached, key=lambda one: one[0])
    return (
        f" The nearest was {rule.rule}, at {peak:,} of the {number:,} "
        f"{MEASURE[measure]} in {lasting(rule.window)} that it needs."
    )


def _short(
    rule: RuleHistory, threshold: Threshold
) -> tuple[float, RuleHistory, str, int, int] | None:
    """Return the number of *threshold* that was farthest from being reached, the share first."""
    peaks = {curve.measure: curve.peak for curve in rule.curves}
    asked = [
        (peaks[measure] / number, rule, measure, peaks[measure], number)
        for measure in MEASURE
        if measure in peaks and (number := getattr(threshold, measure))
    ]
    return min(asked, key=lambda one: one[0], default=None)
