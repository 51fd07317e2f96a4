"""Which component of a page is about a product, by its name."""

from __future__ import annotations

from statusbridge.core.live import Component, Structure
from statusbridge.core.structure import Ambiguous, resolve
from statusbridge.starter.products import Product


def guessed(product: Product, structure: Structure) -> Component | None:
    """Return the component whose name says most of *product*; None: none says anything.

    The surest word counts first, then a component's own name before those above it, then the
    shorter name, then the page's order. An only component is about everything. What is hidden on
    the page is nobody's guess.
    """
    visible = [component for component in structure.components if not component.hidden]
    if len(visible) == 1:
        return visible[0]
    ranked = [(rank, c) for c in visible if (rank := _rank(product, c)) is not None]
    return min(ranked, key=lambda one: (*one[0], len(one[1].name)), default=(None, None))[1]


def _rank(product: Product, component: Component) -> tuple[int, int] | None:
    own, above = component.name.casefold(), " / ".join(component.path).casefold()
    for place, word in enumerate(product.words):
        for distance, name in enumerate((own, above)):
            if word in name:
                return place, distance
    return None


def reference(component: Component, structure: Structure) -> str:
    """Return how a rule names *component*: by name where only one is called so, else by id."""
    found = resolve(component.full_name, structure)
    return component.id if isinstance(found, Ambiguous) else component.full_name
