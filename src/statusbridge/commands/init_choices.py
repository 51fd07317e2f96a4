"""What `init` has to know and can't see: which page, and which component for which rule.

Takes what was said as flags, and asks for the rest where there is a terminal. Elsewhere it takes
the only one, or what names suggest, and says which flag to give where that is not enough.
"""

from __future__ import annotations

import signal
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from statusbridge.commands.pages import names
from statusbridge.commands.running import complain
from statusbridge.core.live import Component, Structure
from statusbridge.core.structure import Ambiguous, Missing, resolve
from statusbridge.starter.guessing import guessed, reference
from statusbridge.starter.products import Product
from statusbridge.terminal import spelled_out

NONE = "-"
"""Said in place of a component: the rule is written as a comment."""


class ChoiceError(Exception):
    """A choice that is needed was not made, or is none; says which flag to give."""


@dataclass(frozen=True, slots=True)
class Asking:
    """How to choose. *asks*: a person is there to be asked."""

    asks: bool
    components: Mapping[str, tuple[str, ...]]
    """What was said with flags, by rule."""

    def page(self, structures: Sequence[Structure], wanted: str | None) -> tuple[str, Structure]:
        """Return the name and the structure of the page to use. Raises ChoiceError."""
        named = list(zip(names(structures), structures, strict=True))
        if wanted is not None:
            for name, structure in named:
                if wanted in (name, structure.page, structure.name):
                    return name, structure
            raise ChoiceError(f"There is no page {wanted}. Say --page with one of {_those(named)}.")
        if len(named) == 1:
            return named[0]
        if not self.asks:
            raise ChoiceError(
                f"There are several pages. Say which with --page: one of {_those(named)}."
            )
        _show("Which page?", [f"{name}  {structure.name}" for name, structure in named])
        return named[_number("Page", len(named), None)]

    def component(self, product: Product, structure: Structure) -> tuple[str, ...]:
        """Return what the rule of *product* names; empty: it is left out. Raises ChoiceError."""
        said = self.components.get(product.id)
        if said is not None:
            return _checked(product.id, said, structure)
        guess = guessed(product, structure)
        if self.asks:
            return _asked(product, structure, guess)
        if guess is None:
            complain(
                f"no component of the page looks like {product.names[0]}, so its rule is left "
                f'out. Say --component {product.id}="Group / Name" for one of {_all(structure)}.'
            )
            return ()
        return (reference(guess, structure),)


def _those(named: Sequence[tuple[str, Structure]]) -> str:
    return ", ".join(name for name, _ in named)


def _all(structure: Structure) -> str:
    listed = ", ".join(f'"{component.full_name}"' for component in structure.components)
    return listed or "no components"


def _checked(rule: str, said: tuple[str, ...], structure: Structure) -> tuple[str, ...]:
    if said == (NONE,):
        return ()
    for one in said:
        answer = resolve(one, structure)
        if isinstance(answer, Ambiguous | Missing):
            raise ChoiceError(f"--component {rule}: {answer}.")
    return said


def _asked(product: Product, structure: Structure, guess: Component | None) -> tuple[str, ...]:
    components = structure.components
    what = f"Which component is in trouble when {product.names[0]} fails? (rule {product.id})"
    _show(what, [component.full_name for component in components], none="none: leave the rule out")
    preset = 0 if guess is None else components.index(guess) + 1
    number = _number("Component", len(components), preset, least=0) + 1
    return (reference(components[number - 1], structure),) if number else ()


def _show(question: str, choices: Sequence[str], none: str | None = None) -> None:
    lines = ["", question]
    lines += [f"  {number:>2}  {choice}" for number, choice in enumerate(choices, 1)]
    lines += [] if none is None else [f"   0  {none}"]
    sys.stderr.writelines(f"{spelled_out(line)}\n" for line in lines)


def _number(what: str, most: int, preset: int | None, least: int = 1) -> int:
    """Return the place of what a person chose, -1 for 0. Raises ChoiceError where nobody is."""
    shown = "" if preset is None else f" [{preset}]"
    while True:
        print(f"{what}{shown}: ", end="", file=sys.stderr, flush=True)
        line = _typed()
        if not line:
            print(file=sys.stderr)
            raise ChoiceError("Nothing was chosen, and nothing written.")
        text = line.strip()
        if not text and preset is not None:
            return preset - 1
        if text.isdecimal() and least <= int(text[:6]) <= most:
            return int(text[:6]) - 1
        print(f"A number from {least} to {most}, please.", file=sys.stderr)


def _typed() -> str:
    """Return what a person types, "" where nobody does. Raises KeyboardInterrupt at Ctrl-C.

    asyncio puts Ctrl-C off until something is awaited, and nothing is while a person thinks.
    """
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        return sys.stdin.readline()
    finally:
        signal.signal(signal.SIGINT, before)
