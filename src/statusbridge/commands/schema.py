"""`statusbridge schema`: the JSON Schema of the configuration file."""

from __future__ import annotations

import argparse
import json

from statusbridge.config.schema import schema


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Give *parser* what this command takes: nothing but its own description."""


def run(args: argparse.Namespace) -> int:
    """Print the schema to stdout and return 0."""
    del args
    print(json.dumps(schema(), indent=2, ensure_ascii=False))
    return 0
