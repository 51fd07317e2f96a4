from __future__ import annotations

import contextlib
import io
import json
import logging
import os
import re
from pathlib import Path

import pytest
import structlog

from statusbridge import logs
from statusbridge.secrecy import remember

SECRET = 'tok-"abc\\def/1+2='
remember(SECRET)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def written(level: str = "info", form: str = "json") -> io.StringIO:
    out = io.StringIO()
    logs.configure(level, form, out)
    return out


def lines(out: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in out.getvalue().splitlines()]


def test_a_line_that_can_not_be_written_stops_nobody() -> None:
    with contextlib.closing(Path("/dev/full").open("w")) as full:
        logs.configure("info", "json", full)

        structlog.get_logger().info("incident.opened")

        with pytest.raises(OSError, match="No space left on device"):
            full.flush()
        os.dup2(os.open(os.devnull, os.O_WRONLY), full.fileno())


def test_an_event_is_one_json_line_with_its_keys_level_and_time() -> None:
    out = written()

    structlog.get_logger().info("incident.opened", incident="sms", rules=["a"], posts=1)

    (line,) = lines(out)
    assert line.pop("timestamp")
    assert line == {
        "event": "incident.opened", "level": "info", "incident": "sms", "rules": ["a"], "posts": 1,
    }  # fmt: skip


def test_every_json_line_begins_with_its_time_level_and_event() -> None:
    out = written()

    structlog.get_logger().info("cycle.finished", alerts=1)
    logging.getLogger("httpx").warning("odd answer")

    assert [list(line)[:3] for line in lines(out)] == [["timestamp", "level", "event"]] * 2


def test_auto_means_text_on_a_terminal_and_json_elsewhere() -> None:
    terminal = Terminal()
    logs.configure("info", "auto", terminal)
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
    out = written(form=form)

    structlog.get_logger().error(
        f"failed with {SECRET}",
        why=f"Basic {SECRET}!",
        nested={"a": [f"x{SECRET}", 1, (SECRET,)], "b": {SECRET}, SECRET: 1},
        sent=f"key={SECRET}".encode(),
        error=ValueError(SECRET),
        where=Path(SECRET),
        count=3,
    )

    assert not [part for part in ("abc", "def/1+2", "def/1%2B2") if part in out.getvalue()]
    assert re.search(r"failed with (…|\\u2026)", out.getvalue())


@pytest.mark.parametrize(
    "key", ["auth_token", "API_KEY", "client_secret", "password", "authorization"]
)
def test_what_is_named_like_a_secret_is_never_written(key: str) -> None:
    out = written()

    structlog.get_logger().info("a.b", **{key: "anything"})

    structlog.get_logger().info("a.b", inside=[{key: "anything"}])

    assert [line.get(key) or line["inside"] for line in lines(out)] == ["…", [{key: "…"}]]


@pytest.mark.parametrize("form", ["json", "console"])
def test_a_traceback_holds_no_value_of_a_variable_and_no_secret(form: str) -> None:
    out = written(form=form)

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
    out = written()

    logging.getLogger("httpx").info("GET https://example.com/?token=%s", SECRET)
    logging.getLogger("httpx").warning("odd answer with %s", SECRET)
    logging.getLogger("uvicorn.error").warning("Invalid HTTP request received.")

    (line,) = lines(out)
    assert (line["level"], line["event"]) == ("warning", "odd answer with …")


@pytest.mark.parametrize("name", ["httpx", "httpcore.http11", "uvicorn.access", "asyncio", "hpack"])
def test_libraries_log_no_headers_and_no_urls_however_much_is_asked_for(name: str) -> None:
    out = written("debug")

    logging.getLogger(name).debug("send_request_headers authorization: Bearer x")
    logging.getLogger(name).info("GET https://example.com/?token=x")

    assert out.getvalue() == ""


def test_line_that_can_not_be_put_together_shows_no_argument(
    capsys: pytest.CaptureFixture[str],
) -> None:
    written()

    logging.getLogger("httpx").warning("%d", SECRET)

    assert capsys.readouterr().err == ""


def test_text_of_others_neither_steers_a_terminal_nor_looks_like_a_line_of_ours() -> None:
    out = written(form="console")

    structlog.get_logger().warning("poll.noted", note="a\x1b[2Jb\u202ec\nincident.opened d")
    logging.getLogger("httpx").warning("e\x1b[2Jf\r\x9bg\nincident.opened h")

    first, second = out.getvalue().splitlines()
    assert "\x1b" not in first + second
    assert "e\\x1b[2Jf\\r\\x9bg\\nincident.opened h" in second


def test_logs_go_to_stderr_by_default(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("info", "json")

    structlog.get_logger().info("a.b")

    captured = capsys.readouterr()
    assert captured.out == ""
    assert json.loads(captured.err)["event"] == "a.b"
