"""Where in the file or the environment a key was set, as messages say it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from statusbridge.config.errors import Problem
from statusbridge.config.toml_lines import Loc
from statusbridge.config.validation import Finding

_BARE = re.compile(r"[A-Za-z0-9_-]+\Z")


@dataclass(frozen=True, slots=True)
class Places:
    """The lines of *file*'s keys, and the *variables* that have set some of them instead."""

    file: str
    lines: Mapping[Loc, int]
    variables: Mapping[Loc, str]

    def where(self, path: Loc) -> str:
        """Return "file:line: key" of *path*, or the environment variable that set it.

        A key that is not there has the line of the table where it is missing.
        """
        variable = self._variable(path)
        if variable is not None:
            return variable
        line = self._line(path)
        place = f"{self.file}:{line}" if line else self.file
        return f"{place}: {dotted(path)}"

    def problems(self, found: Iterable[Finding]) -> tuple[Problem, ...]:
        """Return *found* with their places, once each: by line, then what variables have set."""
        ordered = sorted(found, key=lambda one: (bool(self._variable(one[0])), self._line(one[0])))
        return tuple(dict.fromkeys(Problem(self.where(path), what) for path, what in ordered))

    def _line(self, path: Loc) -> int:
        """0 for a key of the top level that is not there."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 0)

    def _variable(self, path: Loc) -> str | None:
        parts = tuple(str(part).lower() for part in path)
        for end in range(len(parts), 0, -1):
            if parts[:end] in self.variables:
                return self.variables[parts[:end]]
        if path in self.lines:
            return None
        inside = (name for key, name in self.variables.items() if key[: len(parts)] == parts)
        return next(inside, None)


def dotted(path: Loc) -> str:
    """Return *path* as a person would write it: rules[0].match."text key"."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            text += ("." if text else "") + (part if _BARE.match(part) else f'"{part}"')
    return text
