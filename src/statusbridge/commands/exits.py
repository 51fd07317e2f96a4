"""The exit codes beside 0: sysexits(3) where it has a word for it. Light, for `cli` to import."""

from __future__ import annotations

from typing import Final

FAILED: Final = 1
USAGE: Final = 64
REFUSED: Final = 77
"""An API refused the credentials."""
CONFIGURATION: Final = 78
