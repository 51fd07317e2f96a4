from __future__ import annotations

import json
import signal
import stat
import sys
import time

import pytest

from outside import OPENED, RULE, WATCHED, Outside, each_in_its_own
from programs import get, until

pytestmark = pytest.mark.process


async def test_daemon_ends_in_10_s_whatever_it_waits_for() -> None:
    await each_in_its_own(
        write_in_flight_is_settled_by_the_next_daemon,
        poll_in_flight_does_not_hold_it_up,
        name_that_nobody_answers_for_does_not_hold_it_up,
    )


async def write_in_flight_is_settled_by_the_next_daemon(outside: Outside) -> None:
    outside.fault("incidentio", method="POST", kind="hang", applied=True, nth=1)
    async with outside.storm():
        async with outside.daemon() as daemon:
            await until(outside.writes)
            asked = time.monotonic()
            code = await daemon.end(signal.SIGTERM)
            took = time.monotonic() - asked
        async with outside.daemon() as daemon:
            await until(lambda: daemon.event("operation.adopted"))
            await daemon.cycle()

    assert (code, took < 10) == (0, True)
    assert (outside.texts(), outside.writes()) == ([OPENED], 1)


async def poll_in_flight_does_not_hold_it_up(outside: Outside) -> None:
    received = outside.world.twilio.journal.received
    async with outside.daemon() as daemon:
        await until(daemon.cycles)
        outside.fault("twilio", kind="hang")
        await until(lambda: received[-1].fault == "Hang")
        asked = time.monotonic()
        code = await daemon.end()
        took = time.monotonic() - asked

    assert (code, took < 10) == (0, True)
    assert daemon.event("cycle.abandoned") is not None


WITHOUT_NAMES = """
import socket, sys, time
from statusbridge.cli import program
known = socket.getaddrinfo
def getaddrinfo(host, *more, **others):
    if host not in ("stalled.invalid", b"stalled.invalid"):
        return known(host, *more, **others)
    print("asked", flush=True)
    time.sleep(60)
socket.getaddrinfo = getaddrinfo
sys.exit(program())
"""


async def name_that_nobody_answers_for_does_not_hold_it_up(outside: Outside) -> None:
    outside.configure(twilio_url='"https://stalled.invalid"')
    outside.program = (sys.executable, "-W", "error", "-c", WITHOUT_NAMES)
    async with outside.daemon() as daemon:
        await until(daemon.out.read_text)
        asked = time.monotonic()
        code = await daemon.end()
        took = time.monotonic() - asked

    assert (code, took < 10) == (0, True)


async def test_idle_daemon_ends_at_once_on_either_signal(outside: Outside) -> None:
    ended = []
    for number in (signal.SIGTERM, signal.SIGINT):
        async with outside.daemon() as daemon:
            await until(daemon.cycles)
            asked = time.monotonic()
            ended.append((await daemon.end(number), time.monotonic() - asked < 3))

    assert ended == [(0, True), (0, True)]
    assert not (outside.folder / "state" / "statusbridge.sock").exists()


async def test_reload_takes_a_good_file_and_keeps_the_old_one_for_a_bad_one(
    outside: Outside,
) -> None:
    outside.configure(RULE.replace("count = 4 ", "count = 400 ").replace("40 }", "4000 }"))
    async with outside.storm(), outside.daemon() as daemon:
        await until(daemon.cycles)
        outside.configure(RULE + "\n[[rules]]\nidd = 1\n")
        daemon.process.send_signal(signal.SIGHUP)
        refused = await until(lambda: daemon.event("config.refused"))
        await daemon.cycle()
        before = outside.texts()
        outside.configure(RULE)
        daemon.process.send_signal(signal.SIGHUP)
        await until(outside.posts)
        outside.configure(RULE.replace("Delivery is normal again.", "All is well."))
        daemon.process.send_signal(signal.SIGHUP)
        await until(lambda: sum(e["event"] == "config.reloaded" for e in daemon.events()) == 2)
        await daemon.end()
    async with outside.daemon():
        await until(lambda: len(outside.posts()) >= 2)

    assert before == []
    assert any("idd" in problem for problem in refused["problems"]), refused
    assert outside.texts() == [OPENED, (*WATCHED[:2], "All is well.")]


async def test_second_daemon_and_run_once_beside_it_are_refused_in_a_sentence(
    outside: Outside,
) -> None:
    async with outside.daemon() as first:
        await until(first.cycles)
        second = await outside("run")
        once = await outside("run", "--once")
        await first.cycle()

    sentence = (
        f"statusbridge: {outside.state} is in use by another statusbridge. "
        "Stop it first, or give this one a [store] path of its own.\n"
    )
    assert [(e.code, e.out, e.err) for e in (second, once)] == [(1, "", sentence)] * 2


async def test_second_daemon_with_another_store_does_not_take_over_the_socket(
    outside: Outside,
) -> None:
    outside.environ["RUNTIME_DIRECTORY"] = str(outside.folder / "run")
    async with outside.daemon() as first:
        await until(first.cycles)
        outside.environ["STATE_DIRECTORY"] = str(outside.folder / "other")
        second = await outside("run")
        answered = await outside.json("status")

    assert second.code == 1
    assert second.err.splitlines()[-1] == (
        f"statusbridge: The socket {outside.folder}/run/statusbridge.sock can't be made "
        "(another process listens there). Choose another [server] socket."
    )
    assert answered["daemon"]["running"] is True


async def test_file_in_the_place_of_the_socket_is_not_removed(outside: Outside) -> None:
    precious = outside.folder / "precious"
    precious.write_text("keep")
    outside.configure(more=f'socket = "{precious}"\n')

    ended = await outside("run")

    assert (ended.code, precious.read_text()) == (1, "keep")
    assert "a file that is no socket is there" in ended.err


async def test_socket_and_state_are_the_users_own(outside: Outside) -> None:
    async with outside.daemon() as daemon:
        await until(daemon.cycles)
        modes = {
            path.name: stat.S_IMODE(path.stat().st_mode)
            for path in (outside.folder / "state").iterdir()
        }
        folder = stat.S_IMODE((outside.folder / "state").stat().st_mode)

    assert folder == 0o700
    assert modes.pop("statusbridge.sock") == 0o660
    assert set(modes.values()) == {0o600}, modes


async def test_daemon_answers_for_its_health_and_its_metrics(outside: Outside) -> None:
    async with outside.storm(), outside.daemon() as daemon:
        await until(outside.posts)
        await daemon.cycle()
        url = await daemon.url()
        answers = {path: await get(f"{url}/{path}") for path in ("livez", "healthz", "readyz")}
        status, metrics = await get(f"{url}/metrics")
        elsewhere, _ = await get(f"{url}/status")

    assert answers == dict.fromkeys(answers, (200, "ok\n"))
    assert (status, elsewhere) == (200, 404)
    samples = dict(line.rsplit(" ", 1) for line in metrics.splitlines() if not line.startswith("#"))
    assert samples["statusbridge_ready"] == "1.0"
    assert samples['statusbridge_operations_total{action="open",state="done"}'] == "1.0"
    assert samples["statusbridge_incidents_open"] == "1.0"
    assert float(samples['statusbridge_watermark_age_seconds{account="default"}']) < 10
    assert float(samples["statusbridge_alerts_matched_total"]) >= 4


async def test_status_without_a_daemon_says_so_and_is_stale_when_nobody_looked(
    outside: Outside,
) -> None:
    never = await outside("status", "--json")
    await outside("run", "--once")
    just_now = await outside("status", "--json")
    text = await outside("status")
    async with outside.daemon() as daemon:
        await until(daemon.cycles)
        running = await outside("status", "--json")

    documents = [json.loads(each.out) for each in (never, just_now, running)]
    assert [each.code for each in (never, just_now, running)] == [1, 0, 0]
    assert [d["daemon"]["running"] for d in documents] == [False, False, True]
    assert [list(d) for d in documents] == [list(documents[0])] * 3
    assert text.out.startswith("The daemon is not running.")


async def test_log_is_json_lines_with_one_line_for_each_cycle(outside: Outside) -> None:
    async with outside.daemon() as daemon:
        await daemon.cycle()
        await daemon.end()

    events = daemon.events()
    assert [e["event"] for e in events if e["event"] != "cycle.finished"] == [
        "server.started",
        "daemon.started",
        "daemon.stopped",
    ]
    assert all({"event", "level", "timestamp"} <= e.keys() for e in events)
    assert daemon.out.read_text() == ""
