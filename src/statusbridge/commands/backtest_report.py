"""Writing the report of a backtest."""

from __future__ import annotations

import os
from pathlib import Path

from statusbridge.commands.running import complain
from statusbridge.rehearse.report.material import Material
from statusbridge.rehearse.report.page import page


def no_place_for(path: Path) -> str | None:
    """Return why a report can't be written to *path*, so that nobody waits for it in vain."""
    # Path's own `is_dir` raises where one may not look.
    if os.path.isdir(path):  # noqa: PTH112
        return f"{path} is a folder. Name a file in it with --report."
    if not os.path.isdir(path.parent):  # noqa: PTH112
        return f"There is no folder {path.parent} for the report. Make it first."
    if not os.access(path.parent, os.W_OK):
        return f"{path.parent} can't be written to. Name a file elsewhere with --report."
    return None


def written(path: Path, material: Material) -> bool:
    """Write *material* to *path* as one page; False: it could not be, which was said."""
    try:
        path.write_bytes(page(material))
    except OSError as error:
        complain(f"{path} can't be written ({error.strerror}). Name another file with --report.")
        return False
    return True
