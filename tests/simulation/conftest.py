"""Says in the end which seeds were drawn."""

from __future__ import annotations

import pytest


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what the tests have recorded of the simulation, wherever they ran."""
    for reports in terminalreporter.stats.values():
        for report in reports:
            for name, value in getattr(report, "user_properties", ()):
                if name == "simulation" and getattr(report, "when", "") == "call":
                    terminalreporter.write_line(f"simulation: {value}")
