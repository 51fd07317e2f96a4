"""The documentation against the program: what can be checked of it is checked here."""

from __future__ import annotations

import ast
import importlib.util
import json
import re
import shutil
import subprocess
import tomllib
from datetime import datetime
from pathlib import Path
from types import ModuleType

import pytest

from pages import (
    PAGES,
    ROOT,
    anchors,
    blocks,
    column,
    commands_of,
    completed,
    findings_with,
    log_events,
    own_arguments,
    rows,
    text_of,
)
from statusbridge.adapters.receivers import text_body
from statusbridge.bootstrap import Parts
from statusbridge.bridge import cycle
from statusbridge.bridge.cycle import CycleReport
from statusbridge.cli import COMMANDS, main
from statusbridge.config.judgement import judge
from statusbridge.config.lint_names import Lint
from statusbridge.config.load import load
from statusbridge.config.schema import schema
from statusbridge.core.detectors import NEXT_PHASE, Signal
from statusbridge.core.hearing import Entry
from statusbridge.core.model import Phase
from statusbridge.core.notice_texts import WORDS, worded
from statusbridge.core.notices import Blindness, Event, Notice
from statusbridge.core.operations import HeldReason, Reason
from statusbridge.core.wording import VARIABLES
from statusbridge.daemon import Daemon
from statusbridge.server.metrics import exposition
from world import World

EXAMPLE = ROOT / "config.example.toml"
README, ARCHITECTURE = ROOT / "README.md", ROOT / "docs" / "architecture.md"
CHECK = ROOT / "docs" / "check.md"
OPERATIONS, RULES = ROOT / "docs" / "operations.md", ROOT / "docs" / "rules.md"

names = [str(page.relative_to(ROOT)) for page in PAGES]


def generator(name: str = "generate") -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, ROOT / "docs" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


# What is made from the program


def test_generated_parts_are_what_the_program_says() -> None:
    made = generator()

    for page in made.PAGES:
        assert made.generated(text_of(page)) == text_of(page), page.name
    assert made.schema_text() == text_of(ROOT / "config.schema.json")


def test_the_manual_page_is_what_help_says_and_can_be_set() -> None:
    page = generator("manpage")

    assert text_of(page.MAN_PAGE) == page.manual_page()
    if shutil.which("groff") is not None:
        ended = subprocess.run(
            ["groff", "-ww", "-man", "-Tascii", page.MAN_PAGE], capture_output=True, check=True
        )
        assert ended.stderr == b""


def test_every_key_of_the_schema_is_in_the_reference() -> None:
    whole = schema()
    wanted = {key for table in (whole, *whole["$defs"].values()) for key in table["properties"]}

    shown = set(re.findall(r"^\| `(\w+)` \|", generator().keys(), re.MULTILINE))

    assert wanted - shown == set()


def test_every_cell_of_the_detectors_table_is_in_the_reference() -> None:
    shown = {
        (Phase(cells[0]), signal): Phase(then)
        for cells in rows(RULES, "phase | worse | reached | quiet | met | none")
        for signal, then in zip(Signal, cells[1:], strict=True)
    }

    assert shown == NEXT_PHASE
    assert column(RULES, "signal") == list(Signal)
    assert column(RULES, "phase | means") == list(Phase)


def test_bounds_of_durations_are_those_of_the_program() -> None:
    shorter = {"0s": (), "1s": ("0s",)}
    for key, least, most in rows(RULES, "duration | least"):
        assert findings_with(key, least) == findings_with(key, most) == []
        for beyond in (*shorter[least], f"{most}1s"):
            (found,) = findings_with(key, beyond)
            assert f'expected from "{least}" to "{most}"' in found


# Lists that stand in two places


def test_the_readme_lists_the_steps_of_the_cycle_in_its_words() -> None:
    assert cycle.__doc__ is not None
    steps = re.findall(r"^(\d)\. (\w+) +(.*)$", cycle.__doc__, re.MULTILINE)

    listed = re.findall(r"^(\d)\. \*\*(\w+)\*\*: (.*)$", text_of(README), re.MULTILINE)

    assert len(steps) == 6
    assert listed == steps


def test_the_readme_has_the_two_commands_and_checks_run_the_second() -> None:
    demo = "python3 -m venv .venv && .venv/bin/pip install . && .venv/bin/statusbridge demo"
    tests = "python3 -m venv .venv && .venv/bin/pip install '.[test]' && .venv/bin/pytest"

    commands = [line for _, line in commands_of(README)]

    assert commands[:2] == [demo, tests]
    assert tests in text_of(ROOT / ".ci" / "run")
    assert tests in text_of(ROOT / "CONTRIBUTING.md")


def test_every_reason_is_explained() -> None:
    assert sorted(column(OPERATIONS, "reason | means | do")) == sorted(HeldReason)
    assert column(OPERATIONS, "posted because") == list(Reason)


def test_every_notice_is_explained_with_the_command_that_it_names() -> None:
    told = rows(OPERATIONS, "`event` | told when | until | next command")

    assert [cells[0] for cells in told] == [event for event in Event if event is not Event.TEST]
    for event, _, _, command in told:
        words = WORDS[Event(event)].command.format(name="KEY", resume="resume KEY")
        assert words == f"statusbridge {command}"


def test_the_shown_notice_is_one_that_a_webhook_gets() -> None:
    (shown,) = blocks(OPERATIONS, "json")
    since = int(datetime.fromisoformat("2026-03-29T03:12:05Z").timestamp())
    blind = Notice("blind-account-prod", Event.BLIND, Blindness.REFUSED, subject="account prod")

    body = text_body(worded(Entry(blind, since)), "https://wiki.example.com/statusbridge")

    assert json.loads(shown) == json.loads(body)


def test_every_warning_of_check_is_explained() -> None:
    assert column(CHECK, "warning") == list(Lint)


def test_every_public_variable_is_explained() -> None:
    assert column(RULES, "variable") == list(VARIABLES)


def test_every_metric_is_explained_with_its_type() -> None:
    world = World()
    config = load(EXAMPLE, {"HOME": "/home/ada"})
    daemon = Daemon(config, Parts(world.bridge, world.store, ()), reload=unchanged)

    exposed = exposition(daemon).decode()

    types = dict(re.findall(r"^# TYPE (\S+) (\w+)$", exposed, re.MULTILINE))
    assert {name: kind for name, kind, _ in rows(OPERATIONS, "metric | type")} == types


async def unchanged(daemon: Daemon) -> None:
    """A reload that finds nothing new."""


def test_every_log_event_is_explained_with_its_level() -> None:
    sources = (ROOT / "src").rglob("*.py")
    logged = {event for path in sources for event in log_events(ast.parse(text_of(path)))}

    listed = [(cells[0], cells[1]) for cells in rows(OPERATIONS, "event | level")]

    assert sorted(listed) == sorted(logged)


def test_every_command_is_in_the_table_of_commands() -> None:
    head = "command | asks the daemon | needs the secrets | writes"

    cells = column(OPERATIONS, head)

    listed = {name for cell in cells for name in re.findall(r"(?:^|, `)([a-z]+)", cell)}
    assert listed == set(COMMANDS)


def test_every_key_of_the_line_of_a_cycle_is_explained() -> None:
    listed = re.findall(r"\w+", " ".join(column(OPERATIONS, "key | counts")))

    assert listed == ["seconds", *CycleReport().facts()]


def test_every_level_of_the_log_is_explained() -> None:
    used = {level for _, level, *_ in rows(OPERATIONS, "event | level")}

    assert used <= set(column(OPERATIONS, "level | means"))


def test_every_exit_code_of_the_unit_is_explained() -> None:
    unit = text_of(ROOT / "deploy" / "systemd" / "statusbridge.service")
    found = re.search(r"^RestartPreventExitStatus=(.*)$", unit, re.MULTILINE)

    assert found is not None
    assert set(found[1].split()) <= set(column(OPERATIONS, "code"))


def test_every_import_contract_is_named() -> None:
    contracts = tomllib.loads(text_of(ROOT / "pyproject.toml"))["tool"]["importlinter"]["contracts"]
    architecture = text_of(ARCHITECTURE)

    assert [c["name"] for c in contracts if c["name"] not in architecture] == []


def test_every_room_of_the_program_is_in_the_architecture() -> None:
    package = ROOT / "src" / "statusbridge"
    rooms = {f"{path.name}/" for path in package.iterdir() if (path / "__init__.py").exists()}
    rooms |= {path.name for path in package.glob("*.py") if not path.name.startswith("__")}

    assert rooms == set(column(ARCHITECTURE, "room"))


@pytest.mark.parametrize(
    ("room", "head"), [("core", "module | says"), ("bridge", "module | is for")]
)
def test_every_module_of_what_decides_is_in_the_architecture(room: str, head: str) -> None:
    modules = (ROOT / "src" / "statusbridge" / room).glob("*.py")
    told = {module for cells in rows(ARCHITECTURE, head) for module in re.findall(r"\w+", cells[0])}

    assert {path.stem for path in modules} - {"__init__"} == told


# What is quoted


@pytest.mark.parametrize("page", PAGES, ids=names)
def test_every_named_test_exists(page: Path) -> None:
    for path, test in re.findall(r"`(tests/[\w/]+\.py)::(test_\w+)`", text_of(page)):
        assert f"def {test}(" in text_of(ROOT / path), f"{path} has no {test}"


@pytest.mark.parametrize("page", PAGES, ids=names)
def test_every_relative_link_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", text_of(page)):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        there = (page.parent / path).resolve() if path else page
        assert there.exists(), f"{target} is not there"
        assert not anchor or anchor in anchors(there), f"{target} names no heading"


@pytest.mark.parametrize("page", [EXAMPLE, *PAGES], ids=["config.example.toml", *names])
def test_every_named_command_exists(page: Path) -> None:
    named = re.findall(r"`statusbridge ([a-z]+)", text_of(page))

    assert [name for name in named if name not in COMMANDS] == []


@pytest.mark.parametrize("page", PAGES, ids=names)
def test_every_toml_block_is_a_valid_part_of_a_configuration(page: Path) -> None:
    for block in configurations(page):
        _, found = judge(completed(tomllib.loads(block)))

        assert found == (), block


def configurations(page: Path) -> list[str]:
    return [block for block in blocks(page, "toml") if "test" not in tomllib.loads(block)]


def test_the_first_rule_test_of_its_reference_passes_and_the_second_fails_as_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    page = ROOT / "docs" / "rule-tests.md"
    shown = [block for block in blocks(page, "toml") if block not in configurations(page)]
    (tmp_path / "config.example.toml").write_text(text_of(EXAMPLE))
    (tmp_path / "first.test.toml").write_text(shown[0])
    (tmp_path / "sms.test.toml").write_text(shown[1])
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")

    codes = [main(["test", f"{name}.test.toml"]) for name in ("first", "sms")]

    out = capsys.readouterr().out
    failing = out[out.index("sms.test.toml") :]
    assert codes == [0, 1]
    assert f"$ statusbridge test sms.test.toml\n{failing}" in blocks(page, "console")


def test_the_tests_of_the_example_are_told_of_as_they_are(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    line = "statusbridge --config config.example.toml test"

    assert main(line.split()[1:]) == 0

    shown = blocks(ROOT / "docs" / "rule-tests.md", "console")
    assert f"$ {line}\n{capsys.readouterr().out}" in shown


@pytest.mark.parametrize("page", PAGES, ids=names)
def test_every_shown_call_of_the_program_is_one_it_takes(
    page: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for _, line in commands_of(page):
        for arguments in own_arguments(line):
            command = next(word for word in arguments if word in COMMANDS)
            with pytest.raises(SystemExit):
                main([command, "--help"])
            known = set(re.findall(r"--[\w-]+", capsys.readouterr().out))
            given = {word for word in arguments if word.startswith("--")}
            assert given <= known, line


@pytest.mark.parametrize("page", PAGES, ids=names)
def test_every_shown_look_up_of_a_code_prints_what_is_shown(
    page: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path))
    for block, line in commands_of(page):
        for arguments in own_arguments(line):
            if arguments[:1] == ["codes"]:
                assert main(arguments) == 0
                assert f"$ {line}\n{capsys.readouterr().out}" == block


def test_the_example_names_the_schema_that_stands_beside_it() -> None:
    first = text_of(EXAMPLE).splitlines()[0]

    assert first == "#:schema ./config.schema.json"
    assert json.loads(text_of(ROOT / "config.schema.json")) == schema()
