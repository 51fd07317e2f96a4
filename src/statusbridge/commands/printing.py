"""How text for people gets to stdout: columns that stand under each other, colours on a terminal.

What is piped is exactly the text. On a terminal what is too wide goes on further in, below.
https://no-color.org is respected.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias

from rich.cells import cell_len

from statusbridge.commands.wrapping import indent, pieces
from statusbridge.terminal import spelled_out

Styles: TypeAlias = Mapping[str, str]
"""Regular expression → style of what it matches, the later over the earlier."""


def columns(rows: Iterable[Sequence[str]], gap: str = "  ") -> list[str]:
    """Return each row as a line, its cells under those of the others; wide characters count two.

    Rows may be of different lengths. A column that is empty in all rows takes no room.
    """
    found = [list(row) for row in rows]
    count = max(map(len, found), default=0)
    widths = [max((cell_len(r[n]) for r in found if n < len(r)), default=0) for n in range(count)]
    lines = []
    for row in found:
        cells = [
            cell + " " * (width - cell_len(cell))
            for cell, width in zip(row, widths, strict=False)
            if width
        ]
        lines.append(gap.join(cells).rstrip())
    return lines


def indented(rows: Iterable[Sequence[str]]) -> list[str]:
    """Return `columns` of *rows* under a heading."""
    return [f"  {line}" for line in columns(rows)]


def say(lines: Iterable[str], styles: Styles) -> None:
    """Print *lines*, in *styles* where stdout is a terminal that shows colours.

    What of others' text in them would steer a terminal is spelled out.
    """
    lines = map(spelled_out, lines)
    if not sys.stdout.isatty():
        print("\n".join(lines))
        return
    from rich.console import Console
    from rich.text import Text

    console = Console(highlight=False, soft_wrap=True)
    for line in lines:
        text = Text(line)
        for pattern, style in styles.items():
            text.highlight_regex(pattern, style)
        for start, end in pieces(line, console.width):
            margin = " " * indent(line, console.width) if start else ""
            console.print(Text(margin).append_text(text[start:end]))
