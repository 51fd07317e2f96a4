from __future__ import annotations

import json
import os
import sqlite3
from contextlib import closing

import pytest

from builders import T0, a_rule
from fakes import TurnedClock
from outside import RULE, Outside
from statusbridge import __version__
from statusbridge.adapters.incidentio_structure import Identity
from statusbridge.adapters.twilio_clock import Disbelieved
from statusbridge.commands import doctor_apis, doctor_here
from statusbridge.commands.doctor_apis import drift, judged, unanswered
from statusbridge.commands.findings import Finding, Level, fail, lines, ok, warn
from statusbridge.core.errors import Unauthorized, Unavailable
from statusbridge.core.live import Component, Structure
from statusbridge.core.model import ComponentId, PageId
from statusbridge.simulators.people import RemoveComponent

SUMMARY = "config.toml: 1 rule (1 auto), 1 account (default), 1 page (public)"


async def findings(outside: Outside, *args: str) -> dict[str, list[tuple[str, str]]]:
    """What doctor finds: level and words, by what was looked at."""
    ended = await outside.here("doctor", "--json", *args)
    told = json.loads(ended.out)
    assert (told["version"], told["ok"]) == (1, ended.code == 0)
    found: dict[str, list[tuple[str, str]]] = {}
    for one in told["findings"]:
        found.setdefault(one["what"], []).append((one["level"], one["says"]))
    return found


async def test_all_is_well_but_for_a_daemon_that_does_not_run(outside: Outside) -> None:
    await outside.here("run", "--once")

    found = await findings(outside)
    disk = found.pop("disk")

    assert found == {
        "configuration": [("ok", SUMMARY)],
        "secrets": [("ok", "all can be read")],
        "files": [("ok", "neither secrets nor configuration are open to others")],
        "state rights": [("ok", "its owner's alone (mode 0600)")],
        "state file": [("ok", "sound, 0.1 MB, schema 3")],
        "daemon": [("warn", f"none listens on {outside.folder}/state/statusbridge.sock")],
        "account default": [("ok", "can be read")],
        "clock, Twilio": [("ok", "this machine's agrees")],
        "API key": [("ok", "“statusbridge simulator” may publish, and nothing else that matters")],
        "page public": [("ok", "“Example Status”, 3 components")],
        "clock, incident.io": [("ok", "this machine's agrees")],
    }
    assert disk[0][0] in ("ok", "warn")


async def test_offline_doctor_asks_nobody(outside: Outside) -> None:
    found = await findings(outside, "--offline")

    assert outside.world.twilio.journal.last == outside.world.incidentio.journal.last == 0
    assert found["state file"] == [("ok", f"none yet at {outside.state}: the first run makes it")]


async def test_missing_secret_is_named_and_neither_api_asked(outside: Outside) -> None:
    del outside.environ["INCIDENT_API_KEY"]

    found = await findings(outside)

    ((level, says),) = found["secret"]
    assert (level, "INCIDENT_API_KEY" in says) == ("fail", True)
    assert outside.world.twilio.journal.last == 0


async def test_state_of_a_newer_version_is_told_with_what_to_do(outside: Outside) -> None:
    await outside.here("run", "--once")
    with closing(sqlite3.connect(outside.state)) as state:
        state.execute("PRAGMA user_version = 99")

    found = await findings(outside, "--offline")

    assert found["state file"] == [
        (
            "fail",
            f"{outside.state} was written by a newer statusbridge (schema 99, this one knows 3). "
            "Install that version again, or restore the backup made before it.",
        )
    ]


async def test_damaged_state_fails_and_the_apis_are_asked_all_the_same(outside: Outside) -> None:
    outside.state.parent.mkdir(mode=0o700)
    outside.state.write_bytes(b"no database at all" * 500)
    outside.state.chmod(0o600)

    found = await findings(outside)

    ((level, says),) = found["state file"]
    assert (level, "file is not a database" in says) == ("fail", True)
    assert found["account default"] == [("ok", "can be read")]


@pytest.mark.parametrize(("mode", "level"), [(0o640, "warn"), (0o660, "fail")])
async def test_state_that_others_may_read_or_write_is_told_of(
    outside: Outside, mode: int, level: str
) -> None:
    await outside.here("run", "--once")
    outside.state.chmod(mode)

    found = await findings(outside, "--offline")

    assert found["state rights"][0][0] == level


async def test_state_that_its_owner_can_not_write_fails(
    outside: Outside, monkeypatch: pytest.MonkeyPatch
) -> None:
    await outside.here("run", "--once")
    monkeypatch.setattr(os, "access", lambda path, mode: path.name != "state.db")

    found = await findings(outside, "--offline")

    assert found["state rights"] == [
        (
            "fail",
            f"{outside.folder}/state/state.db can't be written to by this user: the bridge will "
            "not start",
        )
    ]


async def test_state_that_can_not_be_looked_at_fails_and_the_rest_is_looked_at(
    outside: Outside,
) -> None:
    path = outside.folder / ("x" * 300)
    outside.environ["STATUSBRIDGE_STORE__PATH"] = str(path)

    found = await findings(outside, "--offline")

    assert found["state file"] == [("fail", f"{path} can't be looked at (File name too long)")]
    assert "disk" in found
    assert "daemon" in found


async def test_component_that_is_gone_from_the_page_fails(outside: Outside) -> None:
    outside.world.incidentio.act(RemoveComponent("SMS"))

    found = await findings(outside)

    assert found["page public"] == [
        ("ok", "“Example Status”, 2 components"),
        (
            "fail",
            'rule sms: the page has no component "Messaging / SMS": '
            'did you mean "Messaging / WhatsApp"?',
        ),
    ]


async def test_apis_that_cannot_be_reached_fail_each_by_itself(outside: Outside) -> None:
    outside.configure(twilio_url='"http://127.0.0.1:9"', incidentio_url='"http://127.0.0.1:9"')

    found = await findings(outside)

    failing = ("account default", "API key", "page public")
    assert [found[what][0][0] for what in failing] == ["fail"] * 3
    assert "clock, Twilio" not in found


def test_who_answers_by_another_clock_is_told_of_with_what_mends_this_one() -> None:
    error = Unavailable("the server's clock says otherwise")
    error.__cause__ = Disbelieved(0, 100)

    do = "let this machine take its time from the network (NTP)"
    assert unanswered("account a", error, "Twilio") == fail("account a", error.reason, do)


@pytest.mark.parametrize(
    ("error", "do"),
    [
        (
            Unauthorized(401, "no entry"),
            "put credentials that Twilio takes where the configuration names them",
        ),
        (
            Unavailable("no entry"),
            "see that this machine reaches Twilio: its network, proxy and firewall",
        ),
    ],
)
def test_who_does_not_answer_is_told_of_with_where_to_look(
    error: Unavailable | Unauthorized, do: str
) -> None:
    assert unanswered("account a", error, "Twilio") == fail("account a", error.reason, do)


def test_component_that_the_page_does_not_show_is_told_of() -> None:
    sms, calls = (Component(ComponentId(n), n, hidden=n == "SMS") for n in ("SMS", "Calls"))
    rules = (a_rule("a", components=("SMS",)), a_rule("b", components=("Calls",)))

    found = drift(rules, "public", Structure(PageId("p"), "Page", (sms, calls)))

    do = "show it on the page, or customers don't see its status"
    assert list(found) == [warn("page public", "rule a: “SMS” is hidden there", do)]


@pytest.mark.parametrize(
    ("ahead", "level", "says"),
    [
        (0, Level.OK, "this machine's agrees"),
        (-5, Level.OK, "this machine's agrees"),
        (6, Level.WARN, "this machine's is 6 s ahead"),
        (-30, Level.WARN, "this machine's is 30 s behind"),
        (31, Level.FAIL, "this machine's is 31 s ahead: beyond 30 s nothing is concluded"),
    ],
)
def test_clocks_that_differ_are_told_by_how_much(
    monkeypatch: pytest.MonkeyPatch, ahead: int, level: Level, says: str
) -> None:
    monkeypatch.setattr(doctor_apis, "SystemClock", lambda: TurnedClock(T0 + ahead))

    found = doctor_apis.clock("Twilio", T0)

    assert (found.level, found.what, found.says) == (level, "clock, Twilio", says)


@pytest.mark.parametrize(
    ("roles", "publishes", "level"),
    [
        (("status_page_publisher",), True, Level.OK),
        (("status_page_publisher", "viewer"), True, Level.OK),
        (("status_page_publisher", "incident_editor"), True, Level.WARN),
        (("viewer",), True, Level.FAIL),
        (("viewer",), False, Level.WARN),
    ],
)
def test_key_is_judged_by_whether_it_may_publish_and_what_else(
    roles: tuple[str, ...], publishes: bool, level: Level
) -> None:
    assert judged(Identity("bridge", roles), publishes=publishes).level is level


async def test_scarce_room_is_told_of(outside: Outside, monkeypatch: pytest.MonkeyPatch) -> None:
    levels = []
    for name in ("SPARE", "SCARCE"):
        monkeypatch.setattr(doctor_here, name, 10**18)
        levels += [(await findings(outside, "--offline"))["disk"][0][0]]

    assert levels == ["warn", "fail"]


@pytest.mark.process
async def test_running_daemon_is_asked_for_its_version_and_what_it_lacks(
    outside: Outside,
) -> None:
    outside.configure(RULE)
    async with outside.daemon() as daemon:
        await daemon.cycle()
        found = await findings(outside, "--offline")
        await outside.here("pause")
        paused = await findings(outside, "--offline")

    assert found["daemon"] == [("ok", f"runs, version {__version__}")]
    assert paused["daemon"][1:] == [("warn", "publishing is paused")]


@pytest.mark.parametrize(
    ("version", "level"), [(__version__, "ok"), ("0.0.1", "warn"), (None, "warn")]
)
def test_daemon_of_another_version_is_to_be_restarted(version: str | None, level: str) -> None:
    answer = {"version": version, "reasons": ["account a: 401"], "paused": False}

    first, second = doctor_here._running(answer)

    assert (first.level, second) == (
        level,
        fail("daemon", "not ready: account a: 401", "statusbridge status"),
    )


def test_lines_stand_in_columns_with_what_to_do_under_them() -> None:
    found: list[Finding] = [
        ok("disk", "much"),
        warn("daemon", "none", "start it"),
        fail("key", "bad"),
    ]

    assert lines(found) == [
        "ok    disk    much",
        "warn  daemon  none",
        "              → start it",
        "fail  key     bad",
        "",
        "Of 3: 1 failed, 1 to look at.",
    ]
    assert lines(found[:1])[-1] == "All 1 are fine."
