"""What one seed draws of people at the bridge: orders, and the rules that wait for them."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import replace
from typing import TypeAlias

from statusbridge.core.acts import ActKind, Order
from statusbridge.core.model import Stage, Status
from statusbridge.core.rules import Review, Rule

Orders: TypeAlias = tuple[tuple[float, Order], ...]

AT_ONCE = (ActKind.PAUSE, ActKind.RESUME)
"""A daemon heeds these in the midst of a cycle, too."""


def is_staffed(dice: random.Random) -> bool:
    """Whether anybody sits at the bridge in this life."""
    return dice.random() < 0.25


def under_review(dice: random.Random, rules: tuple[Rule, ...]) -> tuple[Rule, ...]:
    """Return *rules*, of which one mostly waits for a person: the last, that may join the first."""
    if dice.random() < 0.2:
        return rules
    timeout = dice.choice((None, None, 15, 30))
    review = Review(timeout, publishes=dice.random() < 0.5)
    return (*rules[:-1], replace(rules[-1], stage=Stage.REVIEW, page="public", review=review))


def the_orders(
    dice: random.Random, rules: tuple[Rule, ...], span: float, touched: Iterable[float]
) -> Orders:
    """Return what people order in a life of *rules*, and when.

    Where they *touched* the page they mostly hand back, some time later, what they took over.
    """
    found = [
        (at + dice.choice((5, 15, 30)), Order(ActKind.RELEASE, dice.choice(rules).incident))
        for at in touched
        if dice.random() < 0.7
    ]
    for _ in range(dice.choice((2, 4, 8))):
        kind = dice.choice(_KINDS)
        key = dice.choice(rules).incident
        found.append((dice.random() * span, _order(dice, kind, key)))
    return tuple(sorted(found, key=lambda one: one[0]))


_KINDS = (
    ActKind.APPROVE, ActKind.APPROVE, ActKind.REJECT, ActKind.RELEASE, ActKind.RELEASE,
    ActKind.PAUSE, ActKind.RESUME, ActKind.RESUME,
)  # fmt: skip


def _order(dice: random.Random, kind: ActKind, key: str) -> Order:
    match kind:
        case ActKind.APPROVE:
            mild = dice.choice((None, Status.DEGRADED_PERFORMANCE))
            return Order(kind, key, status=mild, text=dice.choice(("", "Some calls fail.")))
        case ActKind.REJECT:
            return Order(kind, key, seconds=dice.choice((None, 40)))
        case ActKind.PAUSE | ActKind.RESUME:
            seconds = dice.choice((None, 30)) if kind is ActKind.PAUSE else None
            return Order(kind, dice.choice(("", "", key)), seconds=seconds)
        case _:
            return Order(kind, key)
