"""What a browser is shown alike by a backtest's report and by the console: style, words and plots.

Knows neither of the two, and no network.
"""

from __future__ import annotations

from importlib.resources import files


def style() -> str:
    """Return the colours, type and manners of both."""
    return files(__package__).joinpath("base.css").read_text(encoding="utf-8")
