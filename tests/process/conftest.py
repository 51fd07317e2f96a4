"""A world on loopback for each test that starts real processes."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from outside import Outside
from statusbridge.simulators.page_layout import PageEntry
from statusbridge.simulators.scenario import Scenario
from statusbridge.simulators.serve import serving

PAGE = PageEntry(
    structure=(
        {"group": "Messaging", "components": ["SMS", "WhatsApp"]},
        {"component": "Dashboard"},
    )
)


@pytest.fixture
async def outside() -> AsyncIterator[Outside]:
    """Both simulators with nothing on them, and a folder whose path is short enough for a socket."""
    with tempfile.TemporaryDirectory(prefix="sb-") as folder:
        async with serving(Scenario(pages=(PAGE,))) as running:
            yield Outside(Path(folder), running)
