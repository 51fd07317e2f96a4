"""The words of the answers: numbers with their nouns, times."""

from __future__ import annotations

from statusbridge.config.durations import show
from statusbridge.core.history import ratio
from statusbridge.core.model import Instant, iso
from statusbridge.core.rules import Rule, Threshold, Trigger
from statusbridge.core.windows import Measures

NOUNS = {"count": "alert", "distinct_resources": "resource", "distinct_accounts": "account"}
"""What each measure counts, in the order of the file's keys."""


def numbers(threshold: Threshold) -> dict[str, int]:
    """Return the numbers that *threshold* asks for, by measure."""
    asked = {name: getattr(threshold, name) for name in NOUNS}
    return {name: value for name, value in asked.items() if value is not None}


def measured(rule: Rule, measures: Measures) -> dict[str, int]:
    """Return what *rule* measures; others are not followed."""
    return {name: getattr(measures, name) for name in NOUNS if name in rule.measures}


def missing(trigger: Trigger, measures: Measures) -> dict[str, int]:
    """Return by how much each number of *trigger* is not reached; none: it is."""
    asked = numbers(trigger.threshold)
    left = {name: needed - getattr(measures, name) for name, needed in asked.items()}
    return {name: lack for name, lack in left.items() if lack > 0}


def counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def listed(values: dict[str, int]) -> str:
    """Return "7 alerts and 3 resources"."""
    return " and ".join(counted(value, NOUNS[name]) for name, value in values.items())


def nearest(rule: Rule, measures: Measures) -> Trigger:
    """Return the trigger that is nearest to being reached; of equals the mildest."""
    return max(rule.triggers, key=lambda t: (ratio(t.threshold, measures), -t.status))


def shortfall(rule: Rule, measures: Measures) -> str:
    """Return what *rule* counts of what it needs, and what is missing."""
    trigger = nearest(rule, measures)
    asked, window = numbers(trigger.threshold), show(rule.window)
    if not measures.count:
        return f"counts no alert in {window}; it needs {listed(asked)}"
    lack = missing(trigger, measures)
    counts = " and ".join(
        f"{getattr(measures, name)} of {counted(asked[name], NOUNS[name])}" for name in lack
    )
    verb = "is" if sum(lack.values()) == 1 else "are"
    return f"counts {counts} needed in {window}; {listed(lack)} {verb} missing"


def clock(at: Instant, now: Instant) -> str:
    """Return *at* as a time of day in UTC, with the date where it is another than that of *now*."""
    shown = iso(at)
    return shown[11:] if shown[:10] == iso(now)[:10] else f"{shown[:10]} {shown[11:]}"
