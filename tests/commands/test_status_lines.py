from __future__ import annotations

from statusbridge.commands.status_text import Document, lines


def a_document(**changes: object) -> Document:
    document: Document = {
        "version": 1,
        "now": "2026-03-29T00:05:00Z",
        "daemon": {"running": True, "ready": True, "reasons": [], "paused": False},
        "sources": [],
        "rules": [],
        "incidents": [],
        "held": [],
        "parked": [],
        "alerts": {"seen": 3, "matched": 2, "malformed": 1},
    }
    return document | changes


def test_calm_daemon_takes_three_lines() -> None:
    assert lines(a_document()) == [
        "The daemon is running and ready.  (2026-03-29T00:05:00Z)",
        "",
        "Alerts: 3 seen, 2 matched, 1 malformed.",
    ]


def test_each_pause_is_told_at_the_top() -> None:
    everything = {"page": None, "incident": None, "since": None, "until": None,
                  "who": "a file in the state folder", "reason": "call Grace"}  # fmt: skip
    one = {"page": "public", "incident": "sms", "since": "2026-03-29T00:03:30Z",
           "until": "2026-03-29T02:03:30Z", "who": "ada", "reason": ""}  # fmt: skip
    daemon = {"running": True, "ready": True, "reasons": [], "paused": True}

    found = lines(a_document(daemon=daemon | {"pauses": [everything, one]}))

    assert found[1:3] == [
        "  PAUSED: publishing of EVERYTHING, by a file in the state folder: call Grace",
        "  PAUSED: publishing of public/sms, by ada since 00:03:30Z (90 s ago), until "
        "2026-03-29T02:03:30Z",
    ]


def test_a_configuration_file_that_was_refused_is_told_at_the_top() -> None:
    daemon = {"running": True, "ready": True, "reasons": [], "paused": False, "pauses": []}

    found = lines(a_document(daemon=daemon | {"config_refused_since": "2026-03-29T00:03:30Z"}))

    assert found[:2] == [
        "The daemon is running and ready.  (2026-03-29T00:05:00Z)",
        "  REFUSED: the configuration file has been wrong since 00:03:30Z (90 s ago); "
        "the one before goes on",
    ]


def test_what_is_wrong_stands_before_what_is_known_and_firing_rules_before_calm_ones() -> None:
    degraded = {"status": "degraded_performance", "count": 25, "distinct_resources": 15, "hold": 60}
    partial = {"status": "partial_outage", "count": 150}
    calm = {"id": "voice", "stage": "shadow", "phase": "inactive", "since": None,
            "measures": {"count": 1}, "needed": [partial]}  # fmt: skip
    firing = {"id": "sms-delivery", "stage": "auto", "phase": "firing",
              "since": "2026-03-29T00:03:30Z", "measures": {"count": 41, "distinct_resources": 1},
              "needed": [degraded, partial]}  # fmt: skip
    incident = {"incident": "sms", "page": "public", "state": "investigating", "status": None,
                "owner": "theirs", "frozen_by": ["prod"], "since": "2026-03-28T22:05:00Z",
                "posts": 1}  # fmt: skip
    gap = {"from": "2026-03-28T20:00:00Z", "to": "2026-03-28T20:00:01Z", "reason": "cap"}
    document = a_document(
        daemon={"running": True, "ready": False, "reasons": ["account prod: 401"]},
        sources=[
            {"account": "prod", "covered_until": "2026-03-29T00:04:30Z", "last_error": "401",
             "gaps": [gap, gap]},
            {"account": "eu", "covered_until": None, "last_error": None, "gaps": []},
        ],
        rules=[calm, firing],
        incidents=[incident, incident | {"incident": "voice", "status": "full_outage",
                                         "owner": "ours", "frozen_by": [], "posts": 3}],
        held=[{"incident": "fax", "page": "public", "reason": "max_open_incidents",
               "detail": "5 are open", "since": "2026-03-26T00:05:00Z"}],
        parked=[{"incident": "sms", "action": "update", "why": "refused (422)"}],
    )  # fmt: skip

    assert lines(document) == [
        "The daemon is running but NOT READY.  (2026-03-29T00:05:00Z)",
        "  account prod: 401",
        "",
        "Incidents",
        "  public/sms    investigating  not published  since 2026-03-28 22:05:00Z (2 h ago)  "
        "1 post   theirs  FROZEN: prod can't be read",
        "  public/voice  investigating  full_outage    since 2026-03-28 22:05:00Z (2 h ago)  "
        "3 posts",
        "",
        "Held",
        "  public/fax  since 2026-03-26 00:05:00Z (3 d ago)  5 are open  [max_open_incidents]",
        "",
        "Parked",
        "  sms  update was given up: refused (422)",
        "",
        "Sources",
        "  prod  read whole up to 00:04:30Z (30 s ago)  BLIND: 401  "
        "2 gaps, last 2026-03-28T20:00:00Z to 2026-03-28T20:00:01Z",
        "  eu    never read whole",
        "",
        "Rules",
        "  sms-delivery  auto    firing    since 00:03:30Z (90 s ago)  41 alerts, 1 resource",
        "      degraded_performance at 25 alerts, 15 resources for 1m | "
        "partial_outage at 150 alerts",
        "  voice         shadow  inactive                              1 alert",
        "      partial_outage at 150 alerts",
        "",
        "Alerts: 3 seen, 2 matched, 1 malformed.",
    ]


def test_daemon_that_is_not_running_is_said_to_be_so() -> None:
    daemon = {"running": False, "ready": False, "reasons": []}

    assert lines(a_document(daemon=daemon))[0] == (
        "The daemon is not running.  (2026-03-29T00:05:00Z)"
    )
