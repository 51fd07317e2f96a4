"""Several accounts, late alerts, and polls that fail: evidence counts, absence only where read."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass, replace

import pytest
from structlog.testing import capture_logs

from builders import T0, TEXTS, a_rule, a_trigger, an_alert
from fakes import Feed
from statusbridge.core.coverage import Batch, Budget, Coverage, Gap
from statusbridge.core.errors import Unauthorized, Unavailable
from statusbridge.core.model import Status
from statusbridge.core.rules import Match, Probe, Recovery
from world import World

OPENED = "Some text messages are failing."
RULE = a_rule(triggers=(a_trigger(count=3), a_trigger(Status.PARTIAL_OUTAGE, count=8)))
DEAD = Unavailable("connection refused")


def storm_of(feed: Feed, count: int, at: int) -> None:
    for n in range(count):
        feed.alerts.append(
            an_alert(T0 + at + n, account=feed.account, sid=f"NO-{feed.account}-{at}-{n}")
        )


async def test_an_account_that_gave_no_evidence_and_is_dead_does_not_freeze_the_incident() -> None:
    world = World(RULE)
    other = world.account("test")
    await world.cycle(0)
    storm_of(world.feed, 4, at=5)
    other.error = DEAD

    await world.run(10, 400)

    assert world.the_incident().resolved


async def test_credentials_refused_while_an_account_was_out_of_reach_are_logged_once() -> None:
    world = World(RULE)
    refused = Unauthorized(401, "was answered 401")

    with capture_logs() as logs:
        for error in (DEAD, DEAD, refused, refused, DEAD):
            world.feed.error = error
            await world.cycle()

    told = [entry["why"] for entry in logs if entry["event"] == "source.unavailable"]
    assert told == ["connection refused", "was answered 401"]


async def test_an_account_never_read_at_all_freezes_nothing_either() -> None:
    world = World(RULE)
    world.account("test").error = DEAD
    storm_of(world.feed, 4, at=5)

    await world.run(10, 400)

    assert world.the_incident().resolved


async def test_an_account_that_gave_evidence_and_dies_freezes_the_incident() -> None:
    world = World(RULE)
    other = world.account("test")
    storm_of(world.feed, 2, at=5)
    storm_of(other, 2, at=6)
    await world.cycle(10)
    other.error = DEAD
    await world.run(20, 900)
    frozen = world.page.texts()
    other.error = None

    await world.run(910, 920)

    assert [status for _, status, _ in frozen] == ["investigating"]
    assert world.the_incident().resolved


async def test_evidence_of_one_account_raises_while_another_is_dead() -> None:
    world = World(RULE)
    other = world.account("test")
    await world.cycle(0)
    other.error = DEAD
    storm_of(world.feed, 4, at=500)

    await world.cycle(510)

    assert world.posts == [OPENED]


async def test_an_account_that_joins_a_firing_episode_with_evidence_holds_its_recovery() -> None:
    world = World(RULE)
    other = world.account("test")
    storm_of(world.feed, 4, at=5)
    await world.cycle(10)
    storm_of(other, 1, at=15)
    await world.cycle(20)
    other.error = DEAD

    await world.run(30, 900)

    assert world.page.texts()[0][1] == "investigating"


async def test_alerts_of_one_sid_in_two_accounts_are_two_alerts() -> None:
    world = World(replace(RULE, triggers=(a_trigger(count=2, distinct_accounts=2),)))
    other = world.account("test")
    for feed in (world.feed, other):
        feed.alerts.append(an_alert(T0 + 5, sid="NO1", account=feed.account))

    await world.cycle(10)

    assert world.posts == [OPENED]


async def test_a_rule_for_one_account_hears_no_other() -> None:
    world = World(replace(RULE, match=Match(accounts=frozenset({"prod"}))))
    other = world.account("test")
    storm_of(other, 9, at=5)

    await world.cycle(20)

    assert world.posts == []


async def test_late_alerts_open_an_outage_of_the_past_that_is_still_firing() -> None:
    world = World(replace(RULE, recovery=Recovery(after=600, settle=60)))
    world.storm(4, at=5)
    world.feed.late = {alert.sid: T0 + 50 for alert in world.feed.alerts}

    await world.run(0, 60)

    assert world.posts == [OPENED]


async def test_late_alerts_worsen_what_fires() -> None:
    world = World(RULE)
    world.storm(10, at=5)
    world.feed.late = {alert.sid: T0 + 40 for alert in world.feed.alerts[4:]}

    await world.run(10, 50)

    assert world.posts == [OPENED, TEXTS.worsened]


async def test_a_late_alert_delays_a_recovery_that_was_not_told() -> None:
    late, steady = World(RULE), World(RULE)
    for world in (late, steady):
        world.storm(4, at=5)
        await world.run(10, 110)
    late.feed.alerts.append(an_alert(T0 + 60, sid="NO-late"))
    late.feed.late = {"NO-late": T0 + 115}

    for world in (late, steady):
        await world.run(120, 130)

    assert steady.page.texts()[0][1] == "monitoring"
    assert late.page.texts()[0][1] == "investigating"


async def test_late_alerts_never_touch_what_was_resolved() -> None:
    world = World(RULE)
    world.storm(4, at=5)
    world.storm(20, at=100)
    world.feed.late = {alert.sid: T0 + 300 for alert in world.feed.alerts[4:]}

    await world.run(0, 600)

    assert world.the_incident().resolved
    assert len(world.posts) == 3


async def test_refused_credentials_of_twilio_freeze_and_are_told_by_name() -> None:
    world = World(RULE)
    world.storm(4, at=5)
    await world.cycle(10)
    world.feed.error = Unauthorized(401, "HTTP 401: Authenticate")
    await world.cycle(20)
    refused, trouble = set(world.bridge.refused), dict(world.bridge.trouble)
    world.feed.error = DEAD
    await world.cycle(30)
    unreachable = set(world.bridge.refused)
    world.feed.error = None

    await world.cycle(40)

    assert refused == {"account prod"}
    assert trouble == {"account prod": "HTTP 401: Authenticate"}
    assert unreachable == set()
    assert world.bridge.trouble == {}


@dataclass
class Pages(Feed):
    """Answers in batches, the newest first, with notes, gaps and malformed entries."""

    asked: int = 0

    async def poll(self, coverage: Coverage, budget: Budget) -> AsyncGenerator[Batch, None]:
        now = self.clock.now()
        seen = [alert for alert in self.alerts if alert.at <= now]
        gap = Gap(T0 - 20, T0 - 10, "older than Twilio answers for")
        for alert in reversed(seen):
            self.asked += 1
            yield Batch((alert,), Coverage(coverage.covered_until, now), (gap,), 1, ("a note",))
        yield Batch((), Coverage(now, now))
        yield Batch((), Coverage(now, now))


@pytest.mark.parametrize("times", [1, 2])
async def test_batches_count_each_alert_gap_and_malformed_entry_once_however_often_they_come(
    times: int,
) -> None:
    world = World(RULE)
    feed = Pages(world.clock, world.feed.alerts)
    world.feeds = [feed]
    world.restart()
    world.storm(4, at=5)
    for _ in range(times):
        await world.cycle(20)

    assert world.reports[0].alerts == 4
    assert world.reports[0].malformed == 4
    assert world.store.counters()["seen"] == 4
    assert len(world.store.gaps(0)) == 1
    assert world.posts == [OPENED]


async def test_a_poll_ends_when_only_the_past_is_left_and_its_time_is_over() -> None:
    world = World(RULE)
    world.bridge.deep_seconds = 0
    feed = Pages(world.clock, world.feed.alerts)
    world.bridge.sources = (feed,)
    world.storm(4, at=5)

    await world.cycle(20)

    assert feed.asked == 1


async def test_a_rule_that_reads_more_of_an_alert_counts_it_when_it_is_read_again() -> None:
    timeout = Probe("timeout")
    world = World(RULE)
    await world.cycle(0)
    world.storm(4, at=5, code=1)
    await world.cycle(20)
    world.configure(replace(RULE, match=Match(texts=((timeout,),))))
    world.feed.alerts = [a._replace(traits=(timeout.trait,)) for a in world.feed.alerts]

    await world.cycle(30)

    assert world.posts == [OPENED]


async def test_what_is_new_is_counted_also_where_a_known_alert_says_more_than_before() -> None:
    timeout = Probe("timeout")
    world = World(replace(RULE, match=Match(texts=((timeout,),))))
    world.storm(2, at=5)
    await world.cycle(20)
    world.storm(3, at=21)
    world.feed.alerts = [a._replace(traits=(timeout.trait,)) for a in world.feed.alerts]
    world.storm(1, at=25)

    await world.cycle(30)

    assert world.store.counters() == {"seen": 6, "matched": 3}
    assert dict(world.bridge.counted) == {"sms": 3}
    assert world.bridge.unmatched.total() == 3


async def test_a_bridge_without_accounts_has_quiet_cycles() -> None:
    world = World(RULE)
    world.feeds = []
    world.restart()

    report = await world.cycle(10)

    assert report.facts() == dict.fromkeys(report.facts(), 0)
