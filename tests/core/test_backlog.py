from __future__ import annotations

from dataclasses import replace

import pytest

from builders import T0, a_rule, an_alert
from fakes import PAGE
from statusbridge.core.backlog import Unread, undecided
from statusbridge.core.detectors import Transition
from statusbridge.core.episodes import Episode, Member, opened
from statusbridge.core.model import Phase, Status
from statusbridge.core.rules import Match

RULE = a_rule(window=60)
LATER = T0 + 1000


def an_episode(*members: Member) -> Episode:
    transition = Transition(T0, RULE.id, Phase.FIRING, Status.PARTIAL_OUTAGE, T0 - 60)
    episode = opened(RULE, transition, an_alert(T0), PAGE)
    return replace(episode, members=members or episode.members)


def a_member(phase: Phase = Phase.FIRING, rule: str = "sms") -> Member:
    return Member(rule, phase, Status.PARTIAL_OUTAGE, ("SMS",))


@pytest.mark.parametrize(
    ("newest", "reached", "changes"),
    [
        (LATER - 59, True, True),
        (LATER - 60, True, False),
        (LATER - 60, False, True),
        (T0 + 1, False, True),
        (T0, False, False),
        (T0 + 1, True, False),
    ],
    ids=[
        "within the window",
        "just before it",
        "just before it, and no longer reached",
        "since it fired, and no longer reached",
        "before it fired",
        "since it fired, but reached still",
    ],
)
def test_what_is_unread_changes_an_outage_by_its_window_or_since_it_fired(
    newest: int, reached: bool, changes: bool
) -> None:
    episode = an_episode()
    reaching = frozenset({"sms"}) if reached else frozenset[str]()

    found = undecided([episode], {"sms": RULE}, reaching, {"prod": Unread(newest, LATER)})

    assert found == ({episode.id} if changes else set())


@pytest.mark.parametrize(
    ("member", "accounts", "changes"),
    [
        (a_member(), frozenset[str](), True),
        (a_member(), frozenset({"prod"}), True),
        (a_member(), frozenset({"test"}), False),
        (a_member(Phase.RECOVERING), frozenset[str](), False),
        (a_member(rule="removed"), frozenset[str](), False),
    ],
)
def test_only_what_fires_and_counts_the_account_can_be_changed_by_it(
    member: Member, accounts: frozenset[str], changes: bool
) -> None:
    episode = an_episode(member)
    rule = replace(RULE, match=Match(accounts=accounts))

    found = undecided([episode], {"sms": rule}, frozenset(), {"prod": Unread(LATER, LATER)})

    assert found == ({episode.id} if changes else set())
