"""What a file that has become wrong still says of where its daemon is. Knows no daemon.

A daemon goes on with the configuration that it has read, whatever becomes of the file; whoever
wants to ask or to stop it must not have to mend the file first.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from statusbridge.config import files
from statusbridge.config.places import Places
from statusbridge.config.resolve import Origin, resolve
from statusbridge.config.settings import ENV_DELIMITER, ENV_PREFIX, Settings
from statusbridge.config.values import Config

_PLACES = (("store", "path"), ("server", "socket"))
"""Table and key of what says where a daemon keeps its state, and where it listens for commands."""


def remains(path: Path | None, environ: Mapping[str, str]) -> Config:
    """Return a configuration without rules that has only *path*'s places of state and socket.

    Where they can't be read either, they are the usual ones. Raises ConfigError: there is no file,
    or none that can be read.
    """
    file = files.find(path, environ)
    text = files.read(file)
    values = {table: _place(text, table, key, environ) for table, key in _PLACES}
    settings = Settings.model_validate(values)
    return resolve(settings, Origin(file, Places(str(file), {}, {}), environ))


def _place(text: str, table: str, key: str, environ: Mapping[str, str]) -> dict[str, str]:
    """Return *key* with what the environment says of it, else *text*; {}: neither."""
    found = environ.get(f"{ENV_PREFIX}{table}{ENV_DELIMITER}{key}".upper())
    found = found or _written(text, table, key)
    return {key: found} if found else {}


def _written(text: str, table: str, key: str) -> str | None:
    """Return the text that *key* has under the header of *table*: by lines, each by itself."""
    is_inside = False
    for line in text.splitlines():
        values: Mapping[str, object] = {}
        with suppress(ValueError, RecursionError):
            values = tomllib.loads(line)
        if line.lstrip().startswith("["):
            is_inside = values == {table: {}}
        elif is_inside and isinstance(found := values.get(key), str):
            return found
    return None
