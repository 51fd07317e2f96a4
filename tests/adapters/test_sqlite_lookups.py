from __future__ import annotations

from pathlib import Path

import pytest

from builders import T0, a_rule, a_trigger, an_alert
from fakes import always, applied
from statusbridge.adapters.sqlite import SqliteStore
from statusbridge.adapters.sqlite_errors import StoreError
from statusbridge.adapters.sqlite_lookups import (
    alerts_back,
    alerts_named,
    alerts_of_code,
    first_alert,
    incident_keys,
    mails_refused,
    operations_of,
    outages_of,
    reader,
)
from statusbridge.core.coverage import Batch, Coverage
from statusbridge.core.model import Notify, Status
from statusbridge.core.outcome import Refused
from statusbridge.core.rules import Recovery
from world import World

RULE = a_rule(
    triggers=(a_trigger(count=3), a_trigger(Status.PARTIAL_OUTAGE, count=8)),
    notify=Notify.ALL,
    recovery=Recovery(after=1800, settle=600),
)


@pytest.fixture
def store() -> SqliteStore:
    store = SqliteStore.copy(Path("/nonexistent/state.db"))
    here = (an_alert(T0), an_alert(T0 + 1, code=21610), an_alert(T0 + 2))
    store.record("prod", Batch(here, Coverage()))
    store.record("eu", Batch((an_alert(T0, account="eu"),), Coverage()))
    return store


def test_alerts_are_found_by_name_in_every_account(store: SqliteStore) -> None:
    assert alerts_named(store, an_alert(T0).sid) == [an_alert(T0, account="eu"), an_alert(T0)]
    assert alerts_named(store, "NO0") == []


def test_alerts_of_a_code_are_those_of_the_time_asked_about(store: SqliteStore) -> None:
    assert list(alerts_of_code(store, 30008, T0, T0 + 2)) == [an_alert(T0 + 2)]
    assert list(alerts_of_code(store, 21610, T0, T0 + 1)) == [an_alert(T0 + 1, code=21610)]


def test_alerts_come_newest_first_where_they_are_looked_back_for(store: SqliteStore) -> None:
    assert [a.at for a in alerts_back(store, T0, T0 + 2)] == [T0 + 2, T0 + 1]


def test_oldest_alert_is_known_where_there_is_one(store: SqliteStore) -> None:
    assert first_alert(store) == T0
    assert first_alert(SqliteStore.copy(Path("/nonexistent/state.db"))) is None


async def test_outages_of_a_key_come_newest_first_with_what_was_said() -> None:
    world = World(a_rule())
    world.storm(4)
    await world.run(10, 400)
    world.storm(4, at=500)
    await world.cycle(510)

    newest, oldest = outages_of(world.store, "public", "sms", T0 + 600)

    assert (newest.closed, oldest.closed) == (False, True)
    assert newest.case == world.store.cases()[0]
    assert outages_of(world.store, "public", "sms", T0 + 400) == [oldest]
    assert outages_of(world.store, "public", "sms", T0 + 600, most=1) == [newest]
    assert outages_of(world.store, "other", "sms", T0 + 600) == []
    assert incident_keys(world.store) == [("public", "sms")]
    told = operations_of(world.store, oldest.case.episode.id, T0 + 150)
    assert [(o.draft.action, at - T0) for o, at in told] == [("open", 10), ("update", 130)]


async def test_page_that_refused_to_mail_is_told_of_until_it_mails_again() -> None:
    world = World(RULE)
    world.page.answers = [always(Refused(422, "too many subscribers")), applied]
    world.storm(4)
    before = mails_refused(world.store)
    await world.cycle(10)
    refused = mails_refused(world.store)
    world.storm(8, at=11)
    await world.cycle(20)

    assert (before, refused, mails_refused(world.store)) == ({}, {"public": T0 + 10}, {})


def test_second_reader_sees_what_was_committed_and_writes_nothing(tmp_path: Path) -> None:
    writer = SqliteStore.open(tmp_path / "state.db")
    writer.record("prod", Batch((an_alert(),), Coverage()))
    with reader(writer) as beside:
        writer.record("prod", Batch((an_alert(T0 + 1),), Coverage()))
        found = [alert.at for alert in beside.alerts_after(0)]
        with pytest.raises(StoreError):
            beside.note_fact("name", "value")
    writer.close()

    assert found == [T0, T0 + 1]


def test_store_in_memory_is_read_itself(store: SqliteStore) -> None:
    with reader(store) as beside:
        assert beside is store
