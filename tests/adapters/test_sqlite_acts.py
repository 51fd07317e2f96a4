from __future__ import annotations

from pathlib import Path

import pytest

from builders import T0
from statusbridge.adapters.sqlite import SqliteStore
from statusbridge.core.acts import Act, ActKind
from statusbridge.core.review import Proposal

PAUSE, RESUME, REJECT = ActKind.PAUSE, ActKind.RESUME, ActKind.REJECT


@pytest.fixture
def store() -> SqliteStore:
    """An empty store in which the episodes that proposals are of are not checked for."""
    found = SqliteStore.copy(Path("/nonexistent/state.db"))
    found._db.execute("PRAGMA foreign_keys = OFF")
    return found


def an_act(kind: ActKind, incident: str = "", at: int = T0, until: int | None = None) -> Act:
    return Act(kind, "public" if incident else "", incident, at, "ada", until=until)


def a_proposal(episode: str, look: str, page: str = "public") -> Proposal:
    return Proposal(
        page, "sms", episode, ("sms",), False, "Title", "investigating", "Text", (), True, look
    )


def test_the_newest_word_of_each_key_is_the_pause_that_lasts(store: SqliteStore) -> None:
    acts = (
        an_act(PAUSE, at=T0),
        an_act(PAUSE, "sms", T0 + 1, until=T0 + 60),
        an_act(PAUSE, "voice", T0 + 2),
        an_act(RESUME, "voice", T0 + 3),
        an_act(PAUSE, at=T0 + 4),
    )
    for act in acts:
        store.acts.record(act)

    assert store.acts.pauses(T0 + 59) == (acts[1], acts[4])
    assert store.acts.pauses(T0 + 60) == (acts[4],)
    assert store.acts.history(2) == [acts[4], acts[3]]


def test_only_a_rejection_for_a_time_mutes_and_only_for_that_time(store: SqliteStore) -> None:
    store.acts.record(an_act(REJECT, "voice"))
    store.acts.record(mute := an_act(REJECT, "sms", until=T0 + 60))

    assert store.acts.mutes(T0 + 59) == (mute,)
    assert store.acts.mutes(T0 + 60) == ()


def test_what_is_proposed_waits_since_its_outage_was_first_proposed(store: SqliteStore) -> None:
    first, second, other = a_proposal("e", "1"), a_proposal("e", "2"), a_proposal("f", "1", "other")
    store.acts.note_proposals("public", (first,), T0)
    store.acts.note_proposals("other", (other,), T0 + 1)
    store.acts.note_proposals("public", (second,), T0 + 2)

    assert store.acts.proposals() == [(second, T0), (other, T0 + 1)]
    assert store.acts.proposal("e", "1") == first
    assert store.acts.proposal("e", "3") is None

    store.acts.note_proposals("public", (), T0 + 3)

    assert store.acts.proposals() == [(other, T0 + 1)]
    assert store.acts.proposal("e", "1") == first

    store.acts.note_proposals("public", (first,), T0 + 9)

    assert store.acts.proposals() == [(other, T0 + 1), (first, T0 + 9)]


def test_noting_the_same_again_writes_nothing(store: SqliteStore) -> None:
    store.acts.note_proposals("public", (a_proposal("e", "1"),), T0)
    before = store._db.total_changes

    store.acts.note_proposals("public", (a_proposal("e", "1"),), T0 + 9)
    store.acts.note_proposals("other", (), T0 + 9)

    assert store._db.total_changes == before
