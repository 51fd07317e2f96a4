"""The document in lines, as a person reads it."""

from __future__ import annotations

from dataclasses import replace

from builders import T0, a_rule, a_trigger, an_alert
from fakes import always
from statusbridge.commands.explain_text import lines
from statusbridge.core.errors import Unauthorized
from statusbridge.core.model import Stage, Status
from statusbridge.core.outcome import Refused
from statusbridge.core.restrain import Guards
from statusbridge.core.rules import CodeRange, Match, Probe, Recovery, Threshold
from statusbridge.explain.answer import explained
from statusbridge.explain.question import understood
from world import World

SMS = a_rule(
    window=600,
    triggers=(
        a_trigger(count=25, distinct_resources=15, hold=120),
        a_trigger(Status.PARTIAL_OUTAGE, count=150),
    ),
    recovery=Recovery(after=600, settle=900, below=Threshold(count=5)),
)


def shown(world: World, what: str | None = None, at: int | None = None) -> list[str]:
    moment = None if at is None else T0 + at
    return lines(explained(world.bridge, world.store, understood(what), moment))


async def test_rule_under_its_trigger_reads_from_the_answer_to_what_was_read() -> None:
    world = World(SMS)
    world.storm(18)
    await world.cycle(60)

    assert shown(world, "sms") == [
        "No incident: rule sms counts 18 of 25 alerts needed in 10m; 7 alerts are missing.",
        "",
        "Rule sms  (auto, public/sms, SMS)",
        "  phase        inactive",
        "  counts       18 alerts, 18 resources in 10m up to 14:14:20Z  30008 ×18",
        "  needs        degraded_performance  25 alerts, 15 resources  for 2m  7 alerts missing",
        "               partial_outage        150 alerts                       132 alerts missing",
        "  recovers     at 5 alerts or fewer for 10m, then 15m of watching",
        "  matches      codes  30008",
        "  last match   14:13:37Z (43 s ago), code 30008, account prod",
        "  last outage  none",
        "  read         prod  whole up to 14:14:20Z (0 s ago)",
    ]


async def test_incident_reads_from_where_it_stands_to_each_post() -> None:
    world = World(replace(SMS, recovery=replace(SMS.recovery, manual=True)))
    world.storm(160)
    await world.cycle(200)
    world.feed.error = Unauthorized(401, "no entry")
    await world.cycle(210)

    assert shown(world, "sms") == [
        "Incident “Delays sending SMS” is open: investigating, partial_outage; "
        "rule sms is firing since 14:15:44Z. "
        "There may be more: account prod is read only up to 14:16:40Z.",
        "",
        "Rule sms  (auto, public/sms, SMS)",
        "  phase        firing since 14:15:44Z (66 s ago)",
        "  counts       160 alerts, 160 resources in 10m up to 14:16:40Z  30008 ×160",
        "  needs        degraded_performance  25 alerts, 15 resources  for 2m  reached",
        "               partial_outage        150 alerts                       reached",
        "  recovers     at 5 alerts or fewer for 10m, then 15m of watching; "
        "only a person resolves; not there yet",
        "  matches      codes  30008",
        "  last match   14:15:59Z (51 s ago), code 30008, account prod",
        "  last outage  14:15:44Z (66 s ago)",
        "  read         prod  whole up to 14:16:40Z (10 s ago)  BLIND: no entry",
        "",
        "Incident public/sms “Delays sending SMS” i1",
        "  investigating, partial_outage; began 14:13:20Z (3 min ago)",
        "  rules     sms firing",
        "  evidence  of prod",
        "  FROZEN    prod can't be read, so nothing recovers",
        "  14:16:40Z (10 s ago)  posted investigating, mailed: outage began",
        "      Messaging / SMS partial_outage",
        "      “Some text messages are failing.”",
        "      receipt u002",
    ]


async def test_what_is_held_given_up_and_theirs_is_told_with_its_cause() -> None:
    held, refused, theirs = (World(a_rule()) for _ in range(3))
    held.configure(a_rule(), guards=Guards(max_open_incidents=0))
    refused.page.answers = [always(Refused(413, "too long"))]
    for world in (held, refused, theirs):
        world.storm(4)
        await world.cycle(10)
    theirs.page.post(theirs.the_incident().id, "Ours.", "identified")
    await theirs.cycle(20)

    assert shown(held, "sms")[-5:] == [
        "Incident public/sms, not on the page",
        "  held; began 14:13:20Z (10 s ago)",
        "  rules     sms firing",
        "  evidence  of prod",
        "  held      0 incidents are open, as many as allowed  [too_many_open_incidents] "
        "since 14:13:30Z (0 s ago)",
    ]
    assert (
        "  14:13:30Z (0 s ago)  gave up investigating, mailed: outage began  (too long)"
        in shown(refused, "sms")
    )
    assert "  owner     theirs: a person posted “identified” on it" in shown(theirs, "sms")


async def test_recovery_says_since_when_and_until_when() -> None:
    world = World(a_rule())
    world.storm(4)
    await world.run(10, 130)

    assert (
        "  recovers     at no alert for 1m, then 1m of watching; since 14:14:23Z, due at 14:16:23Z"
        in shown(world, "sms")
    )


async def test_every_rule_is_a_line_where_nothing_is_asked_for() -> None:
    world = World(SMS, a_rule("voice", stage=Stage.SHADOW))
    world.storm(4)
    await world.cycle(60)

    assert shown(world) == [
        "1 of 2 rules firing, 0 incidents open.",
        "",
        "No incident: rule sms counts 4 of 25 alerts and 4 of 15 resources needed in 10m; "
        "21 alerts and 11 resources are missing.",
        "No incident: rule voice fires since 14:13:22Z, but is in stage shadow, "
        "which publishes nothing.",
    ]


async def test_past_is_said_to_be_found_again() -> None:
    world = World(SMS)
    world.storm(18)
    await world.cycle(600)

    found = shown(world, "sms", at=60)

    assert found[1] == (
        "As of 2026-09-21T14:14:20Z, found again from the stored alerts by today's rules."
    )
    assert not [line for line in found if line.startswith("  read")]


async def test_alert_reads_with_each_rule_and_the_keys_that_failed() -> None:
    picky = a_rule("picky", match=Match(levels=frozenset({"x"}), texts=((Probe("timeout"),),)))
    world = World(a_rule(), picky)
    world.storm(4)
    await world.cycle(10)
    sid = an_alert().sid

    assert shown(world, sid) == [
        f"Alert {sid} (code 30008, fault carrier) counts for rule sms.",
        "",
        "  happened  14:13:20Z (10 s ago)",
        "  account   prod",
        "  code      30008, carrier failed the message without a reason",
        "  level     error",
        "",
        "Rules",
        "  ✓ sms  (auto)  counts until 14:14:20Z (0 s ago), "
        "in the outage since 14:13:20Z (10 s ago)",
        "  ✗ picky  (auto)",
        "      levels  is error                                wanted x",
        "      text    is not so in its text when it was read  wanted text_contains “timeout”",
    ]


async def test_code_reads_with_what_was_seen_and_which_rule_could() -> None:
    rule = a_rule("picky", match=Match(codes=(CodeRange(30008, 30008),), levels=frozenset({"x"})))
    world = World(rule, a_rule("voice", match=Match(codes=(CodeRange(31000, 31999),))))
    world.storm(4)
    await world.cycle(10)

    assert shown(world, "30008") == [
        "Code 30008 (fault carrier) can count for rule picky.",
        "",
        "  is         carrier failed the message without a reason",
        "  family     Messaging: delivery",
        "  seen       4 in an hour, 4 in a day, 4 in 30 days; last 14:13:23Z (7 s ago)",
        "  levels     error ×4",
        "  unmatched  4 of them counted for no rule",
        "",
        "Rules",
        "  ✓ picky  (auto)  counted 0 in 30 days",
        "      besides levels: x",
        "  ✗ voice  (auto)",
        "      codes  is 30008  wanted 31000-31999",
    ]


async def test_rule_of_many_codes_names_the_first_that_it_asks_for_and_how_many_more() -> None:
    codes = tuple(CodeRange(code, code) for code in range(31000, 31020, 2))
    world = World(a_rule("voice", match=Match(codes=codes)))
    await world.cycle(10)

    assert shown(world, "30008")[-1] == (
        "      codes  is 30008  wanted 31000, 31002, 31004, 31006, 31008, 31010 and 4 more"
    )


async def test_alert_that_is_not_stored_reads_with_what_was() -> None:
    world = World(a_rule())
    sid = "NO" + "f" * 32
    never = shown(world, sid)
    world.storm(4)
    await world.cycle(10)

    assert never == [f"Alert {sid} is not stored.", "No alert was ever read."]
    assert shown(world, sid) == [
        f"Alert {sid} is not stored.",
        "It is older than the oldest that is, 14:13:20Z (10 s ago),",
        "or newer than what was read, or in a gap, or of another account:",
        "  prod  whole up to 14:13:30Z (0 s ago)",
    ]
