"""Which file is read, and where relative paths in it start."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from statusbridge.config.errors import ConfigError, Problem

CONFIG_VARIABLE = "STATUSBRIDGE_CONFIG"

SIZE_LIMIT = 2**20
"""Bytes of a configuration, at most: some thousand rules, and an end to reading a device."""

# sockaddr_un.sun_path of Linux holds 108 bytes with the closing NUL: unix(7).
SOCKET_PATH_LIMIT = 107


def find(path: Path | None, environ: Mapping[str, str]) -> Path:
    """Return the configuration file to read: *path*, else $STATUSBRIDGE_CONFIG, else the first
    there is of the usual places. Raises ConfigError naming them where there is none.
    """
    named = path or _nonempty(environ, CONFIG_VARIABLE)
    if named is not None:
        return named
    places = usual_places(environ)
    for place in places:
        if is_there(place):
            return place
    listed = ", ".join(str(place) for place in places)
    raise ConfigError(
        (
            Problem(
                "configuration",
                f"no file found; looked for {listed}. Name one with --config or "
                f"${CONFIG_VARIABLE}, or let `statusbridge init` write a first one",
            ),
        )
    )


def is_there(place: Path) -> bool:
    """Whether *place* is a file. What can't be looked at is another user's, and not meant."""
    with suppress(OSError):
        return place.is_file()
    return False


def usual_places(environ: Mapping[str, str]) -> tuple[Path, ...]:
    """Return where the file is looked for, first to last."""
    xdg = _xdg(environ, "XDG_CONFIG_HOME", ".config")
    return (
        Path("config.toml"),
        xdg / "statusbridge" / "config.toml",
        Path("/etc/statusbridge/config.toml"),
    )


def read(path: Path) -> str:
    """Return the text of *path*, a byte order mark left out. Raises ConfigError."""
    try:
        with path.open("rb") as file:
            data = file.read(SIZE_LIMIT + 1)
        if len(data) > SIZE_LIMIT:
            what = f"over {SIZE_LIMIT} bytes; expected a TOML file"
            raise ConfigError((Problem(str(path), what),))
        return data.decode("utf-8-sig")
    except OSError as error:
        reason = (error.strerror or "can't be read").lower()
        raise ConfigError(
            (Problem(str(path), f"{reason}; expected a readable TOML file"),)
        ) from None
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise ConfigError((Problem(f"{path}:{line}", "not UTF-8; expected a TOML file"),)) from None


def store_path(written: str, environ: Mapping[str, str]) -> Path:
    """Return where the store is; a relative path starts at the state directory."""
    return state_directory(environ) / _expanded(written, environ)


def state_directory(environ: Mapping[str, str]) -> Path:
    """Return $STATE_DIRECTORY, else $XDG_STATE_HOME/statusbridge; neither need exist."""
    return (
        _first_of_list(environ, "STATE_DIRECTORY")
        or _xdg(environ, "XDG_STATE_HOME", ".local/state") / "statusbridge"
    )


def socket_path(written: str, store: Path, environ: Mapping[str, str]) -> Path:
    """Return where commands reach the daemon; a relative path is beside *store* at last."""
    base = _first_of_list(environ, "RUNTIME_DIRECTORY") or store.parent
    return base / _expanded(written, environ)


def sockets_path(written: str | None, environ: Mapping[str, str]) -> Path | None:
    """Return the folder of the sockets that lead outside; None: there is none."""
    return None if written is None else _expanded(written, environ).absolute()


def secret_path(written: str, config: Path, environ: Mapping[str, str]) -> Path:
    """Return the file of a secret; a relative path starts where the configuration *config* is."""
    return config.absolute().parent / _expanded(written, environ)


def _expanded(written: str, environ: Mapping[str, str]) -> Path:
    """*written* with a leading "~/" taken as the home directory."""
    return _home(environ) / written[2:] if written.startswith("~/") else Path(written)


def _home(environ: Mapping[str, str]) -> Path:
    return _nonempty(environ, "HOME") or Path("/")


def _xdg(environ: Mapping[str, str], variable: str, default: str) -> Path:
    """An XDG base directory: a relative one counts as unset.

    https://specifications.freedesktop.org/basedir-spec/latest/
    """
    named = _nonempty(environ, variable)
    return named if named is not None and named.is_absolute() else _home(environ) / default


def _first_of_list(environ: Mapping[str, str], variable: str) -> Path | None:
    """The first directory of a variable of systemd.exec(5), which joins several with colons."""
    first = environ.get(variable, "").partition(":")[0]
    return Path(first) if first else None


def _nonempty(environ: Mapping[str, str], variable: str) -> Path | None:
    value = environ.get(variable)
    return Path(value) if value else None
