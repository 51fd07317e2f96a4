from __future__ import annotations

import asyncio
import logging
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from programs import SOURCES
from statusbridge import journal, logs


@pytest.fixture
def heard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A file in the place of the journal."""
    path = tmp_path / "journal"
    path.touch()
    monkeypatch.setenv("JOURNAL_STREAM", stream_of(path))
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    yield path
    root.handlers, root.level = handlers, level
    structlog.reset_defaults()


def stream_of(path: Path) -> str:
    found = path.stat()
    return f"{found.st_dev}:{found.st_ino}"


def log_everything(path: Path, form: str) -> list[str]:
    with path.open("w") as stream:
        logs.configure("debug", form, stream)
        log = structlog.get_logger()
        for level in ("debug", "info", "warning", "error", "critical", "exception"):
            getattr(log, level)("cycle.failed")
        logging.getLogger("httpx").error("odd answer")
    return path.read_text().splitlines()


def test_each_line_in_the_journal_has_the_priority_of_its_level(heard: Path) -> None:
    expected = ["<7>", "<6>", "<4>", "<3>", "<2>", "<3>", "<3>"]

    assert [line[:3] for line in log_everything(heard, "auto")] == expected
    assert [line[:3] for line in log_everything(heard, "console")] == expected


def test_all_lines_of_a_traceback_have_the_priority_of_its_event(heard: Path) -> None:
    def fail() -> None:
        raise ValueError("two\nlines")

    with heard.open("w") as stream:
        logs.configure("info", "console", stream)
        try:
            fail()
        except ValueError:
            structlog.get_logger().exception("cycle.failed")

    lines = heard.read_text().splitlines()
    assert len(lines) > 4
    assert [line for line in lines if not line.startswith("<3>")] == []


def test_where_stderr_is_not_the_journal_no_line_has_a_priority(heard: Path) -> None:
    elsewhere = heard.with_name("elsewhere")

    lines = log_everything(elsewhere, "auto")

    assert [line[0] for line in lines] == ["{"] * 7


def test_stream_without_a_file_is_not_the_journal(heard: Path) -> None:
    from io import StringIO

    assert not journal.listens_on(StringIO())


async def test_sentence_with_which_a_command_ends_is_an_error_in_the_journal(
    tmp_path: Path,
) -> None:
    path = tmp_path / "journal"
    with path.open("w") as stream:
        environ = {"PYTHONPATH": str(SOURCES), "JOURNAL_STREAM": stream_of(path)}
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "statusbridge", "--config", "none.toml", "run"),
            env=os.environ | environ,
            cwd=tmp_path,
            stderr=stream,
        )
        code = await process.wait()

    assert code == 78
    assert path.read_text().startswith("<3>statusbridge: ")
