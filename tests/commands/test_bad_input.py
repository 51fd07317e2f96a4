from __future__ import annotations

from pathlib import Path

import pytest

from outside import RULE, Outside
from statusbridge import cli


def spoilt(old: str, new: str) -> str:
    assert old in RULE
    return RULE.replace(old, new)


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        (spoilt("stage ", "stagee "), 'did you mean "stage"'),
        (spoilt('"3s"', '"3 parsecs"'), "3 parsecs"),
        (spoilt('"auto"', '"automatic"'), 'did you mean "auto"'),
        (spoilt("[30008]", '["@nowhere"]'), "nowhere"),
        (spoilt("[30008]", '["30009-30001"]'), "30009-30001"),
        (spoilt("window ", 'page = "other"\nwindow '), "other"),
        (spoilt("Delivery is normal again.", "{{ sid }}"), "sid"),
        (spoilt("Delivery is normal again.", "x" * 4097), "4096"),
        (spoilt("[[rules]]", "[[rules]"), "not TOML"),
        (RULE + RULE, "sms"),
    ],
)
def test_bad_configuration_gets_a_sentence_with_file_and_line(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    rules: str,
    said: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("config.toml").write_text(
        f'twilio.poll_interval = "1s"\nincidentio.pages = {{ public = "01P" }}\n{rules}'
    )

    code = cli.main(["check", "--offline"])

    out, err = capsys.readouterr()
    assert (code, out) == (78, "")
    (line,) = err.splitlines()
    assert line.startswith("statusbridge: config.toml:")
    assert said in line


@pytest.mark.parametrize(
    "command",
    [("check",), ("plan",), ("run",), ("run", "--once"), ("status",), ("apply", "plan.json")],
    ids=" ".join,
)
async def test_every_command_refuses_a_bad_configuration_and_asks_nobody(
    outside: Outside, command: tuple[str, ...]
) -> None:
    outside.configure(spoilt('"3s"', '"soon"'))

    ended = await outside.here(*command)

    (line,) = ended.err.splitlines()
    assert (ended.code, ended.out) == (78, "")
    assert line.startswith("statusbridge: config.toml:16: rules[0].window: ")
    assert outside.world.twilio.journal.last == 0


async def test_literal_secret_is_refused_and_not_repeated(outside: Outside) -> None:
    text = outside.config.read_text()
    outside.config.write_text(text.replace("[incidentio]", '[incidentio]\napi_key = "hunter2"'))

    ended = await outside.here("check")

    assert (ended.code, "hunter2" in ended.err + ended.out) == (78, False)
    assert "env" in ended.err and "file" in ended.err and "credential" in ended.err


async def test_missing_file_is_named(outside: Outside) -> None:
    ended = await outside.here("run", "--config", "elsewhere.toml")

    assert (ended.code, ended.err) == (
        78,
        "statusbridge: elsewhere.toml: no such file or directory; expected a readable TOML file\n",
    )


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "garbage"},
        {"kind": "garbage", "text": "null"},
        {"kind": "garbage", "text": "[]"},
        {"kind": "garbage", "text": "{}"},
        {"kind": "garbage", "text": '{"\\ud83d": 1}'},
        {"kind": "truncated"},
        {"kind": "redirect", "location": "http://127.0.0.1:9/elsewhere"},
        {"kind": "gzip"},
        {"kind": "gzip", "size": 50_000_000},
        {"kind": "huge", "size": 20_000_000},
        {"kind": "status", "status": 500},
        {"kind": "status", "status": 418},
        {"kind": "lost_before"},
    ],
    ids=lambda fault: " ".join(map(str, fault.values())),
)
@pytest.mark.parametrize("side", ["twilio", "incidentio"])
async def test_bad_answer_is_one_sentence_and_publishes_nothing(
    outside: Outside, side: str, fault: dict[str, object]
) -> None:
    outside.fault(side, method="GET", **fault)
    outside.alerts(10)

    ended = await outside.here("run", "--once")

    name = "account default" if side == "twilio" else "page public"
    told = [line for line in ended.err.splitlines() if line.startswith("statusbridge: ")]
    assert (ended.code, len(told), outside.writes()) == (1, 1, 0)
    assert told[0].startswith(f"statusbridge: {name}: ")
    assert len(told[0]) < 400
    assert "Traceback" not in ended.err


async def test_next_page_at_another_origin_is_not_followed_with_credentials(
    outside: Outside,
) -> None:
    outside.fault("twilio", kind="other_origin")
    outside.alerts(1500)

    ended = await outside.here("run", "--once")

    assert ended.code == 0
    assert "poll.noted" in ended.err
    assert len(outside.texts()) == 1


async def test_odd_alerts_cost_no_others(outside: Outside) -> None:
    odd = [
        {"error_code": 30008},
        {"error_code": None},
        {"error_code": "none"},
        {"date_generated": "garbage", "date_created": None},
        {"sid": None},
        {"log_level": "catastrophe", "resource_sid": None, "request_url": None},
        {"alert_text": None, "service_sid": 7, "more_info": {"a": []}},
    ]
    for fields in odd:
        outside.alerts(1, fields=fields)
    for dates in ("iso", "millis", "offset", "rfc2822"):
        outside.alerts(1, dates=dates)

    ended = await outside.here("run", "--once")
    status = await outside.here("status")

    assert ended.code == 0, ended
    assert len(outside.texts()) == 1
    assert "Alerts: 10 seen, 8 matched, 1 malformed." in status.out


@pytest.mark.parametrize(
    ("args", "said"),
    [
        ((), "required"),
        (("fly",), 'unknown command "fly"'),
        (("run", "--twice"), 'unknown option "--twice"'),
        (("apply",), "FILE"),
        (("--config",), "expected one argument"),
    ],
)
async def test_wrong_usage_is_64_and_a_sentence(
    outside: Outside, args: tuple[str, ...], said: str
) -> None:
    ended = await outside.here(*args)

    (line,) = ended.err.splitlines()
    assert (ended.code, ended.out) == (64, "")
    assert said in line
    assert line.endswith("--help")


@pytest.mark.parametrize(
    "command",
    [
        ("status",),
        ("status", "--unmatched"),
        ("explain", "sms"),
        ("review",),
        ("review", "--history"),
        ("plan",),
        ("check",),
        ("pause",),
        ("approve", "sms"),
        ("backup", "copy.db"),
    ],
    ids=" ".join,
)
async def test_state_that_can_not_be_looked_at_is_not_taken_for_one_that_is_not_there(
    outside: Outside, command: tuple[str, ...]
) -> None:
    # Of a folder of another user, root would be let in.
    outside.environ["STATUSBRIDGE_STORE__PATH"] = str(outside.folder / ("x" * 300))

    ended = await outside.here(*command)

    (line,) = ended.err.splitlines()
    assert ended.code == 1
    assert "x can't be opened (File name too long). Give [store] path" in line


@pytest.mark.parametrize(
    ("command", "code", "said"),
    [
        (("test", "{}"), 78, "file name too long; expected a readable TOML file"),
        (("simulate", "{}"), 78, "can't be read (File name too long)"),
        (("simulate", "."), 78, ". can't be read (Is a directory)"),
        (("backtest", "--report", "{}/a.html"), 64, "for the report. Make it first."),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else "",
)
async def test_file_that_can_not_be_looked_at_gets_a_sentence(
    outside: Outside, command: tuple[str, ...], code: int, said: str
) -> None:
    # As in a folder of another user, into which root would be let.
    place = str(outside.folder / ("x" * 300))

    ended = await outside.here(*(word.format(place) for word in command))

    assert ended.code == code
    assert said in ended.err.splitlines()[-1]
