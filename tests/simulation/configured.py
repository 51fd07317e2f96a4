"""What one seed draws of the configuration: the rules, and how their owner changes them."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any, TypeAlias

from builders import TEXTS, a_rule, a_trigger
from statusbridge.core.model import Notify, Stage, Status
from statusbridge.core.rules import CodeRange, Match, Recovery, Rule, Threshold

PAGE_ID = "01FA4E0000000000000000PAGE"
INTERNAL_ID = "01FA4E000000000000INTERNAL"
INTERNAL = "internal"
"""A second page, configured where a rule speaks on it."""
SMS, VOICE = "01FA4ESMS", "01FA4EVOICE"
PAGES = {"public": PAGE_ID, INTERNAL: INTERNAL_ID}

Reloads: TypeAlias = tuple[tuple[float, tuple[Rule, ...]], ...]


def the_rules(dice: random.Random, owner: random.Random) -> tuple[Rule, ...]:
    """Return one rule for SMS, and mostly another one for calls: of its own, or of the same outage.

    *owner* draws what a cautious one does: a rule on trial, one that waits for a person, one that
    speaks on another page, one that speaks of what the first does.
    """
    first = a_rule(
        "sms",
        components=("SMS",),
        window=dice.choice((15, 20, 30)),
        triggers=(
            a_trigger(count=3, hold=dice.choice((0, 0, 4))),
            a_trigger(Status.PARTIAL_OUTAGE, count=7),
        ),
        recovery=Recovery(
            after=dice.choice((10, 20)),
            settle=dice.choice((15, 20)),
            below=Threshold(count=dice.choice((0, 0, 1))),
        ),
        notify=dice.choice((Notify.NEVER, Notify.OPEN, Notify.OPEN_AND_CLOSE, Notify.ALL)),
    )
    if dice.random() < 0.7:
        return (first,)
    second = a_rule(
        "voice",
        components=("Voice",),
        incident=dice.choice(("voice", "voice", "sms")),
        match=Match(codes=(CodeRange(30410, 30410),)),
        window=20,
        triggers=(a_trigger(Status.FULL_OUTAGE, distinct_resources=3),),
        recovery=Recovery(after=10, settle=15),
        texts=TEXTS,
        order=1,
    )
    return (first, replace(second, **_apart(owner, second)))


def _apart(owner: random.Random, rule: Rule) -> dict[str, Any]:
    chance = owner.random()
    if chance < 0.1:
        return {"stage": Stage.SHADOW}
    if chance < 0.2:
        return {"stage": Stage.REVIEW}
    if chance < 0.35:
        return {"page": INTERNAL}
    return _beside(rule).get(int(10 * chance), {})


def _beside(rule: Rule) -> dict[int, dict[str, Any]]:
    """Return ways to have *rule* speak of the component of the first one, too, by a die's number.

    With the last, their openings differ by the title alone, with the one before by nothing.
    """
    worded = replace(rule.texts, title="Delays in calls")
    return {
        4: {"components": ("SMS", "Voice"), "max_status": Status.PARTIAL_OUTAGE},
        6: {"components": ("SMS",)},
        9: {"components": ("SMS",), "texts": worded},
    }


def the_reloads(owner: random.Random, rules: tuple[Rule, ...], span: float) -> Reloads:
    """Return when the rules are changed in a life of *rules*, in most lives never."""
    if owner.random() < 0.8:
        return ()
    changes = owner.sample(CHANGES, 2)
    times = sorted(owner.random() * span for _ in changes)
    return tuple((at, change(rules)) for at, change in zip(times, changes, strict=True))


def _removed(rules: tuple[Rule, ...]) -> tuple[Rule, ...]:
    return rules[1:]


def _moved(rules: tuple[Rule, ...]) -> tuple[Rule, ...]:
    return (replace(rules[0], components=("Voice",)), *rules[1:])


def _widened(rules: tuple[Rule, ...]) -> tuple[Rule, ...]:
    return (replace(rules[0], components=("SMS", "Voice")), *rules[1:])


def _on_trial(rules: tuple[Rule, ...]) -> tuple[Rule, ...]:
    return (replace(rules[0], stage=Stage.SHADOW), *rules[1:])


def _louder(rules: tuple[Rule, ...]) -> tuple[Rule, ...]:
    return (replace(rules[0], triggers=(a_trigger(Status.FULL_OUTAGE, count=2),)), *rules[1:])


def _reworded(rules: tuple[Rule, ...]) -> tuple[Rule, ...]:
    texts = replace(TEXTS, title="SMS are late", monitoring="Delivery is normal again.")
    return tuple(replace(rule, texts=texts) for rule in rules)


def _renamed(rules: tuple[Rule, ...]) -> tuple[Rule, ...]:
    # In other words: of two openings in doubt that read alike, either may find the other's.
    texts = replace(TEXTS, title="Late text messages", investigating="Text messages are late.")
    return (replace(rules[0], incident="text", texts=texts), *rules[1:])


def _as_before(rules: tuple[Rule, ...]) -> tuple[Rule, ...]:
    return rules


CHANGES = (
    _removed, _moved, _widened, _on_trial, _louder, _reworded, _renamed, _as_before, _as_before,
)  # fmt: skip
"""What an owner does to the rules, some of it in the middle of an outage."""
