from __future__ import annotations

from pathlib import Path

from demo_scenes import OPENED, STORY, a_page, a_scene, a_status

from statusbridge.commands.demo_lines import events, summary
from statusbridge.commands.demo_scene import PULSE, Tally
from statusbridge.commands.demo_stage import Folder


def test_first_scene_of_a_starting_daemon_tells_nothing() -> None:
    assert events(None, a_scene(tallies=(), status=None)) == []


def test_each_thing_that_is_new_gets_a_line_with_its_time() -> None:
    before = a_scene(tallies=(), status=None)
    after = a_scene(page=a_page(OPENED, sms="degraded_performance"), status=a_status(31, "firing"))

    assert events(before, after) == [
        "00:00:00Z  daemon  ready: it has read both APIs once",
        "00:00:00Z  alert   30008, fault of carrier: carrier failed the message without a reason",
        "00:00:00Z  rule    sms-delivery is firing, 31 alerts in its window",
        "00:00:00Z  page    Delays sending SMS: investigating, mailed: “Message 0.”",
        "00:00:00Z  page    Messaging / SMS: operational → degraded performance",
    ]


def test_the_consoles_address_is_told_once() -> None:
    before, after = a_scene(), a_scene(console="http://127.0.0.1:1/")

    told = "00:00:00Z  daemon  its console, for a browser while this lasts: http://127.0.0.1:1/"
    assert (events(before, after), events(after, after)) == ([told], [])


def test_scene_that_shows_nothing_new_tells_nothing() -> None:
    scene = a_scene(page=a_page(*STORY, sms="partial_outage"), status=a_status(31, "firing"))

    assert events(scene, scene) == []


def test_alert_without_a_code_is_told_as_such() -> None:
    after = a_scene(tallies=(Tally(None, 1, (0,) * PULSE),))

    assert events(a_scene(tallies=()), after) == [
        "00:00:00Z  alert   no code, fault of unknown: no code"
    ]


def test_summary_says_what_was_read_and_posted_where_files_are_and_what_to_try() -> None:
    folder = Folder(Path("/tmp/statusbridge-demo-x"))

    found = summary(a_scene(page=a_page(*STORY)), folder, ".venv/bin/statusbridge")

    assert [line.plain for line in found] == [
        "",
        "What happened",
        "  ✓ 142 alerts read over HTTP: all that Twilio had, each once",
        "  ✓ 81 of them matched a rule; only one rule had enough to open anything",
        "  ✓ 1 incident with 4 posts, each made once",
        "  ✓ subscribers mailed with 1 of them: investigating",
        "",
        "What customers read",
        "  Delays sending SMS",
        "  00:00:00Z  investigating · degraded performance · mailed",
        "             Message 0.",
        "  00:00:04Z  investigating · partial outage",
        "             Message 1.",
        "  00:00:08Z  monitoring · operational",
        "             Message 2.",
        "  00:00:12Z  resolved · operational",
        "             Message 3.",
        "",
        "Files, kept in /tmp/statusbridge-demo-x",
        "  config.toml  the configuration, commented: a place to start",
        "  state.db     what the daemon knew, in SQLite",
        "  daemon.log   its log, a line of JSON for each event",
        "",
        "Try next",
        "  # what the daemon knew at last",
        "  .venv/bin/statusbridge status --config /tmp/statusbridge-demo-x/config.toml",
        "  # whose fault Twilio's errors are",
        "  .venv/bin/statusbridge codes 30000-30099",
        "  # the same two APIs, for a daemon of your own",
        "  .venv/bin/statusbridge simulate",
        "",
    ]
