"""What of a single rule is allowed but hardly meant. Knows rules complete and checked."""

from __future__ import annotations

from collections.abc import Iterator

from statusbridge.config.code_sets import able, faults_of
from statusbridge.config.durations import show
from statusbridge.config.lint_names import Lint, named
from statusbridge.config.places import dotted
from statusbridge.config.toml_lines import Loc
from statusbridge.config.validation import Finding
from statusbridge.core.codes import entries
from statusbridge.core.model import Fault, Stage
from statusbridge.core.rules import Rule, Threshold, Trigger

_OTHERS = frozenset({Fault.APPLICATION, Fault.RECIPIENT})
_NAMED_CODES = 3


def rule_lints(rule: Rule, accounts: frozenset[str]) -> Iterator[Finding]:
    """Yield each warning about *rule* with its place; *accounts*: all that are configured."""
    for place, what in (
        *_matching(rule),
        *_others_fault(rule),
        *_holds(rule),
        *_out_of_reach(rule, accounts),
        *_idle(rule),
        *_capped(rule),
    ):
        yield ("rules", rule.order, *place), what


def trigger_places(rule: Rule) -> list[tuple[Loc, Trigger]]:
    """Return each trigger of *rule* with its place in it; several of a status are numbered."""
    statuses = [trigger.status for trigger in rule.triggers]
    places: list[tuple[Loc, Trigger]] = []
    for n, trigger in enumerate(rule.triggers):
        place: Loc = ("trigger", trigger.status.wire)
        number = (statuses[:n].count(trigger.status),) if statuses.count(trigger.status) > 1 else ()
        places.append(((*place, *number), trigger))
    return places


def implies(one: Trigger, other: Trigger) -> bool:
    """Whether *other* is reached and held whenever *one* is."""
    return other.hold <= one.hold and _asks_for_all_of(one.threshold, other.threshold)


def _asks_for_all_of(one: Threshold, other: Threshold) -> bool:
    # So many different resources or accounts are as many alerts at least.
    least = max(one.count or 0, one.distinct_resources or 0, one.distinct_accounts or 0)
    return (
        least >= (other.count or 0)
        and (one.distinct_resources or 0) >= (other.distinct_resources or 0)
        and (one.distinct_accounts or 0) >= (other.distinct_accounts or 0)
    )


def _matching(rule: Rule) -> Iterator[Finding]:
    match = rule.match
    if not able(match):
        what = f"takes away all codes of rule {rule.id}, which matches nothing; leave some"
        yield ("match", "codes_not"), named(Lint.MATCHES_NOTHING, what)
    elif match.faults and match.codes and not match.faults & faults_of(able(match)):
        what = f"no code of rule {rule.id} has such a fault, so it matches nothing; leave it out"
        yield ("match", "faults"), named(Lint.MATCHES_NOTHING, what)


def _others_fault(rule: Rule) -> Iterator[Finding]:
    """A rule that tells the public of what its own product, or a recipient, did."""
    match = rule.match
    if rule.stage is not Stage.AUTO:
        return
    possible = faults_of(able(match)) & (match.faults or frozenset(Fault)) & _OTHERS
    # Who names both the codes and the fault has thought of it.
    meant = match.faults if match.codes else frozenset()
    wrong = sorted(possible - meant)
    if wrong:
        faults = " or ".join(wrong)
        codes = _codes_of(rule, frozenset(Fault(fault) for fault in wrong))
        key = "codes" if match.codes else "faults"
        yield (
            ("match", key),
            named(
                Lint.OTHERS_FAULT,
                f"rule {rule.id} publishes by itself and can match codes whose fault is usually "
                f"{faults}{codes}; narrow codes or faults, or name the fault in faults beside "
                "codes if it is meant",
            ),
        )


def _codes_of(rule: Rule, faults: frozenset[Fault]) -> str:
    """Return some of the rule's codes with one of *faults*, " (21610, 21611, …)"; "" for all."""
    if not rule.match.codes:
        return ""
    found = [
        max(entry.first, wide.first)
        for wide in able(rule.match)
        for entry in entries(wide.first, wide.last)
        if entry.fault in faults
    ]
    listed = list(dict.fromkeys(map(str, found)))
    more = ["…"] if len(listed) > _NAMED_CODES else []
    return f" ({', '.join([*listed[:_NAMED_CODES], *more])})"


def _holds(rule: Rule) -> Iterator[Finding]:
    for place, trigger in trigger_places(rule):
        if trigger.hold > rule.window:
            yield (
                (*place, "hold"),
                named(
                    Lint.HOLD_OVER_WINDOW,
                    f"{show(trigger.hold)} is longer than the window of {show(rule.window)} of "
                    f"rule {rule.id}: only new alerts all the time can hold it; expected at most "
                    "the window",
                ),
            )


def _out_of_reach(rule: Rule, accounts: frozenset[str]) -> Iterator[Finding]:
    heard = len(rule.match.accounts or accounts)
    for place, trigger in trigger_places(rule):
        asked = trigger.threshold.distinct_accounts
        if asked is not None and asked > heard:
            what = (
                f"{asked} is never reached: rule {rule.id} hears "
                f"{heard} account{'' if heard == 1 else 's'}; expected at most {heard}"
            )
            yield (*place, "distinct_accounts"), named(Lint.UNREACHABLE_TRIGGER, what)


def _idle(rule: Rule) -> Iterator[Finding]:
    places = trigger_places(rule)
    for n, (place, trigger) in enumerate(places):
        for m, (other_place, other) in enumerate(places):
            if m == n or other.status < trigger.status or not implies(trigger, other):
                continue
            if other.status == trigger.status and implies(other, trigger) and m > n:
                continue
            what = (
                f"changes nothing: whenever it is reached, so is {dotted(other_place)}, for a "
                f"status no milder; let it ask for less, or remove it from rule {rule.id}"
            )
            yield place, named(Lint.IDLE_TRIGGER, what)
            break


def _capped(rule: Rule) -> Iterator[Finding]:
    lowest = min(trigger.status for trigger in rule.triggers)
    if rule.max_status < lowest:
        what = (
            f"{rule.max_status.wire} is below every trigger of rule {rule.id}, the mildest of "
            f"which asks for {lowest.wire}; name that status in the trigger, or raise max_status"
        )
        yield ("publish", "max_status"), named(Lint.CAPPED_TRIGGER, what)
