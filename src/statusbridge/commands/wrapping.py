"""Where a line that is wider than a terminal is broken, and how far the rest is indented."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rich.cells import cell_len

_DEEPEST = 26
"""Columns: values that begin further right leave too little room for what is put under them."""

_FIRST_CELL = re.compile(r" *\S+(?: \S+)* {2,}(?=\S)")
_WORD = re.compile(r"\S+")


def indent(line: str, width: int) -> int:
    """Return how many columns what is broken off *line* is moved in: under the first value.

    Where a line has no cells, or they are too wide, a little further than the line itself.
    """
    cell = _FIRST_CELL.match(line)
    if cell and cell_len(cell[0]) <= min(_DEEPEST, width // 2):
        return cell_len(cell[0])
    return min(len(line) - len(line.lstrip()) + 2, width // 2)


def pieces(line: str, width: int) -> Iterator[tuple[int, int]]:
    """Yield from where to where of *line* each line of a terminal of *width* columns shows.

    The blanks between two pieces are in neither. A word that is wider than all the room stays
    whole: an id or an address is there to be copied.
    """
    start, room = 0, width
    while cell_len(line[start:]) > room and (cut := _cut(line, start, room)):
        yield start, len(line[:cut].rstrip())
        start, room = cut, width - indent(line, width)
    yield start, len(line)


def _cut(line: str, start: int, room: int) -> int | None:
    """Return where the piece of *line* from *start* on ends, for *room* columns; None: nowhere.

    Before a new cell or a "|" where one is in the second half of the room, else between words.
    """
    places = (found.start() for found in _WORD.finditer(line, start))
    words = [place for place in places if line[start:place].strip()]
    fitting = [place for place in words if cell_len(line[start:place].rstrip()) <= room]
    good = [
        place
        for place in fitting
        if cell_len(line[start:place]) > room // 2
        and (line[place - 2 : place] == "  " or line[place] == "|")
    ]
    return next((found[-1] for found in (good, fitting) if found), words[0] if words else None)
