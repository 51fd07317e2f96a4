"""What is answered, in a small world: the first line above all."""

from __future__ import annotations

from typing import Any

import pytest

from builders import T0, a_rule, a_trigger, an_alert
from fakes import always, lost_before
from statusbridge.bridge.acting import carry
from statusbridge.core.acts import ActKind, Order
from statusbridge.core.errors import Unauthorized
from statusbridge.core.model import Fault, Stage, Status
from statusbridge.core.outcome import Refused
from statusbridge.core.restrain import Guards
from statusbridge.core.rules import CodeRange, Match, Probe, Recovery
from statusbridge.explain.answer import NothingNamedError, explained
from statusbridge.explain.question import understood
from world import World

LASTING = Recovery(after=900, settle=600)
SMS = a_rule(
    "sms-delivery",
    incident="sms",
    window=600,
    triggers=(
        a_trigger(count=25, distinct_resources=15),
        a_trigger(Status.PARTIAL_OUTAGE, count=150),
    ),
    recovery=LASTING,
)
PATIENT = a_rule(triggers=(a_trigger(count=3, hold=120),), window=600)


def explain(world: World, what: str | None = None, at: int | None = None) -> dict[str, Any]:
    moment = None if at is None else T0 + at
    return explained(world.bridge, world.store, understood(what), moment)


async def stormed(*rules: Any, count: int = 18, at: int = 60, **policy: Any) -> World:
    world = World(*rules, **policy)
    world.storm(count)
    await world.cycle(at)
    return world


# Why is there no incident?


async def test_rule_short_of_its_trigger_says_by_how_much_in_the_first_line() -> None:
    world = await stormed(SMS)

    found = explain(world, "sms-delivery")

    assert found["answer"] == (
        "No incident: rule sms-delivery counts 18 of 25 alerts needed in 10m; 7 alerts are missing."
    )
    (rule,) = found["rules"]
    assert rule["triggers"] == [
        {
            "status": "degraded_performance",
            "needed": {"count": 25, "distinct_resources": 15},
            "missing": {"count": 7},
            "hold": 0,
            "met_since": None,
            "counts_from": None,
        },
        {
            "status": "partial_outage",
            "needed": {"count": 150},
            "missing": {"count": 132},
            "hold": 0,
            "met_since": None,
            "counts_from": None,
        },
    ]
    assert rule["measures"] == {"count": 18, "distinct_resources": 18}
    assert rule["codes"] == [{"code": 30008, "count": 18}]
    assert rule["last_match"] == {"at": "2026-09-21T14:13:37Z", "code": 30008, "account": "prod"}
    assert (rule["phase"], rule["last_outage"], found["incidents"]) == ("inactive", None, [])


@pytest.mark.parametrize(
    ("triggers", "expected"),
    [
        ((a_trigger(count=19),), "counts 18 of 19 alerts needed in 10m; 1 alert is missing."),
        (
            (a_trigger(count=10, distinct_accounts=2),),
            "counts 1 of 2 accounts needed in 10m; 1 account is missing.",
        ),
        (
            (a_trigger(count=20, distinct_resources=20),),
            "counts 18 of 20 alerts and 18 of 20 resources needed in 10m; "
            "2 alerts and 2 resources are missing.",
        ),
        (
            (a_trigger(count=100), a_trigger(Status.FULL_OUTAGE, distinct_resources=20)),
            "counts 18 of 20 resources needed in 10m; 2 resources are missing.",
        ),
    ],
)
async def test_first_line_names_what_is_missing_to_the_nearest_trigger(
    triggers: Any, expected: str
) -> None:
    world = await stormed(a_rule(window=600, triggers=triggers))

    assert explain(world, "sms")["answer"] == f"No incident: rule sms {expected}"


async def test_rule_without_any_alert_says_what_it_needs() -> None:
    world = await stormed(SMS, count=18, at=6000)

    assert explain(world, "sms")["answer"] == (
        "No incident: rule sms-delivery counts no alert in 10m; "
        "it needs 25 alerts and 15 resources."
    )


async def test_bridge_that_never_read_says_so() -> None:
    assert explain(World(SMS), "sms")["answer"] == ("Nothing is known yet: no alert was ever read.")


async def test_rule_that_waits_for_its_hold_says_until_when() -> None:
    world = await stormed(PATIENT, count=4, at=30)

    assert explain(world, "sms")["answer"] == (
        "No incident yet: rule sms has reached degraded_performance since 14:13:22Z, "
        "which has to hold for 2m, until 14:15:22Z."
    )


async def test_rule_on_trial_says_that_it_publishes_nothing() -> None:
    world = await stormed(a_rule(stage=Stage.SHADOW, window=600))

    assert explain(world, "sms")["answer"] == (
        "No incident: rule sms fires since 14:13:22Z, but is in stage shadow, "
        "which publishes nothing."
    )


async def test_opening_that_is_held_says_why() -> None:
    world = await stormed(a_rule(window=600), guards=Guards(max_open_incidents=0))

    found = explain(world, "sms")

    assert found["answer"] == (
        "No incident: rule sms fires since 14:13:22Z, but the opening is held: "
        "0 incidents are open, as many as allowed [too_many_open_incidents]."
    )
    assert found["incidents"][0]["held"] == {
        "reason": "too_many_open_incidents",
        "detail": "0 incidents are open, as many as allowed",
        "since": "2026-09-21T14:14:20Z",
    }


async def test_account_that_can_not_be_read_makes_the_numbers_a_least() -> None:
    world = await stormed(SMS)
    world.feed.error = Unauthorized(401, "no entry")
    await world.cycle(70)

    found = explain(world, "sms")

    assert found["answer"].endswith(
        "7 alerts are missing. There may be more: account prod is read only up to 14:14:20Z."
    )
    assert found["rules"][0]["accounts"] == [
        {"account": "prod", "covered_until": "2026-09-21T14:14:20Z", "trouble": "no entry"}
    ]


async def test_rule_that_does_not_listen_to_a_blind_account_has_no_doubt() -> None:
    eu = a_rule(window=600, match=Match(accounts=frozenset({"eu"})), triggers=(a_trigger(count=9),))
    world = World(eu)
    world.account("eu").alerts.append(an_alert(account="eu"))
    await world.cycle(10)
    world.feed.error = Unauthorized(401, "no entry")
    await world.cycle(20)

    assert explain(world, "sms")["answer"] == (
        "No incident: rule sms counts 1 of 9 alerts needed in 10m; 8 alerts are missing."
    )


# What became of an incident?


async def test_open_incident_is_told_with_its_posts_and_their_receipts() -> None:
    world = await stormed(SMS, count=30)

    found = explain(world, "sms")

    (incident,) = found["incidents"]
    (update,) = world.the_incident().updates
    assert found["answer"] == (
        "Incident “Delays sending SMS” is open: investigating, degraded_performance; "
        "rule sms-delivery is firing since 14:13:44Z."
    )
    assert incident == {
        "incident": "sms",
        "page": "public",
        "stage": "auto",
        "incident_id": "i1",
        "name": "Delays sending SMS",
        "state": "investigating",
        "status": "degraded_performance",
        "owner": "ours",
        "owner_why": None,
        "started_at": "2026-09-21T14:13:20Z",
        "fired_at": "2026-09-21T14:13:44Z",
        "ended_at": None,
        "opened_by": "sms-delivery",
        "rules": [{"id": "sms-delivery", "phase": "firing", "asked": "degraded_performance"}],
        "accounts": ["prod"],
        "frozen_by": [],
        "held": None,
        "operations": [
            {
                "at": "2026-09-21T14:14:20Z",
                "state": "done",
                "action": "open",
                "reason": "outage_began",
                "rules": ["sms-delivery"],
                "incident_status": "investigating",
                "components": [{"component": "Messaging / SMS", "status": "degraded_performance"}],
                "message": "Some text messages are failing.",
                "notified": True,
                "receipt": [update.id],
                "attempts_unknown": 0,
                "why": None,
            }
        ],
        "other_receipts": [],
    }


async def test_incident_that_a_lost_state_file_posted_is_told_with_its_status() -> None:
    before = await stormed(SMS, count=30)
    world = World(SMS)
    world.page, world.feed.alerts = before.page, before.feed.alerts
    world.restart()
    await world.cycle(70)

    found = explain(world, "sms")

    assert [one["operations"] for one in found["incidents"]] == [[]]
    assert found["answer"] == (
        "Incident “Delays sending SMS” is open: investigating, degraded_performance; "
        "rule sms-delivery is firing since 14:13:44Z."
    )


async def test_open_incident_is_told_as_open_after_the_clock_was_set_back() -> None:
    world = await stormed(SMS, count=30)
    world.clock.time = T0 - 365 * 86_400

    assert explain(world, "sms")["answer"] == (
        "Incident “Delays sending SMS” is open: investigating, degraded_performance; "
        "rule sms-delivery is firing since 2026-09-21 14:13:44Z."
    )


async def test_incident_that_was_approved_is_told_as_open() -> None:
    world = await stormed(a_rule(stage=Stage.REVIEW, window=600))
    carry(world.bridge, Order(ActKind.APPROVE, "sms"), "ada")
    await world.cycle(70)

    assert explain(world, "sms")["answer"] == (
        "Incident “Delays sending SMS” is open: investigating, degraded_performance; "
        "rule sms is firing since 14:13:22Z."
    )


async def test_open_incident_is_told_before_a_louder_rule_that_is_not_public() -> None:
    trial = a_rule("trial", incident="sms", stage=Stage.SHADOW, triggers=(a_trigger(count=4),))

    world = await stormed(a_rule("quiet", incident="sms", triggers=(a_trigger(count=10),)), trial)

    assert explain(world, "sms")["answer"].startswith("Incident “Delays sending SMS” is open")


async def test_open_incident_that_no_rule_speaks_in_any_more_is_told_before_that_rule() -> None:
    world = await stormed(a_rule(window=600))
    world.configure(a_rule(window=600, stage=Stage.SHADOW))
    await world.cycle(70)

    assert explain(world, "sms")["answer"] == (
        "Incident “Delays sending SMS” is not ours any more (orphaned: rule sms was moved to "
        "another page, incident or stage); what we last posted is investigating, "
        "degraded_performance; no rule speaks in it any more."
    )


async def test_incident_that_a_person_touched_says_so_first() -> None:
    world = await stormed(SMS, count=30)
    world.page.post(world.the_incident().id, "All good.", "resolved")
    await world.cycle(70)

    found = explain(world, "sms")

    assert found["answer"] == (
        "Incident “Delays sending SMS” is not ours any more (theirs: a person posted “resolved” "
        "on it); what we last posted is investigating, degraded_performance; "
        "rule sms-delivery is firing since 14:13:44Z."
    )


async def test_frozen_incident_names_the_account() -> None:
    world = await stormed(SMS, count=30)
    world.feed.error = Unauthorized(401, "no entry")
    await world.cycle(70)

    (incident,) = explain(world, "sms")["incidents"]

    assert incident["frozen_by"] == ["prod"]


async def test_post_in_doubt_and_post_that_was_given_up_are_told_with_their_cause() -> None:
    doubt = World(SMS)
    doubt.page.answers = [lost_before]
    refused = World(SMS)
    refused.page.answers = [always(Refused(413, "too long"))]
    told = []
    for world in (doubt, refused):
        world.storm(30)
        await world.cycle(60)
        (incident,) = explain(world, "sms")["incidents"]
        (operation,) = incident["operations"]
        told.append((operation["state"], operation["attempts_unknown"], operation["why"]))

    assert told == [("doubt", 1, "connection reset"), ("parked", 0, "too long")]


async def test_last_outage_is_told_once_it_is_over() -> None:
    world = World(a_rule())
    world.storm(4)
    await world.run(10, 400)

    found = explain(world, "sms")

    assert found["answer"].startswith("No incident: rule sms counts no alert in 1m")
    assert [(i["state"], i["ended_at"]) for i in found["incidents"]] == [
        ("resolved", "2026-09-21T14:16:23Z")
    ]
    assert len(found["incidents"][0]["operations"]) == 3
    assert found["rules"][0]["last_outage"] == "2026-09-21T14:13:22Z"


async def test_incident_whose_rule_was_removed_is_still_told() -> None:
    world = await stormed(SMS, count=30)
    world.configure(a_rule("voice"))
    await world.cycle(70)

    found = explain(world, "sms")

    assert found["answer"] == (
        "Incident “Delays sending SMS” is not ours any more (orphaned: rule sms-delivery was "
        "removed); what we last posted is investigating, degraded_performance; "
        "no rule has this key any more."
    )
    assert found["rules"] == []


async def test_rule_that_does_not_fire_beside_an_open_incident_tells_of_both() -> None:
    calls = a_rule("calls", incident="sms", window=600, match=Match(codes=(CodeRange(1, 2),)))
    world = await stormed(SMS, calls, count=30)

    assert explain(world, "calls")["answer"] == (
        "Incident “Delays sending SMS” is open: investigating, degraded_performance; "
        "rule calls counts no alert in 10m; it needs 3 alerts."
    )


# Which of several is meant?


async def test_name_of_a_rule_and_of_an_incident_explains_both() -> None:
    own = a_rule("sms", incident="texts", window=600)
    other = a_rule("other", incident="sms", window=600)
    world = await stormed(own, other, a_rule("voice"), count=1)

    assert [r["id"] for r in explain(world, "sms")["rules"]] == ["sms", "other"]
    assert [r["id"] for r in explain(world, "public/sms")["rules"]] == ["other"]
    assert [r["id"] for r in explain(world, "texts")["rules"]] == ["sms"]


async def test_unknown_name_is_answered_with_the_nearest() -> None:
    world = await stormed(SMS)

    with pytest.raises(NothingNamedError, match=r"“sms-deliver”; did you mean \"sms-delivery\""):
        explain(world, "sms-deliver")
    with pytest.raises(NothingNamedError):
        explain(world, "partners/sms")


async def test_without_a_name_every_rule_is_told() -> None:
    world = await stormed(SMS, a_rule("voice", match=Match(codes=(CodeRange(1, 2),))), count=30)

    found = explain(world)

    assert found["answer"] == "1 of 2 rules firing, 1 incident open."
    assert [rule["verdict"] for rule in found["rules"]] == [
        "Incident “Delays sending SMS” is open: investigating, degraded_performance; "
        "rule sms-delivery is firing since 14:13:44Z.",
        "No incident: rule voice counts no alert in 1m; it needs 3 alerts.",
    ]


# A past time


async def test_past_time_is_found_again_from_the_stored_alerts() -> None:
    world = World(SMS)
    world.storm(30, at=100)
    await world.run(100, 4000, every=60)

    short = explain(world, "sms", at=117)
    open_ = explain(world, "sms", at=400)
    over = explain(world, "sms", at=4000)

    assert short["answer"] == (
        "No incident: rule sms-delivery counts 18 of 25 alerts needed in 10m; 7 alerts are missing."
    )
    assert (short["at"], short["as_of"]) == ("2026-09-21T14:15:17Z", "2026-09-21T14:15:17Z")
    assert open_["answer"].startswith("Incident “Delays sending SMS” is open: investigating")
    assert [o["action"] for o in open_["incidents"][0]["operations"]] == ["open"]
    assert over["answer"].startswith("No incident: rule sms-delivery counts no alert")


async def test_outage_that_lasts_longer_than_windows_reach_is_still_firing_in_the_past() -> None:
    world = World(a_rule(recovery=Recovery(after=60, settle=60)))
    for minute in range(100):
        world.storm(2, at=minute * 60)
    world.storm(1, at=30)
    await world.run(0, 6000, every=300)

    assert explain(world, "sms", at=5500)["rules"][0]["phase"] == "firing"


async def test_time_before_the_oldest_alert_is_unknown() -> None:
    world = await stormed(SMS)

    assert explain(world, "sms", at=-60)["answer"] == (
        "Nothing is known of then: the oldest stored alert is of 2026-09-21T14:13:20Z."
    )


# Alerts


async def test_alert_that_counts_says_for_which_rule_and_in_which_outage() -> None:
    world = await stormed(SMS, count=30)
    sid = an_alert(T0 + 5).sid

    found = explain(world, sid)

    assert found["answer"] == (
        f"Alert {sid} (code 30008, fault carrier) counts for rule sms-delivery."
    )
    (alert,) = found["alerts"]
    assert alert["rules"] == [
        {
            "id": "sms-delivery",
            "stage": "auto",
            "page": "public",
            "incident": "sms",
            "matches": True,
            "failed": [],
            "counted_until": "2026-09-21T14:23:25Z",
            "outage": {
                "started_at": "2026-09-21T14:13:20Z",
                "ended_at": None,
                "incident_id": "i1",
            },
        }
    ]


async def test_alert_that_counts_for_no_rule_names_each_key_that_failed() -> None:
    match = Match(
        codes=(CodeRange(30008, 30008), CodeRange(30020, 30021)),
        codes_not=(CodeRange(11200, 11200),),
        levels=frozenset({"error"}),
        faults=frozenset({Fault.CARRIER, Fault.TWILIO}),
        accounts=frozenset({"eu"}),
        services=frozenset({"MG1"}),
        resource_prefixes=("CA",),
        request_hosts=frozenset({"hooks.example.com"}),
        texts=((Probe("timeout"), Probe("refused")), (Probe("502", "httpResponse"),)),
    )
    world = World(a_rule(match=match))
    strange = an_alert(code=11200, level="warning", service=None, host="other.example.com")
    world.feed.alerts.append(strange)
    await world.cycle(10)

    found = explain(world, strange.sid)

    assert found["answer"].endswith("counts for no rule: each fails a key of its match.")
    failed = {
        one["key"]: (one["wanted"], one["found"])
        for one in found["alerts"][0]["rules"][0]["failed"]
    }
    assert failed == {
        "codes": ("30008, 30020-30021", "11200"),
        "codes_not": ("none of 11200", "11200"),
        "levels": ("error", "warning"),
        "faults": ("carrier, twilio", "application"),
        "accounts": ("eu", "prod"),
        "services": ("MG1", "none"),
        "resource_prefix": ("CA", "SM"),
        "request_hosts": ("hooks.example.com", "other.example.com"),
        "text": (
            "text_contains “timeout”, “refused” and fields.httpResponse “502”",
            "not so in its text when it was read",
        ),
    }


async def test_only_what_a_key_asks_about_is_told_of_an_alert() -> None:
    world = World(a_rule())
    world.feed.alerts.append(an_alert(host="secret.example.com", service="MG" + "1" * 32))
    await world.cycle(10)

    told = str(explain(world, an_alert().sid))

    assert "secret.example.com" not in told
    assert "MG1" not in told
    assert an_alert().resource not in told


async def test_alert_of_an_account_that_is_gone_counts_for_nothing() -> None:
    world = World(a_rule())
    world.storm(1)
    await world.cycle(10)
    world.feeds.clear()
    world.restart()

    assert explain(world, an_alert().sid)["answer"].endswith(
        "counts for no rule: account prod is not configured any more."
    )


async def test_alert_that_is_not_stored_is_said_to_be_so_with_what_was_read() -> None:
    world = await stormed(SMS)
    sid = "NO" + "f" * 32

    found = explain(world, sid)

    assert found["answer"] == f"Alert {sid} is not stored."
    assert (found["alerts"], found["stored_from"]) == ([], "2026-09-21T14:13:20Z")
    assert found["sources"] == [
        {"account": "prod", "covered_until": "2026-09-21T14:14:20Z", "trouble": None, "gaps": []}
    ]


# Codes


async def test_code_that_a_rule_can_count_says_which_and_what_else_that_asks() -> None:
    rule = a_rule(
        stage=Stage.SHADOW, match=Match(faults=frozenset({Fault.CARRIER}), levels=frozenset({"x"}))
    )
    world = await stormed(rule, SMS, count=20)

    found = explain(world, "30008")

    assert found["answer"] == (
        "Code 30008 (fault carrier) can count for rules sms (shadow), sms-delivery."
    )
    assert (found["title"], found["family"]) == (
        "carrier failed the message without a reason",
        "Messaging: delivery",
    )
    assert [(r["id"], r["can_match"], r["asks_besides"], r["counted"]) for r in found["rules"]] == [
        ("sms", True, {"levels": "x"}, 0),
        ("sms-delivery", True, {}, 20),
    ]
    assert found["unmatched"] == 0
    assert found["seen"] == {
        "last_hour": 20,
        "last_day": 20,
        "last_30_days": 20,
        "last": "2026-09-21T14:13:39Z",
        "levels": {"error": 20},
    }


async def test_code_without_a_rule_says_so_and_what_it_is() -> None:
    world = World(SMS)
    world.storm(3, code=21610)
    world.storm(1, at=-7200, code=21610)
    await world.cycle(60)

    found = explain(world, "21610")

    assert found["answer"] == (
        "Code 21610 (fault recipient) counts for no rule: none has it among its codes."
    )
    assert (found["title"], found["unmatched"]) == ("recipient opted out", 4)
    assert (found["seen"]["last_hour"], found["seen"]["last_day"]) == (3, 4)


async def test_code_of_no_table_says_so() -> None:
    world = await stormed(SMS)

    assert explain(world, "777777")["answer"] == (
        "Code 777777 (in no table) counts for no rule: none has it among its codes."
    )
