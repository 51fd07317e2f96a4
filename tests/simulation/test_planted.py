"""Tests of the tests: what was planted is found. A harness that finds nothing shows nothing."""

from __future__ import annotations

import pytest

from simulation.planted import PLANTED, first_find, found_by
from simulation.setting import draw
from simulation.telling import tell

WITHIN = 2000


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_fault_is_found(name: str) -> None:
    found = first_find(name, found_by(name), WITHIN)

    assert found is not None
    seed, _ = found
    assert tell(draw(seed)).found == [], "the seed fails without the fault, too"
