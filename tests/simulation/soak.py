"""As many seeds as one likes: `make soak`, or

PYTHONPATH=src:tests python -m simulation.soak --seeds 100000
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor, as_completed

from simulation.batch import Batch, run

_PORTION = 500


def main() -> int:
    parser = argparse.ArgumentParser(description="Simulate the whole daemon, seed after seed.")
    parser.add_argument("--seeds", type=int, default=100_000, help="how many")
    parser.add_argument("--first", type=int, default=int(time.time()) * 1000, help="the first")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    asked = parser.parse_args()
    total = Batch()
    began = time.perf_counter()
    last = asked.first + asked.seeds
    with ProcessPoolExecutor(asked.processes) as pool:
        portions = [
            pool.submit(run, range(start, min(start + _PORTION, last)))
            for start in range(asked.first, last, _PORTION)
        ]
        for done in as_completed(portions):
            portion = done.result()
            total.add(portion)
            total.took = time.perf_counter() - began
            for seed, found in sorted(portion.broken.items()):
                sys.stderr.write(f"seed {seed}: {found[0]}\n")
    sys.stdout.write(f"{total.report()}\n")
    if asked.seeds >= 5000 and total.missing:
        sys.stdout.write(f"never met: {', '.join(total.missing)}\n")
        return 1
    return 1 if total.broken else 0


if __name__ == "__main__":
    sys.exit(main())
