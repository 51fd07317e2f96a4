"""Where the daemon is of a configuration that has become wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from statusbridge.config.errors import ConfigError
from statusbridge.config.remains import remains


@pytest.mark.parametrize(
    "wrong",
    ["x = [", "[server]\nsocket = 5", "[[rules]]\nid = 1", '[log]\nlevel = "info"\n[log]\n'],
)
def test_whatever_else_is_wrong_the_daemons_places_are_found(tmp_path: Path, wrong: str) -> None:
    file = tmp_path / "config.toml"
    file.write_text(f'[store]\npath = "/var/a/state.db"\n[server]\nsocket = "/run/a"\n{wrong}\n')

    found = remains(file, {})

    assert (found.store_path, found.socket_path) == (Path("/var/a/state.db"), Path("/run/a"))


@pytest.mark.parametrize(
    "text",
    [
        "",
        '[server\nsocket = "/run/a"',
        "[server]\nsocket = 5",
        '[server]\nsocket = ""',
        '[log]\nsocket = "/run/a"',
    ],
)
def test_places_that_can_not_be_read_are_the_usual_ones(tmp_path: Path, text: str) -> None:
    file = tmp_path / "config.toml"
    file.write_text(text)

    found = remains(file, {"STATE_DIRECTORY": "/var/b", "RUNTIME_DIRECTORY": "/run/b"})

    assert (found.store_path, found.socket_path) == (
        Path("/var/b/state.db"),
        Path("/run/b/statusbridge.sock"),
    )


def test_environment_decides_over_a_wrong_file_too(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text('[server]\nsocket = "/run/a"\n[')
    environ = {
        "STATUSBRIDGE_STORE__PATH": "/var/c/state.db",
        "STATUSBRIDGE_SERVER__SOCKET": "/run/c",
    }

    found = remains(file, environ)

    assert (found.store_path, found.socket_path) == (Path("/var/c/state.db"), Path("/run/c"))


def test_file_that_is_gone_says_nothing_of_a_daemon(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no such file"):
        remains(tmp_path / "gone.toml", {})
