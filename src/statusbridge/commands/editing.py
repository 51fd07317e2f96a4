"""Title and text of an opening in a person's editor."""

from __future__ import annotations

import os
import shlex
import subprocess
import tempfile
from pathlib import Path

from statusbridge.documents import Document

_HELP = """
# The first line is the title, the rest the text, as customers will read it. Lines that begin with
# a "#" are left out. An empty file approves nothing.
"""


class EditError(Exception):
    """Nothing came of editing; says why and what to do."""


def edited(one: Document, title: str, text: str) -> tuple[str, str]:
    """Return title and text of *one* after a person edited them. Raises EditError.

    *title* and *text*, where given, are what the editor begins with, and what it comes to where
    there is no editor. "" where it was left as it was.
    """
    editor = os.environ.get("VISUAL") or os.environ.get("EDITOR")
    if not editor:
        if title or text:
            return title, text
        raise EditError("There is no editor. Set $EDITOR, or say --title and --text.")
    begun = title or one["name"], text or one["message"]
    with tempfile.TemporaryDirectory(prefix="statusbridge-") as folder:
        file = Path(folder) / "opening.md"
        file.write_text(f"{begun[0]}\n\n{begun[1]}\n{_HELP}", encoding="utf-8")
        _open_in(editor, file)
        written = _parts(file)
    if not any(written):
        raise EditError("The file was empty: nothing was approved.")
    as_it_was = one["name"], one["message"]
    return tuple("" if now == was else now for now, was in zip(written, as_it_was, strict=True))  # type: ignore[return-value]


def _open_in(editor: str, file: Path) -> None:
    try:
        ended = subprocess.run([*shlex.split(editor), str(file)], check=False)
    except (OSError, ValueError) as error:
        raise EditError(f"The editor {editor} can't be started ({error}).") from error
    if ended.returncode != 0:
        raise EditError(f"The editor ended with {ended.returncode}: nothing was approved.")


def _parts(file: Path) -> tuple[str, str]:
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise EditError(f"What the editor left can't be read ({error}).") from error
    kept = [line.rstrip() for line in lines if not line.startswith("#")]
    title, _, text = "\n".join(kept).strip().partition("\n")
    return title.strip(), text.strip()
