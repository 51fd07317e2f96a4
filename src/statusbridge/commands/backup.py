"""`statusbridge backup FILE`: a checked copy of the state file, while the daemon runs."""

from __future__ import annotations

import argparse
from pathlib import Path

from statusbridge.adapters.sqlite_backup import back_up
from statusbridge.commands.asking import configured
from statusbridge.terminal import spelled_out


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of `backup`."""
    parser.add_argument("file", type=Path, metavar="FILE", help="where to put the copy")
    parser.add_argument("--force", action="store_true", help="replace FILE where it exists")


def run(args: argparse.Namespace) -> int:
    """Make the copy, and say what is in it. Returns 0. Raises StoreError."""
    config = configured(args)
    made = back_up(config.store_path, args.file, replace=args.force)
    size = f"{made.bytes / 1e6:.1f} MB, schema {made.schema}"
    print(spelled_out(f"{args.file}: {size}, checked: a whole copy of {config.store_path}"))
    return 0
