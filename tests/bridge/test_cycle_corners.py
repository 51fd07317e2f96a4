"""Corners in which an outage was once lost, a person written over, or something false said."""

from __future__ import annotations

from dataclasses import replace

from builders import T0, a_rule, a_trigger, an_alert
from fakes import PAGE, MemoryPage, always, lost_after, lost_before, not_sent
from statusbridge.core.errors import Unavailable
from statusbridge.core.live import Incident, Maintenance, Update
from statusbridge.core.model import (
    ComponentId,
    IncidentId,
    IncidentStatus,
    Notify,
    Stage,
    Status,
    UpdateId,
)
from statusbridge.core.operations import Action, Draft, Ledger, Operation, Reason, Said
from statusbridge.core.outcome import Outcome, Unauthorized
from statusbridge.core.plan import Manners
from statusbridge.core.readback import Absent, Foreign, is_ours, read_back_update
from statusbridge.core.restrain import Guards
from statusbridge.core.rules import CodeRange, Match, Recovery
from world import World


def of_code(code: int) -> Match:
    return Match(codes=(CodeRange(code, code),))


async def test_alerts_of_an_account_that_was_renamed_neither_open_nor_end_an_outage() -> None:
    world = World()
    world.feed.account = "old"
    world.restart()
    world.storm(2, account="old")
    await world.cycle(5)
    world.feed.account = "prod"
    world.feed.alerts.clear()
    world.restart()

    world.storm(30, at=10)
    await world.run(10, 60)

    assert world.the_incident().incident_status == "investigating"


async def test_outages_told_afterwards_take_no_room_from_one_that_is_firing() -> None:
    world = World(
        *(a_rule(f"r{n}", order=n, match=of_code(30001 + n)) for n in range(3)),
        manners=Manners(missed="retrospective"),
        guards=Guards(max_opens_per_hour=2),
    )
    await world.cycle(0)
    for n in range(2):
        world.storm(5, at=10 + 5 * n, code=30001 + n)
    await world.cycle(1000)
    world.storm(30, at=1010, code=30003)

    await world.run(1020, 1060)

    assert len(world.page.incidents_) == 3


class ResolvedInBetween(MemoryPage):
    """A page on which a person resolves an incident right before it is looked at alone."""

    async def incident(self, id: IncidentId) -> Incident | None:
        if len(self.incidents_[id].updates) > 1 and not self.incidents_[id].resolved:
            self.post(id, "Solved.", "resolved")
        return await super().incident(id)


async def test_resolve_only_adds_nothing_to_what_a_person_resolves_at_the_last_moment() -> None:
    world = World(manners=Manners(after_touch="resolve_only"))
    world.page = ResolvedInBetween()
    world.restart()
    world.storm(3)
    await world.run(0, 60)
    world.page.post(world.the_incident().id, "We are on it.", "investigating")

    await world.run(70, 400)

    assert world.posts == ["Some text messages are failing.", "We are on it.", "Solved."]


async def test_a_person_who_renames_our_incident_before_its_first_read_owns_it() -> None:
    def applied_and_then_unreadable(page: MemoryPage, operation: Operation) -> Outcome:
        outcome = page.apply(operation)
        page.unreadable = Unavailable("connection refused")
        return outcome

    world = World()
    world.page.answers = [applied_and_then_unreadable]
    world.storm(3)
    await world.cycle(5)
    opened = world.the_incident()
    world.page.incidents_[opened.id] = replace(opened, name="Carrier trouble")
    world.page.unreadable = None

    await world.run(10, 400)

    assert world.posts == ["Some text messages are failing."]


async def test_an_opening_of_unknown_outcome_takes_its_room_under_the_guards() -> None:
    other = a_rule("calls", order=1, components=("Calls",), match=of_code(30009))
    world = World(a_rule(), other, guards=Guards(max_open_incidents=1))
    world.page.answers = [lost_after]
    world.storm(10)
    world.storm(10, at=20, code=30009)

    await world.run(5, 60)

    assert len(world.page.incidents_) == 1
    assert world.held() == ["outcome_unknown", "too_many_open_incidents"]


async def test_late_alerts_of_an_outage_that_is_over_do_not_keep_the_next_from_opening() -> None:
    world = World()
    world.storm(3)
    await world.run(0, 190)
    (standing,) = world.bridge.standings
    assert world.the_incident().resolved
    for n in range(3):
        late = an_alert(standing.detector.floor - n, sid=f"NOlate{n}")
        world.feed.alerts.append(late)
        world.feed.late[late.sid] = T0 + 195
    await world.cycle(195)
    assert len(world.page.incidents_) == 1

    world.storm(300, at=200)
    await world.run(200, 300)

    assert [i.incident_status for i in world.page.incidents_.values()] == [
        "resolved",
        "investigating",
    ]


async def test_what_waited_through_a_return_does_not_tell_of_the_quiet_before_it() -> None:
    world = World(a_rule(recovery=Recovery(after=60, settle=600)))
    world.storm(3)
    await world.run(0, 60)
    world.page.answers = [not_sent] * 100
    await world.run(70, 150)
    world.storm(3, at=160)
    await world.run(160, 280)
    world.page.answers = []

    await world.run(290, 600)

    assert world.posts[1:] == ["Delivery is normal since 14:16 UTC."]


async def test_a_lost_worsening_is_not_repeated_in_a_return_that_is_milder() -> None:
    triggers = (a_trigger(), a_trigger(Status.FULL_OUTAGE, count=20))
    rule = a_rule(triggers=triggers, recovery=Recovery(after=60, settle=600))
    world = World(rule, doubt_wait=10)
    world.storm(3)
    await world.cycle(5)
    world.storm(30, at=10)
    world.page.answers = [lost_before, not_sent, not_sent]
    await world.run(40, 60)
    world.page.unreadable = Unavailable("connection refused")
    await world.run(70, 200)
    world.storm(3, at=205)
    await world.cycle(210)
    world.page.unreadable, world.page.answers = None, []

    await world.run(220, 260)

    assert world.posts == ["Some text messages are failing."]


async def test_an_incident_opens_without_its_component_in_maintenance_and_names_it_after() -> None:
    world = World(a_rule(components=("SMS", "Calls")))
    calls = ComponentId("c-voice")
    world.page.maintenances_ = (
        Maintenance("m1", "New trunks", "in_progress", T0, T0 + 60, frozenset({calls})),
    )
    world.storm(80)

    await world.run(10, 90)

    named = [[c for c, _ in update.components] for update in world.the_incident().updates]
    assert named == [["c-sms"], ["c-sms", "c-voice"]]


async def test_a_component_whose_maintenance_ends_in_the_quiet_is_not_brought_up() -> None:
    world = World(a_rule(components=("SMS", "Calls"), recovery=Recovery(after=60, settle=300)))
    calls = ComponentId("c-voice")
    world.page.maintenances_ = (
        Maintenance("m1", "New trunks", "in_progress", T0, T0 + 200, frozenset({calls})),
    )
    world.storm(3)

    await world.run(10, 600)

    named = [[c for c, _ in update.components] for update in world.the_incident().updates]
    assert named == [["c-sms"], ["c-sms"], []]


async def test_a_held_outage_whose_rule_is_on_trial_for_a_moment_is_opened_after_all() -> None:
    world = World()
    lines = [{"component_id": "c-sms", "component_status": "degraded_performance"}]
    first = {
        "message": "We look.", "incident_status": "investigating", "component_statuses": lines
    }  # fmt: skip
    theirs = world.page.open("SMS", first)
    world.storm(100)
    await world.run(5, 20)
    world.configure(a_rule(stage=Stage.SHADOW))
    await world.cycle(25)
    world.configure(a_rule())
    await world.cycle(30)
    world.page.post(theirs.id, "Solved.", "resolved")

    await world.run(40, 90)

    assert world.posts[2:] == ["Some text messages are failing."]


async def test_only_a_person_resolves_where_a_rule_says_so_and_the_next_outage_is_opened() -> None:
    manual = a_rule(recovery=Recovery(after=60, settle=60, manual=True))
    world = World(manual)
    world.storm(4, at=5)
    await world.run(10, 500)
    before, held = world.the_incident().incident_status, world.held()
    world.page.post(world.the_incident().id, "All good.", "resolved")
    await world.run(510, 530)

    world.storm(4, at=540)
    await world.run(550, 560)

    assert (before, held) == ("monitoring", ["only_a_person_resolves"])
    assert [status for _, status, _ in world.page.texts()] == ["resolved", "investigating"]


async def test_whoever_was_mailed_the_opening_is_mailed_the_end_by_whichever_rule() -> None:
    loud = a_rule("loud", incident="x", match=of_code(30008))
    silent = a_rule("silent", incident="x", match=of_code(30410), notify=Notify.NEVER, order=1)
    world = World(loud, silent)
    world.storm(4, at=5)
    world.storm(4, at=60, code=30410)

    await world.run(10, 500)

    mailed = [write["notify_subscribers"] for write in world.page.writes]
    assert (mailed[0], mailed[-1]) == (True, True)
    assert world.the_incident().incident_status == "resolved"


async def test_a_refusal_to_write_is_forgotten_when_nothing_waits_to_be_written() -> None:
    world = World()
    world.storm(4, at=5)
    world.page.answers = [always(Unauthorized(401, "HTTP 401"))]
    await world.cycle(10)
    during = dict(world.bridge.trouble)

    await world.cycle(2000)
    await world.cycle(2010)

    assert during == {"writing to page public": "HTTP 401"}
    assert world.bridge.trouble == {}


def test_a_given_up_post_that_appears_late_is_no_persons_while_another_is_read_back() -> None:
    world_operation = an_operation(message="Now resolved.", said=Said(IncidentStatus.RESOLVED))
    lost = an_operation(message="It got worse.", said=Said(IncidentStatus.INVESTIGATING))
    late = Update(UpdateId("u9"), "It got worse.", "investigating", 9)
    live = Incident(IncidentId("i1"), PAGE, "SMS", "investigating", (late,))

    assert read_back_update(world_operation, Ledger("e1"), live, (lost,)) == Absent()
    assert read_back_update(world_operation, Ledger("e1"), live, ()) == Foreign(late)


def an_operation(message: str, said: Said) -> Operation:
    draft = Draft(
        Action.UPDATE, Reason.WORSENED, "e1", "sms", IncidentId("i1"), ("sms",), "SMS", said,
        message, notify=False,
    )  # fmt: skip
    return Operation(draft, "", b"{}", frozenset())


def test_of_two_outages_told_afterwards_each_is_known_by_when_it_was() -> None:
    first, second = (
        replace(
            an_operation(message="Over.", said=Said(IncidentStatus.RESOLVED)),
            draft=replace(
                an_operation(message="Over.", said=Said(IncidentStatus.RESOLVED)).draft,
                retrospective=((at, Said(IncidentStatus.INVESTIGATING), "It began."),),
            ),
        )
        for at in (100, 200)
    )
    told = Update(UpdateId("u1"), "It began.", "investigating", 200)

    assert (is_ours(first, told), is_ours(second, told)) == (False, True)
