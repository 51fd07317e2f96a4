"""What waits for a person's word: proposed as it would be posted, decided once, heeded at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from builders import T0, TEXTS, a_rule, a_trigger, an_alert
from statusbridge.bridge.acting import carry
from statusbridge.core.acts import Act, ActKind, Order, Refused
from statusbridge.core.model import Stage, Status
from statusbridge.core.operations import HeldReason
from statusbridge.core.restrain import Guards
from statusbridge.core.review import Evidence, Line, Proposal
from statusbridge.core.rules import CodeRange, Match, Recovery, Review, Rule
from world import World, fill

OPENED, WORSENED = "Some text messages are failing.", "More text messages are failing."
APPROVE, REJECT = ActKind.APPROVE, ActKind.REJECT
PARTIAL, FULL = Status.PARTIAL_OUTAGE, Status.FULL_OUTAGE
THREE = (a_trigger(), a_trigger(PARTIAL, count=8), a_trigger(FULL, count=14))
VOICE = Match(codes=(CodeRange(31000, 31000),))


def reviewed(id: str = "sms", **changes: Any) -> Rule:
    return a_rule(id, **({"stage": Stage.REVIEW} | changes))


async def proposed(*rules: Rule, **policy: Any) -> World:
    """A world ten seconds after four alerts began to fall."""
    world = World(*(rules or (reviewed(),)), **policy)
    world.storm(4, at=5)
    await world.cycle(10)
    return world


def order(world: World, kind: ActKind, key: str = "sms", **more: Any) -> str:
    return carry(world.bridge, Order(kind, key, **more), "ada")


def waiting(world: World) -> list[Proposal]:
    return [proposal for proposal, _ in world.store.acts.proposals()]


def statuses(world: World) -> list[str]:
    """What each post on the page says of its component."""
    updates = [u for i in world.page.incidents_.values() for u in i.updates]
    return [status for update in updates for _, status in update.components]


def calls(world: World, at: int, count: int = 4) -> None:
    for n in range(count):
        world.feed.alerts.append(an_alert(T0 + at + n, code=31000, sid=f"NOcall{at + n}"))


async def test_a_proposal_is_what_would_be_posted_and_why() -> None:
    world = await proposed()

    (found,) = waiting(world)

    assert found == Proposal(
        page="public",
        incident="sms",
        episode=world.store.cases()[0].episode.id,
        rules=("sms",),
        joins=False,
        title="Delays sending SMS",
        status="investigating",
        message=OPENED,
        components=(
            Line("c-sms", "Messaging / SMS", Status.DEGRADED_PERFORMANCE, Status.OPERATIONAL),
        ),
        notify=True,
        look=found.look,
        started_at=T0 + 5,
        worst=Status.DEGRADED_PERFORMANCE,
        evidence=(Evidence("sms", 60, (("count", 4),), (("count", 3),), ((30008, 4),)),),
    )
    assert (world.posts, world.held()) == ([], ["awaits_review"])


async def test_an_approved_opening_goes_out_and_the_rest_of_its_incident_is_automatic() -> None:
    world = await proposed()
    before = world.posts

    said = order(world, APPROVE, reason="looks right")
    await world.run(20, 300)

    assert (before, said) == ([], "Approved public/sms.")
    assert [post.partition(" ")[0] for post in world.posts] == ["Some", "Delivery", "Delivery"]
    assert world.the_incident().resolved
    assert (world.store.cases(), waiting(world)) == ([], [])
    assert world.store.acts.history(9) == [
        Act(
            APPROVE, "public", "sms", T0 + 10, "ada", "looks right",
            episode=world.store.acts.history(1)[0].episode,
        )
    ]  # fmt: skip


async def test_an_approval_outlives_the_process_that_took_it() -> None:
    world = await proposed()
    order(world, APPROVE)
    world.restart()

    await world.cycle(20)

    assert world.posts == [OPENED]


async def test_the_same_word_twice_changes_nothing() -> None:
    world = await proposed()
    order(world, APPROVE)

    second = order(world, APPROVE)
    await world.cycle(20)
    third = order(world, APPROVE)
    await world.cycle(30)

    expected = "public/sms needs nothing: it was approved by ada at 2026-09-21T14:13:30Z."
    assert (second, third) == (expected, expected)
    assert len(world.store.acts.history(9)) == 1
    assert world.posts == [OPENED]


async def test_what_has_changed_since_it_was_looked_at_is_refused_with_what_changed() -> None:
    world = await proposed(reviewed(triggers=THREE))
    (seen,) = waiting(world)
    world.storm(6, at=11)
    await world.cycle(20)
    (now,) = waiting(world)

    with pytest.raises(Refused) as refusal:
        order(world, APPROVE, look=seen.look)

    assert str(refusal.value).splitlines() == [
        "It has changed since you looked:",
        "  Messaging / SMS: degraded_performance → partial_outage",
        f"Look again with `statusbridge review`; it is now --seen {now.look}.",
    ]
    assert world.store.acts.history(9) == []
    assert order(world, APPROVE, look=now.look) == "Approved public/sms."


async def test_another_text_is_another_look_and_another_time_in_it_is_not() -> None:
    texts = replace(TEXTS, investigating="Failing for {{ duration }}, as of {{ now }}.")
    slow = Recovery(after=900, settle=60)
    world = await proposed(reviewed(texts=texts, recovery=slow))
    (first,) = waiting(world)
    await world.cycle(200)
    (later,) = waiting(world)
    world.configure(reviewed(texts=replace(texts, investigating="Broken."), recovery=slow))
    await world.cycle(210)
    (changed,) = waiting(world)

    assert first.message != later.message
    assert first.look == later.look != changed.look
    with pytest.raises(Refused, match=r"text: “Failing for 3 minutes.* → “Broken.”"):
        order(world, APPROVE, look=first.look)


async def test_a_look_at_something_else_approves_nothing() -> None:
    world = await proposed()

    with pytest.raises(Refused, match=r"What you looked at \(beef\) is another outage's, or none"):
        order(world, APPROVE, look="beef")


@pytest.mark.parametrize(
    ("until", "why"),
    [
        (140, "it does not fire any more"),
        (300, "there is no outage in review, or it is over"),
    ],
)
async def test_what_fires_no_more_can_neither_be_approved_nor_rejected(
    until: int, why: str
) -> None:
    world = await proposed()
    await world.run(20, until)

    for kind in (APPROVE, REJECT):
        with pytest.raises(Refused) as refusal:
            order(world, kind)
        assert str(refusal.value) == f"Nothing waits under public/sms: {why}."
    assert world.page.writes == []


async def test_an_approved_outage_that_quiets_before_it_is_opened_is_not_told() -> None:
    world = await proposed(guards=Guards(max_open_incidents=0))
    said = order(world, APPROVE)
    await world.run(20, 400)

    assert said.endswith("It is held for now: 0 incidents are open, as many as allowed.")
    assert (world.page.writes, world.store.cases()) == ([], [])


async def test_an_approved_opening_waits_for_the_guards_as_any_does() -> None:
    rule = reviewed(recovery=Recovery(after=900, settle=60))
    world = await proposed(rule)
    theirs = world.page.open(
        "Ours already",
        {
            "message": "We know.",
            "incident_status": "investigating",
            "component_statuses": [
                {"component_id": "c-sms", "component_status": "degraded_performance"}
            ],
        },
    )
    await world.cycle(15)
    (seen,) = waiting(world)
    order(world, APPROVE)

    await world.cycle(20)
    held = world.held()
    world.page.post(theirs.id, "Done.", "resolved")
    await world.cycle(30)

    assert (seen.stopped_by, held) == (HeldReason.PERSON_ACTIVE, ["person_has_open_incident"])
    assert world.posts == ["We know.", "Done.", OPENED]


async def test_what_was_rejected_stays_held_in_its_outage_and_the_next_one_is_proposed() -> None:
    world = await proposed()

    said = order(world, REJECT, reason="a test of ours")
    await world.cycle(20)
    held = world.store.held()
    await world.run(30, 400)
    world.storm(4, at=405)
    await world.cycle(410)

    assert said == "Rejected public/sms for the rest of this outage."
    ((_, why, _),) = held
    detail = "rejected by ada at 2026-09-21T14:13:30Z: a test of ours"
    assert (why.reason, why.detail) == (HeldReason.REJECTED, detail)
    assert (world.page.writes, world.held()) == ([], ["awaits_review"])


async def test_what_was_rejected_can_not_be_approved_any_more() -> None:
    world = await proposed()
    order(world, REJECT)

    with pytest.raises(Refused, match="Nothing waits under public/sms: it was rejected by ada"):
        order(world, APPROVE)
    assert order(world, REJECT).startswith("public/sms needs nothing: it was rejected by ada")


async def test_rejected_for_a_time_means_every_proposal_of_the_key_until_then() -> None:
    world = await proposed()

    order(world, REJECT, seconds=600)
    await world.run(20, 400)
    world.storm(4, at=405)
    await world.cycle(410)
    muted, none = world.held(), waiting(world)
    world.storm(4, at=605)
    await world.cycle(610)

    assert (muted, none) == (["rejected"], [])
    assert (world.held(), len(waiting(world))) == (["awaits_review"], 1)


async def test_rejected_for_a_time_may_be_what_does_not_wait_yet() -> None:
    world = World(reviewed())
    await world.cycle(0)

    said = order(world, REJECT, seconds=60)
    world.storm(4, at=5)
    await world.cycle(10)

    assert said == "Nothing waits under public/sms now; nothing will, until 2026-09-21T14:14:20Z."
    assert world.held() == ["rejected"]


@pytest.mark.parametrize(("publishes", "posts"), [(True, [OPENED]), (False, [])])
async def test_nobodys_word_in_time_is_what_the_rule_takes_it_for(
    publishes: bool, posts: list[str]
) -> None:
    rule = reviewed(
        review=Review(100, publishes=publishes), recovery=Recovery(after=900, settle=60)
    )
    world = await proposed(rule)

    await world.cycle(109)
    before, then = world.posts, world.held()
    await world.cycle(110)

    (act,) = world.store.acts.history(9)
    assert (before, then) == ([], ["awaits_review"])
    assert (act.who, act.kind) == ("the rule's timeout", APPROVE if publishes else REJECT)
    assert (world.posts, world.held()) == (posts, [] if publishes else ["rejected"])


async def test_an_opening_is_called_as_it_was_approved_until_it_gets_worse_than_that() -> None:
    world = await proposed(reviewed(triggers=THREE))
    world.storm(5, at=11)
    await world.cycle(20)

    order(world, APPROVE, status=Status.DEGRADED_PERFORMANCE)
    await world.run(30, 40)
    mild = statuses(world)
    world.storm(6, at=41)
    await world.cycle(50)
    worse = statuses(world)
    await world.run(60, 400)

    assert mild == ["degraded_performance"]
    assert worse == ["degraded_performance", "full_outage"]
    assert world.the_incident().resolved


async def test_an_opening_may_be_called_worse_than_its_rule_does() -> None:
    world = await proposed(reviewed(triggers=THREE))

    order(world, APPROVE, status=FULL)
    await world.run(20, 300)

    assert statuses(world) == ["full_outage", "operational"]


async def test_an_opening_can_not_be_approved_as_if_nothing_were_wrong() -> None:
    world = await proposed()

    with pytest.raises(Refused) as refusal:
        order(world, APPROVE, status=Status.OPERATIONAL)

    assert str(refusal.value) == (
        "An incident can't open as operational. Say one of degraded_performance, partial_outage, "
        "full_outage, or reject it."
    )
    assert world.store.acts.history(9) == []


async def test_a_person_words_the_opening_and_the_rule_what_follows() -> None:
    world = await proposed()

    order(world, APPROVE, title="SMS to France", text="Messages to France fail.\n\nMore soon.")
    await world.run(20, 300)

    ((name, status, messages),) = world.page.texts()
    assert (name, status) == ("SMS to France", "resolved")
    assert messages[0] == "Messages to France fail.\n\nMore soon."
    assert [message.partition(" ")[0] for message in messages[1:]] == ["Delivery", "Delivery"]
    assert world.store.acts.history(1)[0].detail == "with another title and text"


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ({"text": "Call +1 415 555 2671."}, "text can't be published: it would publish a phone"),
        ({"text": "x" * 4097}, "text can't be published: it has 4097 characters"),
        ({"title": "x" * 201}, "title can't be published: it has 201 characters"),
        ({"title": "One\nTwo"}, "title can't be published: it has more than one line"),
    ],
)
async def test_a_person_may_publish_nothing_private_either(words: dict[str, str], why: str) -> None:
    world = await proposed()

    with pytest.raises(Refused, match=f"^The {why}"):
        order(world, APPROVE, **words)
    await world.cycle(20)

    assert (world.page.writes, world.held()) == ([], ["awaits_review"])


async def test_words_that_publishing_would_refuse_are_refused_before_they_are_kept() -> None:
    def render(source: str, values: Mapping[str, str]) -> str:
        if "hunter2" in (text := fill(source, values)):
            raise ValueError("it would publish a secret of this program")
        return text

    world = await proposed()
    world.bridge.policy = replace(world.policy, render=render)

    for what in ("title", "text"):
        with pytest.raises(Refused) as refusal:
            order(world, APPROVE, **{what: "The password is hunter2."})
        why = "can't be published: it would publish a secret of this program."
        assert str(refusal.value) == f"The {what} {why}"
    await world.cycle(20)

    assert (world.store.acts.history(9), world.held()) == ([], ["awaits_review"])


async def test_a_rule_in_review_joins_a_public_outage_only_after_approval() -> None:
    auto = a_rule(incident="twilio")
    voice = reviewed("voice", incident="twilio", components=("Calls",), match=VOICE, order=1)
    world = await proposed(auto, voice)
    calls(world, at=15)
    await world.cycle(20)
    before = list(world.posts)
    (found,) = waiting(world)

    order(world, APPROVE, "twilio")
    await world.cycle(30)
    joined = list(world.posts)
    await world.run(40, 400)

    assert before == [OPENED]
    assert (found.joins, found.message) == (True, WORSENED)
    assert [line.name for line in found.components] == ["Messaging / SMS", "Voice / Calls"]
    assert joined == [OPENED, WORSENED]
    assert len(world.page.incidents_) == 1
    assert world.the_incident().resolved
    assert world.store.cases() == []


async def test_a_joined_outage_is_over_when_the_rule_that_was_let_in_is_quiet_too() -> None:
    voice = reviewed("voice", incident="twilio", components=("Calls",), match=VOICE, order=1)
    world = await proposed(a_rule(incident="twilio"), voice)
    calls(world, at=15, count=100)
    await world.cycle(20)
    order(world, APPROVE, "twilio")

    await world.run(30, 170)
    still = world.the_incident().incident_status
    await world.run(180, 400)

    assert still == "investigating"
    assert world.the_incident().resolved


async def test_what_would_join_stays_proposed_as_it_was_while_the_page_can_not_be_believed() -> (
    None
):
    voice = reviewed("voice", incident="twilio", components=("Calls",), match=VOICE, order=1)
    world = await proposed(a_rule(incident="twilio"), voice)
    calls(world, at=15)
    await world.cycle(20)
    before = waiting(world)
    world.page.lacking = {world.the_incident().id}

    await world.cycle(30)

    assert "stale_read" in world.held()
    assert waiting(world) == before


async def test_an_unapproved_rule_neither_worsens_nor_prolongs_the_public_outage() -> None:
    voice = reviewed("voice", incident="twilio", components=("Calls",), match=VOICE, order=1)
    world = await proposed(a_rule(incident="twilio"), voice)
    calls(world, at=15, count=300)

    await world.run(20, 250)

    assert [post.partition(" ")[0] for post in world.posts] == ["Some", "Delivery", "Delivery"]
    assert world.the_incident().resolved
    assert world.held() == ["awaits_review"]


async def test_words_of_ones_own_are_for_an_opening_not_for_joining() -> None:
    voice = reviewed("voice", incident="twilio", components=("Calls",), match=VOICE, order=1)
    world = await proposed(a_rule(incident="twilio"), voice)
    calls(world, at=15)
    await world.cycle(20)

    for more in ({"text": "Calls fail."}, {"title": "Calls"}, {"status": PARTIAL}):
        with pytest.raises(Refused, match="twilio joins an open incident"):
            order(world, APPROVE, "twilio", **more)


async def test_an_auto_rule_joins_an_approved_outage_of_its_key() -> None:
    voice = a_rule("voice", incident="twilio", components=("Calls",), match=VOICE, order=1)
    world = await proposed(reviewed(incident="twilio"), voice)
    order(world, APPROVE, "twilio")
    await world.cycle(20)
    calls(world, at=25)

    await world.cycle(30)
    posts = list(world.posts)
    await world.run(40, 400)

    assert posts == [OPENED, WORSENED]
    assert len(world.page.incidents_) == 1
    assert world.the_incident().resolved


@pytest.mark.parametrize("stages", [(Stage.AUTO,), (Stage.AUTO, Stage.REVIEW)])
async def test_an_approved_incident_goes_on_where_its_rule_is_made_auto_and_back(
    stages: tuple[Stage, ...],
) -> None:
    world = await proposed()
    order(world, APPROVE)
    await world.cycle(20)
    for number, stage in enumerate(stages):
        world.configure(reviewed(stage=stage))
        await world.cycle(30 + 50 * number)

    await world.run(140, 400)

    assert [post.partition(" ")[0] for post in world.posts] == ["Some", "Delivery", "Delivery"]
    assert (world.held(), world.store.cases()) == ([], [])


async def test_an_approved_incident_is_orphaned_where_its_rule_is_put_in_shadow() -> None:
    world = await proposed()
    order(world, APPROVE)
    await world.cycle(20)
    world.configure(reviewed(stage=Stage.SHADOW))

    await world.run(30, 300)

    assert (world.posts, world.held()) == ([OPENED], ["orphaned"])


async def test_a_text_that_must_not_be_published_is_told_before_anybody_approves_it() -> None:
    texts = replace(TEXTS, investigating="Ask {{ components }}, +1 415 555 2671.")
    world = await proposed(reviewed(texts=texts))

    (found,) = waiting(world)

    assert (found.title, found.stopped_by) == ("", HeldReason.UNSAFE_TEXT)
    assert found.stopped == "a text would publish a phone number"


@pytest.mark.parametrize(
    ("key", "why"),
    [
        ("smss", "There is no incident key smss. Did you mean sms?"),
        ("xyz", "There is no incident key xyz. Known: sms, voice."),
        ("other/sms", "There is no incident key other/sms."),
    ],
)
async def test_a_key_that_is_none_is_refused_with_those_there_are(key: str, why: str) -> None:
    world = World(reviewed(), a_rule("voice"))

    with pytest.raises(Refused) as refusal:
        order(world, APPROVE, key)

    assert str(refusal.value).startswith(why)


async def test_a_key_of_several_pages_has_to_name_one() -> None:
    world = World(reviewed(), reviewed("intern", incident="sms", page="internal"))

    with pytest.raises(Refused) as refusal:
        order(world, APPROVE)

    assert str(refusal.value) == "sms is on several pages. Say internal/sms or public/sms."


async def test_a_reason_has_an_end() -> None:
    world = await proposed()

    with pytest.raises(Refused, match="The reason has 501 characters; 500 fit"):
        order(world, APPROVE, reason="x" * 501)
