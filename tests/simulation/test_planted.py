"""Tests of the tests: what was planted is found. A harness that finds nothing shows nothing."""

from __future__ import annotations

import itertools

import pytest

from simulation.planted import PLANTED, first_find
from simulation.setting import draw
from simulation.telling import tell

WITHIN = 2000

FOUND_BY = {"no_wait": 680, "people_are_not_asked": 100}
"""Where the search begins: seeds that found the rarer ones when they were planted."""


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_fault_is_found(name: str) -> None:
    known = [FOUND_BY[name]] if name in FOUND_BY else []

    found = first_find(name, itertools.islice(itertools.chain(known, range(WITHIN)), WITHIN))

    assert found is not None
    seed, _ = found
    assert tell(draw(seed)).found == [], "the seed fails without the fault, too"
