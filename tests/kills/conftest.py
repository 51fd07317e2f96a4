"""What the tests here need of the machine."""

from __future__ import annotations

import pytest

from kills.strace import unusable


@pytest.fixture(autouse=True, scope="session")
def needs_strace() -> None:
    """Skip where no system call can be struck."""
    if why := unusable():
        pytest.skip(why)
