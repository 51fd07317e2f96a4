"""The way in: find the file, read it, lay the environment over it, judge all, resolve all."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path

from statusbridge.config import files, overrides
from statusbridge.config.errors import ConfigError, Problem
from statusbridge.config.judgement import judge
from statusbridge.config.places import Places
from statusbridge.config.resolve import Origin, resolve
from statusbridge.config.toml_lines import key_lines
from statusbridge.config.values import Config

# tomllib of Python 3.11 says the place only at the end of its message.
_TOML_ERROR = re.compile(r"(?P<what>.*) \(at (?:line (?P<line>\d+), column (?P<column>\d+)|.*)\)")
_TABLE_AGAIN = re.compile(
    r"Cannot (?:declare|mutate immutable namespace) (?P<name>\(.*\))(?: twice)?"
)
_HEADER = re.compile(r"\s*(?P<brackets>\[{1,2})(?P<name>[\w.-]+)\]")


def load(path: Path | None, environ: Mapping[str, str]) -> Config:
    """Return the checked configuration of *path*, or of the first file in the usual places.

    Reads no secret: `values.missing_secrets` says which can't be read. Raises ConfigError with all
    that is wrong: the file's problems by line, then those of the environment.
    """
    config, places = _read(path, environ)
    _fits_a_socket(config, places)
    return config


def load_to_rehearse(path: Path | None, environ: Mapping[str, str]) -> Config:
    """Return what `load` does, where no daemon is to run or to be asked: any place will do."""
    config, _ = _read(path, environ)
    return config


def load_text(text: str, file: Path, environ: Mapping[str, str]) -> Config:
    """Return what `load_to_rehearse` does of a *file* that says *text*, whether it is there or not.

    Raises ConfigError.
    """
    config, _ = _judged(text, file, environ)
    return config


def _read(path: Path | None, environ: Mapping[str, str]) -> tuple[Config, Places]:
    file = files.find(path, environ)
    return _judged(files.read(file), file, environ)


def _judged(text: str, file: Path, environ: Mapping[str, str]) -> tuple[Config, Places]:
    environment = overrides.read(environ, parsed(file, text))
    places = Places(str(file), key_lines(text), environment.variables)
    settings, found = judge(environment.values)
    problems = places.problems(found) + environment.problems
    if settings is None or problems:
        raise ConfigError(problems)
    return resolve(settings, Origin(file, places, environ)), places


def parsed(file: Path, text: str) -> dict[str, object]:
    """Return the table that *text* of *file* writes. Raises ConfigError: it is no TOML."""
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise ConfigError((Problem(str(file), "nested too deeply; expected plain TOML"),)) from None
    except ValueError as error:
        raise ConfigError((_not_toml(file, text, str(error)),)) from None


def _not_toml(file: Path, text: str, message: str) -> Problem:
    found = _TOML_ERROR.fullmatch(message)
    if found is None:
        # The one error of tomllib's that is not its own: int() reads at most 4,300 digits.
        return Problem(str(file), "not TOML: a number has too many digits")
    line, column = found["line"], found["column"]
    place = f"{file}:{line}:{column}" if line else f"{file}: at its end"
    at = text.splitlines()[int(line) - 1] if line else ""
    what = _bracket_missing(at, text) or _plainly(found["what"])
    return Problem(place, f"not TOML: {what}")


def _bracket_missing(line: str, text: str) -> str:
    """Return what is wrong where *line* begins a table of a list that *text* has once as a table,
    or the other way round; "" where it does not.
    """
    header = _HEADER.match(line)
    if header is None:
        return ""
    name, is_listed = header["name"], header["brackets"] == "[["
    others = [found for found in map(_HEADER.match, text.splitlines()) if found]
    if len({found["brackets"] for found in others if found["name"] == name}) < 2:
        return ""
    where = f"[{name}] further up" if is_listed else "this"
    return f"[[{name}]] is a list of tables; write {where} in two brackets too"


def _plainly(what: str) -> str:
    """Return tomllib's *what* in words that don't show how it reads: the usual slip is a table
    that is added at the end and stands further up already.
    """
    if what == "Cannot overwrite a value":
        return "this stands further up already; write it once"
    if table := _TABLE_AGAIN.fullmatch(what):
        name = ".".join(re.findall(r"'([^']*)'", table["name"]))
        return f"[{name}] stands further up already; put its keys there"
    return f"{what[:1].lower()}{what[1:]}"


def _fits_a_socket(config: Config, places: Places) -> None:
    length = len(str(config.socket_path).encode())
    if length > files.SOCKET_PATH_LIMIT:
        what = (
            f"{length} bytes as {config.socket_path}; expected a path of at most "
            f"{files.SOCKET_PATH_LIMIT}, as Unix sockets have"
        )
        raise ConfigError((Problem(places.where(("server", "socket")), what),))
