"""Files of rule tests, read as strictly as the configuration: every problem with line and fix."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeAlias

from pydantic import ValidationError

from statusbridge.config import files
from statusbridge.config.durations import parse
from statusbridge.config.errors import ConfigError, did_you_mean, one_of
from statusbridge.config.load import load_to_rehearse, parsed
from statusbridge.config.places import Places
from statusbridge.config.toml_lines import Loc, key_lines
from statusbridge.config.validation import Finding, findings, unknown
from statusbridge.config.values import Config
from statusbridge.core.model import Instant, Seconds, Stage
from statusbridge.rehearse.act_tables import ACT_TABLES, ActTable
from statusbridge.rehearse.order_tables import ORDER_TABLES
from statusbridge.rehearse.references import findings_between
from statusbridge.rehearse.tables import (
    AlertTable,
    ExpectTable,
    FileTable,
    PollErrorTable,
    RuleTestTable,
)

Entry: TypeAlias = AlertTable | PollErrorTable | ActTable
_ACTS: Mapping[str, type[ActTable]] = {**ACT_TABLES, **ORDER_TABLES}


@dataclass(frozen=True, slots=True)
class Expectation:
    """What is to be true at *at*, seconds after the start. *where*: "file:line"."""

    at: Seconds
    where: str
    table: ExpectTable
    page: str
    """The page that is meant: of the incident, or the first."""


@dataclass(frozen=True, slots=True)
class RuleTest:
    """One rule test, checked against its configuration, whose rules have the test's stage."""

    name: str
    where: str
    config: Config
    start: Instant
    components: tuple[str, ...]
    feed: tuple[tuple[str, Entry], ...]
    """What happens, each with its "file:line", in the file's order."""
    expectations: tuple[Expectation, ...]
    """By time, then in the file's order."""

    @property
    def end(self) -> Seconds:
        return self.expectations[-1].at


def read(path: Path, config: Path | None, environ: Mapping[str, str]) -> tuple[RuleTest, ...]:
    """Return the rule tests of *path*, in order. Raises ConfigError with all that is wrong.

    *config* is for tests that name none; None: the file that the tests' own is named after
    (x.toml of x.test.toml), else the first in the usual places.
    """
    text = files.read(path)
    table = parsed(path, text)
    places = Places(str(path), key_lines(text), {})
    feeds, found = _feeds(table)
    try:
        file = FileTable.model_validate(table)
    except ValidationError as error:
        raise ConfigError(places.problems((*findings(error, FileTable, table), *found))) from None
    if found:
        raise ConfigError(places.problems(found))
    configs: dict[Path | None, Config] = {}
    tests = []
    absent = [
        (("test", number, "config"), "there is no such file beside the tests")
        for number, written in enumerate(file.test)
        if written.config is not None and not (path.parent / written.config).exists()
    ]
    if absent:
        raise ConfigError(places.problems(absent))
    for number, written in enumerate(file.test):
        chosen = _config_of(path, written, config)
        if chosen not in configs:
            configs[chosen] = load_to_rehearse(chosen, environ)
        test = _RawTest(number, written, feeds[number], _staged(configs[chosen], written.stage))
        found += findings_between(test.config, written, test.feed, ("test", number))
        tests.append(test)
    if found:
        raise ConfigError(places.problems(found))
    return tuple(_test(path, places, test) for test in tests)


@dataclass(frozen=True, slots=True)
class _RawTest:
    number: int
    table: RuleTestTable
    feed: tuple[Entry, ...]
    config: Config


def _config_of(path: Path, test: RuleTestTable, given: Path | None) -> Path | None:
    if test.config is not None:
        return path.parent / test.config
    namesake = path.with_name(path.name.removesuffix(".test.toml") + ".toml")
    return given or (namesake if namesake != path and namesake.is_file() else None)


def _staged(config: Config, word: str | None) -> Config:
    """Return *config* with the stage of its rules as *word* says: what a test would see of them."""
    if word == "configured":
        return config
    tried = {stage: stage for stage in Stage} | {Stage.SHADOW: Stage.AUTO}
    rules = (replace(r, stage=Stage(word) if word else tried[r.stage]) for r in config.rules)
    return replace(config, rules=tuple(rules))


def _feeds(table: Mapping[str, object]) -> tuple[list[tuple[Entry, ...]], list[Finding]]:
    """Return every test's feed, and what is wrong in any, whatever else is wrong in the file."""
    tests = table.get("test")
    feeds, found = [], []
    for number, test in enumerate(tests if isinstance(tests, list) else ()):
        entries = test.get("feed") if isinstance(test, dict) else None
        feed: list[Entry] = []
        for place, entry in enumerate(entries if isinstance(entries, list) else ()):
            if isinstance(entry, dict):
                value, wrong = _entry(entry)
                feed += [] if value is None else [value]
                found += [(("test", number, "feed", place, *path), what) for path, what in wrong]
        feeds.append(tuple(feed))
    return feeds, found


def _entry(written: Mapping[str, object]) -> tuple[Entry | None, tuple[Finding, ...]]:
    kind = _kind_of(written)
    if isinstance(kind, tuple):
        return None, (kind,)
    try:
        return kind.model_validate(written), ()
    except ValidationError as error:
        return None, findings(error, kind, written)


def _kind_of(written: Mapping[str, object]) -> type[Entry] | Finding:
    """Return the table that *written* should be, or why it can be none."""
    if "act" in written:
        word = str(written["act"])
        return _ACTS.get(word) or (
            ("act",),
            one_of(_ACTS) + did_you_mean(word, _ACTS),
        )
    if "poll_error" in written:
        return PollErrorTable
    for key in written:
        if key not in AlertTable.model_fields and did_you_mean(key, ("act", "poll_error")):
            return (key,), unknown("key", key, ("act", "poll_error"))
    return AlertTable


def _test(path: Path, places: Places, raw: _RawTest) -> RuleTest:
    at: Loc = ("test", raw.number)
    pages = {rule.incident: rule.page for rule in raw.config.rules}
    first = raw.config.incidentio.pages[0].name
    expectations = [
        Expectation(
            parse(one.at),
            _line(path, places, (*at, "expect", place)),
            one,
            one.page or pages.get(one.incident or "", first),
        )
        for place, one in enumerate(raw.table.expect)
    ]
    return RuleTest(
        " ".join(raw.table.name.split()),
        _line(path, places, at),
        raw.config,
        int(raw.table.start.timestamp()),
        raw.table.components,
        tuple(
            (_line(path, places, (*at, "feed", place)), entry)
            for place, entry in enumerate(raw.feed)
        ),
        tuple(sorted(expectations, key=lambda one: one.at)),
    )


def _line(path: Path, places: Places, at: Loc) -> str:
    return f"{path}:{places.lines[at]}"
