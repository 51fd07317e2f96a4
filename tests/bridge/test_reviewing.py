from __future__ import annotations

from typing import Any

import pytest

from builders import T0, a_rule, a_trigger
from statusbridge.bridge.acting import carry
from statusbridge.bridge.reviewing import review_document, shortest, waiting
from statusbridge.core.acts import LONGEST, PRIVATE_REASON_LIMIT, Act, ActKind, Order, Refused
from statusbridge.core.errors import Unavailable
from statusbridge.core.model import Stage, Status
from statusbridge.core.rules import CodeRange, Match, Recovery, Review, Rule
from world import World

CALLS = Match(codes=(CodeRange(31000, 31000),))


def reviewed(**changes: Any) -> Rule:
    return a_rule(**({"stage": Stage.REVIEW} | changes))


async def proposed(*rules: Rule) -> World:
    """A world ten seconds after four alerts began to fall."""
    world = World(*(rules or (reviewed(),)))
    world.storm(4, at=5)
    await world.cycle(10)
    return world


def order(world: World, kind: ActKind, key: str = "sms", **more: Any) -> str:
    return carry(world.bridge, Order(kind, key, **more), "ada")


def an_act(world: World, kind: ActKind, **more: Any) -> Act:
    episode = world.store.cases()[0].episode.id
    return Act(kind, "public", "sms", T0 + 10, "ada", episode=episode, **more)


async def test_what_waits_and_what_was_decided_is_told_whole_as_data() -> None:
    world = await proposed(reviewed(review=Review(600, publishes=True)))
    order(world, ActKind.PAUSE, "", seconds=60, reason="a drill")
    await world.cycle(20)

    (proposal, _, _) = waiting(world.bridge)[0]
    assert review_document(world.bridge) == {
        "version": 1,
        "now": "2026-09-21T14:13:40Z",
        "waiting": [
            {
                "key": "sms",
                "page": "public",
                "incident": "sms",
                "rules": ["sms"],
                "joins": False,
                "since": "2026-09-21T14:13:30Z",
                "expires": "2026-09-21T14:23:30Z",
                "on_timeout": "publish",
                "name": "Delays sending SMS",
                "incident_status": "investigating",
                "component_statuses": [
                    {
                        "component_id": "c-sms",
                        "component": "Messaging / SMS",
                        "component_status": "degraded_performance",
                        "before": "operational",
                    }
                ],
                "message": "Some text messages are failing.",
                "notify_subscribers": True,
                "stopped": {
                    "reason": "paused",
                    "detail": "publishing is paused by ada until 2026-09-21T14:14:30Z: a drill",
                },
                "evidence": [
                    {
                        "rule": "sms",
                        "window_seconds": 60,
                        "measured": {"count": 4},
                        "needed": {"count": 3},
                        "codes": [{"code": 30008, "count": 4}],
                    }
                ],
                "seen": proposal.look,
            }
        ],
        "acts": [
            {
                "at": "2026-09-21T14:13:30Z",
                "act": "pause",
                "page": None,
                "incident": None,
                "who": "ada",
                "detail": "",
                "reason": "a drill",
                "until": "2026-09-21T14:14:30Z",
            }
        ],
    }


async def test_an_approval_is_told_with_what_else_was_decided_and_waits_no_more() -> None:
    world = await proposed()
    order(world, ActKind.PAUSE, "")
    order(world, ActKind.APPROVE, status=Status.PARTIAL_OUTAGE)

    document = review_document(world.bridge, most=1)

    (act,) = document["acts"]
    assert (act["page"], act["incident"], act["until"]) == ("public", "sms", None)
    assert act["detail"] == "as partial_outage"
    assert document["waiting"] == []


async def test_what_waits_without_an_end_has_none_and_what_nothing_stops_is_not_stopped() -> None:
    world = await proposed()

    (found,) = review_document(world.bridge)["waiting"]

    assert (found["expires"], found["on_timeout"], found["stopped"]) == (None, "drop", None)


async def test_what_waits_of_a_rule_that_a_reload_removed_waits_for_no_time() -> None:
    world = await proposed(reviewed(review=Review(100, publishes=True)))
    world.configure(a_rule("other", match=CALLS))

    ((found, _, _),) = waiting(world.bridge)
    await world.cycle(200)

    assert found.expires == Review()
    assert (world.posts, world.held()) == ([], [])


def test_a_command_names_the_page_where_the_key_is_on_several() -> None:
    here, there = a_rule(), a_rule("intern", incident="sms", page="internal")
    other = a_rule("calls", page="internal")

    assert shortest(World(here, other).bridge, "public", "sms") == "sms"
    assert shortest(World(here, there).bridge, "public", "sms") == "public/sms"
    assert shortest(World(other).bridge, "public", "sms") == "sms"


@pytest.mark.parametrize(
    ("kind", "more"), [(ActKind.APPROVE, {}), (ActKind.REJECT, {"reason": "a drill"})]
)
async def test_a_decision_is_kept_with_the_outage_that_it_is_about(
    kind: ActKind, more: dict[str, str]
) -> None:
    world = await proposed()

    order(world, kind, "public/sms", **more)

    assert world.store.acts.history(9) == [an_act(world, kind, **more)]


async def test_a_timeout_is_kept_with_the_outage_that_it_is_about() -> None:
    world = await proposed(reviewed(review=Review(30), recovery=Recovery(after=900, settle=60)))
    await world.cycle(40)

    (act,) = world.store.acts.history(9)

    assert (act.who, act.at) == ("the rule's timeout", T0 + 40)
    assert act.episode == world.store.cases()[0].episode.id


async def test_a_release_is_kept_with_the_outage_that_it_is_about() -> None:
    world = await proposed(a_rule())
    world.page.post(world.the_incident().id, "We are on it.", "identified")
    await world.cycle(10)

    said = order(world, ActKind.RELEASE)

    assert said == "Released public/sms (a person posted “identified” on it)."
    assert world.store.acts.history(9) == [an_act(world, ActKind.RELEASE)]


async def test_a_rejection_for_a_time_is_told_where_it_holds_what_is_due() -> None:
    world = World(reviewed())
    order(world, ActKind.REJECT, seconds=60, reason="a drill")
    world.storm(4, at=5)
    await world.cycle(10)

    ((_, held, _),) = world.store.held()

    assert held.detail == (
        "rejected by ada at 2026-09-21T14:13:20Z, until 2026-09-21T14:14:20Z: a drill"
    )


async def test_what_would_join_an_incident_that_is_over_by_now_is_not_approved_as_its_update() -> (
    None
):
    calls = a_rule("calls", incident="sms", match=CALLS, components=("Calls",), order=1)
    lasting = reviewed(recovery=Recovery(after=900, settle=60))
    world = World(lasting, calls)
    world.storm(4, at=1, code=31000)
    world.storm(4, at=5)
    await world.cycle(10)
    world.page.unreadable = Unavailable("HTTP 503")
    await world.run(20, 200)

    with pytest.raises(Refused, match="public/sms no longer joins an open incident"):
        order(world, ActKind.APPROVE)


async def test_what_was_let_in_by_a_decision_that_is_long_past_waits_no_more() -> None:
    calls = a_rule("calls", incident="sms", match=CALLS, components=("Calls",), order=1)
    world = World(reviewed(), calls)
    world.storm(4, at=1, code=31000)
    world.storm(4, at=5)
    await world.cycle(10)
    order(world, ActKind.APPROVE)
    await world.cycle(20)
    for n in range(100):
        order(world, ActKind.PAUSE, "", seconds=1, reason=str(n))

    with pytest.raises(Refused, match="Nothing waits under public/sms"):
        order(world, ActKind.APPROVE)


async def test_what_was_approved_is_not_rejected_any_more() -> None:
    world = await proposed()
    order(world, ActKind.APPROVE)

    with pytest.raises(Refused, match="Nothing waits under public/sms: it was approved by ada"):
        order(world, ActKind.REJECT)


async def test_a_reason_and_a_time_may_be_as_long_as_said() -> None:
    world = await proposed(reviewed(triggers=(a_trigger(count=9),)))

    for seconds, until in ((1, "14:13:31Z"), (LONGEST, "2027-09-21T14:13:30Z")):
        said = order(world, ActKind.PAUSE, seconds=seconds, reason="x" * PRIVATE_REASON_LIMIT)
        assert said.endswith(f"{until}.")
    assert order(world, ActKind.PAUSE).endswith("until `statusbridge resume public/sms`.")
    assert order(world, ActKind.PAUSE, "").endswith("until `statusbridge resume`.")


async def test_of_several_keys_alike_the_nearest_is_named() -> None:
    world = World(a_rule("sms"), a_rule("sms1"), a_rule("sms2"))

    with pytest.raises(Refused, match=r"There is no incident key smss. Did you mean sms\?$"):
        order(world, ActKind.PAUSE, "smss")
