"""What rules leave out, as a document, in lines and as metrics."""

from __future__ import annotations

import json
import re
from pathlib import Path

from builders import T0, a_rule, a_trigger, an_alert
from daemons import a_config, a_daemon
from statusbridge.commands.unmatched_text import lines
from statusbridge.core.model import Stage
from statusbridge.core.rules import CodeRange, Match
from statusbridge.explain.coverage import Document, past_of, unmatched_document
from statusbridge.server.metrics import exposition
from world import World

MINUTES = a_rule(window=600, triggers=(a_trigger(count=25, hold=120),))
PICKY = a_rule(
    "picky",
    window=600,
    stage=Stage.SHADOW,
    match=Match(codes=(CodeRange(21610, 21610),), levels=frozenset({"debug"})),
)


def unmatched(world: World) -> Document:
    return unmatched_document(past_of(world.bridge, world.store), world.clock.now())


async def seen() -> World:
    world = World(MINUTES, PICKY)
    world.storm(18)
    world.storm(2, at=100, code=21610)
    world.storm(1, at=200, code=None, level="notice")
    await world.cycle(300)
    return world


async def test_codes_and_rules_are_told_by_what_was_stored() -> None:
    world = await seen()

    assert unmatched(world) == {
        "version": 1,
        "now": "2026-09-21T14:18:20Z",
        "since": "2026-09-21T14:13:20Z",
        "alerts": 21,
        "unmatched": 3,
        "codes": [
            {
                "code": 21610,
                "count": 2,
                "last_seen": "2026-09-21T14:15:01Z",
                "fault": "recipient",
                "title": "recipient opted out",
                "family": "Messaging: requests",
                "rules": ["picky"],
            },
            {
                "code": None,
                "count": 1,
                "last_seen": "2026-09-21T14:16:40Z",
                "fault": "unknown",
                "title": None,
                "family": None,
                "rules": [],
            },
        ],
        "rules": [
            {
                "id": "sms",
                "stage": "auto",
                "window": 600,
                "matched": 18,
                "last_match": "2026-09-21T14:13:37Z",
                "verdict": "approached",
                "nearest": {
                    "status": "degraded_performance",
                    "needed": {"count": 25},
                    "hold": 120,
                    "highest": {"count": 18},
                    "at": "2026-09-21T14:13:37Z",
                    "ratio": 0.72,
                },
            },
            {
                "id": "picky",
                "stage": "shadow",
                "window": 600,
                "matched": 0,
                "last_match": None,
                "verdict": "never matched",
                "nearest": {
                    "status": "degraded_performance",
                    "needed": {"count": 3},
                    "hold": 0,
                    "highest": None,
                    "at": None,
                    "ratio": 0.0,
                },
            },
        ],
    }


async def test_a_rule_is_said_to_have_been_neared_as_far_as_it_was() -> None:
    verdicts = []
    for count, span in ((12, 10), (13, 10), (25, 10), (25, 800)):
        rule = a_rule(window=600, triggers=(a_trigger(count=25, hold=0 if span > 10 else 700),))
        world = World(rule)
        world.storm(count)
        await world.cycle(span + 30)
        verdicts += [one["verdict"] for one in unmatched(world)["rules"]]

    assert verdicts == ["never approached", "approached", "never held", "reached"]


async def test_accounts_that_are_gone_and_older_alerts_do_not_count() -> None:
    world = World(MINUTES)
    world.feed.alerts.append(an_alert(T0 - 31 * 86_400))
    world.account("eu").alerts.append(an_alert(account="eu"))
    await world.cycle(10)
    world.feeds.pop()
    world.restart()

    assert unmatched(world)["since"] is None
    assert lines(unmatched(world)) == ["No alert was read in 30 days."]


async def test_lines_name_what_no_rule_counts_and_the_least_used_rule_first() -> None:
    world = await seen()

    assert lines(unmatched(world)) == [
        "21 alerts since 14:13:20Z (5 min ago), 3 for no rule.",
        "",
        "Codes that no rule counts",
        "  21610    ×2  last 14:15:01Z (3 min ago)  recipient  recipient opted out"
        "  fails another key of picky",
        "  no code  ×1  last 14:16:40Z (100 s ago)  unknown",
        "",
        "Rules",
        "  picky  shadow  never matched",
        "      degraded_performance needs 3 alerts in 10m",
        "  sms    auto    approached     18 alerts  last 14:13:37Z (4 min ago)",
        "      degraded_performance needs 25 alerts in 10m for 2m; "
        "at most 18 alerts, 14:13:37Z (4 min ago)",
    ]


async def test_metrics_tell_of_each_rule_and_of_what_none_counted(tmp_path: Path) -> None:
    world = await seen()
    daemon = a_daemon(world, a_config(tmp_path))
    world.bridge.forget()
    await world.cycle(310)

    found = dict(re.findall(r"^(statusbridge_\w+{.*}) (.*)$", exposition(daemon).decode(), re.M))

    assert {name: value for name, value in found.items() if "rule" in name or "fault" in name} == {
        'statusbridge_rule_alerts_total{rule="sms"}': "18.0",
        'statusbridge_rule_alerts_total{rule="picky"}': "0.0",
        'statusbridge_rule_trigger_ratio{rule="sms"}': "0.72",
        'statusbridge_rule_trigger_ratio{rule="picky"}': "0.0",
        'statusbridge_alerts_unmatched_by_fault_total{fault="twilio"}': "0.0",
        'statusbridge_alerts_unmatched_by_fault_total{fault="carrier"}': "0.0",
        'statusbridge_alerts_unmatched_by_fault_total{fault="application"}': "0.0",
        'statusbridge_alerts_unmatched_by_fault_total{fault="recipient"}': "2.0",
        'statusbridge_alerts_unmatched_by_fault_total{fault="unknown"}': "1.0",
    }


def test_document_is_plain_json() -> None:
    world = World(MINUTES)

    assert json.loads(json.dumps(unmatched(world)))["codes"] == []
