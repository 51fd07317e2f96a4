"""The JSON Schema of the file, as editors use it for completion, help and red underlines."""

from __future__ import annotations

from pydantic.json_schema import JsonSchemaValue

from statusbridge.config.settings import Settings

# The JSON Schema drafts' own words where a name may also be a key of the file.
_NAMED = frozenset({"properties", "$defs"})


def schema() -> JsonSchemaValue:
    """Return the JSON Schema (draft 2020-12) of the configuration file."""
    tidied = _tidied(Settings.model_json_schema())
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **tidied,
        "title": "statusbridge configuration",
    }


def _tidied(part: JsonSchemaValue) -> JsonSchemaValue:
    """*part* without what says nothing in TOML: null, which it has not, and made-up titles."""
    kept: JsonSchemaValue = {}
    for key, value in part.items():
        match key, value:
            case "title", str():
                continue
            case "default", None | dict():
                continue
            case "anyOf", list():
                kept |= _without_null([_tidied(one) for one in value])
            case _, dict() if key in _NAMED:
                kept[key] = {name: _tidied(one) for name, one in value.items()}
            case _, dict():
                kept[key] = _tidied(value)
            case _:
                kept[key] = value
    return kept


def _without_null(alternatives: list[JsonSchemaValue]) -> JsonSchemaValue:
    kept = [one for one in alternatives if one != {"type": "null"}]
    return kept[0] if len(kept) == 1 else {"anyOf": kept}
