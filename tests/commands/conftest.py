"""A world on loopback for each test that runs whole commands."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from outside import PAGE, Outside, outside_of
from statusbridge.simulators.scenario import Scenario


@pytest.fixture
async def outside() -> AsyncIterator[Outside]:
    """Both simulators with nothing on them, and an empty folder with a configuration."""
    async with outside_of(Scenario(pages=(PAGE,))) as found:
        yield found
