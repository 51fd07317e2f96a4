"""The kinds of value that the file knows, each with its check and what an editor shows for it.

A check raises ValueError with the clause that the person reads. Values are kept as they were
written; what they mean is worked out where the configuration is put together.
"""

from __future__ import annotations

import re
from typing import Annotated, TypeAlias

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    WithJsonSchema,
)

from statusbridge.config import addresses, codes, durations

SECRET_FORMS = '{ env = "NAME" }, { file = "/path" } or { credential = "name" }'

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}\Z")
_SID = re.compile(r"[A-Z]{2}[0-9a-fA-F]{32}\Z")


class Table(BaseModel):
    """A table of the file: unknown keys are errors, and no error repeats what was written."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, hide_input_in_errors=True, use_attribute_docstrings=True
    )


class SecretSource(Table):
    """Where a secret is read from: exactly one of the three. Never the secret itself."""

    model_config = ConfigDict(json_schema_extra={"minProperties": 1, "maxProperties": 1})

    env: str | None = Field(default=None, min_length=1)
    """Name of the environment variable that holds it."""
    file: str | None = Field(default=None, min_length=1)
    """Path of the file that holds it; a relative one starts at this file's directory."""
    credential: str | None = None
    """Name of the systemd credential that holds it, under $CREDENTIALS_DIRECTORY."""


def between(low: str, high: str) -> AfterValidator:
    """Return the check of a `Duration` that it lies from *low* to *high*, both included."""
    return AfterValidator(durations.between(low, high))


def sid_of(prefix: str) -> AfterValidator:
    """Return the check of a Twilio SID that begins with *prefix*, such as "AC"."""

    def check(text: str) -> str:
        if not text.startswith(prefix) or _SID.match(text) is None:
            raise ValueError(f'expected a SID: "{prefix}" and 32 hexadecimal digits')
        return text

    return AfterValidator(check)


def name(text: str) -> str:
    """Pass a name that can stand in a command, a metric and a file name."""
    if _NAME.match(text) is None:
        raise ValueError(
            f'"{text}" is no name; expected 1 to 64 letters, digits, ".", "_" or "-", '
            "first a letter or digit"
        )
    return text


def _no_literal(written: object) -> object:
    match written:
        case dict() | SecretSource():
            return written
    raise ValueError(f"a secret is never written into the file; expected {SECRET_FORMS}")


def _one_source(source: SecretSource) -> SecretSource:
    if len(source.model_dump(exclude_none=True)) != 1:
        raise ValueError(f"expected exactly one of {SECRET_FORMS}")
    if source.credential is not None and _NAME.match(source.credential) is None:
        raise ValueError('expected the name of a credential: letters, digits, ".", "_" or "-"')
    return source


class Spoken(str):
    """A value of the environment, where a number or a truth can only be written as text."""

    __slots__ = ()


def _whole(written: object) -> object:
    match written:
        case bool() | float():
            raise ValueError("expected a whole number")
        case str() if not isinstance(written, Spoken):
            raise ValueError("expected a whole number, without quotes")
    return written


def _true_or_false(written: object) -> object:
    if isinstance(written, bool | Spoken):
        return written
    raise ValueError("expected true or false, without quotes")


def as_list(written: object) -> object:
    """Let a single text or table stand for a list of one."""
    match written:
        case str() | dict():
            return [written]
    return written


def _with_a_unit(written: object) -> object:
    match written:
        case bool():
            return written
        case int() | float():
            raise ValueError('expected a duration in quotes, such as "30s" or "10m"')
    return written


SecretField: TypeAlias = Annotated[
    SecretSource, BeforeValidator(_no_literal), AfterValidator(_one_source)
]
Name: TypeAlias = Annotated[str, AfterValidator(name)]
Duration: TypeAlias = Annotated[
    str,
    BeforeValidator(_with_a_unit),
    WithJsonSchema(
        {"type": "string", "pattern": durations.PATTERN, "examples": ["30s", "10m", "1h30m"]}
    ),
]
"""Always with `between`, which also checks the form."""
BaseUrl: TypeAlias = Annotated[
    str,
    AfterValidator(addresses.base_url),
    WithJsonSchema({"type": "string", "pattern": "^https?://"}),
]
Link: TypeAlias = Annotated[
    str,
    AfterValidator(addresses.link),
    WithJsonSchema({"type": "string", "pattern": "^https?://"}),
]
Listen: TypeAlias = Annotated[str, AfterValidator(addresses.listen)]
HostName: TypeAlias = Annotated[str, AfterValidator(addresses.host_name)]
NonEmpty: TypeAlias = Annotated[str, Field(min_length=1)]

Number: TypeAlias = Annotated[int, Field(ge=0, le=1_000_000_000), BeforeValidator(_whole)]
Truth: TypeAlias = Annotated[bool, BeforeValidator(_true_or_false)]
Positive: TypeAlias = Annotated[int, Field(ge=1, le=1_000_000_000), BeforeValidator(_whole)]

_CODE = {"type": "integer", "minimum": 100, "maximum": 999_999}
ListedCode: TypeAlias = Annotated[
    int | str,
    BeforeValidator(codes.listed),
    WithJsonSchema({"anyOf": [_CODE, {"type": "string", "pattern": r"^\d{3,6}-\d{3,6}$"}]}),
]
MatchedCode: TypeAlias = Annotated[
    int | str,
    BeforeValidator(codes.matched),
    WithJsonSchema({"anyOf": [_CODE, {"type": "string", "pattern": r"^(@.+|\d{3,6}-\d{3,6})$"}]}),
]
