"""The line on which each key of a TOML file stands: what `tomllib` does not tell.

Reads only what `tomllib` has accepted, so it needs to know where keys and values end, not whether
they are valid.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

Loc: TypeAlias = tuple[str | int, ...]
"""A key's path; numbers are places in a list, from 0."""

# https://toml.io/en/v1.0.0: a multi-line string may end in up to two more quotes.
_TOKEN = re.compile(
    r"""(?P<blank>[ \t\r]+|\#[^\n]*)
    |(?P<newline>\n)
    |(?P<string>\"{3}(?:\\[\s\S]|[^\\])*?\"{3,5}|'{3}[\s\S]*?'{3,5}
        |"(?:\\.|[^"\\])*"|'[^']*')
    |(?P<mark>[\[\]{}=,.])
    |(?P<bare>[^\s\[\]{}=,."'\#]+)""",
    re.VERBOSE,
)


@dataclass(slots=True)
class _Token:
    kind: str
    text: str
    line: int


def key_lines(text: str) -> dict[Loc, int]:
    """Return the line, from 1, on which each table, key and list element of *text* first stands.

    *text* is what `tomllib` accepts, with "\\n" or "\\r\\n" between lines.
    """
    return _Reader(list(_tokens(text))).read()


def _tokens(text: str) -> Iterator[_Token]:
    line = 1
    for found in _TOKEN.finditer(text):
        kind = found.lastgroup or ""
        if kind != "blank":
            yield _Token(kind, found.group(), line)
        line += found.group().count("\n")


class _Reader:
    """Walks the tokens once. *_table* is the path that the last header opened."""

    def __init__(self, tokens: list[_Token]) -> None:
        self._tokens = tokens
        self._at = 0
        self._lines: dict[Loc, int] = {}
        self._last_element: dict[Loc, int] = {}
        self._table: Loc = ()

    def read(self) -> dict[Loc, int]:
        while self._at < len(self._tokens):
            if self._peek() == "\n":
                self._at += 1
            elif self._peek() == "[":
                self._header()
            else:
                self._pair(self._table)
        return self._lines

    def _header(self) -> None:
        line = self._tokens[self._at].line
        self._at += 1
        is_element = self._peek() == "["
        self._at += is_element
        *above, last = self._key()
        self._at += 1 + is_element
        path: Loc = ()
        for part in above:
            path = self._enter((*path, part), line)
        path = (*path, last)
        if is_element:
            self._note(path, line)
            self._last_element[path] = self._last_element.get(path, -1) + 1
        self._table = self._enter(path, line)

    def _enter(self, path: Loc, line: int) -> Loc:
        """The table that *path* means in a header: of an array of tables the last element."""
        self._note(path, line)
        if path in self._last_element:
            path = (*path, self._last_element[path])
            self._note(path, line)
        return path

    def _pair(self, table: Loc) -> None:
        line = self._tokens[self._at].line
        path = table
        for part in self._key():
            path = (*path, part)
            self._note(path, line)
        self._at += 1
        self._value(path)

    def _key(self) -> list[str]:
        parts = [self._key_part()]
        while self._peek() == ".":
            self._at += 1
            parts.append(self._key_part())
        return parts

    def _key_part(self) -> str:
        token = self._tokens[self._at] if self._at < len(self._tokens) else _Token("", "", 0)
        self._at += 1
        if token.kind == "string":
            return str(tomllib.loads(f"key = {token.text}")["key"])
        return token.text

    def _value(self, path: Loc) -> None:
        match self._peek():
            case "[":
                self._list(path)
            case "{":
                self._inline_table(path)
            case _:
                while self._peek() not in {"\n", ",", "]", "}", ""}:
                    self._at += 1

    def _list(self, path: Loc) -> None:
        self._at += 1
        index = 0
        while self._peek() not in {"]", ""}:
            if self._peek() in {"\n", ","}:
                self._at += 1
                continue
            element = (*path, index)
            self._note(element, self._tokens[self._at].line)
            self._value(element)
            index += 1
        self._at += 1

    def _inline_table(self, path: Loc) -> None:
        self._at += 1
        while self._peek() not in {"}", ""}:
            if self._peek() in {"\n", ","}:
                self._at += 1
            else:
                self._pair(path)
        self._at += 1

    def _peek(self) -> str:
        """The next token as written; "" at the end."""
        return self._tokens[self._at].text if self._at < len(self._tokens) else ""

    def _note(self, path: Loc, line: int) -> None:
        self._lines.setdefault(path, line)
