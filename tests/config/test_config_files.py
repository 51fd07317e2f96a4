from __future__ import annotations

from pathlib import Path

import pytest

from statusbridge.config import files
from statusbridge.config.errors import ConfigError
from statusbridge.config.load import load, load_to_rehearse


def complaint(path: Path | None, environ: dict[str, str]) -> str:
    with pytest.raises(ConfigError) as caught:
        load(path, environ)
    return str(caught.value)


def test_named_file_goes_before_the_variable_and_the_usual_places(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("config.toml").touch()
    environ = {"STATUSBRIDGE_CONFIG": "/from/variable.toml"}

    assert files.find(Path("named.toml"), environ) == Path("named.toml")
    assert files.find(None, environ) == Path("/from/variable.toml")
    assert files.find(None, {"STATUSBRIDGE_CONFIG": ""}) == Path("config.toml")


def test_usual_places_are_looked_through_in_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    in_home = tmp_path / "xdg" / "statusbridge" / "config.toml"
    in_home.parent.mkdir(parents=True)
    in_home.touch()
    environ = {"XDG_CONFIG_HOME": str(tmp_path / "xdg")}

    assert files.find(None, environ) == in_home
    Path("config.toml").touch()
    assert files.find(None, environ) == Path("config.toml")


def test_place_that_can_not_be_looked_at_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    # As by rights: `sudo -u ada statusbridge status` from within root's home.
    unreachable = f"/{'x' * 300}"

    assert complaint(None, {"XDG_CONFIG_HOME": unreachable}).startswith(
        f"configuration: no file found; looked for config.toml, {unreachable}/"
    )


@pytest.mark.parametrize("xdg", [{}, {"XDG_CONFIG_HOME": ""}, {"XDG_CONFIG_HOME": "relative"}])
def test_no_file_anywhere_lists_the_places(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, xdg: dict[str, str]
) -> None:
    monkeypatch.chdir(tmp_path)

    assert complaint(None, {"HOME": str(tmp_path)} | xdg) == (
        "configuration: no file found; looked for config.toml, "
        f"{tmp_path}/.config/statusbridge/config.toml, /etc/statusbridge/config.toml. Name one "
        "with --config or $STATUSBRIDGE_CONFIG, or let `statusbridge init` write a first one"
    )


def test_missing_file_is_an_error_and_not_an_empty_configuration(tmp_path: Path) -> None:
    path = tmp_path / "gone.toml"

    assert complaint(path, {}) == (
        f"{path}: no such file or directory; expected a readable TOML file"
    )
    assert complaint(tmp_path, {}) == f"{tmp_path}: is a directory; expected a readable TOML file"


def test_file_that_is_no_text_is_refused_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_bytes(b"[twilio]\n# \xff\n")

    assert complaint(path, {}) == f"{path}:2: not UTF-8; expected a TOML file"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[twilio\n", ":1:8: not TOML: expected ']' at the end of a table declaration"),
        ("[twilio]\noverlap 15m", ":2:9: not TOML: expected '=' after a key in a key/value pair"),
        ("a = '", ': at its end: not TOML: expected "\'"'),
        ("a = 1\na = 2\nb = 3", ":2:6: not TOML: this stands further up already; write it once"),
        (
            "[log]\n[log]\n",
            ":2:5: not TOML: [log] stands further up already; put its keys there",
        ),
        (
            "[rules]\nid = 'a'\n[[rules]]\nid = 'b'\n",
            ":3:8: not TOML: [[rules]] is a list of tables; write [rules] further up "
            "in two brackets too",
        ),
        (
            "[[rules]]\nid = 'a'\n[rules] # the second\nid = 'b'\n",
            ":3:7: not TOML: [[rules]] is a list of tables; write this in two brackets too",
        ),
        (
            "a = { b = { c = 1 } }\n[a.b]\nd = 1",
            ":2:5: not TOML: [a.b] stands further up already; put its keys there",
        ),
        ("a = " + "[" * 100_000, ": nested too deeply; expected plain TOML"),
        ("a = " + "1" * 5000, ": not TOML: a number has too many digits"),
    ],
)
def test_file_that_is_no_toml_is_refused_with_line_and_column(
    tmp_path: Path, text: str, expected: str
) -> None:
    path = tmp_path / "config.toml"
    path.write_text(text)

    assert complaint(path, {}) == f"{path}{expected}"


STATE = {"STATE_DIRECTORY": "/var/lib/bridge:/var/lib/other", "XDG_STATE_HOME": "/xdg"}


@pytest.mark.parametrize(
    ("written", "environ", "expected"),
    [
        ("state.db", STATE, "/var/lib/bridge/state.db"),
        ("state.db", {"XDG_STATE_HOME": "/xdg"}, "/xdg/statusbridge/state.db"),
        ("state.db", {"HOME": "/home/ada"}, "/home/ada/.local/state/statusbridge/state.db"),
        (
            "state.db",
            {"HOME": "/h", "XDG_STATE_HOME": "x"},
            "/h/.local/state/statusbridge/state.db",
        ),
        ("a/b.db", STATE, "/var/lib/bridge/a/b.db"),
        ("/data/state.db", STATE, "/data/state.db"),
        ("~/state.db", {"HOME": "/home/ada"}, "/home/ada/state.db"),
    ],
)
def test_relative_store_is_under_the_state_directory(
    written: str, environ: dict[str, str], expected: str
) -> None:
    assert files.store_path(written, environ) == Path(expected)


@pytest.mark.parametrize(
    ("written", "environ", "expected"),
    [
        ("b.sock", {"RUNTIME_DIRECTORY": "/run/bridge:/run/x"}, "/run/bridge/b.sock"),
        ("b.sock", {}, "/data/b.sock"),
        ("/tmp/b.sock", {"RUNTIME_DIRECTORY": "/run/bridge"}, "/tmp/b.sock"),
    ],
)
def test_relative_socket_is_in_the_runtime_directory_or_beside_the_store(
    written: str, environ: dict[str, str], expected: str
) -> None:
    assert files.socket_path(written, Path("/data/state.db"), environ) == Path(expected)


def test_relative_secret_file_starts_at_the_configuration(tmp_path: Path) -> None:
    config = tmp_path / "config.toml"

    assert files.secret_path("keys/a", config, {}) == tmp_path / "keys" / "a"
    assert files.secret_path("/run/a", config, {}) == Path("/run/a")


def test_socket_path_that_no_socket_can_have_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text(f'[server]\nsocket = "/{"s" * 107}"')

    assert complaint(path, {}) == (
        f"{path}:2: server.socket: 108 bytes as /{'s' * 107}; expected a path of at most 107, "
        "as Unix sockets have"
    )
    path.write_text(f'[server]\nsocket = "/{"s" * 106}"')
    assert load(path, {}).socket_path == Path("/" + "s" * 106)


def test_socket_path_does_not_matter_to_a_rehearsal(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text(f'[server]\nsocket = "/{"s" * 200}"')

    assert load_to_rehearse(path, {}).socket_path == Path("/" + "s" * 200)


def test_endless_file_is_not_read_to_its_end() -> None:
    assert complaint(Path("/dev/zero"), {}) == (
        "/dev/zero: over 1048576 bytes; expected a TOML file"
    )
