"""What is wrong with a configuration: every problem, each with its place and its fix."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing to put right, or to know. Holds no value of a key that could be a secret."""

    where: str
    """"config.toml:42: rules[0].window", the name of an environment variable, or a path."""
    what: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}"


class ConfigError(Exception):
    """The configuration can't be used. *problems*: all that could be found, in file order.

    Its text is one line for each; show it as it is and end with exit code 78.
    """

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems


def one_of(names: Iterable[str]) -> str:
    """Return *names*, at least one, as a clause: 'expected "a", "b" or "c"'; order is kept."""
    quoted = [f'"{name}"' for name in names]
    if len(quoted) < 2:
        return f"expected {''.join(quoted)}"
    return f"expected {', '.join(quoted[:-1])} or {quoted[-1]}"


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return '; did you mean "…"?' for the nearest of *known*; "" where none is near."""
    candidates = list(known)
    near = get_close_matches(name, candidates, n=1) or _begun(name, candidates)
    return f'; did you mean "{near[0]}"?' if near else ""


def _begun(name: str, known: list[str]) -> list[str]:
    """The one of *known* that *name* is the beginning of, as "degraded" is."""
    found = [one for one in known if len(name) > 2 and one.startswith(name)]
    return found if len(found) == 1 else []
