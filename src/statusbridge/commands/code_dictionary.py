"""Twilio's published error dictionary: its form, and our copy of it in the state directory.

Knows neither how it is downloaded, nor our table, nor what is printed. The copy is an extra:
without one, or with a broken one, everything else works.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

import msgspec

from statusbridge.core.codes import FIRST_CODE, LAST_CODE
from statusbridge.core.model import Instant

FILE_NAME: Final = "twilio-codes.json"
_TITLE_LENGTH: Final = 200


class DictionaryError(Exception):
    """The dictionary could not be read or kept; the message is a sentence for the operator."""


class Published(msgspec.Struct, frozen=True):
    """One code as Twilio publishes it. Words in lower case; "" where Twilio gives none."""

    code: int
    title: str
    level: str
    log_type: str
    """Twilio's own word for whose error it is: application, twilio or carrier."""


class Dictionary(msgspec.Struct, frozen=True):
    """Our copy: what was read from *source* at *read_at*."""

    source: str
    read_at: Instant
    codes: tuple[Published, ...]
    """By code, each once."""
    version: Literal[1] = 1


@dataclass(frozen=True, slots=True)
class Parsed:
    """The usable entries by code, and how many had to be left out."""

    codes: tuple[Published, ...]
    skipped: int


class _Wire(msgspec.Struct):
    """An entry of the published list, as far as we read it. Both numbers and digits are codes."""

    code: int | str
    message: str | None = None
    log_level: str | None = None
    log_type: str | None = None


def state_file(environ: Mapping[str, str]) -> Path:
    """Return where the copy is kept: systemd's state directory, else the user's (XDG)."""
    # systemd separates several directories by colons; the first is ours.
    given = environ.get("STATE_DIRECTORY", "").split(":")[0]
    if given:
        return Path(given) / FILE_NAME
    home = environ.get("XDG_STATE_HOME") or "~/.local/state"
    return Path(home).expanduser() / "statusbridge" / FILE_NAME


def parse(body: bytes) -> Parsed:
    """Return the entries of a published dictionary. One bad entry never costs the others.

    Of entries with the same code the last stands. Raises DictionaryError where *body* is no list
    or has no usable entry.
    """
    try:
        raws = msgspec.json.decode(body, type=list[msgspec.Raw])
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise DictionaryError(
            "the answer is no JSON list of error codes; Twilio may have moved its dictionary"
        ) from None
    usable = [entry for entry in map(_entry, raws) if entry is not None]
    if not usable:
        raise DictionaryError("the answer lists no error code; Twilio may have changed its form")
    codes = {entry.code: entry for entry in usable}
    return Parsed(tuple(codes[code] for code in sorted(codes)), len(raws) - len(usable))


def keep(dictionary: Dictionary, path: Path) -> None:
    """Put *dictionary* at *path* as a whole or not at all. Raises DictionaryError."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _replace(path, msgspec.json.encode(dictionary))
    except OSError as error:
        raise DictionaryError(
            f"{path} could not be written: {error.strerror}; check the state directory"
        ) from None


def load(path: Path) -> Dictionary | None:
    """Return our copy at *path*; None: there is none yet. Raises DictionaryError where broken."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Dictionary)
    except FileNotFoundError:
        return None
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        raise DictionaryError(f"{path} can't be read; `codes --refresh` writes it anew") from None


def _entry(raw: msgspec.Raw) -> Published | None:
    try:
        wire = msgspec.json.decode(raw, type=_Wire)
        code = int(wire.code)
    except (msgspec.DecodeError, UnicodeDecodeError, ValueError):
        return None
    if not FIRST_CODE <= code <= LAST_CODE:
        return None
    return Published(
        code=code,
        title=_printable(wire.message or "")[:_TITLE_LENGTH],
        level=_printable(wire.log_level or "").lower(),
        log_type=_printable(wire.log_type or "").lower(),
    )


def _printable(text: str) -> str:
    """Return *text* on one line, without what could steer a terminal."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def _replace(path: Path, content: bytes) -> None:
    fd, name = tempfile.mkstemp(prefix=f".{FILE_NAME}-", dir=path.parent)
    try:
        with os.fdopen(fd, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise
