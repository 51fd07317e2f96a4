"""Change the program in every small way, and see whether the tests notice: `make mutants`, or

PYTHONPATH=tests python -m mutants.run core.delivery settling --processes 1

Slower tests, and lives of the simulation, are told only to what the quick tests let live.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections import Counter

import pytest
from mutmut.mutation.trampoline import set_mutant_under_test

from mutants.tree import MODULES, PACKAGE, TREE, difference, plant, refused
from mutants.trial import KILLED, SURVIVED, TIMED_OUT, UNREACHED, Trials

SEEDS = 300
"""Lives of the simulation that are told to a mutant that everything else let live."""
TESTS = (
    "core", "bridge/test_acts.py", "bridge/test_asked.py", "bridge/test_page_removed.py",
    "bridge/test_repeating.py", "bridge/test_told_afterwards.py",
    "bridge/test_cycle.py", "bridge/test_cycle_accounts.py",
    "bridge/test_cycle_changes.py", "bridge/test_cycle_corners.py", "bridge/test_cycle_endings.py",
    "bridge/test_cycle_properties.py", "bridge/test_evaluating.py", "bridge/test_long_past.py",
    "bridge/test_planning.py", "bridge/test_polling.py", "bridge/test_portions.py",
    "bridge/test_publishing.py", "bridge/test_review.py", "bridge/test_review_corners.py",
    "bridge/test_reviewing.py", "bridge/test_settling.py", "bridge/test_sighting.py",
    "bridge/test_survey.py", "disk/test_restored.py", "test_found.py",
    "simulation/test_simulation.py::test_no_promise_is_broken_in_lives_drawn_by_chance",
    "simulation/test_simulation.py::test_what_was_found_once_is_not_found_again",
)  # fmt: skip
REFUSED = "refused by mypy"
BY_SLOW = "killed by slow tests and lives"
COLUMNS = (REFUSED, KILLED, BY_SLOW, TIMED_OUT, SURVIVED, UNREACHED)
RESULTS = TREE.parent / "mutants.json"
REACHES = TREE.parent / "reaches.json"


def main() -> int:
    asked = _asked()
    mutants = plant()
    verdicts = dict.fromkeys(refused(), REFUSED)
    before = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    if asked.again:
        verdicts = before | verdicts
    else:
        REACHES.unlink(missing_ok=True)
    names = [name for module in asked.modules for name in mutants[module]]
    left = [name for name in names if verdicts.get(name, SURVIVED) in (SURVIVED, UNREACHED)]

    def note(name: str, found: str, slow: bool) -> None:
        verdicts[name] = BY_SLOW if slow and found == KILLED else found
        RESULTS.write_text(json.dumps(before | verdicts))
        sys.stderr.write(f"{name}: {verdicts[name]}\n")

    code = _tests(Trials(left, asked.processes, asked.quick, note))
    for name in names:
        if verdicts.get(name) == SURVIVED:
            sys.stdout.write(f"{difference(name)}\n\n")
    _report(asked.modules, {name: verdicts[name] for name in names if name in verdicts})
    return code


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Try every mutant of the deciding modules.")
    parser.add_argument("modules", nargs="*", choices=[[], *MODULES], help="all unless named")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--quick", action="store_true", help="no slow tests, no simulation")
    parser.add_argument("--again", action="store_true", help="only what survived the last time")
    asked = parser.parse_args()
    asked.modules = asked.modules or list(MODULES)
    return asked


def _tests(trials: Trials) -> int:
    """Run *trials* on the tests of the tree; return the exit code."""
    os.environ |= {
        "STATUSBRIDGE_SIMULATION_SEEDS": str(SEEDS),
        "STATUSBRIDGE_SIMULATION_FIRST": "1",
        "STATUSBRIDGE_SIMULATION_SECONDS": "86400",
    }
    os.chdir(TREE)
    sys.path.insert(0, str(TREE / "src"))
    set_mutant_under_test("")
    options = ("--rootdir=.", "-s", "--hypothesis-profile=mutants")
    return int(pytest.main([*options, *(f"tests/{name}" for name in TESTS)], plugins=[trials]))


def _report(modules: list[str], verdicts: dict[str, str]) -> None:
    widths = [max(len(column), 7) for column in COLUMNS]
    head = "  ".join(column.rjust(width) for column, width in zip(COLUMNS, widths, strict=True))
    sys.stdout.write(f"{'':20}{'mutants':>8}  {head}\n")
    total: Counter[str] = Counter()
    for module in modules:
        prefix = f"{PACKAGE}.{module}.x"
        counts = Counter(found for name, found in verdicts.items() if name.startswith(prefix))
        total += counts
        sys.stdout.write(f"{module:20}{_row(counts, widths)}\n")
    sys.stdout.write(f"{'all':20}{_row(total, widths)}\n")


def _row(counts: Counter[str], widths: list[int]) -> str:
    sized = zip(COLUMNS, widths, strict=True)
    cells = (f"{counts[column]:,}".rjust(width) for column, width in sized)
    return f"{counts.total():>8,}  {'  '.join(cells)}"


if __name__ == "__main__":
    sys.exit(main())
