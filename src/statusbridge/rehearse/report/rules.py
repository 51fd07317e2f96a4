"""Each rule against its history: what it measured, what it needed, and how near it came."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from statusbridge.core.model import Seconds, Status
from statusbridge.core.rules import Trigger
from statusbridge.rehearse.report.material import Material, lasted
from statusbridge.rehearse.report.places import Places
from statusbridge.rehearse.report.verdict import in_short
from statusbridge.rehearse.result import Curve, Grades, Outage, RuleHistory
from statusbridge.rehearse.suggesting import Suggestion, basis
from statusbridge.web.plots import Plot, plot
from statusbridge.web.words import (
    MEASURE,
    STATUS,
    counted,
    days,
    lasting,
    moment,
    needed,
    roughly,
)

_MOST_POINTS = 48_000
"""Of all drawings together: some 15 bytes each."""
_MOST_SPANS = 300


@dataclass(frozen=True, slots=True)
class Drawing:
    """A measure of a rule, or of a fault: *said* tells in words what is to be seen."""

    id: str
    name: str
    said: str
    peak: int
    plot: Plot


@dataclass(frozen=True, slots=True)
class RuleView:
    """One rule. *spans*: places of its incidents, as what the public saw; *silent*: no match."""

    id: str
    stage: str
    about: str
    needs: tuple[tuple[str, str], ...]
    suggested: tuple[tuple[str, str], ...]
    score: str
    drawings: tuple[Drawing, ...]
    spans: tuple[tuple[str, str], ...]
    silent: bool


def rules(material: Material, places: Places) -> tuple[RuleView, ...]:
    """Return all rules in file order."""
    histories = material.result.rules
    many = sum(len(rule.curves) for rule in histories)
    most = min(2000, _MOST_POINTS // max(1, many))
    return tuple(_view(material, places, rule, most) for rule in histories)


def volumes(material: Material) -> tuple[Drawing, ...]:
    """Return the alerts over time by whose fault they are."""
    volume = material.result.volume
    return tuple(
        _volume(f"fault-{fault.value}", fault.value, values, volume.width)
        for fault, values in volume.by_fault
        if any(values)
    )


def suggestion_basis(material: Material) -> str:
    """Return on what the suggestions rest and what they would have done; "" without any."""
    if not material.suggested:
        return ""
    on = basis(material.result)
    outages = counted(on.outages, "outage")
    whose = "that people posted" if on.by_people else "that the present rules see"
    tried = (
        "" if material.tried is None else f" Tried on the same past: {in_short(material.tried)}."
    )
    quiet = f" False opens ({on.unlisted}) count as quiet time." if on.unlisted else ""
    return f"What is suggested rests on {days(on.seconds)} with {outages} {whose}.{quiet}{tried}"


def _view(material: Material, places: Places, rule: RuleHistory, most: int) -> RuleView:
    result = material.result
    own = [outage for outage in result.outages if rule.rule in outage.rules]
    place = result.rules.index(rule)
    better = [one for one in material.suggested if one.rule == rule.rule]
    curves = rule.curves if rule.matched else ()
    return RuleView(
        id=rule.rule,
        stage=rule.stage.value,
        about=_about(rule),
        needs=_needs(rule.triggers, rule.window),
        suggested=tuple((one.status, _suggestion(one)) for one in better),
        score=_score(result.grades, rule.rule),
        drawings=tuple(
            _drawing(f"rule-{place}-{curve.measure}", rule, curve, better, most) for curve in curves
        ),
        spans=tuple(_spans(own[:_MOST_SPANS], places)),
        silent=not rule.matched,
    )


def _suggestion(one: Suggestion) -> str:
    """Return what is suggested for a measure, and why, in a line."""
    noun = MEASURE[one.measure]
    new = (
        f"{one.old:,} {noun}, as it is"
        if one.new is None
        else (f"{one.new:,} {noun} instead of {one.old:,}")
    )
    quiet = f"in quiet time at most {one.quiet_most:,}, 99.9 % of it {one.quiet_usual:,}"
    peak = (
        ""
        if one.least_peak is None
        else (f"; in {one.seen} of {counted(one.outages, 'outage')} at least {one.least_peak:,}")
    )
    why = one.why or ("" if one.outages else "no outage to compare with")
    return f"{new}: {quiet}{peak}{'; ' if why else ''}{why}"


def _about(rule: RuleHistory) -> str:
    opened = f"part of {counted(rule.fired, 'outage')}" if rule.fired else "never fired"
    components = ", ".join(rule.components)
    return f"{components} · {counted(rule.matched, 'matching alert')} · {opened}"


def _needs(triggers: tuple[Trigger, ...], window: Seconds) -> tuple[tuple[str, str], ...]:
    return tuple(
        (
            trigger.status.wire,
            f"{STATUS[trigger.status]}: {needed(trigger.threshold, window, trigger.hold)}",
        )
        for trigger in triggers
    )


def _score(grades: Grades | None, rule: str) -> str:
    """Return how the rule stands against people; "" where that is not known."""
    for score in () if grades is None else grades.scores:
        if score.rule == rule:
            return (
                f"Of its {counted(score.opened, 'opening')} people posted {score.right} too; "
                f"of people's {counted(score.posted, 'incident')} it found {score.found}."
            )
    return ""


def _spans(own: list[Outage], places: Places) -> Iterator[tuple[str, str]]:
    for outage in own:
        yield places.of(*lasted(outage)), outage.worst.wire


def _drawing(
    named: str, rule: RuleHistory, curve: Curve, better: list[Suggestion], most: int
) -> Drawing:
    wanted = [(status, number, False) for status, number in _asked(rule.triggers, curve.measure)]
    proposed = [
        (Status[one.status.upper()], one.new, True)
        for one in better
        if one.measure == curve.measure and one.new not in {None, one.old}
    ]
    name = f"{MEASURE[curve.measure]} in {lasting(rule.window)}"
    lowest = min((number for _, number, _ in wanted), default=None)
    return Drawing(
        named, name, _said(curve, lowest), curve.peak, plot(curve, wanted + proposed, most)
    )


def _asked(triggers: tuple[Trigger, ...], measure: str) -> Iterator[tuple[Status, int]]:
    for trigger in triggers:
        number = getattr(trigger.threshold, measure)
        if number is not None:
            yield trigger.status, number


def _said(curve: Curve, lowest: int | None) -> str:
    if curve.peak_at is None:
        return "never above zero"
    peak = f"highest {curve.peak:,} on {moment(curve.peak_at)} UTC"
    return peak if lowest is None else f"{peak}; {lowest:,} needed"


def _volume(named: str, name: str, values: tuple[int, ...], width: Seconds) -> Drawing:
    peak = max(values)
    curve = Curve("count", width, values, peak, None)
    said = f"{counted(sum(values), 'alert')}, at most {peak:,} in {roughly(width)}"
    return Drawing(named, name, said, peak, plot(curve, (), 1000))
