"""The schema and the example file: both say all that there is, and the example is valid."""

from __future__ import annotations

import argparse
import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from statusbridge.commands import schema as command
from statusbridge.config.load import load
from statusbridge.config.schema import schema
from statusbridge.core.model import Stage

SCHEMA = schema()
EXAMPLE = Path(__file__).parents[2] / "config.example.toml"

Path_ = tuple[str, ...]


def schema_keys(part: Mapping[str, object], path: Path_ = ()) -> Iterator[Path_]:
    """Every key that the schema knows, without places in lists."""
    reference = str(part.get("$ref", "")).removeprefix("#/$defs/")
    if reference:
        yield from schema_keys(SCHEMA["$defs"][reference], path)
    for one in [part.get("items"), *_list(part.get("anyOf"))]:
        if isinstance(one, dict):
            yield from schema_keys(one, path)
    properties = part.get("properties")
    if isinstance(properties, dict):
        for key, inside in properties.items():
            yield (*path, key)
            yield from schema_keys(inside, (*path, key))


def _table_of(part: Mapping[str, str]) -> Mapping[str, object]:
    return SCHEMA["$defs"].get(part.get("$ref", "").removeprefix("#/$defs/"), {})


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def file_keys(value: object, path: Path_ = ()) -> Iterator[Path_]:
    """Every key that a parsed file has, without places in lists."""
    if isinstance(value, dict):
        for key, inside in value.items():
            yield (*path, key)
            yield from file_keys(inside, (*path, key))
    for inside in _list(value):
        yield from file_keys(inside, path)


def with_alternatives(text: str) -> str:
    """*text* with its "#key = value" lines as if they were set."""
    return re.sub(r"(?m)^#(?=[a-z_]+ *=)", "", text)


def test_example_is_a_valid_configuration_that_publishes_nothing() -> None:
    config = load(EXAMPLE, {"HOME": "/home/ada"})

    assert config.warnings == ()
    assert {rule.stage for rule in config.rules} == {Stage.SHADOW}


def test_example_begins_with_the_line_that_editors_read() -> None:
    assert EXAMPLE.read_text(encoding="utf-8").startswith("#:schema ./config.schema.json\n")


# One table of the same shape stands for another: the three forms of a secret are shown once each,
# the measures of a trigger under one status each.
_SHOWN_ELSEWHERE = re.compile(
    r"(api_key|auth_token|api_key_secret|webhook_url|heartbeat_url|alert_source\.secret|server\.token)"
    r"\.(env|file|credential)$"
    r"|trigger\.\w+\.\w+$|below\.distinct_accounts$"
)


def test_example_mentions_every_key_of_the_schema() -> None:
    text = EXAMPLE.read_text(encoding="utf-8")
    mentioned = set(file_keys(tomllib.loads(with_alternatives(text))))

    absent = {".".join(key) for key in schema_keys(SCHEMA)} - {".".join(k) for k in mentioned}

    assert {key for key in absent if not _SHOWN_ELSEWHERE.search(key)} == set()
    words = {key.split(".")[-1] for key in absent}
    assert {word for word in words if not re.search(rf"\b{word}\b", text)} == set()


def test_example_fits_the_schema_with_and_without_its_alternatives() -> None:
    text = EXAMPLE.read_text(encoding="utf-8")
    validator = Draft202012Validator(SCHEMA)

    assert list(validator.iter_errors(tomllib.loads(text))) == []
    assert list(validator.iter_errors(tomllib.loads(with_alternatives(text)))) == []


@pytest.mark.parametrize(
    "text",
    [
        "[twilio]\npoll_intervall = '1s'",
        "[twilio]\npoll_interval = '10 min'",
        "[twilio]\npoll_interval = 10",
        "[incidentio]\napi_key = 'hunter2'",
        "[incidentio]\napi_key = { env = 'A', file = 'B' }",
        "[log]\nlevel = 'loud'",
        "[lists]\na = ['@b']",
        "[guards]\nmax_open_incidents = -1",
        "[[rules]]\nid = 'x'",
    ],
)
def test_schema_refuses_what_the_program_refuses(text: str) -> None:
    assert not Draft202012Validator(SCHEMA).is_valid(tomllib.loads(text))


def test_every_key_of_the_schema_says_what_it_is() -> None:
    tables = {"": SCHEMA, **SCHEMA["$defs"]}

    silent = {
        f"{name}.{key}"
        for name, table in tables.items()
        for key, part in table["properties"].items()
        # An editor shows a table's own description where its key has none.
        if not part.get("description", _table_of(part).get("description"))
    }

    assert silent == set()


def test_schema_knows_no_null_as_toml_knows_none() -> None:
    assert "null" not in json.dumps(SCHEMA)


def test_command_prints_the_schema(capsys: pytest.CaptureFixture[str]) -> None:
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)

    code = command.run(parser.parse_args([]))

    assert (code, json.loads(capsys.readouterr().out)) == (0, SCHEMA)
