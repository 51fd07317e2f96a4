"""Which component of the page a name in the configuration means.

Knows the page's structure as it was just read; not rules, and not what is done with the answer.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

from statusbridge.core.live import Component, Structure
from statusbridge.core.model import ComponentId


@dataclass(frozen=True, slots=True)
class Ambiguous:
    """More than one component answers to *reference*: *candidates*, in page order."""

    reference: str
    candidates: tuple[Component, ...]

    def __str__(self) -> str:
        listed = ", ".join(f"{c.full_name} ({c.id})" for c in self.candidates)
        return f'component "{self.reference}" is ambiguous: write the id of one of {listed}'


@dataclass(frozen=True, slots=True)
class Missing:
    """No component answers to *reference*. *nearest*: full names that look like it, best first."""

    reference: str
    nearest: tuple[str, ...]

    def __str__(self) -> str:
        meant = " or ".join(f'"{name}"' for name in self.nearest)
        hint = f"did you mean {meant}?" if meant else "`statusbridge pages` lists what is there"
        return f'the page has no component "{self.reference}": {hint}'


Resolution: TypeAlias = ComponentId | Ambiguous | Missing


def resolve(reference: str, structure: Structure) -> Resolution:
    """Return the id of the component that *reference* means, or why there is none.

    In this order, the first that anything answers to: the full name; the id; the end of a full name
    ("Name", or "Group / Name" where a sub-page stands above); then the names again in any case.
    """
    wanted = reference.strip()
    folded = wanted.casefold()
    readings: tuple[Callable[[Component], bool], ...] = (
        lambda c: c.full_name == wanted,
        lambda c: c.id == wanted,
        lambda c: wanted in _endings(c),
        lambda c: c.full_name.casefold() == folded,
        lambda c: folded in (ending.casefold() for ending in _endings(c)),
    )
    for reading in readings:
        match tuple(c for c in structure.components if reading(c)):
            case ():
                continue
            case (only,):
                return only.id
            case several:
                return Ambiguous(reference, several)
    return Missing(reference, _nearest(folded, structure))


def _endings(component: Component) -> Iterator[str]:
    parts = (*component.path, component.name)
    return (" / ".join(parts[start:]) for start in range(len(parts)))


def _nearest(folded: str, structure: Structure) -> tuple[str, ...]:
    spelled = {e.casefold(): c.full_name for c in structure.components for e in _endings(c)}
    close = difflib.get_close_matches(folded, spelled, n=3)
    return tuple(dict.fromkeys(spelled[name] for name in close))
