"""What pydantic found wrong with a table, in the words and places of the file."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TypeAlias, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from statusbridge.config.errors import did_you_mean, one_of
from statusbridge.config.toml_lines import Loc

Finding: TypeAlias = tuple[Loc, str]
"""A key's path and what is wrong with it."""

# https://docs.pydantic.dev/latest/errors/validation_errors/
_EXPECTED = {
    "string_type": "expected text in quotes",
    "int_type": "expected a whole number",
    "int_parsing": "expected a whole number",
    "int_parsing_size": "expected a smaller whole number",
    "bool_type": "expected true or false",
    "bool_parsing": "expected true or false",
    "list_type": "expected a list",
    "tuple_type": "expected a list",
    "dict_type": "expected a table",
    "model_type": "expected a table",
    "model_attributes_type": "expected a table",
    "too_short": "empty; expected at least one value, or leave the key out",
    "string_too_short": "empty; expected some text",
}
_BOUNDS = {
    "greater_than_equal": ("ge", "expected a number of at least"),
    "less_than_equal": ("le", "expected a number of at most"),
}


def findings(
    error: ValidationError, table: type[BaseModel], written: Mapping[str, object]
) -> tuple[Finding, ...]:
    """Return all that *error* says of *written*, which should have been a *table*.

    Values are shown only where a check of ours chose to; a key's nearest known name always.
    """
    details = error.errors(include_input=False, include_url=False)
    return tuple((_as_written(d["loc"], written), _say(d, table, written)) for d in details)


def known_keys(table: type[BaseModel], path: Loc) -> tuple[str, ...]:
    """Return the keys that *table* knows at *path*; none where any key may stand."""
    model = _table_at(table, path)
    return tuple(f.alias or key for key, f in model.model_fields.items()) if model else ()


def _say(detail: ErrorDetails, table: type[BaseModel], written: Mapping[str, object]) -> str:
    kind, context, path = detail["type"], detail.get("ctx", {}), detail["loc"]
    if kind == "extra_forbidden":
        return unknown("key", str(path[-1]), known_keys(table, path[:-1]))
    if kind == "missing":
        return f"required, but missing: {_meaning(table, path)}"
    if kind == "literal_error":
        names = re.findall(r"'([^']*)'", str(context["expected"]))
        return one_of(names) + did_you_mean(str(_value_at(path, written)), names)
    if kind == "value_error":
        return str(context["error"])
    if kind in _BOUNDS:
        bound, words = _BOUNDS[kind]
        return f"{words} {context[bound]}"
    of_tables = kind == "list_type" and _table_at(table, path) is not None
    name = ".".join(part for part in path if isinstance(part, str))
    more = f" of tables: [[{name}]], in two brackets" if of_tables else ""
    return f"{_EXPECTED.get(kind) or detail['msg']}{more}"


def unknown(what: str, name: str, known: tuple[str, ...]) -> str:
    """Return 'unknown *what*', with the nearest of *known*, or all of them where none is near."""
    others = one_of(known) if known else "there is none"
    return f"unknown {what}" + (did_you_mean(name, known) or f"; {others}")


def _as_written(path: Loc, written: object) -> Loc:
    """*path* without the steps that only the check knows: a single table taken as a list of one."""
    kept: list[str | int] = []
    for part in path:
        if part == "[key]" or (isinstance(part, int) and not isinstance(written, list)):
            continue
        kept.append(part)
        written = _value_at((part,), written)
    return tuple(kept)


def _value_at(path: Loc, written: object) -> object:
    """What stands at *path*; None for a key that is not there."""
    for part in path:
        if isinstance(written, dict):
            written = written.get(part)
        elif isinstance(written, list):
            written = written[int(part)]
    return written


def _meaning(table: type[BaseModel], path: Loc) -> str:
    """What the key at *path* is for, as a clause."""
    model = _table_at(table, path[:-1])
    text = (model and model.model_fields[str(path[-1])].description) or "see the documentation"
    return text[:1].lower() + text[1:].removesuffix(".")


def _table_at(table: type[BaseModel], path: Loc) -> type[BaseModel] | None:
    kind: object = table
    for part in path:
        kind = _inside(kind, part)
    return _model_of(kind)


def _inside(kind: object, part: str | int) -> object:
    """The annotation of what stands at *part* of a value annotated *kind*."""
    model = _model_of(kind)
    if model is not None and isinstance(part, str):
        found = model.model_fields.get(part)
        return found.annotation if found else None
    return kind


def _model_of(kind: object) -> type[BaseModel] | None:
    """The table in an annotation such as `list[Table] | None`; None where there is none."""
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return kind
    found = (_model_of(part) for part in get_args(kind))
    return next((model for model in found if model is not None), None)
