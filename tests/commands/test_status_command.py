from __future__ import annotations

import pytest

from statusbridge.commands.status_text import lines

DOCUMENT = {
    "version": 1,
    "now": "2026-03-01T12:00:00Z",
    "daemon": {"running": True, "ready": False, "reasons": ["account prod: 401"], "paused": False},
    "sources": [
        {
            "account": "prod",
            "covered_until": None,
            "heard_until": None,
            "last_error": "401",
            "gaps": [
                {"from": "a", "to": "b", "reason": "cap"},
                {"from": "c", "to": "d", "reason": "cap"},
            ],
        }
    ],
    "rules": [
        {
            "id": "sms",
            "stage": "auto",
            "phase": "firing",
            "since": "2026-03-01T11:50:00Z",
            "measures": {"count": 31},
            "needed": [{"status": "degraded_performance", "count": 25, "hold": 120}],
        }
    ],
    "incidents": [
        {
            "incident": "sms",
            "page": "public",
            "incident_id": "01A",
            "state": "investigating",
            "status": "degraded_performance",
            "owner": "ours",
            "frozen_by": ["prod"],
            "since": "2026-03-01T11:50:00Z",
            "posts": 1,
        }
    ],
    "held": [
        {
            "incident": "voice",
            "page": "public",
            "reason": "person",
            "detail": "a person has an incident",
            "since": "2026-03-01T11:55:00Z",
        }
    ],
    "parked": [{"incident": "fax", "action": "update", "why": "422"}],
    "alerts": {"seen": 40, "matched": 31, "malformed": 1},
}

TEXT = """\
The daemon is running but NOT READY.  (2026-03-01T12:00:00Z)
  account prod: 401

Sources
  prod: read whole up to never, BLIND: 401, 2 gaps, last c to d

Incidents
  public/sms: investigating, degraded_performance, 1 posts, since 2026-03-01T11:50:00Z, ours, \
FROZEN: prod can't be read

Held
  public/voice: a person has an incident [person] since 2026-03-01T11:55:00Z

Parked
  fax: update was given up: 422

Rules
  sms (auto): firing since 2026-03-01T11:50:00Z; count 31; needs degraded_performance at count 25 \
for 120 s

Alerts: 40 seen, 31 matched, 1 malformed."""


def test_status_says_all_that_there_is_the_worst_first() -> None:
    assert "\n".join(lines(DOCUMENT)) == TEXT


@pytest.mark.parametrize(
    ("running", "ready", "head"),
    [
        (True, True, "The daemon is running and ready."),
        (False, False, "The daemon is not running."),
    ],
)
def test_sections_with_nothing_in_them_are_left_out(running: bool, ready: bool, head: str) -> None:
    daemon = {"running": running, "ready": ready, "reasons": [], "paused": False}
    empty = {key: [] for key in ("sources", "rules", "incidents", "held", "parked")}

    assert lines(DOCUMENT | empty | {"daemon": daemon}) == [
        f"{head}  (2026-03-01T12:00:00Z)",
        "\nAlerts: 40 seen, 31 matched, 1 malformed.",
    ]
