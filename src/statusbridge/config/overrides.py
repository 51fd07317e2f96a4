"""The environment over the file: STATUSBRIDGE_TWILIO__POLL_INTERVAL=10s and the like."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pydantic_settings import EnvSettingsSource, SettingsError

from statusbridge.config.errors import Problem, did_you_mean
from statusbridge.config.fields import SECRET_FORMS, Spoken
from statusbridge.config.files import CONFIG_VARIABLE
from statusbridge.config.settings import ENV_DELIMITER, ENV_PREFIX, Settings
from statusbridge.config.toml_lines import Loc

# What Kubernetes puts into every container beside a Service called statusbridge:
# https://kubernetes.io/docs/concepts/services-networking/service/#environment-variables
_SERVICE_LINK = re.compile(
    r"(?:[A-Z0-9]+_)*?(?:SERVICE_(?:HOST|PORT(?:_[A-Z0-9_]+)?)"
    r"|PORT(?:_[0-9]+_(?:TCP|UDP|SCTP)(?:_(?:PROTO|PORT|ADDR))?)?)"
)


# Those of which an element must be there to be changed; others may be given as a whole.
_LISTS: tuple[Loc, ...] = (("rules",), ("twilio", "accounts"))


@dataclass(frozen=True, slots=True)
class Overrides:
    """The file with the environment over it, and what is wrong with the latter."""

    values: Mapping[str, object]
    variables: Mapping[Loc, str]
    """The path that each variable has set, all parts as text, and its name."""
    problems: tuple[Problem, ...]


def read(environ: Mapping[str, str], written: Mapping[str, object]) -> Overrides:
    """Return *written* with every STATUSBRIDGE_* variable of *environ* laid over it.

    A variable that sets nothing is a problem, but for those that *written* reads a secret from.
    """
    merged = dict(written)
    variables: dict[Loc, str] = {}
    problems: list[Problem] = []
    for name in sorted(_ours(environ, written)):
        path = _path(name)
        try:
            values = _values(name, environ[name])
        except (SettingsError, RecursionError):
            problems.append(Problem(name, _not_json(name, path)))
            continue
        if not values:
            problems.append(Problem(name, _unknown(name)))
            continue
        if absent := _absent(merged, path):
            problems.append(Problem(name, absent))
            continue
        variables[path] = name
        merged = _merged(merged, values)
    return Overrides(merged, variables, tuple(problems))


def _ours(environ: Mapping[str, str], written: Mapping[str, object]) -> Iterator[str]:
    secrets = {*_secret_variables(written), *_secret_overrides(environ)}
    for name in environ:
        rest = name.removeprefix(ENV_PREFIX)
        is_foreign = name in secrets or _SERVICE_LINK.fullmatch(rest)
        if name not in {rest, CONFIG_VARIABLE} and not is_foreign:
            yield name


def _secret_variables(written: object) -> Iterator[str]:
    """The names in every `{ env = "NAME" }` of *written*."""
    match written:
        case {"env": str(name)}:
            yield name
        case dict():
            for part in written.values():
                yield from _secret_variables(part)
        case list():
            for part in written:
                yield from _secret_variables(part)


def _secret_overrides(environ: Mapping[str, str]) -> Iterator[str]:
    """The names that an override such as STATUSBRIDGE_INCIDENTIO__API_KEY__ENV reads from."""
    for name, value in environ.items():
        if name.startswith(ENV_PREFIX) and name.endswith(f"{ENV_DELIMITER}ENV"):
            yield value


def _values(name: str, text: str) -> dict[str, object]:
    source = EnvSettingsSource(Settings)
    source.env_vars = {name.lower(): Spoken(text)}
    return source()


def _path(name: str) -> Loc:
    return tuple(name.removeprefix(ENV_PREFIX).lower().split(ENV_DELIMITER))


def _not_json(name: str, path: Loc) -> str:
    if path == ("incidentio", "api_key"):
        return f"a secret is never an override; expected {SECRET_FORMS}, or INCIDENT_API_KEY itself"
    return (
        "sets a whole table or list; expected JSON, "
        f"or a variable for each key of it ({name}{ENV_DELIMITER}…)"
    )


def _unknown(name: str) -> str:
    table = name.removeprefix(ENV_PREFIX).partition(ENV_DELIMITER)[0].lower()
    hint = did_you_mean(table, Settings.model_fields)
    return (
        "names no key of the configuration; expected for example "
        f"{ENV_PREFIX}TWILIO{ENV_DELIMITER}POLL_INTERVAL{hint}"
    )


def _absent(written: Mapping[str, object], path: Loc) -> str | None:
    """What is wrong with a *path* into an element that a list of *written* has not."""
    for place in _LISTS:
        number = str(path[len(place)]) if len(path) > len(place) else ""
        if path[: len(place)] != place or not number.isdecimal():
            continue
        found: object = written
        for part in place:
            found = found.get(part) if isinstance(found, dict) else None
        count = len(found) if isinstance(found, list) else 0
        if int(number) >= count:
            name = ".".join(map(str, place))
            return f"there is no {name}[{number}]; the file has {count}, counted from 0"
    return None


def _merged(below: Mapping[str, object], above: Mapping[str, object]) -> dict[str, object]:
    return {**below, **{key: _laid_over(below.get(key), value) for key, value in above.items()}}


def _laid_over(below: object, above: object) -> object:
    """*above* over *below*: tables key by key, lists by numbers as keys, the rest replaced."""
    match below, above:
        case dict(), dict():
            return _merged(below, above)
        case list(), dict() if all(k.isdecimal() and int(k) < len(below) for k in above):
            changed = {int(key): value for key, value in above.items()}
            return [
                _laid_over(value, changed[i]) if i in changed else value
                for i, value in enumerate(below)
            ]
    return above
