"""What whoever operates the bridge is told of a small world, cycle by cycle."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from dataclasses import replace
from typing import Any

import pytest
from structlog.testing import capture_logs

from builders import T0, a_rule
from ears import Deaf, Ear
from fakes import Feed, always
from statusbridge.adapters.sqlite_errors import StoreError
from statusbridge.bridge import telling
from statusbridge.bridge.acting import carry
from statusbridge.bridge.noticing import knowledge
from statusbridge.bridge.telling import Teller
from statusbridge.core.acts import ActKind, Order
from statusbridge.core.coverage import Batch, Budget, Coverage
from statusbridge.core.errors import Unauthorized, Unavailable
from statusbridge.core.live import Maintenance
from statusbridge.core.model import ComponentId, Stage
from statusbridge.core.notice_texts import Message
from statusbridge.core.outcome import (
    Gone,
    Limited,
    NotSent,
    Outcome,
    Refused,
    Unknown,
)
from statusbridge.core.outcome import Unauthorized as NotAllowed
from world import World

PATIENCE = 30
SMS = frozenset({ComponentId("c-sms")})


class Told:
    """A world whose operator is told after each cycle."""

    def __init__(self, *ears: Ear, world: World | None = None, grace: int = 300) -> None:
        self.world = world or World()
        self.ears = ears or (Ear(),)
        self.grace = grace
        self.restart()

    @property
    def ear(self) -> Ear:
        return self.ears[0]

    def restart(self) -> None:
        """Start anew with what is stored, as after a crash."""
        self.world.restart()
        world = self.world
        self.teller = Teller(self.ears, world.store.notices, world.clock, self.grace)

    async def cycle(self, at: int) -> list[tuple[str, str]]:
        """Run a cycle at T0 + *at* and tell what is due; return all that was ever taken."""
        await self.world.cycle(at)
        self.teller.note(self.world.bridge, PATIENCE)
        return await self.tell()

    async def tell(self) -> list[tuple[str, str]]:
        self.teller.wake()
        await settled(self.teller)
        return self.ear.told()


async def settled(teller: Teller) -> None:
    """Wait until nothing is being told that can be."""
    tasks = [
        line.task for line in teller.lines if line.task and not isinstance(line.receiver, Deaf)
    ]
    await asyncio.gather(*tasks)


async def test_opening_is_told_once_and_so_is_its_end() -> None:
    told = Told()
    told.world.storm(4, at=5)

    seen = [await told.cycle(at) for at in (0, 10, 20)]
    for at in range(30, 240, 10):
        await told.cycle(at)

    assert seen == [[], [("opened", "firing")], [("opened", "firing")]]
    assert told.ear.told() == [("opened", "firing"), ("opened", "resolved")]
    first, last = told.ear.heard
    assert first.head == (
        "Opened: “Delays sending SMS” (sms) on page public. Run `statusbridge explain sms`."
    )
    assert last.id == first.id
    assert told.world.store.notices.of("webhook") == ()


async def test_restart_tells_nothing_twice_and_what_ended_meanwhile() -> None:
    told = Told()
    told.world.storm(4, at=5)
    await told.cycle(10)

    told.restart()
    again = await told.cycle(20)
    await told.world.run(30, 230)
    told.restart()

    assert again == [("opened", "firing")]
    assert await told.cycle(240) == [("opened", "firing"), ("opened", "resolved")]


async def test_what_was_on_its_way_when_the_process_died_is_told_again() -> None:
    ear = Ear(answers=[Unknown("connection reset")])
    told = Told(ear)
    told.world.storm(4, at=5)
    await told.cycle(10)
    told.restart()

    assert await told.cycle(20) == [("opened", "firing")]
    assert [message.id for message in ear.got] == [ear.heard[0].id] * 2


async def test_what_may_have_been_heard_is_told_to_be_over_though_nobody_knows() -> None:
    told = Told(Ear(answers=[Unknown("connection reset")]))
    told.world.storm(4, at=5)
    await told.cycle(10)
    await told.world.run(20, 230)
    told.restart()

    assert await told.cycle(240) == [("opened", "resolved")]


async def test_what_was_certainly_not_heard_and_is_over_is_not_told_at_all() -> None:
    told = Told(Ear(answers=[NotSent("connection refused")]))
    told.world.storm(4, at=5)
    await told.cycle(10)
    await told.world.run(20, 230)
    told.restart()

    assert await told.cycle(240) == []
    assert len(told.ear.got) == 1


async def test_every_receiver_hears_all_whatever_another_does() -> None:
    deaf, ear = Deaf("webhook"), Ear("alert_source")
    told = Told(deaf, ear)
    told.world.storm(4, at=5)

    await told.cycle(10)
    for at in range(20, 240, 10):
        await told.cycle(at)
    await told.teller.finish(0)

    assert ear.told() == [("opened", "firing"), ("opened", "resolved")]
    assert len(deaf.got) == 1
    assert len(told.world.posts) == 3


async def test_hanging_receiver_is_cut_off_in_the_end_and_told_by_the_next_process() -> None:
    deaf = Deaf()
    told = Told(deaf)
    told.world.storm(4, at=5)
    await told.cycle(10)
    await asyncio.sleep(0)
    await asyncio.wait_for(told.teller.finish(0.01), 5)

    told.ears = (Ear(),)
    told.restart()

    assert await told.cycle(20) == [("opened", "firing")]
    assert told.ear.heard[0].id == deaf.got[0].id


async def test_what_waits_for_review_is_told_at_once_and_nothing_of_a_rule_on_trial() -> None:
    review, shadow = a_rule(stage=Stage.REVIEW), a_rule("trial", stage=Stage.SHADOW)
    told = Told(world=World(review, shadow))
    told.world.storm(4, at=5)

    await told.cycle(10)

    (message,) = told.ear.heard
    assert message.command == "statusbridge approve sms"
    assert message.head.startswith("Waits for your approval: “Delays sending SMS” (sms)")


async def test_held_for_something_that_passes_is_told_after_the_grace_and_when_it_is_over() -> None:
    told = Told(grace=60)
    window = Maintenance("m1", "Works", "maintenance_in_progress", T0, T0 + 95, SMS)
    told.world.page.maintenances_ = (window,)
    told.world.storm(120, at=5)

    seen = {at: list(await told.cycle(at)) for at in (10, 60, 70, 90, 100)}

    assert seen[60] == []
    assert seen[70] == seen[90] == [("held", "firing")]
    assert sorted(seen[100][1:]) == [("held", "resolved"), ("opened", "firing")]
    assert "a component of it is under maintenance" in told.ear.heard[0].head


async def test_account_that_stays_unreadable_is_told_and_when_it_can_be_read_again() -> None:
    told = Told(grace=60)
    told.world.feed.error = Unauthorized(401, "GET /v1/Alerts?AC5ecret was answered 401")
    for at in (0, 30, 59):
        await told.cycle(at)
    before = list(told.ear.told())
    during = list(await told.cycle(60))
    told.world.feed.error = None
    after = list(await told.cycle(70))

    assert before == []
    assert during == [("blind", "firing")]
    assert after == [("blind", "firing"), ("blind", "resolved")]
    assert told.ear.heard[0].head == (
        "Blind: account prod: its credentials are refused. Run `statusbridge check`."
    )


async def test_account_that_is_blind_for_moments_again_and_again_wakes_nobody() -> None:
    told = Told(grace=60)
    for at in range(0, 300, 30):
        broken = (at // 30) % 2 == 1
        told.world.feed.error = Unavailable("timeout") if broken else None
        await told.cycle(at)

    assert told.ear.got == []


class Halting(Feed):
    """A source that answers and gets no further."""

    async def poll(self, coverage: Coverage, budget: Budget) -> AsyncGenerator[Batch, None]:
        yield Batch((), replace(coverage, covered_until=T0, heard_until=self.clock.now()))


async def test_account_that_is_not_read_whole_for_long_is_told_though_nothing_fails() -> None:
    told = Told(grace=60)
    told.world.feeds = [Halting(told.world.clock)]
    told.restart()

    seen = {at: list(await told.cycle(at)) for at in (30, 40, 90, 100)}

    assert (seen[90], seen[100]) == ([], [("blind", "firing")])
    assert "account prod: it was last read whole too long ago" in told.ear.heard[0].head


async def test_page_that_refuses_our_writes_is_told_with_the_post_that_waits() -> None:
    told = Told(grace=0)
    told.world.page.answers = [always(NotAllowed(403, "403 no role"))]
    told.world.storm(4, at=5)

    seen = list(await told.cycle(10))

    assert ("blind", "firing") in seen
    assert "writing to page public" in told.ear.heard[0].head


async def test_what_a_person_did_is_told_and_the_incident_stays_told_until_it_is_over() -> None:
    told = Told()
    told.world.storm(4, at=5)
    await told.cycle(10)
    incident = told.world.the_incident()
    told.world.page.post(incident.id, "We know.", "investigating")
    await told.cycle(20)
    told.world.page.post(incident.id, "Done.", "resolved")
    for at in range(30, 240, 10):
        await told.cycle(at)

    assert told.ear.told()[:2] == [("opened", "firing"), ("theirs", "firing")]
    assert sorted(told.ear.told()[2:]) == [("opened", "resolved"), ("theirs", "resolved")]
    assert told.ear.heard[1].head == (
        "A person's now: “Delays sending SMS” (sms) on page public: a person posted “investigating”"
        " on it. Run `statusbridge release sms`."
    )


async def test_orphan_is_told() -> None:
    told = Told()
    told.world.storm(4, at=5)
    await told.cycle(10)
    told.world.configure(a_rule("other"))

    await told.cycle(20)

    assert told.ear.told() == [("opened", "firing"), ("orphaned", "firing")]
    assert "rule sms was removed" in told.ear.heard[1].head


async def test_given_up_post_is_told_without_a_word_of_the_servers() -> None:
    told = Told()
    told.world.page.answers = [always(Refused(422, "name: call +49 170 1234567"))] * 2
    told.world.storm(4, at=5)

    await told.cycle(10)

    (message,) = told.ear.heard
    assert message.head == (
        "Given up: a post about “Delays sending SMS” (sms) on page public. "
        "Run `statusbridge explain sms`."
    )
    assert "+49" not in repr(message)


async def test_nothing_of_an_alert_is_in_any_message() -> None:
    told = Told(grace=0)
    told.world.storm(4, at=5, resource="SM5ecret", host="private.example.com", service="MG5ecret")
    for at in range(0, 240, 10):
        await told.cycle(at)

    said = repr(told.ear.got)
    assert told.ear.got
    assert not [word for word in ("5ecret", "private.", "NO00", "30008") if word in said]


async def test_approval_ends_the_wait_for_it() -> None:
    told = Told(world=World(a_rule(stage=Stage.REVIEW)))
    told.world.storm(4, at=5)
    await told.cycle(10)

    carry(told.world.bridge, Order(ActKind.APPROVE, "sms"), "ada")
    await told.cycle(20)

    assert told.ear.told()[0] == ("awaits_review", "firing")
    assert sorted(told.ear.told()[1:]) == [("awaits_review", "resolved"), ("opened", "firing")]


async def test_rejected_proposal_is_over_and_told_as_held_to_nobody() -> None:
    told = Told(world=World(a_rule(stage=Stage.REVIEW)), grace=0)
    told.world.storm(4, at=5)
    await told.cycle(10)

    carry(told.world.bridge, Order(ActKind.REJECT, "sms"), "ada")
    await told.cycle(20)

    assert told.ear.told() == [("awaits_review", "firing"), ("awaits_review", "resolved")]


async def test_pause_is_told_with_what_it_holds_and_when_it_is_over() -> None:
    told = Told(grace=10)
    carry(told.world.bridge, Order(ActKind.PAUSE, "sms", "noise"), "ada")
    told.world.storm(30, at=5)
    for at in (10, 20):
        await told.cycle(at)
    carry(told.world.bridge, Order(ActKind.RESUME, "sms"), "ada")
    await told.cycle(30)

    assert [message.head for message in told.ear.heard[:2]] == [
        "Paused: publishing of public/sms, by ada: noise. Run `statusbridge resume sms`.",
        "Held: “Delays sending SMS” (sms) on page public: publishing is paused. "
        "Run `statusbridge explain sms`.",
    ]
    ended = [("held", "resolved"), ("opened", "firing"), ("paused", "resolved")]
    assert sorted(told.ear.told()[2:]) == ended


async def test_key_that_two_pages_have_is_told_with_its_page() -> None:
    there = a_rule("there", page="partners", incident="sms")
    told = Told(world=World(a_rule(), there, a_rule("other", components=("Calls",))))

    assert knowledge(told.world.bridge, PATIENCE).shared == {"sms"}


# Receivers that fail


async def failing(outcome: Outcome, monkeypatch: pytest.MonkeyPatch) -> tuple[Told, list[Any]]:
    """A receiver whose first answers are *outcome*, told of an outage, and what was logged."""
    monkeypatch.setattr(telling, "LONGEST_BACKOFF", 0)
    monkeypatch.setattr(telling, "REFUSED_AGAIN", 0.01)
    told = Told(Ear(answers=[outcome] * 3))
    told.world.storm(4, at=5)
    with capture_logs() as logs:
        await told.cycle(10)
        await until(lambda: told.ear.heard)
        await settled(told.teller)
    kept = ("notice.", "receiver.")
    return told, [(e["event"], e["log_level"]) for e in logs if e["event"].startswith(kept)]


async def until(condition: Callable[[], Any]) -> None:
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110 - what is awaited sets no event
            await asyncio.sleep(0)


@pytest.mark.parametrize("outcome", [NotSent("refused"), Unknown("reset")])
async def test_failing_receiver_is_tried_again_and_that_is_said_once(
    outcome: Outcome, monkeypatch: pytest.MonkeyPatch
) -> None:
    told, logs = await failing(outcome, monkeypatch)

    assert told.ear.told() == [("opened", "firing")]
    assert logs == [
        ("notice.delayed", "warning"),
        ("notice.told", "info"),
        ("receiver.recovered", "info"),
    ]
    (line,) = told.teller.lines
    assert (line.told, line.failed, told.teller.waiting(line)) == (1, 3, [])


@pytest.mark.parametrize(
    "outcome", [NotAllowed(403, "403"), Gone("404 no_team"), Refused(400, "400 bad")]
)
async def test_definite_no_is_an_error_said_once_and_tried_again_slowly(
    outcome: Outcome, monkeypatch: pytest.MonkeyPatch
) -> None:
    told, logs = await failing(outcome, monkeypatch)

    assert told.ear.told() == [("opened", "firing")]
    assert logs == [
        ("notice.refused", "error"),
        ("notice.told", "info"),
        ("receiver.recovered", "info"),
    ]


@pytest.mark.parametrize(
    ("outcome", "wait"),
    [
        (NotSent("refused"), 2),
        (Limited("429", 45), 45),
        (Limited("429", 0), 1),
        (Limited("429"), 2),
        (NotAllowed(401, "401"), 600),
        (Gone("404"), 600),
    ],
)
async def test_receiver_is_left_alone_for_as_long_as_its_answer_calls_for(
    outcome: Outcome, wait: int
) -> None:
    told = Told(Ear(answers=[outcome]))
    told.world.storm(4, at=5)
    now = asyncio.get_running_loop().time()

    await told.cycle(10)
    await told.cycle(20)

    (line,) = told.teller.lines
    assert len(told.ear.got) == 1
    assert wait - 1 < line.due - now < wait + 1
    await told.teller.finish(0)


async def test_waits_grow_up_to_five_minutes() -> None:
    told = Told()
    (line,) = told.teller.lines

    waits = []
    for failures in range(1, 11):
        line.failures = failures
        waits.append(telling._wait(line, NotSent("refused")))

    assert waits == [2, 4, 8, 16, 32, 64, 128, 256, 300, 300]


async def test_message_that_is_not_taken_lets_others_pass() -> None:
    told = Told(Ear(answers=[Refused(400, "invalid_payload")]))
    told.world = World(a_rule(), a_rule("other", components=("Calls",)))
    told.restart()
    told.world.storm(4, at=5)

    await told.cycle(10)
    await told.cycle(20)

    assert len(told.ear.got) == 2
    assert len(told.ear.heard) == 1
    await told.teller.finish(0)


async def test_defect_of_a_receiver_is_logged_and_the_next_cycle_tries_anew() -> None:
    class Broken(Ear):
        async def tell(self, message: Message) -> Outcome:
            if not self.got:
                self.got.append(message)
                raise ZeroDivisionError
            return await super().tell(message)

    told = Told(Broken())
    told.world.storm(4, at=5)
    with capture_logs() as logs, pytest.raises(ZeroDivisionError):
        await told.cycle(10)
    await told.cycle(20)

    assert [e["receiver"] for e in logs if e["event"] == "receiver.failed"] == ["webhook"]
    assert told.ear.told() == [("opened", "firing")]


# A state file that can't be written


async def test_unwritable_state_is_told_though_it_cannot_be_stored_and_nothing_else_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told = Told(Ear(answers=[NotSent("refused")]))
    told.world.storm(4, at=5)
    await told.cycle(10)
    told.teller.lines[0].due = 0

    def full(*_: object) -> None:
        raise StoreError("The disk is full.")

    with monkeypatch.context() as patch:
        patch.setattr(told.world.store.notices, "hear", full)
        told.teller.note_unwritable()
        during = list(await told.tell())
    after = await told.cycle(20)

    assert during == [("paused", "firing")]
    assert after == [("paused", "firing"), ("paused", "resolved"), ("opened", "firing")]
    assert told.ear.heard[0].head == (
        "Paused: publishing of everything, as the state file can't be written. "
        "Run `statusbridge status`."
    )


async def test_reload_keeps_what_no_notebook_knows_and_the_counts() -> None:
    told = Told()
    told.teller.note_unwritable()
    await told.tell()
    before = told.teller
    told.restart()
    told.teller.remember(before)

    assert await told.cycle(10) == [("paused", "firing"), ("paused", "resolved")]
    assert told.teller.lines[0].told == 2
