"""Not by chance: every way to interrupt one short life, or an even part of them.

`STATUSBRIDGE_SIMULATION_WHOLE=1` tells them all.
"""

from __future__ import annotations

import os
from collections.abc import Iterable

from simulation.short_life import (
    SHORT,
    dying,
    every_death,
    every_fault,
    every_fault_and_death,
    every_pair_of_deaths,
)
from simulation.story import Story

WHOLE = os.environ.get("STATUSBRIDGE_SIMULATION_WHOLE") == "1"
TOLD = ["investigating", "investigating", "monitoring", "resolved"]


def broken(stories: Iterable[tuple[str, Story]]) -> list[str]:
    return [f"{name}: {story.found[0]}" for name, story in stories if story.found]


def test_the_short_life_is_told_in_four_posts() -> None:
    story = dying(SHORT)

    assert story.found == []
    assert story.told == TOLD


def test_a_death_at_any_moment_changes_nothing_that_is_told() -> None:
    stories = list(every_death())

    assert broken(stories) == []
    assert {story.crashes for _, story in stories} == {1}


def test_a_fault_of_any_call_breaks_no_promise() -> None:
    assert broken(every_fault()) == []


def test_two_deaths_at_any_moments_break_no_promise() -> None:
    assert broken(every_pair_of_deaths(1 if WHOLE else 67)) == []


def test_any_fault_of_any_write_and_a_death_at_any_moment_break_no_promise() -> None:
    assert broken(every_fault_and_death(1 if WHOLE else 97)) == []
