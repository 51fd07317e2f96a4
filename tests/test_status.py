from __future__ import annotations

import pytest

from builders import T0, a_rule, a_trigger
from fakes import always, lost_before
from statusbridge import __version__
from statusbridge.core.coverage import Batch, Coverage, Gap
from statusbridge.core.errors import Unavailable
from statusbridge.core.model import Stage, Status
from statusbridge.core.outcome import Refused
from statusbridge.core.restrain import Guards
from statusbridge.core.rules import Recovery
from statusbridge.status import (
    Liveness,
    frozen_by,
    is_blind,
    state_line,
    status_document,
    unready_reasons,
)
from world import World

RULE = a_rule(
    triggers=(a_trigger(count=3), a_trigger(Status.PARTIAL_OUTAGE, hold=30, distinct_resources=8)),
    recovery=Recovery(after=900, settle=60),
)
LIVE = Liveness(running=True, interval=10)
OPENED_AT = "2026-09-21T14:13:25Z"


def document(world: World, liveness: Liveness = LIVE) -> dict:  # type: ignore[type-arg]
    return status_document(world.bridge, world.store, liveness)


async def test_status_says_all_that_is_known_of_an_open_incident() -> None:
    world = World(RULE)
    world.storm(4, at=5)
    await world.cycle(10)

    assert document(world) == {
        "version": 1,
        "now": "2026-09-21T14:13:30Z",
        "daemon": {
            "running": True,
            "version": __version__,
            "ready": True,
            "reasons": [],
            "paused": False,
            "pauses": [],
            "config_refused_since": None,
        },
        "sources": [
            {
                "account": "prod",
                "covered_until": "2026-09-21T14:13:30Z",
                "heard_until": "2026-09-21T14:13:30Z",
                "last_error": None,
                "gaps": [],
            }
        ],
        "rules": [
            {
                "id": "sms",
                "stage": "auto",
                "phase": "firing",
                "since": "2026-09-21T14:13:27Z",
                "measures": {"count": 4, "distinct_resources": 4},
                "needed": [
                    {"status": "degraded_performance", "count": 3},
                    {"status": "partial_outage", "distinct_resources": 8, "hold": 30},
                ],
            }
        ],
        "incidents": [
            {
                "incident": "sms",
                "page": "public",
                "incident_id": "i1",
                "state": "investigating",
                "status": "degraded_performance",
                "owner": "ours",
                "frozen_by": [],
                "since": OPENED_AT,
                "posts": 1,
                "simplified": None,
            }
        ],
        "held": [],
        "parked": [],
        "alerts": {"seen": 4, "matched": 4, "malformed": 0},
    }


async def test_status_before_any_cycle_is_empty_and_not_ready() -> None:
    found = document(World(RULE), Liveness(False, 10, ("no daemon runs",)))

    assert found["daemon"] == {
        "running": False,
        "version": None,
        "ready": False,
        "reasons": ["no daemon runs", "account prod: not read yet"],
        "paused": False,
        "pauses": [],
        "config_refused_since": None,
    }
    assert (found["rules"], found["incidents"], found["alerts"]["seen"]) == ([], [], 0)
    assert found["sources"][0]["covered_until"] is None


async def test_what_is_held_is_listed_with_its_reason_and_since_when() -> None:
    world = World(RULE, guards=Guards(max_open_incidents=0))
    world.storm(4, at=5)
    await world.cycle(10)
    await world.cycle(20)

    found = document(world)

    assert found["held"] == [
        {
            "incident": "sms",
            "page": "public",
            "reason": "too_many_open_incidents",
            "detail": "0 incidents are open, as many as allowed",
            "since": "2026-09-21T14:13:30Z",
        }
    ]
    assert [(i["state"], i["status"]) for i in found["incidents"]] == [("held", None)]


async def test_what_is_parked_is_listed_with_its_cause() -> None:
    world = World(RULE)
    world.page.answers = [always(Refused(413, "too long"))]
    world.storm(4, at=5)
    await world.cycle(10)
    await world.cycle(20)

    found = document(world)

    assert found["parked"] == [{"incident": "sms", "action": "open", "why": "too long"}]
    assert [held["reason"] for held in found["held"]] == ["parked"]


async def test_monitoring_is_shown_as_operational() -> None:
    world = World(a_rule())
    world.storm(4, at=5)
    await world.run(0, 140)

    (incident,) = document(world)["incidents"]

    assert (incident["state"], incident["status"], incident["posts"]) == (
        "monitoring",
        "operational",
        2,
    )


async def test_an_incident_frozen_by_an_account_names_it() -> None:
    world = World(RULE)
    other = world.account("test")
    world.storm(4, at=5)
    other.alerts = [a._replace(account="test") for a in world.feed.alerts]
    await world.cycle(10)
    other.error = Unavailable("HTTP 503")
    await world.cycle(20)
    troubled = document(world)["incidents"][0]["frozen_by"]
    world.restart()

    await world.cycle(200)
    world.bridge.trouble.clear()

    assert troubled == ["test"]
    assert frozen_by(world.store.cases()[0], world.bridge) == ["test"]


async def test_a_person_who_took_over_is_shown_as_owner() -> None:
    world = World(RULE)
    world.storm(4, at=5)
    await world.cycle(10)
    world.page.post(world.the_incident().id, "We know.", "identified")
    await world.cycle(20)

    (incident,) = document(world)["incidents"]

    assert incident["owner"] == "theirs"


async def test_rules_on_trial_are_shown_and_their_outages_are_not_incidents() -> None:
    world = World(a_rule(stage=Stage.SHADOW))
    world.storm(4, at=5)
    await world.cycle(10)

    found = document(world)

    assert [(rule["stage"], rule["phase"]) for rule in found["rules"]] == [("shadow", "firing")]
    assert found["incidents"] == []


async def test_gaps_and_troubles_are_shown_by_account() -> None:
    world = World(RULE)
    world.account("test").error = Unavailable("HTTP 503")
    await world.cycle(10)
    gap = Gap(T0 - 9, T0 - 1, "older than Twilio answers for")
    world.store.record("prod", Batch((), Coverage(T0, T0), (gap,)))

    prod, test = document(world)["sources"]

    assert prod["gaps"] == [
        {
            "from": "2026-09-21T14:13:11Z",
            "to": "2026-09-21T14:13:19Z",
            "reason": "older than Twilio answers for",
        }
    ]
    assert (prod["last_error"], test["last_error"]) == (None, "HTTP 503")


@pytest.mark.parametrize(
    ("seconds", "reasons"),
    [
        (30, []),
        (31, ["account prod: last read whole 31 s ago"]),
        (661, ["account prod: last read whole 11 min ago"]),
    ],
)
async def test_ready_means_read_whole_within_three_poll_intervals(
    seconds: int, reasons: list[str]
) -> None:
    world = World(RULE)
    await world.cycle(0)
    world.clock.time += seconds

    assert unready_reasons(world.bridge, LIVE) == reasons
    assert is_blind(world.bridge, world.clock.now(), LIVE.patience) == bool(reasons)


def test_patience_is_at_least_ten_seconds() -> None:
    assert Liveness(True, 1).patience == 10
    assert Liveness(True, 30).patience == 90


async def test_trouble_makes_the_bridge_unready_under_its_own_name() -> None:
    world = World(RULE)
    world.page.unreadable = Unavailable("HTTP 503")
    world.storm(4, at=5)
    await world.cycle(10)

    reasons = unready_reasons(world.bridge, LIVE)

    assert reasons == ["page public: HTTP 503"]
    assert document(world)["incidents"][0]["state"] == "pending"


async def test_a_doubtful_opening_is_held_until_it_was_read_back() -> None:
    world = World(RULE)
    world.page.answers = [lost_before]
    world.storm(4, at=5)
    await world.cycle(10)
    await world.cycle(20)

    found = document(world)

    assert [held["reason"] for held in found["held"]] == ["outcome_unknown"]
    assert found["held"][0]["detail"] == "open: connection reset"
    assert world.reports[-1].doubts == 1


def line(world: World) -> str:
    return state_line(world.bridge, world.store, LIVE)


async def test_line_of_the_service_says_whether_it_is_ready_and_what_is_open() -> None:
    world = World(RULE)
    before = line(world)
    await world.cycle(0)
    calm = line(world)
    world.storm(4, at=5)
    await world.cycle(10)

    assert before == "Not ready: account prod: not read yet. Nothing open or held"
    assert calm == "Ready, read up to 14:13:20Z. Nothing open or held"
    assert line(world) == "Ready, read up to 14:13:30Z. 1 open (sms)"


async def test_line_of_the_service_leaves_out_what_rules_on_trial_would_have_opened() -> None:
    world = World(a_rule(stage=Stage.SHADOW))
    world.storm(4, at=5)
    await world.cycle(10)

    assert line(world) == "Ready, read up to 14:13:30Z. Nothing open or held"


async def test_line_of_the_service_says_what_is_held_and_paused_and_what_is_wrong() -> None:
    world = World(RULE, guards=Guards(max_open_incidents=0))
    world.bridge.emergency = lambda: "moving house"
    world.storm(4, at=5)
    await world.cycle(10)
    world.feed.error = Unavailable("HTTP 503")
    await world.cycle(20)

    assert line(world) == (
        "Not ready: account prod: HTTP 503. 1 held. "
        "Everything is paused by a file in the state folder"
    )
