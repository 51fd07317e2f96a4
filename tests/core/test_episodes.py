from __future__ import annotations

from dataclasses import replace

import pytest

from builders import T0, a_rule, an_alert
from fakes import PAGE
from statusbridge.core.detectors import Transition
from statusbridge.core.episodes import (
    Episode,
    Group,
    Member,
    admitted,
    advanced,
    episode_id,
    opened,
    orphans,
    refitted,
)
from statusbridge.core.model import IncidentStatus, Phase, Stage, Status

FIRING, RECOVERING, INACTIVE = Phase.FIRING, Phase.RECOVERING, Phase.INACTIVE
OPERATIONAL, DEGRADED, PARTIAL, FULL = (
    Status.OPERATIONAL, Status.DEGRADED_PERFORMANCE, Status.PARTIAL_OUTAGE, Status.FULL_OUTAGE,
)  # fmt: skip
SMS, MMS = a_rule(), a_rule("mms", incident="sms", components=("MMS",))


def turned(
    phase: Phase, level: Status = OPERATIONAL, rule: str = "sms", at: int = T0
) -> Transition:
    return Transition(at, rule, phase, level, T0 - 60, T0 - 5 if phase is RECOVERING else None)


def an_episode(**changes: object) -> Episode:
    """An outage of sms alone, degraded."""
    episode = opened(SMS, turned(FIRING, DEGRADED), an_alert(T0 - 5), PAGE)
    return replace(episode, **changes)  # type: ignore[arg-type]


def a_member(rule: str, phase: Phase, asked: Status, *components: str) -> Member:
    return Member(rule, phase, asked, components or ("SMS",))


@pytest.mark.parametrize(
    ("stage", "prefix"),
    [(Stage.AUTO, "sb"), (Stage.REVIEW, "sb-review"), (Stage.SHADOW, "sb-shadow")],
)
def test_an_episode_is_named_for_good_by_its_rule_and_oldest_alert(
    stage: Stage, prefix: str
) -> None:
    id_ = episode_id(PAGE, Group("public", "sms", stage), "sms", an_alert())

    assert id_ == f"{prefix}-2cbd746c2bbcdf9e23e5b94255ee9b25fce30595"


def test_an_outage_begins_with_what_its_rule_asks() -> None:
    assert an_episode() == Episode(
        id=episode_id(PAGE, Group("public", "sms", Stage.AUTO), "sms", an_alert(T0 - 5)),
        group=Group("public", "sms", Stage.AUTO),
        opened_by="sms",
        cause="sms",
        started_at=T0 - 5,
        opened_at=T0,
        status=IncidentStatus.INVESTIGATING,
        peak=DEGRADED,
        members=(a_member("sms", FIRING, DEGRADED),),
        accounts=frozenset({"prod"}),
        newest_at=T0 - 5,
    )


def test_a_rule_that_joins_is_the_cause_where_it_asks_for_more() -> None:
    after = advanced(an_episode(), MMS, turned(FIRING, PARTIAL, "mms"))

    members = (
        a_member("sms", FIRING, DEGRADED),
        a_member("mms", FIRING, PARTIAL, "MMS"),
    )
    assert after == an_episode(members=members, peak=PARTIAL, cause="mms")


def test_a_rule_that_joins_and_asks_for_nothing_new_is_not_the_cause() -> None:
    twin = a_rule("twin", incident="sms")

    after = advanced(an_episode(peak=FULL), twin, turned(FIRING, DEGRADED, "twin"))

    members = (a_member("sms", FIRING, DEGRADED), a_member("twin", FIRING, DEGRADED))
    assert after == an_episode(members=members, peak=FULL)


def test_a_rule_that_fires_again_asks_for_no_less_and_speaks_for_what_it_spoke_for() -> None:
    moved = replace(SMS, components=("Elsewhere",))
    worst = an_episode(members=(a_member("sms", RECOVERING, PARTIAL),), peak=PARTIAL)

    after = advanced(worst, moved, turned(FIRING, DEGRADED))

    assert after == an_episode(members=(a_member("sms", FIRING, PARTIAL),), peak=PARTIAL)


def test_what_returns_is_caused_by_the_rule_that_fires_even_at_no_more() -> None:
    watched = an_episode(
        members=(
            a_member("sms", RECOVERING, OPERATIONAL), a_member("mms", INACTIVE, OPERATIONAL, "MMS")
        ),
        status=IncidentStatus.MONITORING,
        quiet_since=T0,
        cause="mms",
    )  # fmt: skip

    after = advanced(watched, SMS, turned(FIRING, OPERATIONAL))

    assert after == an_episode(
        members=(
            a_member("mms", INACTIVE, OPERATIONAL, "MMS"), a_member("sms", FIRING, OPERATIONAL)
        ),
    )  # fmt: skip


def test_an_outage_is_watched_once_none_fires_and_over_once_none_recovers() -> None:
    both = an_episode(
        members=(a_member("sms", FIRING, DEGRADED), a_member("mms", FIRING, PARTIAL, "MMS"))
    )

    one = advanced(both, SMS, turned(RECOVERING))
    watched = advanced(one, MMS, turned(RECOVERING, rule="mms"))
    less = advanced(watched, MMS, turned(INACTIVE, rule="mms", at=T0 + 60))
    over = advanced(less, SMS, turned(INACTIVE, at=T0 + 90))

    phases = [tuple(m.phase for m in e.members) for e in (one, watched, less, over)]
    assert phases == [
        (RECOVERING, FIRING), (RECOVERING, RECOVERING), (RECOVERING, INACTIVE),
        (INACTIVE, INACTIVE),
    ]  # fmt: skip
    assert (one.status, one.cause) == (IncidentStatus.INVESTIGATING, "sms")
    assert (watched.status, watched.cause, watched.quiet_since) == (
        IncidentStatus.MONITORING, "mms", T0 - 5,
    )  # fmt: skip
    assert {member.asked for member in watched.members} == {OPERATIONAL}
    assert replace(less, members=()) == replace(watched, members=())
    assert (over.status, over.cause, over.ended_at) == (IncidentStatus.RESOLVED, "sms", T0 + 90)


def test_what_nothing_was_said_of_is_carried_as_it_is_configured_now() -> None:
    members = (a_member("mms", FIRING, PARTIAL, "MMS"), a_member("sms", RECOVERING, DEGRADED))
    episode = an_episode(members=members, accounts=frozenset({"prod", "test"}))

    after = refitted(episode, [replace(SMS, components=("Calls",))], frozenset({"prod", "new"}))

    assert after == replace(
        episode,
        members=(a_member("sms", RECOVERING, DEGRADED, "Calls"),),
        accounts=frozenset({"prod"}),
        status=IncidentStatus.MONITORING,
    )


@pytest.mark.parametrize(
    ("changes", "accounts"),
    [
        ({"ended_at": T0}, {"prod"}),
        ({}, {"other"}),
        ({"members": (a_member("mms", FIRING, PARTIAL, "MMS"),)}, {"prod"}),
        ({"members": (a_member("sms", INACTIVE, PARTIAL, "Old"),)}, {"prod"}),
    ],
    ids=["over", "no account left", "no rule left", "no rule left that has a say"],
)
def test_what_is_over_for_the_configuration_stays_as_it_was(
    changes: dict[str, object], accounts: set[str]
) -> None:
    episode = an_episode(**changes)

    rules = [replace(SMS, components=("Calls",))]

    assert refitted(episode, rules, frozenset(accounts)) == episode


@pytest.mark.parametrize(
    ("rules", "accounts", "why"),
    [
        ((SMS,), {"prod"}, None),
        ((), {"prod"}, "rule sms was removed"),
        (
            (replace(SMS, stage=Stage.SHADOW),),
            {"prod"},
            "rule sms was moved to another page, incident or stage",
        ),
        (
            (replace(SMS, components=("Calls",)),),
            {"prod"},
            "rule sms was moved to another component",
        ),
        ((SMS,), {"test"}, "account prod, which gave evidence, was removed"),
    ],
)
def test_what_the_configuration_no_longer_carries_is_an_orphan(
    rules: tuple,
    accounts: set[str],
    why: str | None,  # type: ignore[type-arg]
) -> None:
    over = a_member("mms", INACTIVE, OPERATIONAL, "MMS")
    episode = an_episode(members=(over, *an_episode().members))

    assert orphans(episode, rules, frozenset(accounts)) == why


REVIEWED = replace(SMS, stage=Stage.REVIEW)


def a_proposal(**changes: object) -> Episode:
    """An outage of sms in review."""
    episode = opened(REVIEWED, turned(FIRING, PARTIAL), an_alert(T0 - 3), PAGE)
    return replace(episode, **changes)  # type: ignore[arg-type]


def test_an_approved_outage_is_public_under_the_name_that_it_had() -> None:
    before = a_proposal()

    (after,) = admitted((before,), {before.id})

    assert after == replace(
        before,
        group=Group("public", "sms", Stage.AUTO),
        members=(replace(before.members[0], approved=True),),
    )
    assert after.takes(REVIEWED)
    assert after.takes(SMS)
    assert not after.takes(replace(MMS, stage=Stage.REVIEW))
    assert not after.takes(replace(SMS, stage=Stage.SHADOW))


@pytest.mark.parametrize(
    "changes",
    [
        {"ended_at": T0},
        {"orphaned": "rule sms was removed"},
        {"group": Group("p", "s", Stage.SHADOW)},
    ],
)
def test_what_is_over_orphaned_or_on_trial_is_not_made_public(changes: dict[str, object]) -> None:
    before = a_proposal(**changes)

    assert admitted((before,), {before.id}) == (before,)
    assert admitted((a_proposal(),), frozenset()) == (a_proposal(),)


def test_an_approved_outage_joins_the_public_one_of_its_key_and_is_over_itself() -> None:
    host = replace(
        opened(MMS, turned(FIRING, DEGRADED, "mms"), an_alert(T0 - 5, account="test"), PAGE),
        status=IncidentStatus.MONITORING,
        quiet_since=T0 - 1,
    )
    guest = a_proposal(newest_at=T0)

    joined, over = admitted((host, guest), {guest.id})

    assert joined == replace(
        host,
        members=(*host.members, replace(guest.members[0], approved=True)),
        status=IncidentStatus.INVESTIGATING,
        quiet_since=None,
        cause="sms",
        peak=PARTIAL,
        accounts=frozenset({"test", "prod"}),
        newest_at=T0,
    )
    assert over == replace(guest, status=IncidentStatus.RESOLVED, ended_at=T0)


def test_joining_with_nothing_worse_to_say_leaves_the_word_to_the_rule_that_had_it() -> None:
    other = replace(MMS, components=("SMS",))
    host = opened(other, turned(FIRING, FULL, "mms"), an_alert(T0 - 5), PAGE)

    joined, _ = admitted((host, a_proposal()), {a_proposal().id})

    assert (joined.cause, joined.peak, len(joined.members)) == ("mms", FULL, 2)


def test_a_rule_that_is_let_in_has_the_word_where_it_asks_for_more_or_brings_the_outage_back() -> (
    None
):
    begun = opened(MMS, turned(FIRING, FULL, "mms"), an_alert(T0 - 5), PAGE)
    elsewhere = a_proposal(members=(a_member("sms", FIRING, PARTIAL, "SMS"),))
    again = a_proposal(members=(a_member("sms", FIRING, FULL, "MMS"),))
    quiet = replace(begun, status=IncidentStatus.MONITORING, quiet_since=T0)

    found = [
        admitted((host, guest), {guest.id})[0].cause
        for host, guest in ((begun, elsewhere), (begun, again), (quiet, again))
    ]

    assert found == ["sms", "mms", "sms"]


def test_what_is_let_in_while_it_recovers_keeps_nothing_from_going_on_as_it_was() -> None:
    members = (a_member("sms", RECOVERING, OPERATIONAL),)
    guest = a_proposal(members=members, status=IncidentStatus.MONITORING, quiet_since=T0 - 1)
    begun = opened(MMS, turned(FIRING, FULL, "mms"), an_alert(T0 - 5), PAGE)
    quiet = replace(begun, status=IncidentStatus.MONITORING, quiet_since=T0)

    firing, watched = (admitted((host, guest), {guest.id})[0] for host in (begun, quiet))

    assert (firing.status, firing.quiet_since) == (IncidentStatus.INVESTIGATING, None)
    assert (watched.status, watched.quiet_since) == (IncidentStatus.MONITORING, T0)
    assert (firing.cause, watched.cause) == ("mms", "mms")


def test_a_rule_that_was_let_in_stays_so_when_it_fires_worse() -> None:
    (public,) = admitted((a_proposal(),), {a_proposal().id})

    after = advanced(public, REVIEWED, turned(FIRING, FULL))

    assert after.members == (Member("sms", FIRING, FULL, ("SMS",), approved=True),)
    assert orphans(after, (REVIEWED,), frozenset({"prod"})) is None
    assert orphans(after, (replace(REVIEWED, stage=Stage.SHADOW),), frozenset({"prod"}))
