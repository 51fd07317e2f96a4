"""Whatever a file that people write holds: loaded, or refused in sentences with a place."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given
from hypothesis import strategies as st

from statusbridge import logs
from statusbridge.adapters.http import Wire
from statusbridge.bootstrap import policy, source_settings
from statusbridge.config.errors import ConfigError
from statusbridge.config.load import load
from statusbridge.core.rules import probes
from statusbridge.rehearse.playing import play
from statusbridge.rehearse.reading import read as rule_tests
from statusbridge.simulators.notation import NotationError
from statusbridge.simulators.scenario import Scenario, packaged, parse

ROOT = Path(__file__).parents[2]
SECRET = "hunter2"
SECRETS = """
[[twilio.accounts]]
name = "prod"
account_sid = "AC00000000000000000000000000000000"
auth_token = { env = "TWILIO_AUTH_TOKEN" }
[[twilio.accounts]]
name = "eu"
account_sid = "AC11111111111111111111111111111111"
api_key_sid = "SK00000000000000000000000000000000"
api_key_secret = { file = "secret" }
[incidentio]
api_key = { credential = "key" }
pages = { public = "01PAGE", other = "02PAGE" }
[operator]
webhook_url = { env = "HOOK" }
"""
EXAMPLE = (ROOT / "config.example.toml").read_text() + "\n"
BASES = [EXAMPLE.splitlines(), SECRETS.splitlines()]
SECRET_KEY = re.compile(r"\s*(auth_token|api_key_secret|api_key|webhook_url|heartbeat_url)\s*=")

SCALAR = st.one_of(
    st.integers().map(str),
    st.sampled_from(
        [
            *("true", "nan", "-inf", "1e999", "07:32:00", "1979-05-27", "1979-05-27T07:32:00Z"),
            *('""', '"x"', '"30s"', '"@list"', '"30008-1"', "9" * 5_000, '"\\u0000"', "'''\n'''"),
            *('"https://xn--"', '"public"', '"auto"', '"{{ status|upper }}"', '"{{"', '"../x"'),
        ]
    ),
    st.text(st.characters(codec="utf-8", exclude_characters="'\n\r"), max_size=9).map(
        "'{}'".format
    ),
)
VALUE = st.recursive(
    SCALAR,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda parts: f"[{', '.join(parts)}]"),
        st.dictionaries(st.sampled_from(["env", "count", "a", "'b c'"]), inner, max_size=2).map(
            lambda table: "{" + ", ".join(f"{k} = {v}" for k, v in table.items()) + "}"
        ),
    ),
    max_leaves=4,
)


def edited(lines: list[str], edits: list[tuple[str, int, int, str]]) -> str:
    """Return the file after *edits*, each an act on a line, with another line and a value."""
    lines = list(lines)
    for act, place, other, value in edits:
        at, from_ = place % len(lines), other % len(lines)
        key = lines[at].partition("=")[0]
        match act:
            case "value" if SECRET_KEY.match(lines[at]):
                lines[at] = f"{key}= '{SECRET}'"
            case "value":
                lines[at] = f"{key}= {value}"
            case "key":
                lines[at] = f"x{lines[at]}"
            case "line":
                lines[at] = value
            case "copy":
                lines.insert(at, lines[from_])
            case "cut":
                lines[at] = lines[at][: other % 40]
    return "\n".join(lines)


EDITS = st.lists(
    st.tuples(
        st.sampled_from(["value", "key", "line", "copy", "cut"]),
        st.integers(0, 500),
        st.integers(0, 500),
        VALUE,
    ),
    min_size=1,
    max_size=4,
)
VARIABLES = st.dictionaries(
    st.sampled_from(
        [
            "STATUSBRIDGE_TWILIO__POLL_INTERVAL",
            "STATUSBRIDGE_TWILIO__ACCOUNTS__0__NAME",
            "STATUSBRIDGE_TWILIO__ACCOUNTS",
            "STATUSBRIDGE_INCIDENTIO__BASE_URL",
            "STATUSBRIDGE_GUARDS__MAX_OPENS_PER_HOUR",
            "STATUSBRIDGE_RULES",
            "STATUSBRIDGE_RULES__0__WINDOW",
            "STATUSBRIDGE_LISTS__X",
            "STATUSBRIDGE_",
            "STATUSBRIDGE___",
            "STATE_DIRECTORY",
            "RUNTIME_DIRECTORY",
        ]
    ),
    st.one_of(
        st.text(st.characters(exclude_characters="\0", codec="utf-8"), max_size=12),
        st.sampled_from(["[]", "{}", "[[", '{"a": 1}', "null", "10s", "9" * 5_000, "[" * 10_000]),
    ),
    max_size=2,
)


@contextmanager
def file_of(content: bytes) -> Iterator[Path]:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "config.toml"
        path.write_bytes(content)
        yield path


def judge(content: bytes, environ: dict[str, str]) -> None:
    """Load a file of *content*. What loads can be built upon; what does not says where and why."""
    environ = {"HOME": "/home/ada", "HOOK": SECRET, "TWILIO_AUTH_TOKEN": SECRET} | environ
    with file_of(content) as path:
        try:
            config = load(path, environ)
        except ConfigError as error:
            assert error.problems
            assert all(problem.where and problem.what for problem in error.problems)
            assert SECRET not in str(error)
            return
    assert SECRET not in repr(config)
    assert policy(config).rules == config.rules
    assert source_settings(config).base_url == config.twilio.base_url
    assert isinstance(probes(config.rules), tuple)
    for url in (config.twilio.base_url, config.incidentio.base_url):
        assert Wire(url, lambda: SECRET).pool_rebuilds == 0


@given(st.binary(max_size=200) | st.text(max_size=100).map(str.encode))
def test_any_bytes_are_a_configuration_or_refused(content: bytes) -> None:
    judge(content, {})


@given(st.sampled_from(BASES), EDITS, VARIABLES)
def test_any_edit_of_a_configuration_is_loaded_or_refused_without_showing_a_secret(
    lines: list[str], edits: list[tuple[str, int, int, str]], environ: dict[str, str]
) -> None:
    judge(edited(lines, edits).encode(), environ)


SCENARIOS = [
    files("statusbridge.simulators").joinpath("scenarios", f"{name}.toml").read_text().splitlines()
    for name in packaged()
]


@given(st.sampled_from(SCENARIOS), EDITS)
def test_any_edit_of_a_scenario_is_loaded_or_refused_with_its_place(
    lines: list[str], edits: list[tuple[str, int, int, str]]
) -> None:
    try:
        assert isinstance(parse(edited(lines, edits), "file.toml"), Scenario)
    except NotationError as error:
        assert str(error).startswith("file.toml: ")


RULE_TESTS = (ROOT / "config.example.test.toml").read_text().splitlines()


@given(EDITS)
def test_any_edit_of_rule_tests_is_played_or_refused_with_its_place(
    edits: list[tuple[str, int, int, str]],
) -> None:
    logs.configure("silent", "json")
    with file_of(EXAMPLE.encode()) as config:
        path = config.with_name("config.test.toml")
        path.write_text(edited(RULE_TESTS, edits), encoding="utf-8")
        try:
            tests = rule_tests(path, None, {"HOME": "/home/ada"})
        except ConfigError as error:
            assert all(str(path) in problem.where and problem.what for problem in error.problems)
            return
        short = [test for test in tests if test.end <= 3600]
        for test in short[:1]:
            assert asyncio.run(play(test)).judged
