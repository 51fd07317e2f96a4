"""Secrets: where each is read from, and reading it.

A value is returned and never shown. That it was read is remembered, for it to be cut out of logs.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import assert_never

from statusbridge.config import addresses
from statusbridge.config.errors import Problem
from statusbridge.secrecy import remember

SIZE_LIMIT = 8192
"""Characters of a secret: over any key or signed token, within what servers take in a header."""

SHORTEST = 8
"""Characters. Whatever is read as a secret is cut out of all logs: no word may be taken for one."""

CREDENTIALS_VARIABLE = "CREDENTIALS_DIRECTORY"

# What examples and templates write where a secret belongs. A key of an API is none of these.
_PLACEHOLDER = re.compile(
    r"<.*>|\$?\{.*\}|\$[A-Za-z_]+|%.*%|(?:insert|your|my|the)[ _-].*|x{3,}|\*+|\.{3}"
    r"|(?:change|replace|fill)[ _-]?(?:me|this|it|in).*|place[ _-]?holder|to[ _-]?do|tbd|none|null",
    re.IGNORECASE,
)


class SecretKind(StrEnum):
    """What holds a secret, in the words of a message."""

    ENV = "environment variable"
    FILE = "file"
    CREDENTIAL = "credential"


class SecretError(Exception):
    """A secret can't be read. *problem* names its key and what to do, never its value."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(str(problem))
        self.problem = problem


@dataclass(frozen=True, slots=True)
class Secret:
    """A secret by its place. Reads anew each time, so that a rotated one is found."""

    kind: SecretKind
    name: str
    where: str = field(compare=False)
    """Place of the key in the configuration, for messages."""
    environ: Mapping[str, str] = field(repr=False, compare=False)
    sid: str = field(default="", compare=False)
    """How it begins, where it is a SID and not really a secret; "" for all else."""
    is_url: bool = field(default=False, compare=False)
    """Whether it is a webhook's address."""

    def read(self) -> str:
        """Return the value: one line of printable ASCII, without a line break at its end.

        Raises SecretError where it is missing, unreadable, empty or something else.
        """
        value = self._checked(self._raw())
        remember(value)
        return value

    @property
    def path(self) -> Path | None:
        """The file that holds it; None for a variable, or without a credentials directory."""
        match self.kind:
            case SecretKind.ENV:
                return None
            case SecretKind.FILE:
                return Path(self.name)
            case SecretKind.CREDENTIAL:
                directory = self.environ.get(CREDENTIALS_VARIABLE)
                return Path(directory, self.name) if directory else None
        assert_never(self.kind)

    def _raw(self) -> str:
        if self.kind is SecretKind.ENV:
            value = self.environ.get(self.name)
            if value is None:
                raise self._error(
                    f"environment variable {self.name} is not set; set it, or name another source"
                )
            return value
        path = self.path
        if path is None:
            raise self._error(
                f'credential "{self.name}" can\'t be looked up: ${CREDENTIALS_VARIABLE} is not '
                "set; start under systemd with LoadCredential=, or name another source"
            )
        return self._contents(path)

    def _contents(self, path: Path) -> str:
        try:
            with open(path, "rb", opener=_at_once) as file:
                is_plain = stat.S_ISREG(os.fstat(file.fileno()).st_mode)
                # With room for a line break after the longest.
                data = file.read(SIZE_LIMIT + 3) if is_plain else b""
        except OSError as error:
            reason = (error.strerror or "can't be read").lower()
            shown = self.name if str(path) == self.name else f"{self.name} ({path})"
            raise self._error(f"{self.kind} {shown}: {reason}; expected a readable file") from None
        if not is_plain:
            raise self._error(
                f"{self.kind} {self.name} is a pipe, a device or the like; expected a plain file, "
                "which can be read again"
            )
        return data.decode("utf-8", errors="replace")

    def _checked(self, raw: str) -> str:
        value = raw.removesuffix("\n").removesuffix("\r")
        if not value:
            raise self._error(f"{self.kind} {self.name} is empty; expected the secret")
        if len(value) > SIZE_LIMIT:
            raise self._error(
                f"{self.kind} {self.name} is over {SIZE_LIMIT} characters; not a secret"
            )
        # An HTTP library that refuses such a header quotes it in its error.
        if not value.isascii() or not value.isprintable() or value != value.strip():
            raise self._error(
                f"{self.kind} {self.name} is no secret: expected one line of printable ASCII "
                "without spaces around it"
            )
        if self.is_url:
            try:
                addresses.webhook_url(value)
            except ValueError as error:
                raise self._error(f"{self.kind} {self.name} is no webhook URL: {error}") from None
        if self.sid and not re.fullmatch(rf"{self.sid}[0-9a-fA-F]{{32}}", value):
            raise self._error(
                f'{self.kind} {self.name} is no SID: expected "{self.sid}" and 32 hexadecimal '
                "digits"
            )
        if _PLACEHOLDER.fullmatch(value):
            raise self._error(
                f"{self.kind} {self.name} holds a placeholder; put the real secret in its place"
            )
        if len(value) < SHORTEST:
            raise self._error(
                f"{self.kind} {self.name} is too short for a secret: expected at least "
                f"{SHORTEST} characters"
            )
        return value

    def _error(self, what: str) -> SecretError:
        return SecretError(Problem(self.where, what))


def _at_once(path: str, flags: int) -> int:
    """Open without waiting: a pipe that nobody writes to would stop the daemon for ever."""
    return os.open(path, flags | os.O_NONBLOCK | os.O_NOCTTY)


def reveal(value: str | Secret) -> str:
    """Return *value*, read if it is a secret. Raises SecretError."""
    return value.read() if isinstance(value, Secret) else value


def missing(secret: Secret) -> Problem | None:
    """Return why *secret* can't be read now; None: it can."""
    try:
        secret.read()
    except SecretError as error:
        return error.problem
    return None
