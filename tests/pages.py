"""The documentation as data: its tables, fenced blocks and commands, for the tests to hold."""

from __future__ import annotations

import ast
import re
import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from statusbridge.config.judgement import judge

ROOT = Path(__file__).parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])


def text_of(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def blocks(page: Path, language: str) -> list[str]:
    """The fenced blocks of *page* in *language*."""
    return re.findall(rf"^```{language}\n(.*?)^```", text_of(page), re.DOTALL | re.MULTILINE)


def rows(page: Path, heading: str) -> list[list[str]]:
    """The cells of the first table under the column *heading*, marks and heading left out."""
    _, _, after = text_of(page).partition(f"| {heading} |")
    table = re.match(r".*\n\|[ |-]+\n((?:\|.*\n)*)", after)
    assert table, f"{page.name} has no table under {heading}"
    lines = table[1].splitlines()
    return [[cell.strip().strip("`") for cell in line.strip("|").split(" |")] for line in lines]


def column(page: Path, heading: str) -> list[str]:
    return [cells[0] for cells in rows(page, heading)]


def anchors(page: Path) -> set[str]:
    """The anchors that a repository's host makes of headings."""
    headings = re.findall(r"^#+ (.*)$", text_of(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def commands_of(page: Path) -> list[tuple[str, str]]:
    """The commands of the console blocks of *page*, each with its block."""
    return [
        (block, command.replace("\\\n", " "))
        for block in blocks(page, "console")
        for command in re.findall(r"^\$ ((?:.*\\\n)*.*)$", block, re.MULTILINE)
    ]


def own_arguments(line: str) -> Iterator[list[str]]:
    """The arguments of each call of the program in *line*."""
    for call in re.split(r"&&|\|", line):
        words = shlex.split(call)
        for place, word in enumerate(words[:2]):
            if Path(word).name == "statusbridge" and words[0] not in {"cd", "docker", "systemctl"}:
                yield words[place + 1 :]


def completed(part: Mapping[str, Any]) -> dict[str, Any]:
    """*part* of a configuration with what it leaves out: one page, and what a rule must have."""
    rule = {
        "id": "sms",
        "component": "SMS",
        "window": "10m",
        "trigger": {"degraded_performance": {"count": 25}},
        "text": {"title": "Delays sending SMS"},
    }
    given = part.get("rules", {})
    rules = [rule | one for one in (given if isinstance(given, list) else [given])]
    incidentio = {"pages": {"public": "01PAGE"}} | part.get("incidentio", {})
    return {**part, "incidentio": incidentio, "rules": rules}


def findings_with(key: str, duration: str) -> list[str]:
    """What is wrong with a configuration whose *key* says *duration*, but for other keys."""
    *path, last = key.split(".")
    inner: dict[str, Any] = {last: duration}
    for part in reversed(path):
        inner = {part: inner}
    if key.startswith("rules.trigger"):
        inner["rules"]["trigger"]["degraded_performance"]["count"] = 25
    _, found = judge(completed(inner))
    return [wrong for place, wrong in found if place[-1] == last and "out of range" in wrong]


def log_events(module: ast.Module) -> Iterator[tuple[str, str]]:
    """Event and level of each `log.LEVEL(…)`; those of `f"noun.{WORDS[…]}"` by all of WORDS."""
    words = {
        node.targets[0].id: [value.value for value in node.value.values]
        for node in ast.walk(module)
        if isinstance(node, ast.Assign)
        and isinstance(node.targets[0], ast.Name)
        and isinstance(node.value, ast.Dict)
        and all(isinstance(value, ast.Constant) for value in node.value.values)
    }
    for node in ast.walk(module):
        match node:
            case ast.Call(func=ast.Attribute(ast.Name("log"), level), args=[ast.Constant(event)]):
                yield str(event), level
            case ast.Call(
                func=ast.Attribute(ast.Name("log"), level),
                args=[ast.JoinedStr([ast.Constant(noun), ast.FormattedValue(value=chosen)])],
            ):
                assert isinstance(chosen, ast.Subscript)
                assert isinstance(chosen.value, ast.Name)
                yield from ((f"{noun}{word}", level) for word in words[chosen.value.id])
            case ast.Call(func=ast.Attribute(ast.Name("log"), level)):
                raise AssertionError(f"line {node.lineno}: log.{level} without a constant event")
