"""`statusbridge pages`: the account's status pages and their components, as TOML to paste.

For whoever writes a first configuration: works with one, with half of one, and with none, as long
as there is an API key.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from statusbridge.adapters.http import Wire
from statusbridge.adapters.http_transport import Limits
from statusbridge.adapters.incidentio import IncidentIo, list_pages
from statusbridge.config import files
from statusbridge.config.errors import ConfigError
from statusbridge.config.load import load
from statusbridge.config.secrets import SecretError
from statusbridge.core.errors import Unauthorized, Unavailable
from statusbridge.core.live import Component, Structure
from statusbridge.core.structure import Ambiguous, resolve
from statusbridge.starter.toml_text import printable

_KEY = "INCIDENT_API_KEY"
_BASE_URL = "STATUSBRIDGE_INCIDENTIO__BASE_URL"
_CONFIG = "STATUSBRIDGE_CONFIG"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Give *parser* what this command takes: nothing but its own description."""


def run(args: argparse.Namespace) -> int:
    """Print the pages to stdout and return 0; 1 where incident.io gave none, 77, 78."""
    try:
        structures = asyncio.run(read_pages(*_access(args.config, os.environ)))
    except Unauthorized as error:
        return _failed(77, f"incident.io refused the API key (${_KEY} or api_key): {error}")
    except Unavailable as error:
        return _failed(1, str(error))
    except (ConfigError, SecretError, ValueError) as error:
        return _failed(78, str(error))
    if not structures:
        return _failed(
            1, "the API key sees no status page: the API knows public and customer pages only"
        )
    print(render(structures), end="")
    return 0


def render(structures: Sequence[Structure]) -> str:
    """Return the table `[incidentio]` with *structures* under names made of their titles.

    Each page's components follow in comments, by the name that a rule's `component` may say.
    """
    named = tuple(names(structures))
    pages = ", ".join(f'{name} = "{s.page}"' for name, s in zip(named, structures, strict=True))
    sections = [f"[incidentio]\npages = {{ {pages} }}\n"]
    for name, structure in zip(named, structures, strict=True):
        title = ", ".join(
            filter(None, (printable(structure.name), printable(structure.public_url or "")))
        )
        lines = [f"# {name}: {title}", *(_rows(structure) or ["#   no components"])]
        sections.append("\n".join(lines) + "\n")
    return "\n".join(sections)


def _rows(structure: Structure) -> list[str]:
    named = [(f'"{printable(c.full_name)}"', c) for c in structure.components]
    width = max((len(text) for text, _ in named), default=0)
    return [f"#   {text:{width}}  {c.id}{_remark(c, structure)}".rstrip() for text, c in named]


def _remark(component: Component, structure: Structure) -> str:
    hidden = "  hidden" if component.hidden else ""
    shared = isinstance(resolve(component.full_name, structure), Ambiguous)
    return hidden + ("  not the only one of this name: write the id" if shared else "")


def names(structures: Sequence[Structure]) -> Iterator[str]:
    """A name for each page that configuration and metrics can hold, no two alike."""
    taken: set[str] = set()
    for structure in structures:
        base = re.sub(r"[^a-z0-9]+", "-", structure.name.casefold())[:40].strip("-") or "page"
        name, number = base, 1
        while name in taken:
            number += 1
            name = f"{base}-{number}"
        taken.add(name)
        yield name


def _access(path: Path | None, environ: Mapping[str, str]) -> tuple[str, str, Path | None]:
    """What `read_pages` takes, from the configuration or, where there is none yet, without."""
    try:
        config = load(path, environ)
    except ConfigError as error:
        if path or environ.get(_CONFIG) or not environ.get(_KEY):
            raise
        if any(map(files.is_there, files.usual_places(environ))):
            print(f"statusbridge: reading with ${_KEY} alone: {error}", file=sys.stderr)
        return environ.get(_BASE_URL, "https://api.incident.io"), environ[_KEY], None
    return config.incidentio.base_url, config.incidentio.api_key.read(), config.sockets


async def read_pages(base_url: str, key: str, sockets: Path | None) -> tuple[Structure, ...]:
    """Return every page that *key* sees, reached by *sockets* or the network.

    Raises Unavailable and Unauthorized.
    """
    wire = Wire(base_url, lambda: f"Bearer {key}", limits=Limits(sockets=sockets))
    try:
        return tuple(
            [await IncidentIo(wire, entry.id).structure() for entry in await list_pages(wire)]
        )
    finally:
        await wire.aclose()


def _failed(code: int, reason: str) -> int:
    print(f"statusbridge: {reason}", file=sys.stderr)
    return code
