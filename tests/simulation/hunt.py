"""Show that the harness sees: plant each fault in turn and find it. `make planted`, or

PYTHONPATH=src:tests python -m simulation.hunt no_wait blind_retry
"""

from __future__ import annotations

import argparse
import sys

from simulation.planted import PLANTED, first_find, found_by

_WIDTH = 34


def main() -> int:
    parser = argparse.ArgumentParser(
        description="Plant faults in the product, one at a time, and say which seed finds each."
    )
    parser.add_argument("fault", nargs="*", help=f"of {', '.join(PLANTED)}; all unless named")
    parser.add_argument("--first", type=int, help="begin with this seed")
    parser.add_argument("--within", type=int, default=2000, help="give up after so many seeds")
    asked = parser.parse_args()
    if unknown := set(asked.fault) - PLANTED.keys():
        parser.error(f"there is no fault {', '.join(sorted(unknown))}")
    missed = 0
    for name in asked.fault or PLANTED:
        seeds = found_by(name) if asked.first is None else range(asked.first, sys.maxsize)
        found = first_find(name, seeds, asked.within)
        missed += found is None
        sys.stdout.write(f"{name:<{_WIDTH}} {PLANTED[name].__doc__}\n{_said(found)}\n")
        sys.stdout.flush()
    return 1 if missed else 0


def _said(found: tuple[int, str] | None) -> str:
    if found is None:
        return f"{'':<{_WIDTH}} NOT FOUND"
    seed, what = found
    return f"{'':<{_WIDTH}} seed {seed}: {what[:120]}"


if __name__ == "__main__":
    sys.exit(main())
