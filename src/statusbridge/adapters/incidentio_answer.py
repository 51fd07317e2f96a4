"""What all answers of incident.io's have in common: an object, in it by name what was asked for.

Lenient where the API reserves the right to change, strict where `{}` would read as "nothing there".
"""

from __future__ import annotations

from typing import Annotated, TypeAlias, TypeVar

import msgspec

T = TypeVar("T")


class Malformed(ValueError):  # noqa: N818 - named for what is then true
    """An answer that isn't what was asked for."""


WireId: TypeAlias = Annotated[str, msgspec.Meta(max_length=200, pattern="^[!-~]+$")]
"""Ids are stored, shown, and part of the next request's address: the API's have 26 characters."""


class _Cursor(msgspec.Struct):
    after: str | None = None


def next_cursor(body: bytes) -> str | None:
    """Return what to pass as `after` for the next page of a listing; None: this was the last."""
    meta = _envelope(body).get("pagination_meta", _NULL)
    return None if meta == _NULL else decoded(meta, _Cursor).after or None


_NULL = msgspec.Raw(b"null")


def _envelope(body: bytes) -> dict[str, msgspec.Raw]:
    return decoded(body, dict[str, msgspec.Raw])


def part(body: bytes, name: str, of: type[T]) -> T:
    """Return what *body* has under *name*. Raises `Malformed`."""
    found = _envelope(body).get(name)
    if found is None:
        raise Malformed(f"the answer has no {name}")
    return decoded(found, of)


def parts(body: bytes, name: str, of: type[T]) -> list[T]:
    """Return the list that *body* has under *name*. Raises `Malformed`."""
    # null is an empty list of Go; no list at all is no answer: `{}` must not read as an empty page.
    found = part(body, name, msgspec.Raw)
    return [] if found == _NULL else decoded(found, list[of])  # type: ignore[valid-type]


def decoded(body: bytes | msgspec.Raw, of: type[T]) -> T:
    """Return *body* as a value of type *of*. Raises `Malformed`, and nothing else."""
    try:
        return msgspec.json.decode(body, type=of)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Malformed(f"the answer can't be read: {error}") from error
