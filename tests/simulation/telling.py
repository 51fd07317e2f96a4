"""A setting in, its story out."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import structlog

from simulation.calm import come_to_rest
from simulation.life import Life
from simulation.mortal import Fate
from simulation.setting import LEFT_FOR_RESOLVE, Setting
from simulation.story import Story
from simulation.virtual import VirtualLoop
from statusbridge.bridge import sighting, survey
from statusbridge.core import delivery, ownership, recall, restrain


def tell(setting: Setting, fate: Fate | None = None) -> Story:
    """Return the story of *setting*. *fate* None: deaths by the setting's own dice.

    Raises nothing for a broken promise: it stands in `Story.found`.
    """
    chance = random.getstate()
    random.seed(setting.seed)
    loop = VirtualLoop()
    loop.set_exception_handler(lambda loop, context: None)
    life = Life(setting, loop, fate)
    try:
        with scaled(), overheard(life.overhear):
            loop.run_until_complete(life.live())
            loop.run_until_complete(come_to_rest(life))
    except Exception as error:  # noqa: BLE001 - whatever it is, it is what the seed found
        life.story.found.append(f"the cycle raised {type(error).__name__}: {error}")
        life.error = error
    finally:
        life.end()
        random.setstate(chance)
    return life.story


@contextmanager
def scaled() -> Iterator[None]:
    """Bring the product's long times and large numbers into the proportions of a short life."""
    wanted = (
        (ownership, "REMOVED_AFTER", 60),
        (delivery, "LONGEST_BACKOFF", 20),
        (recall, "CLOCKS_DIFFER", 8),
        (sighting, "STRUCTURE_LASTS", 60),
        (survey, "BACKLOG_WAIT", 30),
        (restrain, "UPDATES_LEFT_FOR_RESOLVE", LEFT_FOR_RESOLVE),
    )
    before = [(module, name, getattr(module, name)) for module, name, _ in wanted]
    try:
        for module, name, value in wanted:
            setattr(module, name, value)
        yield
    finally:
        for module, name, value in before:
            setattr(module, name, value)


@contextmanager
def overheard(hear: Callable[..., Any]) -> Iterator[None]:
    """Let *hear* have every log event of the product."""
    before = structlog.get_config()
    structlog.configure(
        processors=[hear], wrapper_class=structlog.BoundLogger, cache_logger_on_first_use=False
    )
    try:
        yield
    finally:
        structlog.configure(**before)
