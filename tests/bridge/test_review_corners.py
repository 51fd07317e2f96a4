"""A person's word where something changed meanwhile: the rules, the outage, what it would join."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from builders import TEXTS, a_rule, a_trigger
from statusbridge.bridge.acting import carry
from statusbridge.core.acts import ActKind, Order, Refused
from statusbridge.core.errors import Unavailable
from statusbridge.core.model import Stage, Status
from statusbridge.core.operations import HeldReason
from statusbridge.core.plan import Manners
from statusbridge.core.restrain import Guards
from statusbridge.core.rules import CodeRange, Match, Recovery, Review, Rule
from world import World

OPENED = "Some text messages are failing."
APPROVE, REJECT = ActKind.APPROVE, ActKind.REJECT


def reviewed(id: str = "sms", **changes: Any) -> Rule:
    """A rule in review whose outage outlasts a test."""
    lasting = Recovery(after=900, settle=60)
    return a_rule(id, **({"stage": Stage.REVIEW, "recovery": lasting} | changes))


async def proposed(*rules: Rule, **policy: Any) -> World:
    """A world ten seconds after four alerts began to fall."""
    world = World(*(rules or (reviewed(),)), **policy)
    world.storm(4, at=5)
    await world.cycle(10)
    return world


def order(world: World, kind: ActKind, key: str = "sms", **more: Any) -> str:
    return carry(world.bridge, Order(kind, key, **more), "ada")


async def test_a_timeout_that_a_reload_took_away_publishes_nothing() -> None:
    world = await proposed(reviewed(review=Review(100, publishes=True)))
    world.configure(reviewed())

    await world.cycle(150)

    assert (world.posts, world.held()) == ([], ["awaits_review"])


async def test_what_a_reload_makes_of_silence_holds_from_its_first_cycle_on() -> None:
    world = await proposed(reviewed(review=Review(100, publishes=True)))
    world.configure(reviewed(review=Review(100)))

    await world.cycle(150)

    assert (world.posts, world.held()) == ([], ["rejected"])


async def test_what_fires_again_after_its_timeout_leaves_as_long_to_say_no() -> None:
    rule = reviewed(recovery=Recovery(after=10, settle=900), review=Review(100, publishes=True))
    world = await proposed(rule)
    ((_, first),) = world.store.acts.proposals()
    await world.run(20, 140)
    quiet = world.store.acts.proposals()
    world.storm(4, at=150)

    await world.run(155, 165)

    ((_, again),) = world.store.acts.proposals()
    assert (quiet, again - first) == ([], 145)
    assert (world.posts, world.held()) == ([], ["awaits_review"])


async def test_a_look_at_one_outage_approves_no_later_one_that_reads_alike() -> None:
    world = await proposed(reviewed(recovery=Recovery(after=60, settle=60)))
    ((first, _),) = world.store.acts.proposals()
    await world.run(20, 400)
    world.storm(4, at=405)
    await world.cycle(410)
    ((later, _),) = world.store.acts.proposals()

    with pytest.raises(Refused, match="is another outage's, or none"):
        order(world, APPROVE, look=first.look)

    assert (first.title, first.message) == (later.title, later.message)
    assert order(world, APPROVE, look=later.look) == "Approved public/sms."


async def test_the_status_of_an_approval_holds_also_where_the_rules_own_words_are_held() -> None:
    words = replace(TEXTS, investigating="Call +1 415 555 2671.")
    partial = a_trigger(Status.PARTIAL_OUTAGE)
    world = await proposed(reviewed(texts=words, triggers=(partial,)))
    ((seen, _),) = world.store.acts.proposals()

    order(world, APPROVE, text="Some fail.", status=Status.DEGRADED_PERFORMANCE)
    await world.cycle(20)

    assert (seen.stopped_by, world.posts) == (HeldReason.UNSAFE_TEXT, ["Some fail."])
    assert world.the_incident().updates[0].components == (("c-sms", "degraded_performance"),)


async def test_what_would_by_now_join_an_incident_is_not_approved_as_one_of_its_own() -> None:
    voice = Match(codes=(CodeRange(31000, 31000),))
    calls = a_rule("calls", incident="sms", match=voice, components=("Voice / Calls",))
    world = await proposed(reviewed(), calls)
    world.page.unreadable = Unavailable("down")
    world.storm(4, at=11, code=31000)
    await world.cycle(20)

    with pytest.raises(Refused, match="public/sms would join an open incident"):
        order(world, APPROVE, text="My own words.")

    world.page.unreadable = None
    await world.cycle(30)
    assert order(world, APPROVE) == "Approved public/sms."


async def test_an_approval_that_let_a_rule_into_an_incident_changes_nothing_again() -> None:
    voice = Match(codes=(CodeRange(31000, 31000),))
    calls = a_rule("calls", incident="sms", match=voice, components=("Voice / Calls",))
    world = await proposed(reviewed(), calls)
    world.storm(4, at=11, code=31000)
    await world.cycle(20)
    order(world, APPROVE)
    await world.cycle(30)

    again = order(world, APPROVE)

    assert again == "public/sms needs nothing: it was approved by ada at 2026-09-21T14:13:40Z."
    assert len(world.store.acts.history(9)) == 1


async def test_what_was_rejected_stays_so_through_a_reload_that_lost_it_for_a_while() -> None:
    world = await proposed()
    order(world, REJECT)
    await world.cycle(20)
    world.configure(reviewed(stage=Stage.SHADOW))
    await world.cycle(30)

    world.configure(reviewed())
    await world.cycle(40)

    assert world.held() == ["rejected"]


async def test_an_approved_outage_that_is_told_afterwards_is_told_as_it_was_approved() -> None:
    rule = reviewed(recovery=Recovery(after=60, settle=60))
    full, manners = Guards(max_open_incidents=0), Manners(missed="retrospective")
    world = World(rule, guards=full, manners=manners)
    await world.cycle(0)
    world.storm(4, at=5)
    await world.cycle(10)

    order(world, APPROVE, title="SMS to France", text="They fail.", status=Status.PARTIAL_OUTAGE)
    await world.run(20, 300)

    first, last = world.the_incident().updates
    assert (world.the_incident().name, first.message) == ("SMS to France", "They fail.")
    assert first.components == (("c-sms", "partial_outage"),)
    assert last.incident_status == "resolved"
