from __future__ import annotations

import io
import json
import logging
import re
from collections.abc import Iterator

import pytest
import structlog

from statusbridge import logs

SECRET = "tok-abcdef123456"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    """Leave logging as it was found: it belongs to the whole process."""
    root, apscheduler = logging.getLogger(), logging.getLogger("apscheduler")
    kept = root.handlers, root.level, apscheduler.level
    config = structlog.get_config()
    yield
    root.handlers, root.level, apscheduler.level = kept
    structlog.configure(**config)


def written(level: str = "info", form: str = "json", secrets: tuple[str, ...] = ()) -> io.StringIO:
    out = io.StringIO()
    logs.configure(level, form, secrets, out)
    return out


def lines(out: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in out.getvalue().splitlines()]


def test_an_event_is_one_json_line_with_its_keys_level_and_time() -> None:
    out = written()

    structlog.get_logger().info("incident.opened", incident="sms", rules=["a"], posts=1)

    (line,) = lines(out)
    assert line.pop("timestamp")
    assert line == {
        "event": "incident.opened", "level": "info", "incident": "sms", "rules": ["a"], "posts": 1,
    }  # fmt: skip


def test_auto_means_text_on_a_terminal_and_json_elsewhere() -> None:
    terminal = Terminal()
    logs.configure("info", "auto", (), terminal)
    structlog.get_logger().info("incident.opened", incident="sms")
    elsewhere = written(form="auto")
    structlog.get_logger().info("incident.opened")

    assert "incident.opened" in terminal.getvalue()
    assert "\x1b[" in terminal.getvalue()
    assert lines(elsewhere)[0]["event"] == "incident.opened"


def test_text_asked_for_is_text_without_colour_where_no_terminal_is() -> None:
    out = written(form="console")

    structlog.get_logger().warning("source.unavailable", why="HTTP 503")

    assert "source.unavailable" in out.getvalue()
    assert "\x1b[" not in out.getvalue()


@pytest.mark.parametrize(
    ("level", "shown"), [("debug", 4), ("info", 3), ("warning", 2), ("error", 1)]
)
def test_what_is_below_the_level_is_left_out(level: str, shown: int) -> None:
    out = written(level)
    log = structlog.get_logger()

    for name in ("debug", "info", "warning", "error"):
        getattr(log, name)("a.b")

    assert len(lines(out)) == shown


@pytest.mark.parametrize("form", ["json", "console"])
def test_a_secret_is_cut_out_wherever_it_stands(form: str) -> None:
    out = written(form=form, secrets=(SECRET, ""))

    structlog.get_logger().error(
        f"failed with {SECRET}",
        why=f"Basic {SECRET}!",
        nested={"a": [f"x{SECRET}", 1, (SECRET,)], "b": {SECRET}},
        count=3,
    )

    assert SECRET not in out.getvalue()
    assert re.search(r"failed with (…|\\u2026)", out.getvalue())


@pytest.mark.parametrize(
    "key", ["auth_token", "API_KEY", "client_secret", "password", "authorization"]
)
def test_what_is_named_like_a_secret_is_never_written(key: str) -> None:
    out = written()

    structlog.get_logger().info("a.b", **{key: "anything"})

    assert lines(out)[0][key] == "…"


@pytest.mark.parametrize("form", ["json", "console"])
def test_a_traceback_holds_no_value_of_a_variable_and_no_secret(form: str) -> None:
    out = written(form=form, secrets=(SECRET,))

    def fail() -> None:
        inside = "-".join(("value", "of", "a", "variable"))
        raise ValueError(f"bad token {SECRET} of {len(inside)}")

    try:
        fail()
    except ValueError:
        structlog.get_logger().exception("cycle.failed")

    assert "ValueError" in out.getvalue()
    assert SECRET not in out.getvalue()
    assert "value-of-" + "a-variable" not in out.getvalue()


def test_what_libraries_log_has_the_same_form_and_only_what_went_wrong() -> None:
    out = written(secrets=(SECRET,))

    logging.getLogger("httpx").info("GET https://example.com/?token=%s", SECRET)
    logging.getLogger("httpx").warning("odd answer with %s", SECRET)
    logging.getLogger("apscheduler").warning("run was missed")

    (line,) = lines(out)
    assert (line["level"], line["event"]) == ("warning", "odd answer with …")


def test_logs_go_to_stderr_by_default(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("info", "json")

    structlog.get_logger().info("a.b")

    captured = capsys.readouterr()
    assert captured.out == ""
    assert json.loads(captured.err)["event"] == "a.b"
