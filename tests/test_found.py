"""What the simulation found once, each told by hand: the smallest world in which it showed."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from dataclasses import replace
from typing import NoReturn

from structlog.testing import capture_logs

from builders import T0, a_rule, a_trigger, an_alert
from fakes import PAGE, MemoryPage, TurnedClock, always, applied, lost_after
from statusbridge.core.coverage import Batch, Budget, Coverage, Gap, Hole
from statusbridge.core.errors import Unavailable
from statusbridge.core.listing import Cursor, Listing, Page, after_page, may_rest
from statusbridge.core.live import Incident, Update
from statusbridge.core.model import IncidentId, IncidentStatus, UpdateId
from statusbridge.core.operations import Action, Draft, Ledger, Operation, Reason, Said
from statusbridge.core.outcome import Limited, Outcome, Unknown
from statusbridge.core.ownership import lacking
from statusbridge.core.plan import Manners
from statusbridge.core.readback import not_new
from statusbridge.core.rules import Recovery
from world import World

OPENED = "Some text messages are failing."
THEIR_POST = Update(UpdateId("u000"), "We are on it.", "identified", 1)


async def opened_but_unanswered(**policy: object) -> World:
    """A world where the opening was applied, and its answer lost."""
    world = World(doubt_wait=20, **policy)
    world.storm(4, at=5)
    world.page.answers = [lost_after]
    await world.cycle(10)
    return world


async def unreadable(*_: object) -> NoReturn:
    raise Unavailable("503")


def on_page(world: World) -> Incident:
    (incident,) = world.page.incidents_.values()
    return incident


async def test_an_opening_is_recognised_beneath_a_persons_back_dated_post() -> None:
    world = await opened_but_unanswered()
    incident = on_page(world)
    world.page.incidents_[incident.id] = replace(
        incident, updates=(THEIR_POST, *incident.updates), incident_status="identified"
    )

    await world.run(20, 60)

    assert len(world.page.writes) == 1
    assert world.held() == ["touched_by_a_person"]


async def test_an_opening_is_recognised_under_the_name_that_a_person_gave_it() -> None:
    world = await opened_but_unanswered()
    incident = on_page(world)
    world.page.incidents_[incident.id] = replace(incident, name="Carrier trouble")

    await world.run(20, 60)

    assert len(world.page.writes) == 1
    assert world.held() == ["touched_by_a_person"]


async def test_a_persons_post_is_seen_by_the_very_read_that_finds_ours() -> None:
    world = await opened_but_unanswered()
    incident = on_page(world)
    both = replace(incident, updates=(*incident.updates, THEIR_POST))
    world.page.incidents_[incident.id] = both
    world.page.maintenances = unreadable  # type: ignore[method-assign]

    await world.cycle(31)
    world.page.incidents_[incident.id] = incident
    del world.page.maintenances
    await world.run(40, 300)

    assert len(world.page.writes) == 1


async def test_an_incident_renamed_before_the_next_read_is_a_persons() -> None:
    world = World()
    world.storm(4, at=5)
    world.page.incident = unreadable  # type: ignore[method-assign,assignment]
    await world.cycle(10)
    del world.page.incident
    world.page.incidents_[on_page(world).id] = replace(on_page(world), name="Carrier trouble")

    await world.cycle(20)

    assert world.held() == ["touched_by_a_person"]


async def test_what_tells_of_a_missed_outage_waits_as_long_as_the_page_asks() -> None:
    world = World(manners=Manners(missed="retrospective"))
    await world.cycle(0)
    world.storm(4, at=5)
    world.page.answers = [always(Limited("429", 300))]

    await world.run(500, 780, every=20)
    before = len(world.page.writes)
    await world.run(800, 860, every=20)

    assert before == 1
    assert [status for _, status, _ in world.page.texts()] == ["resolved"]


async def test_a_missed_outage_is_told_after_the_one_that_goes_on() -> None:
    world = World(manners=Manners(missed="retrospective"))
    await world.cycle(0)
    world.storm(4, at=5)
    world.storm(4, at=500)

    await world.cycle(505)
    first = list(world.page.writes)
    held = world.held()
    await world.run(520, 900, every=20)

    assert ["updates" in body for body in first] == [False]
    assert held == ["later_outage_not_over"]
    assert [status for _, status, _ in world.page.texts()] == ["resolved", "resolved"]


def an_opening(*timeline: tuple[int, Said, str]) -> Operation:
    said = timeline[-1][1] if timeline else Said(IncidentStatus.INVESTIGATING)
    draft = Draft(
        Action.OPEN, Reason.BEGAN, "sb-1", "sms", None, ("sms",), "Delays", said, OPENED,
        notify=False, retrospective=timeline,
    )  # fmt: skip
    return Operation(draft, "sb-1", b"{}", frozenset())


def test_the_replayed_answer_to_another_body_is_no_receipt() -> None:
    past = an_opening(
        (T0, Said(IncidentStatus.INVESTIGATING), OPENED),
        (T0 + 60, Said(IncidentStatus.RESOLVED), "x"),
    )
    first = Update(UpdateId("u1"), OPENED, "investigating", T0)
    answer = Incident(IncidentId("i1"), PAGE, "Delays", "investigating", (first,))

    assert not_new(past, answer).endswith("which tells something else")
    assert not_new(an_opening(), answer) == ""


def test_a_clock_set_back_does_not_put_off_the_verdict_on_a_removed_post() -> None:
    ledger = Ledger("sb-1", IncidentId("i1"), lacking_since=T0 + 3600)

    assert lacking(ledger, None, T0).ledger.lacking_since == T0


def test_reading_does_not_stop_within_a_second_that_fills_pages() -> None:
    coverage = Coverage(holes=(Hole(T0 - 60, T0),))
    within = Listing(T0 - 60, T0, cursor=Cursor("next"))

    assert not may_rest(coverage, within)
    assert not may_rest(coverage, Listing(T0, T0, "error"))
    assert may_rest(Coverage(holes=(Hole(T0 - 60, T0 - 1),)), within)
    assert may_rest(coverage, Listing(T0 - 60, T0))
    assert may_rest(coverage, None)


def test_alerts_stored_late_all_at_once_are_not_read_down_second_by_second() -> None:
    # Sorted by when they were generated; all were stored a second after the stretch asked for.
    coverage = Coverage(holes=(Hole(T0 - 600, T0),))
    page = Page(rows=10, oldest=T0 + 1, earlier=T0 - 300)

    turn = after_page(coverage, Listing(T0 - 600, T0), page, cap=10)

    assert turn.coverage.holes == (Hole(T0 - 600, T0 - 300),)


class Gappy:
    """A source that finds the same gap in every poll."""

    account = "prod"

    def __init__(self, clock: TurnedClock) -> None:
        self._clock = clock

    async def poll(self, coverage: Coverage, budget: Budget) -> AsyncGenerator[Batch, None]:
        now = self._clock.now()
        read = replace(coverage, covered_until=now, heard_until=now)
        yield Batch((), read, gaps=(Gap(T0, T0 + 1, "too many alerts in one second"),))


async def test_a_gap_is_told_once() -> None:
    world = World()
    world.bridge.sources = (Gappy(world.clock),)

    with capture_logs() as logs:
        await world.run(10, 40)

    assert [entry["event"] for entry in logs].count("gap.recorded") == 1


class Slow:
    """A source whose clock is not believed, and whose answer takes long."""

    account = "prod"

    def __init__(self, clock: TurnedClock) -> None:
        self._clock = clock

    async def poll(self, coverage: Coverage, budget: Budget) -> AsyncGenerator[Batch, None]:
        self._clock.time += 10
        yield Batch((), coverage, rest=False)
        raise Unavailable("the server's clock is off")


async def test_a_slow_answer_with_a_disbelieved_clock_is_no_good_poll() -> None:
    world = World()
    world.bridge.sources = (Slow(world.clock),)

    await world.cycle(10)

    assert "account prod" in world.bridge.trouble


async def test_of_two_openings_with_the_same_words_each_finds_its_own() -> None:
    texts = a_rule().texts
    voice = a_rule("voice", components=("Voice",), texts=texts, triggers=(a_trigger(count=99),))
    world = World(a_rule(), voice, doubt_wait=20)
    line = {"component_id": "c-voice", "component_status": "partial_outage"}
    world.storm(4, at=5)
    world.page.answers = [lost_after]
    await world.cycle(10)
    stray = {"message": OPENED, "incident_status": "investigating", "component_statuses": [line]}
    world.page.open(texts.title, stray)

    await world.run(20, 60)

    assert [
        o.draft.incident for c in world.store.cases() for o in world.store.done(c.episode.id)
    ] == ["sms"]
    assert world.store.cases()[0].ledger.incident_id == "i1"


class CatchingUp:
    """A source back from an hour's absence: an old outage is read, what followed one poll later."""

    account = "prod"

    def __init__(self, clock: TurnedClock) -> None:
        self._clock = clock

    async def poll(self, coverage: Coverage, budget: Budget) -> AsyncGenerator[Batch, None]:
        now = self._clock.now()
        if coverage.holes:
            yield Batch((), Coverage(now, now))
            return
        storm = tuple(an_alert(T0 + n) for n in range(5, 9))
        unread = (Hole(T0 + 10, now - 1000),)
        yield Batch(storm, Coverage(T0 + 9, now, unread, asked_until=now))


async def test_an_outage_of_long_ago_is_told_afterwards_once_what_followed_is_read() -> None:
    world = World(manners=Manners(missed="retrospective"))
    await world.cycle(0)
    world.bridge.sources = (CatchingUp(world.clock),)

    await world.cycle(3600)
    before = list(world.posts)
    await world.cycle(3610)

    assert before == []
    (done,) = world.store.done(world.store.cases()[0].episode.id)
    assert done.draft.reason is Reason.MISSED


async def test_a_resolve_in_doubt_is_waited_for_twice_though_a_person_posted_meanwhile() -> None:
    world = World(manners=Manners(after_touch="resolve_only"), doubt_wait=30)
    world.storm(4, at=5)
    await world.cycle(10)
    on_its_way: list[Operation] = []

    def lost_for_long(page: MemoryPage, operation: Operation) -> Outcome:
        on_its_way.append(operation)
        return Unknown("connection reset")

    world.page.answers = [applied, lost_for_long]
    await until(world, lambda: bool(on_its_way))
    seconds = world.clock.time - T0
    world.page.post(on_page(world).id, "We are on it.", "investigating")

    await world.cycle(seconds + 30)
    world.page.apply(on_its_way[0])
    await world.run(seconds + 40, seconds + 200)

    assert [u.incident_status for u in on_page(world).updates].count("resolved") == 1
    assert world.store.cases() == []


async def until(world: World, seen: Callable[[], bool]) -> None:
    """Run a cycle each ten seconds until *seen*."""
    for _ in range(60):
        if seen():
            return
        world.clock.time += 10
        await world.cycle()
    raise AssertionError("it never came")


async def test_the_opening_in_doubt_of_one_outage_is_not_taken_for_the_next_ones() -> None:
    brief = a_rule(window=5, recovery=Recovery(after=5, settle=5))
    world = World(brief, doubt_wait=60, manners=Manners(missed="retrospective"))
    world.storm(4, at=5)
    world.page.answers = [lost_after]
    await world.cycle(10)
    await world.run(15, 30, every=5)
    world.storm(200, at=31)

    with capture_logs() as logs:
        await world.run(35, 220, every=5)

    keys = [write["idempotency_key"] for write in world.page.writes if "idempotency_key" in write]
    assert len(set(keys)) == len(keys) == 2
    assert [entry for entry in logs if entry["event"] == "incident.recalled"] == []
