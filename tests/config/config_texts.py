"""A small valid file, and loading of texts as if they were files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from statusbridge.config.errors import ConfigError
from statusbridge.config.load import load
from statusbridge.config.values import Config

SETTINGS = """\
[incidentio]
pages = { public = "01PAGE" }
"""

RULE = """\
[[rules]]
id = "sms"
component = "SMS"
window = "10m"
[rules.match]
codes = [30008]
[rules.trigger.degraded_performance]
count = 25
[rules.text]
title = "Delays sending SMS"
"""

ENVIRON = {"HOME": "/home/ada"}


def load_text(text: str, directory: Path, environ: Mapping[str, str] = ENVIRON) -> Config:
    path = directory / "config.toml"
    path.write_text(text, encoding="utf-8")
    return load(path, environ)


def complaints(text: str, directory: Path, environ: Mapping[str, str] = ENVIRON) -> list[str]:
    """What loading *text* complains of, the directory left out; fails where it loads."""
    try:
        load_text(text, directory, environ)
    except ConfigError as error:
        return [line.removeprefix(f"{directory}/") for line in str(error).splitlines()]
    raise AssertionError("loaded, but a ConfigError was expected")
