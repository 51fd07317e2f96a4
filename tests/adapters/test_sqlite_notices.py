from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from builders import T0
from statusbridge.adapters.sqlite import SqliteStore
from statusbridge.adapters.sqlite_errors import StoreError
from statusbridge.core.hearing import Entry, Heard
from statusbridge.core.notices import Event, Notice

OPENED = Entry(Notice("e1-opened", Event.OPENED, "", "", "public", "sms", "sms", "“SMS”"), T0 + 1)
HELD = Entry(Notice("e1-held", Event.HELD, "maintenance", since=T0), T0, Heard.YES, over=True)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state.db"


def test_entries_come_back_as_they_were_noted_the_oldest_first(path: Path) -> None:
    store = SqliteStore.open(path)
    store.notices.note("webhook", (OPENED, HELD))
    store.notices.note("alert_source", (OPENED,))
    store.close()

    store = SqliteStore.open(path)

    assert store.notices.of("webhook") == (HELD, OPENED)
    assert store.notices.of("alert_source") == (OPENED,)
    assert store.notices.of("nobody") == ()
    store.close()


def test_what_is_noted_takes_the_place_of_what_was_for_that_receiver_alone(path: Path) -> None:
    store = SqliteStore.open(path)
    for receiver in ("webhook", "alert_source"):
        store.notices.note(receiver, (OPENED, HELD))

    store.notices.note("webhook", (replace(OPENED, over=True),))

    assert store.notices.of("webhook") == (replace(OPENED, over=True),)
    assert store.notices.of("alert_source") == (HELD, OPENED)
    store.close()


def test_what_was_heard_is_kept_of_that_notice_alone_and_of_none_that_is_gone(path: Path) -> None:
    store = SqliteStore.open(path)
    store.notices.note("webhook", (OPENED, HELD))

    store.notices.hear("webhook", OPENED.notice.key, Heard.MAYBE)
    store.notices.hear("webhook", "gone", Heard.YES)

    assert store.notices.of("webhook") == (HELD, replace(OPENED, heard=Heard.MAYBE))
    store.close()


def test_noting_the_same_again_writes_nothing(path: Path) -> None:
    store = SqliteStore.open(path)
    store.notices.note("webhook", (OPENED,))
    path.rename(path.with_name("moved"))

    store.notices.note("webhook", (OPENED,))

    with pytest.raises(StoreError):
        store.notices.note("webhook", ())
    store.close()
