"""What every test may rely on: the tests' own folder on the path, and no network but loopback."""

from __future__ import annotations

import ipaddress
import logging
import os
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
from hypothesis import HealthCheck, Phase, settings

sys.path.insert(0, str(Path(__file__).parent))

# No deadline: how long an example takes says more of the machine than of the program.
settings.register_profile("suite", deadline=None)
settings.register_profile(
    "fuzz",
    max_examples=int(os.environ.get("STATUSBRIDGE_FUZZ_EXAMPLES", "10000")),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
# The same examples for each mutant, and none made smaller: that it is killed is all one asks.
settings.register_profile(
    "mutants",
    max_examples=25,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("suite")


class NetworkForbiddenError(Exception):
    """A test tried to reach a host other than this machine."""


@pytest.fixture(autouse=True)
def loopback_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make any connection off loopback raise."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        if isinstance(address, tuple) and not _is_loopback(address[0]):
            raise NetworkForbiddenError(f"a test tried to connect to {address[0]}")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


@pytest.fixture(autouse=True)
def logs_as_before() -> Iterator[None]:
    """Leave logging as it was found: it belongs to the whole process."""
    root, *quiet = (logging.getLogger(name) for name in (None, "uvicorn"))
    kept, levels = (root.handlers, logging.raiseExceptions), [one.level for one in (root, *quiet)]
    config = structlog.get_config()
    yield
    root.handlers, logging.raiseExceptions = kept
    for one, level in zip((root, *quiet), levels, strict=True):
        one.setLevel(level)
    structlog.configure(**config)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what the tests have recorded of the simulation, wherever they ran."""
    for reports in terminalreporter.stats.values():
        for report in reports:
            for name, value in getattr(report, "user_properties", ()):
                if name == "simulation" and getattr(report, "when", "") == "call":
                    terminalreporter.write_line(f"simulation: {value}")
