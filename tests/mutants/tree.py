"""A copy of the package in which every function has its mutants beside it, made by mutmut.

One of them is chosen by its name while the process runs. What differs from the original in nothing
but sentences for people, a line of the log, what mypy proves to be out of reach, or whether lists
that were made together are seen to be of one length, is left out: no promise rests on it.
"""

from __future__ import annotations

import ast
import difflib
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from mutmut.mutation.file_mutation import mutate_file_contents

HERE = Path(__file__).parents[2]
TREE = HERE / "build" / "mutants"
PACKAGE = "statusbridge"

MODULES: tuple[str, ...] = (
    *(f"core.{name}" for name in (
        "delivery", "readback", "receipts", "ownership", "recall", "operations", "detectors",
        "windows", "episodes", "catching_up", "advancing", "evaluate", "coverage", "listing",
        "backlog", "asking", "plan", "restrain",
        "drafting", "canonical", "wording", "rules", "review", "acts",
    )),
    *(f"bridge.{name}" for name in (
        "cycle", "polling", "evaluating", "sighting", "survey", "settling", "publishing",
        "reviewing", "judging", "acting",
    )),
)  # fmt: skip
"""The protocol, the detectors, the planner, and a person's word between a plan and its post.
`core.outcome` is with them, but has no code.
"""


def plant() -> dict[str, list[str]]:
    """Write the copy with its mutants to `TREE`; return their full names by module."""
    shutil.rmtree(TREE, ignore_errors=True)
    for room in ("src", "tests"):
        shutil.copytree(HERE / room, TREE / room, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(HERE / "pyproject.toml", TREE)
    return {module: _mutated(module) for module in MODULES}


def _mutated(module: str) -> list[str]:
    path = TREE / "src" / PACKAGE / f"{module.replace('.', '/')}.py"
    made = mutate_file_contents(str(path), path.read_text())
    path.write_text(made.code)
    telling = {
        name: "".join(_telling(node)) for name, node in _functions(ast.parse(made.code)).items()
    }
    return [
        f"{PACKAGE}.{module}.{name}"
        for name in made.mutant_names
        if telling[name] != telling[f"{name.rpartition('_')[0]}_orig"]
    ]


def _functions(tree: ast.Module) -> dict[str, ast.AST]:
    wanted = (ast.FunctionDef, ast.AsyncFunctionDef)
    return {n.name: n for n in ast.walk(tree) if isinstance(n, wanted) and "__mutmut_" in n.name}


def _telling(node: ast.AST) -> Iterator[str]:
    """Yield what *node*, a function, does: without its name, its log lines and its sentences."""
    body = [_Silenced().visit(one) for one in node.body]  # type: ignore[attr-defined]
    yield from (ast.dump(one) for one in body)
    yield ast.dump(node.args)  # type: ignore[attr-defined]


class _Silenced(ast.NodeTransformer):
    """Takes away what no test is asked about."""

    def visit_Match(self, node: ast.Match) -> ast.AST:
        node.cases = [c for c in node.cases if "assert_never" not in ast.unparse(c.body[0])]
        return self.generic_visit(node)

    def visit_Raise(self, node: ast.Raise) -> ast.AST:
        return ast.Pass() if "AssertionError" in ast.unparse(node) else self.generic_visit(node)

    def visit_Expr(self, node: ast.Expr) -> ast.AST:
        if isinstance(node.value, ast.Call) and ast.unparse(node.value.func).startswith("log."):
            return ast.Pass()
        return self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> ast.AST:
        if ast.unparse(node.func) == "zip":
            node.keywords = []
        return self.generic_visit(node)

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        spoken = isinstance(node.value, str) and " " in node.value
        return ast.Constant("") if spoken else node


def refused() -> set[str]:
    """Return which mutants in `TREE` mypy refuses: what it refuses is not merged either."""
    command = [
        sys.executable, "-m", "mypy", "-p", PACKAGE, "--output", "json",
        "--disable-error-code", "unused-ignore", "--cache-dir", str(TREE.parent / "mypy"),
    ]  # fmt: skip
    told = subprocess.run(command, cwd=TREE, capture_output=True, text=True, check=False)
    errors = [json.loads(line) for line in told.stdout.splitlines() if line.startswith("{")]
    lines: dict[str, list[int]] = {}
    for error in errors:
        if error["severity"] == "error":
            lines.setdefault(error["file"], []).append(error["line"])
    return {name for file, at in lines.items() for name in _around(Path(file), at)}


def _around(file: Path, lines: list[int]) -> Iterator[str]:
    module = ".".join(file.with_suffix("").parts[1:])
    for name, node in _functions(ast.parse((TREE / file).read_text())).items():
        first, last = node.lineno, node.end_lineno  # type: ignore[attr-defined]
        if any(first <= line <= last for line in lines):
            yield f"{module}.{name}"


def difference(name: str) -> str:
    """Return how the mutant *name* differs from its original, as a diff."""
    module, _, function = name.rpartition(".")
    text = (TREE / "src" / f"{module.replace('.', '/')}.py").read_text()
    functions = _functions(ast.parse(text))
    before, after = (
        ast.unparse(functions[one]).splitlines()[1:]
        for one in (f"{function.rpartition('_')[0]}_orig", function)
    )
    changed = difflib.unified_diff(before, after, name, "", "its mutant", "", n=1, lineterm="")
    return "\n".join(changed)
