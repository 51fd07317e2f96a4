"""A page as the rules think it is: made of the components that they name."""

from __future__ import annotations

from collections.abc import Iterable

from statusbridge.config.values import Config
from statusbridge.core.live import Component, Structure
from statusbridge.core.model import ComponentId, PageId
from statusbridge.core.structure import Ambiguous, Missing, resolve
from statusbridge.simulators.page_layout import named_id


def structures(config: Config, components: Iterable[str]) -> dict[str, Structure]:
    """Return every page of *config* by name, made of what its rules name, and *components*."""
    further = tuple(components)
    return {
        page.name: structure_of(
            page.id,
            page.name,
            (*(c for r in config.rules if r.page == page.name for c in r.components), *further),
        )
        for page in config.incidentio.pages
    }


def structure_of(page: PageId, name: str, references: Iterable[str]) -> Structure:
    """Return the page *name* with a component for each of *references*, as rules write them.

    "SMS" beside "Messaging / SMS" is the same component; one of several that end so is its own.
    """
    structure = Structure(page, name, ())
    wanted = dict.fromkeys(reference.strip() for reference in references)
    for reference in sorted(wanted, key=lambda one: -one.count(" / ")):
        found = resolve(reference, structure)
        if isinstance(found, Missing | Ambiguous):
            *path, last = reference.split(" / ")
            component = Component(ComponentId(named_id(page, reference)), last, tuple(path))
            structure = Structure(page, name, (*structure.components, component))
    order = {reference: place for place, reference in enumerate(wanted)}
    components = sorted(structure.components, key=lambda c: order[c.full_name])
    return Structure(page, name, tuple(components))
