from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import T0, a_rule, an_alert
from fakes import PAGE
from statusbridge.core.acts import BY_FILE, Act, ActKind
from statusbridge.core.detectors import Transition
from statusbridge.core.episodes import opened
from statusbridge.core.hearing import FOR_A_PERSON, Entry, Heard, noted, to_tell
from statusbridge.core.model import IncidentId, IncidentStatus, Phase, Stage, Status
from statusbridge.core.notice_texts import HELD_AS
from statusbridge.core.notices import (
    DECIDED,
    PASSING,
    TOLD_OTHERWISE,
    Blindness,
    Event,
    Knowledge,
    Notice,
    notices,
    unclear,
)
from statusbridge.core.operations import (
    Held,
    HeldReason,
    Ledger,
    Owner,
    Said,
)
from statusbridge.core.plan import Case

INVESTIGATING, RESOLVED = Said(IncidentStatus.INVESTIGATING), Said(IncidentStatus.RESOLVED)
FIRED = Transition(T0, "sms", Phase.FIRING, Status.DEGRADED_PERFORMANCE, T0 - 60)


def a_case(stage: Stage = Stage.AUTO, **ledger: object) -> Case:
    """An outage of which nothing was said yet."""
    episode = opened(a_rule(stage=stage), FIRED, an_alert(T0), PAGE)
    return Case(episode, replace(Ledger(episode.id), **ledger))  # type: ignore[arg-type]


def published(**ledger: object) -> Case:
    return a_case(**({"incident_id": IncidentId("i1"), "said": INVESTIGATING} | ledger))  # type: ignore[arg-type]


def held(case: Case, reason: HeldReason, since: int = T0 + 5) -> Knowledge:
    entry = Held("sms", case.episode.id, reason, "its newest alert is 9 s old")
    return Knowledge((case,), (("public", entry, since),))


def events(known: Knowledge) -> list[Event]:
    return [notice.event for notice in notices(known)]


# What is told of


def test_outage_of_which_nothing_is_said_or_held_tells_nothing() -> None:
    assert notices(Knowledge((a_case(),))) == ()


def test_incident_on_the_page_is_told_with_its_title_and_the_key_that_commands_take() -> None:
    case = published()
    id_ = case.episode.id

    known = Knowledge((case,), titles={id_: "Delays"})

    assert notices(known) == (
        Notice(
            key=f"{id_}-opened",
            event=Event.OPENED,
            page="public",
            incident="sms",
            name="sms",
            title="Delays",
            episode=id_,
            since=T0,
        ),
    )
    (shared,) = notices(replace(known, shared=frozenset({"sms"})))
    assert shared.name == "public/sms"


@pytest.mark.parametrize(
    "case",
    [
        published(said=RESOLVED),
        a_case(said=INVESTIGATING),
        published(stage=Stage.SHADOW),
        published(stage=Stage.SHADOW, owner=Owner.THEIRS, parked=INVESTIGATING),
    ],
    ids=["resolved", "found nowhere", "on trial", "on trial, whatever else"],
)
def test_what_the_public_does_not_read_is_not_told_as_open(case: Case) -> None:
    assert notices(Knowledge((case,))) == ()


@pytest.mark.parametrize(
    ("owner", "ended", "expected"),
    [
        (Owner.THEIRS, False, [Event.OPENED, Event.THEIRS]),
        (Owner.THEIRS, True, [Event.THEIRS]),
        (Owner.ORPHANED, False, [Event.OPENED, Event.ORPHANED]),
        (Owner.DETACHED, False, [Event.DETACHED]),
    ],
)
def test_incident_that_is_no_longer_ours_is_told_and_is_open_while_the_public_reads_it(
    owner: Owner, ended: bool, expected: list[Event]
) -> None:
    case = published(owner=owner, why="so it is", ended_by_person=ended)

    found = notices(Knowledge((case,)))

    assert [notice.event for notice in found] == expected
    assert found[-1].detail == "so it is"


def test_post_that_was_given_up_is_told_whether_or_not_another_may_follow() -> None:
    assert events(Knowledge((published(parked=RESOLVED),))) == [Event.OPENED, Event.PARKED]
    assert events(Knowledge((a_case(stuck=True),))) == [Event.PARKED]


@pytest.mark.parametrize("reason", HeldReason)
def test_every_reason_to_hold_is_told_once_and_nothing_of_its_detail(reason: HeldReason) -> None:
    case = a_case()

    found = notices(held(case, reason))

    if reason in TOLD_OTHERWISE | DECIDED:
        assert found == ()
    elif reason is HeldReason.REVIEW:
        (one,) = found
        assert (one.event, one.since) == (Event.REVIEW, T0 + 5)
        assert one.key == f"{case.episode.id}-awaits_review"
    else:
        (one,) = found
        assert (one.event, one.reason, one.since) == (Event.HELD, reason, T0 + 5)
        assert one.key == f"{case.episode.id}-held-{reason}"
    assert not any(notice.detail for notice in found)


def test_what_is_held_of_an_outage_that_is_closed_by_now_is_not_told() -> None:
    assert notices(replace(held(a_case(), HeldReason.MAINTENANCE), cases=())) == ()


def test_what_cannot_be_read_is_told_by_its_name() -> None:
    known = Knowledge(
        blind={"page public": Blindness.REFUSED, "account prod": Blindness.UNREADABLE}
    )

    assert notices(known) == (
        Notice("blind-account-prod", Event.BLIND, "unreadable", subject="account prod"),
        Notice("blind-page-public", Event.BLIND, "credentials_refused", subject="page public"),
    )


def test_pause_is_told_with_who_and_why_in_one_line_and_how_it_ends() -> None:
    of_all = Act(ActKind.PAUSE, "", "", T0, "ada", "a\n false alarm", until=T0 + 60)
    of_one = Act(ActKind.PAUSE, "public", "sms", T0, "ada")
    by_file = Act(ActKind.PAUSE, "", "", 0, BY_FILE, "x" * 999)

    all_, one, file = notices(Knowledge(pauses=(of_all, of_one, by_file)))

    assert all_ == Notice(
        "paused-everything",
        Event.PAUSED,
        "a_person",
        "by ada until 2026-09-21T14:14:20Z: a false alarm",
        subject="everything",
        since=T0,
    )
    assert (one.key, one.name, one.subject) == ("paused-public/sms", "sms", "public/sms")
    assert (file.key, file.reason, len(file.detail), file.since) == (
        "paused-file",
        "a_file",
        300,
        None,
    )
    (shared,) = notices(Knowledge(pauses=(of_one,), shared=frozenset({"sms"})))
    assert shared.name == "public/sms"


# What of it is still to be told

OPENED = Notice("e1-opened", Event.OPENED, episode="e1")
HELD = Notice("e1-held-maintenance", Event.HELD, "maintenance", episode="e1", since=T0)
REVIEW = Notice("e1-awaits_review", Event.REVIEW, episode="e1")
BLIND = Notice("blind-account-prod", Event.BLIND, "unreadable", subject="account prod")
NOBODY: frozenset[str] = frozenset()


def test_what_begins_is_noted_since_it_has_been_so_but_never_since_a_time_to_come() -> None:
    late = replace(HELD, key="late", since=T0 + 60)

    begun = noted((), (OPENED, HELD, late), NOBODY, T0 + 9)

    assert begun == (Entry(OPENED, T0 + 9), Entry(HELD, T0), Entry(late, T0 + 9))


def test_what_came_and_went_before_it_was_told_is_forgotten() -> None:
    assert noted((Entry(OPENED, T0),), (), NOBODY, T0 + 9) == ()


@pytest.mark.parametrize("heard", [Heard.MAYBE, Heard.YES])
def test_what_may_have_been_heard_is_told_to_be_over(heard: Heard) -> None:
    (entry,) = noted((Entry(OPENED, T0, heard),), (), NOBODY, T0 + 9)

    assert entry == Entry(OPENED, T0, heard, over=True)
    assert to_tell((entry,), T0 + 9, grace=300) == (entry,)


def test_what_comes_back_before_its_end_was_told_needs_no_word() -> None:
    (entry,) = noted((Entry(OPENED, T0, Heard.YES, over=True),), (OPENED,), NOBODY, T0 + 9)

    assert entry == Entry(OPENED, T0, Heard.YES)
    assert to_tell((entry,), T0 + 9, grace=300) == ()


def test_end_that_may_have_been_heard_is_told_out_before_the_same_begins_anew() -> None:
    ending = Entry(HELD, T0, Heard.MAYBE, over=True)

    assert noted((ending,), (HELD,), NOBODY, T0 + 9) == (ending,)
    ended = replace(ending, heard=Heard.NO)
    assert to_tell((ended,), T0 + 9, grace=0) == ()
    (anew,) = noted((ended,), (HELD,), NOBODY, T0 + 9)
    assert anew == Entry(HELD, T0 + 9)
    assert anew.id != ended.id


@pytest.mark.parametrize(("notice", "kept"), [(HELD, True), (REVIEW, True), (OPENED, False)])
def test_held_is_not_over_while_something_passing_holds_it_instead(
    notice: Notice, kept: bool
) -> None:
    entry = Entry(notice, T0, Heard.YES)

    assert noted((entry,), (), {"e1"}, T0 + 9) == (replace(entry, over=not kept),)
    ending = replace(entry, over=True)
    assert noted((ending,), (), {"e1"}, T0 + 9) == (ending,)


@pytest.mark.parametrize("reason", HeldReason)
def test_passing_reasons_alone_leave_open_what_was_held_before(reason: HeldReason) -> None:
    case = a_case()

    unsure = unclear(held(case, reason))

    assert unsure == ({case.episode.id} if reason in PASSING else NOBODY)


@pytest.mark.parametrize("reason", sorted(HELD_AS))
def test_what_may_pass_by_itself_is_told_after_the_grace_and_the_rest_at_once(
    reason: HeldReason,
) -> None:
    (notice,) = notices(held(a_case(), reason, since=T0))
    (entry,) = noted((), (notice,), NOBODY, T0)

    at_once = reason in FOR_A_PERSON
    assert bool(to_tell((entry,), T0, grace=300)) is at_once
    assert bool(to_tell((entry,), T0 + 299, grace=300)) is at_once
    assert to_tell((entry,), T0 + 300, grace=300) == (entry,)


def test_blindness_is_told_after_the_grace_and_every_other_event_at_once() -> None:
    told = {
        event: bool(to_tell((Entry(Notice("k", event), T0),), T0, grace=1))
        for event in set(Event) - {Event.HELD}
    }

    assert told == dict.fromkeys(told, True) | {Event.BLIND: False}
    assert to_tell((Entry(BLIND, T0),), T0 + 1, grace=1) == (Entry(BLIND, T0),)


def test_oldest_is_told_first_and_what_was_heard_not_again() -> None:
    first, second = Entry(OPENED, T0), Entry(REVIEW, T0 + 1, Heard.MAYBE)
    known = Entry(HELD, T0 - 1, Heard.YES)

    assert to_tell((second, known, first), T0 + 1, grace=0) == (first, second)


def test_end_needs_no_grace() -> None:
    ending = Entry(BLIND, T0, Heard.YES, over=True)

    assert to_tell((ending,), T0, grace=300) == (ending,)


# A receiver that hears everything at least once believes what is the case

STEPS = st.lists(
    st.tuples(st.booleans(), st.sampled_from(["none", "heard", "lost", "refused"])), max_size=12
)


@given(STEPS)
def test_receiver_believes_in_the_end_what_is_the_case(
    steps: list[tuple[bool, str]],
) -> None:
    entries: tuple[Entry, ...] = ()
    believed: set[str] = set()
    last = steps[-1][0] if steps else False
    for now, (true, outcome) in enumerate([*steps, *[(last, "heard")] * 3]):
        entries = noted(entries, (OPENED,) if true else (), NOBODY, T0 + now)
        for entry in to_tell(entries, T0 + now, grace=0):
            if outcome in {"heard", "lost"}:
                (believed.discard if entry.over else believed.add)(entry.notice.key)
            after = {
                "none": entry.heard,
                "refused": entry.heard,
                "lost": Heard.MAYBE,
                "heard": Heard.NO if entry.over else Heard.YES,
            }[outcome]
            entries = tuple(replace(e, heard=after) if e == entry else e for e in entries)

    assert believed == ({OPENED.key} if last else set())


def test_a_clock_that_was_set_back_puts_off_no_notice() -> None:
    early = Entry(Notice("a", Event.OPENED), since=T0 + 7200)
    held = Entry(Notice("b", Event.HELD, "maintenance"), since=T0 + 7200)

    assert to_tell((early, held), T0, grace=60) == (early, held)
