"""Error codes as the file writes them: 30008, "30020-30021", "@list"."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from statusbridge.core.rules import CodeRange

_RANGE = re.compile(r"([0-9]{3,6})-([0-9]{3,6})\Z")


def code_range(written: int | str) -> CodeRange:
    """Return the codes that a number or "from-to" means. Raises ValueError."""
    first = last = 0
    if isinstance(written, int):
        first = last = written
    elif found := _RANGE.match(written):
        first, last = int(found[1]), int(found[2])
    if not 100 <= first <= last <= 999_999:
        shown = written if isinstance(written, int) else f'"{written}"'
        raise ValueError(
            f"{shown} is no code or range; expected a number of 3 to 6 digits such as 30008, "
            'or "from-to" with from ≤ to such as "30020-30021"'
        )
    return CodeRange(first, last)


def listed(written: object) -> object:
    """Pass an element of a list of codes: a number or "from-to"."""
    match written:
        case bool():
            pass
        case str() if written.startswith("@"):
            raise ValueError(f'"{written}" names a list; a list holds only numbers and "from-to"')
        case int() | str():
            code_range(written)
            return written
    raise ValueError('expected a number such as 30008 or a range such as "30020-30021"')


def matched(written: object) -> object:
    """Pass an element of a rule's codes: as `listed`, or "@list"."""
    match written:
        case str() if written.startswith("@"):
            return written
    return listed(written)


def ranges(
    written: Iterable[int | str], lists: Mapping[str, Iterable[int | str]]
) -> tuple[CodeRange, ...]:
    """Return all that *written* means, "@list" replaced by that list's ranges, in order."""
    found: list[CodeRange] = []
    for one in written:
        if isinstance(one, str) and one.startswith("@"):
            found.extend(code_range(part) for part in lists[one[1:]])
        else:
            found.append(code_range(one))
    return tuple(found)
