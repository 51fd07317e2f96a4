"""Guards hold openings, each with its reason; what was found out about the page is used once."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass, replace

import pytest
from structlog.testing import capture_logs

from builders import T0, a_rule, a_trigger, an_alert
from fakes import Feed, lost_after, lost_before
from statusbridge.bridge.evaluating import evaluate
from statusbridge.bridge.polling import poll
from statusbridge.bridge.survey import survey
from statusbridge.core.coverage import Batch, Budget, Coverage, Gap, Hole
from statusbridge.core.errors import Unavailable
from statusbridge.core.live import Component, Impact, Maintenance
from statusbridge.core.model import ComponentId, Stage, Status
from statusbridge.core.restrain import UPDATES_LEFT_FOR_RESOLVE, Guards
from statusbridge.core.rules import CodeRange, Match, Recovery, Rule
from world import World

OPENED = "Some text messages are failing."
LASTING = a_rule(recovery=Recovery(after=900, settle=60))
SMS = ComponentId("c-sms")


def rules(count: int) -> tuple[Rule, ...]:
    """Rules for codes 30001, 30002 …, each with an incident of its own."""
    return tuple(
        a_rule(
            f"r{n}",
            match=Match(codes=(CodeRange(30000 + n, 30000 + n),)),
            order=n,
            recovery=Recovery(after=7200, settle=60),
        )
        for n in range(1, count + 1)
    )


def storms(world: World, count: int, at: int) -> None:
    for n in range(1, count + 1):
        for k in range(3):
            world.feed.alerts.append(an_alert(T0 + at + k, code=30000 + n, sid=f"NO{at}-{n}-{k}"))


async def test_more_incidents_at_once_than_allowed_are_held_and_go_out_when_there_is_room() -> None:
    world = World(*rules(3), guards=Guards(max_open_incidents=2, max_opens_per_hour=9))
    storms(world, 3, at=5)
    await world.cycle(10)
    held, first = world.held(), len(world.page.incidents_)
    world.page.post(next(iter(world.page.incidents_)), "All good.", "resolved")

    await world.cycle(20)

    assert (held, first) == (["too_many_open_incidents"], 2)
    assert len([i for i in world.page.incidents_.values() if not i.resolved]) == 2


async def test_more_openings_an_hour_than_allowed_are_held_until_the_hour_is_over() -> None:
    world = World(*rules(2), guards=Guards(max_opens_per_hour=1))
    storms(world, 2, at=5)
    await world.cycle(10)
    held = world.held()

    await world.cycle(3609)
    still = world.held()
    await world.cycle(3610)

    assert held == still == ["too_many_opens_this_hour"]
    assert len(world.page.incidents_) == 2


async def test_what_is_held_is_logged_once_with_its_reason() -> None:
    world = World(*rules(2), guards=Guards(max_opens_per_hour=1))
    storms(world, 2, at=5)

    with capture_logs() as logs:
        await world.cycle(10)
        await world.cycle(20)

    assert [entry for entry in logs if entry["event"] == "operation.held"] == [
        {
            "event": "operation.held",
            "log_level": "info",
            "page": "public",
            "incident": "r2",
            "reason": "too_many_opens_this_hour",
            "detail": "1 were opened in the last hour",
        }
    ]


async def test_guards_never_hold_an_update_or_a_resolve() -> None:
    world = World(a_rule(triggers=(a_trigger(count=3), a_trigger(Status.FULL_OUTAGE, count=8))))
    world.storm(4, at=5)
    await world.cycle(10)
    world.configure(
        a_rule(triggers=(a_trigger(count=3), a_trigger(Status.FULL_OUTAGE, count=8))),
        guards=Guards(0, 0, 0, 0),
    )
    window = Maintenance("m", "Works", "maintenance_in_progress", None, None, frozenset({SMS}))
    world.page.maintenances_ = (window,)
    world.storm(9, at=11)

    await world.run(20, 400)

    assert len(world.posts) == 4
    assert world.the_incident().resolved


@pytest.mark.parametrize(
    ("start", "end", "status", "component", "holds"),
    [
        (20, 100, "maintenance_scheduled", "c-sms", True),
        (21, 100, "maintenance_scheduled", "c-sms", False),
        (0, 20, "maintenance_in_progress", "c-sms", False),
        (0, 21, "maintenance_in_progress", "c-sms", True),
        (0, 100, "maintenance_complete", "c-sms", False),
        (0, 100, "maintenance_in_progress", "c-voice", False),
    ],
)
async def test_in_maintenance_means_from_its_start_until_before_its_end_for_its_components(
    start: int, end: int, status: str, component: str, holds: bool
) -> None:
    world = World(LASTING)
    world.page.maintenances_ = (
        Maintenance(
            "m", "Works", status, T0 + start, T0 + end, frozenset({ComponentId(component)})
        ),
    )
    world.storm(4, at=5)

    await world.cycle(20)

    assert world.held() == (["maintenance"] if holds else [])


async def test_maintenance_may_be_published_through() -> None:
    world = World(LASTING, guards=Guards(hold_in_maintenance=False))
    window = Maintenance("m", "Works", "maintenance_in_progress", None, None, frozenset({SMS}))
    world.page.maintenances_ = (window,)
    world.storm(4, at=5)

    await world.cycle(20)

    assert world.posts == [OPENED]


async def test_a_held_opening_goes_out_at_its_status_of_that_time() -> None:
    rule = replace(LASTING, triggers=(a_trigger(count=3), a_trigger(Status.FULL_OUTAGE, count=8)))
    world = World(rule)
    window = Maintenance("m", "Works", "x", T0, T0 + 60, frozenset({SMS}))
    world.page.maintenances_ = (window,)
    world.storm(4, at=5)
    await world.cycle(20)
    world.storm(9, at=21)

    await world.cycle(60)

    assert world.page.writes[0]["component_statuses"] == [
        {"component_id": "c-sms", "component_status": "full_outage"}
    ]
    assert len(world.posts) == 1


async def test_a_held_opening_never_goes_out_once_it_is_recovering() -> None:
    world = World(a_rule())
    window = Maintenance("m", "Works", "x", T0, T0 + 150, frozenset({SMS}))
    world.page.maintenances_ = (window,)
    world.storm(4, at=5)

    await world.run(10, 170)

    assert world.posts == []
    assert world.held() == []


async def test_an_impact_that_a_person_left_open_counts_as_their_incident() -> None:
    world = World(LASTING)
    theirs = world.page.open("Works", {"message": "m", "incident_status": "investigating"})
    impact = Impact(SMS, "partial_outage", T0, None)
    world.page.incidents_[theirs.id] = replace(world.page.incidents_[theirs.id], impacts=(impact,))
    world.storm(4, at=5)

    await world.cycle(20)

    assert world.held() == ["person_has_open_incident"]


async def test_an_incident_of_a_person_on_other_components_holds_nothing() -> None:
    world = World(LASTING)
    line = {"component_id": "c-voice", "component_status": "partial_outage"}
    world.page.open(
        "Calls",
        {"message": "m", "incident_status": "investigating", "component_statuses": [line]},
    )
    world.storm(4, at=5)

    await world.cycle(20)

    assert world.posts == ["m", OPENED]


async def test_near_the_limit_of_updates_nothing_but_the_resolve_is_posted() -> None:
    world = World(a_rule())
    world.storm(4, at=5)
    await world.cycle(10)
    id_, incident = next(iter(world.page.incidents_.items()))
    (case,) = world.store.cases()
    for _ in range(UPDATES_LEFT_FOR_RESOLVE - 1):
        world.page.post(id_, "x", "investigating")
    shown = world.page.incidents_[id_]
    world.page.incidents_[id_] = replace(shown, incident_status=incident.incident_status)
    ids = frozenset(update.id for update in shown.updates)
    world.store.commit_ledger(replace(case.ledger, updates=ids))

    await world.cycle(140)
    held = world.held()
    await world.run(150, 300)

    assert held == ["update_budget"]
    assert world.the_incident().updates[-1].incident_status == "resolved"
    assert len(world.the_incident().updates) == UPDATES_LEFT_FOR_RESOLVE + 1


async def test_an_ambiguous_component_is_held_with_the_ids_to_choose_from() -> None:
    world = World(LASTING)
    world.page.components = (
        Component(ComponentId("c-1"), "SMS", ("Europe",)),
        Component(ComponentId("c-2"), "SMS", ("Asia",)),
    )
    world.storm(4, at=5)

    await world.cycle(20)

    ((_, held, _),) = world.store.held()
    assert held.reason == "no_component"
    assert "c-1" in held.detail
    assert "c-2" in held.detail


async def test_the_structure_is_read_again_after_ten_minutes_and_not_before() -> None:
    world = World(LASTING)
    await world.cycle(0)
    world.page.components = (Component(ComponentId("c-new"), "SMS"),)
    world.storm(4, at=5)
    await world.cycle(10)
    world.page.post(world.the_incident().id, "done", "resolved")
    world.configure(replace(LASTING, incident="again"))
    world.bridge.structures["public"] = (T0, await world.page.structure())

    await world.cycle(20)

    assert [w["component_statuses"] for w in world.page.writes] == [
        [{"component_id": "c-sms", "component_status": "degraded_performance"}],
        [{"component_id": "c-new", "component_status": "degraded_performance"}],
    ]


async def test_a_stale_read_of_one_incident_opens_no_other() -> None:
    world = World(*rules(2))
    storms(world, 1, at=5)
    await world.cycle(10)
    world.page.lacking = {world.the_incident().id}
    storms(world, 2, at=20)

    await world.cycle(30)

    assert sorted(world.held()) == ["stale_read", "stale_read"]
    assert len(world.page.writes) == 1


async def test_what_a_rule_on_trial_would_say_is_told_also_on_a_stale_read() -> None:
    trial = replace(LASTING, id="trial", incident="trial", stage=Stage.SHADOW, order=9)
    world = World(*rules(1), trial)
    storms(world, 1, at=5)
    await world.cycle(10)
    world.page.lacking = {world.the_incident().id}
    world.storm(4, at=20)
    world.clock.time = T0 + 30
    await poll(world.bridge)
    await evaluate(world.bridge)

    (found,) = await survey(world.bridge)

    assert [draft.incident for draft in found.plan.shadow] == ["trial"]
    assert world.held() == ["stale_read"]


async def test_an_update_in_doubt_takes_no_openings_place() -> None:
    worse = replace(rules(1)[0], triggers=(a_trigger(), a_trigger(Status.FULL_OUTAGE, count=5)))
    world = World(worse, *rules(2)[1:], guards=Guards(max_open_incidents=2))
    storms(world, 1, at=5)
    await world.cycle(10)
    world.page.answers = [lost_after]
    storms(world, 1, at=15)
    await world.cycle(20)
    world.feed.alerts += [an_alert(T0 + 25 + n, code=30002) for n in range(3)]

    report = await world.cycle(30)

    assert (report.doubts, report.opened) == (1, 1)


async def test_an_opening_in_doubt_takes_one_openings_place() -> None:
    world = World(*rules(3), guards=Guards(max_open_incidents=2))
    world.page.answers = [lost_before]
    storms(world, 1, at=5)
    await world.cycle(10)
    storms(world, 3, at=15)

    report = await world.cycle(20)

    assert (report.doubts, report.opened) == (1, 1)
    assert "too_many_open_incidents" in world.held()


async def test_what_a_person_has_open_is_told_with_the_names_on_the_page() -> None:
    world = World(LASTING)
    line = {"component_id": "c-sms", "component_status": "partial_outage"}
    first = {"message": "m", "incident_status": "investigating", "component_statuses": [line]}
    world.page.open("SMS down", first)
    world.storm(4, at=5)

    await world.cycle(10)

    ((_, held, _),) = world.store.held()
    assert held.detail == "“SMS down” is open on Messaging / SMS"


@dataclass
class Backlog(Feed):
    """An account with a past still unread, up to *unread*, until it is cleared."""

    unread: int = 0

    async def poll(self, coverage: Coverage, budget: Budget) -> AsyncGenerator[Batch, None]:
        now = self.clock.now()
        seen = tuple(a for a in self.alerts if a.at <= now)
        if not self.unread:
            yield Batch(seen, Coverage(now, now))
            return
        yield Batch(seen, Coverage(None, now, (Hole(T0 - 5000, T0 + self.unread),)))
        if self.error is not None:
            raise self.error


def behind(world: World, unread: int) -> Backlog:
    feed = Backlog(world.clock, world.feed.alerts, unread=unread)
    world.feed = feed
    world.feeds = [feed]
    world.restart()
    return feed


async def test_while_the_past_is_being_read_openings_wait_until_their_window_is_covered() -> None:
    world = World(LASTING)
    feed = behind(world, unread=15)
    world.storm(4, at=20)
    await world.cycle(25)
    held = world.held()
    feed.unread = -100

    await world.cycle(26)

    assert held == ["reading_backlog"]
    assert world.posts == [OPENED]


@pytest.mark.parametrize("restarts", [False, True])
async def test_openings_wait_for_the_past_no_longer_than_five_minutes(restarts: bool) -> None:
    world = World(LASTING)
    feed = behind(world, unread=5)
    world.storm(300, at=10)

    await world.cycle(20)
    feed.unread = 300
    if restarts:
        world.restart()
    await world.cycle(319)
    before = list(world.posts)
    if restarts:
        world.restart()
    await world.cycle(320)

    assert before == []
    assert world.posts == [OPENED]


async def test_the_past_of_an_account_that_can_not_be_read_holds_nothing() -> None:
    world = World(LASTING)
    feed = behind(world, unread=15)
    feed.error = Unavailable("HTTP 503")
    world.storm(4, at=20)

    await world.cycle(25)

    assert world.posts == [OPENED]


async def test_the_past_of_an_account_that_was_removed_is_waited_for_no_more() -> None:
    world = World(LASTING)
    feed = behind(world, unread=15)
    past = Coverage(None, T0, (Hole(T0 - 5000, T0 + 15),))
    world.store.record("a removed one", Batch((), past))
    world.storm(4, at=20)
    await world.cycle(25)
    held = world.held()
    feed.unread = 0

    await world.cycle(26)

    assert (held, world.held()) == (["reading_backlog"], [])


async def test_half_a_scan_may_raise_and_never_quiets() -> None:
    world = World(a_rule())
    feed = behind(world, unread=-100)
    world.storm(4, at=20)

    await world.run(25, 1000, every=25)
    during = [status for _, status, _ in world.page.texts()]
    feed.unread = 0
    await world.cycle(1010)

    assert during == ["investigating"]
    assert world.the_incident().resolved


async def test_a_gap_in_the_quiet_delays_recovery_and_is_kept() -> None:
    steady, gapped = World(a_rule()), World(a_rule())
    for world in (steady, gapped):
        world.storm(4, at=5)
        await world.cycle(10)
    gap = Gap(T0 + 60, T0 + 70, "more than Twilio lists")
    gapped.store.record("prod", Batch((), gapped.store.coverage()["prod"], (gap,)))
    gapped.restart()

    for world in (steady, gapped):
        await world.run(20, 140)

    assert steady.page.texts()[0][1] == "monitoring"
    assert gapped.page.texts()[0][1] == "investigating"
    assert gapped.store.gaps(0) == [("prod", gap)]
