"""Rules of one page that say the same of a component, or of which one is never heard."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from statusbridge.config.code_sets import within
from statusbridge.config.lint_names import Lint, named
from statusbridge.config.rule_lints import implies
from statusbridge.config.toml_lines import Loc
from statusbridge.config.validation import Finding
from statusbridge.core.episodes import group_of
from statusbridge.core.model import Stage
from statusbridge.core.rules import Rule


def pair_lints(rules: tuple[Rule, ...]) -> Iterator[Finding]:
    """Yield each warning about two of *rules*, at the place of the one to change."""
    for earlier, later in combinations(rules, 2):
        if earlier.page != later.page or not set(earlier.components) & set(later.components):
            continue
        if group_of(earlier) == group_of(later):
            yield from _of_one_incident(earlier, later)
        elif earlier.incident != later.incident:
            yield from _of_two_incidents(earlier, later)


def _of_one_incident(earlier: Rule, later: Rule) -> Iterator[Finding]:
    for idle, heard in ((later, earlier), (earlier, later)):
        if _never_says_more(idle, heard):
            what = (
                f"rule {idle.id} changes nothing: rule {heard.id} counts its alerts too and asks "
                "for no more; let it ask for less, or remove it"
            )
            yield _place(idle), named(Lint.IDLE_RULE, what)
            return
    same = within(earlier.match, later.match) and within(later.match, earlier.match)
    if same and earlier.window == later.window:
        what = (
            f"rule {later.id} counts the very alerts of rule {earlier.id} for the same incident, "
            "and which text is posted depends on which fires; make one rule of them"
        )
        yield _place(later), named(Lint.SAME_ALERTS, what)


def _of_two_incidents(earlier: Rule, later: Rule) -> Iterator[Finding]:
    if Stage.SHADOW in (earlier.stage, later.stage):
        return
    if within(later.match, earlier.match) or within(earlier.match, later.match):
        shared = next(c for c in later.components if c in earlier.components)
        what = (
            f"rules {earlier.id} and {later.id} count the same alerts and speak of {shared} in "
            "two incidents, so that one outage opens both; give them the same incident"
        )
        yield (*_place(later), "incident"), named(Lint.TWO_INCIDENTS, what)


def _never_says_more(idle: Rule, heard: Rule) -> bool:
    """Whether *heard* asks, whenever *idle* fires, for a status as bad at least."""
    return (
        within(idle.match, heard.match)
        and idle.window <= heard.window
        and set(idle.components) <= set(heard.components)
        and all(
            any(
                min(t.status, idle.max_status) <= min(other.status, heard.max_status)
                and implies(t, other)
                for other in heard.triggers
            )
            for t in idle.triggers
        )
    )


def _place(rule: Rule) -> Loc:
    return ("rules", rule.order)
