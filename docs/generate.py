"""What of the documentation is made from the program: run this after changing what it shows.

    python docs/generate.py

Writes `config.schema.json`, the manual page, and in the pages of `PAGES` what stands between
`<!-- generated: NAME -->` and `<!-- end -->`. `tests/test_docs.py` fails while they differ.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from statusbridge.config.schema import schema, tidied
from statusbridge.core.detectors import NEXT_PHASE, Signal
from statusbridge.core.model import Phase
from statusbridge.rehearse.act_tables import ACT_TABLES, ActTable
from statusbridge.rehearse.order_tables import ORDER_TABLES
from statusbridge.rehearse.tables import AlertTable, ExpectTable, PollErrorTable, RuleTestTable

ROOT = Path(__file__).parents[1]
PAGES = (ROOT / "docs" / "rules.md", ROOT / "docs" / "rule-tests.md")
SCHEMA_FILE = ROOT / "config.schema.json"

Part = Mapping[str, Any]

# One table of the schema that stands under several keys is shown once, under this heading.
_SHARED = {
    "SecretSource": "Where a secret is read from",
    "LevelTable": "`[rules.trigger.STATUS]`, or `[[rules.trigger.STATUS]]`: either of several",
}


def schema_text() -> str:
    """Return `config.schema.json`, as `statusbridge schema` prints it."""
    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"


def phases() -> str:
    """Return the life of a rule as a diagram, and every cell of its table."""
    moves: dict[tuple[Phase, Phase], list[str]] = {}
    for (phase, signal), then in NEXT_PHASE.items():
        if phase is not then:
            moves.setdefault((phase, then), []).append(str(signal))
    edges = (f"    {a} --> {b}: {' or '.join(by)}" for (a, b), by in moves.items())
    rows = (
        f"| {phase} | " + " | ".join(str(NEXT_PHASE[phase, s]) for s in Signal) + " |"
        for phase in Phase
    )
    return "\n".join(
        (
            "```mermaid",
            "stateDiagram-v2",
            f"    [*] --> {Phase.INACTIVE}",
            *edges,
            "```",
            "",
            f"| phase | {' | '.join(Signal)} |",
            f"| --- |{' --- |' * len(Signal)}",
            *rows,
        )
    )


def keys() -> str:
    """Return every key of the file, a table for each table of it."""
    whole = schema()
    return "\n\n".join(_sections(whole, whole["$defs"]))


def table_of(model: type[BaseModel]) -> str:
    """Return every key of *model* as a table."""
    part = tidied(model.model_json_schema())
    return _rows(part, part.get("$defs", {}))


def acts(tables: Mapping[str, type[ActTable]]) -> str:
    """Return what may be done in a rule test by *tables*, and then every key of them once."""
    words = ["| `act` | | keys |", "| --- | --- | --- |"]
    keys: dict[str, str] = {}
    for word, model in tables.items():
        known = (field.alias or key for key, field in model.model_fields.items())
        own = [f"`{key}`" for key in known if key not in {"act", *ActTable.model_fields}]
        does = " ".join((model.__doc__ or "").split())
        words.append(f"| `{word}` | {does} | {', '.join(own)} |")
        for line in table_of(model).splitlines()[2:]:
            keys.setdefault(line.split("`")[1], line)
    del keys["act"]
    head = ["| key | value | default | |", "| --- | --- | --- | --- |"]
    return "\n".join((*words, "", *head, *keys.values()))


def _sections(whole: Part, tables: Mapping[str, Part]) -> Iterator[str]:
    done: set[str] = set()
    waiting: list[tuple[str, str, Part]] = [("", "The file", whole)]
    while waiting:
        path, title, table = waiting.pop(0)
        inside = []
        for key, part in table["properties"].items():
            name = _table_named(part)
            if name is None or name in done:
                continue
            done.add(name)
            below = f"{path}.{key}" if path else key
            heading = f"`[[{below}]]`" if part.get("type") == "array" else f"`[{below}]`"
            inside.append((below, _SHARED.get(name, heading), tables[name]))
        waiting = inside + waiting
        yield f"### {title}\n\n{_rows(table, tables)}"


def _rows(table: Part, tables: Mapping[str, Part]) -> str:
    required = table.get("required", ())
    lines = ["| key | value | default | |", "| --- | --- | --- | --- |"]
    for key, part in table["properties"].items():
        default = f"`{json.dumps(part['default'])}`" if "default" in part else ""
        default = "required" if key in required else default
        named = tables.get(_table_named(part) or "", {})
        said = " ".join((part.get("description") or named.get("description", "")).split())
        lines.append(f"| `{key}` | {_kind(part)} | {default} | {_cell(said)} |")
    return "\n".join(lines)


def _kind(part: Part) -> str:
    """Return in words which values *part* takes."""
    match part:
        case {"enum": [False]}:
            return "`false`"
        case {"enum": words}:
            return ", ".join(f"`{word}`" for word in words)
        case {"anyOf": several}:
            return " or ".join(dict.fromkeys(_kind(one) for one in several))
        case {"type": "array", "items": items}:
            return f"list of {_kind(items)}"
        case {"type": "object", "additionalProperties": {**values}}:
            return f"names, each with {_kind(values)}"
        case _:
            return _scalar(part)


def _scalar(part: Part) -> str:
    kinds = (
        ("duration", "30s" in part.get("examples", ())),
        ("time", part.get("format") == "date-time"),
        ("`from-to`, `@list`", part.get("pattern", "").startswith("^(@")),
        ("`from-to`", part.get("pattern", "").startswith(r"^\d")),
        ("code", part.get("minimum") == 100),
        ("number", part.get("type") == "integer"),
        ("`true`, `false`", part.get("type") == "boolean"),
        ("text", part.get("type") == "string"),
    )
    return next((word for word, fits in kinds if fits), "table")


def _table_named(part: Part) -> str | None:
    """Return the name of the table that *part* is, or is a list of; None: it is a value."""
    for one in (part, part.get("items", {}), *part.get("anyOf", ())):
        if "$ref" in one:
            return str(one["$ref"]).removeprefix("#/$defs/")
    return None


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def generated(text: str) -> str:
    """Return *text* with its generated blocks as they must be."""
    parts = {
        "phases": phases(),
        "keys": keys(),
        "test": table_of(RuleTestTable),
        "alerts": table_of(AlertTable),
        "polls": table_of(PollErrorTable),
        "acts": acts(ACT_TABLES),
        "orders": acts(ORDER_TABLES),
        "expect": table_of(ExpectTable),
    }
    for name, made in parts.items():
        block = re.compile(rf"(<!-- generated: {name} -->\n).*?(<!-- end -->)", re.DOTALL)
        text = block.sub(lambda found, made=made: f"{found[1]}\n{made}\n\n{found[2]}", text)
    return text


if __name__ == "__main__":
    from manpage import MAN_PAGE, manual_page

    MAN_PAGE.write_text(manual_page(), encoding="utf-8")
    SCHEMA_FILE.write_text(schema_text(), encoding="utf-8")
    for page in PAGES:
        page.write_text(generated(page.read_text(encoding="utf-8")), encoding="utf-8")
