"""The JSON Schema of the file, as editors use it for completion, help and red underlines."""

from __future__ import annotations

from pydantic.json_schema import JsonSchemaValue

from statusbridge.config.settings import Settings

# The JSON Schema drafts' own words where a name may also be a key of the file.
_NAMED = frozenset({"properties", "$defs"})


def schema() -> JsonSchemaValue:
    """Return the JSON Schema (draft 2020-12) of the configuration file."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **tidied(Settings.model_json_schema()),
        "title": "statusbridge configuration",
    }


def tidied(part: JsonSchemaValue) -> JsonSchemaValue:
    """Return *part* without what says nothing in TOML: null, which is not, and made-up titles."""
    kept: JsonSchemaValue = {}
    for key, value in part.items():
        match key, value:
            case "title", str():
                continue
            case "default", None | dict():
                continue
            case "anyOf", list():
                kept |= _without_null([tidied(one) for one in value])
            case _, dict() if key in _NAMED:
                kept[key] = {name: tidied(one) for name, one in value.items()}
            case _, dict():
                kept[key] = tidied(value)
            case _:
                kept[key] = value
    return kept


def _without_null(alternatives: list[JsonSchemaValue]) -> JsonSchemaValue:
    kept = [one for one in alternatives if one != {"type": "null"}]
    return kept[0] if len(kept) == 1 else {"anyOf": kept}
