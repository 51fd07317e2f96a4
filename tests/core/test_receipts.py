from __future__ import annotations

from dataclasses import replace

import pytest

from builders import T0
from statusbridge.core.live import Incident, Update
from statusbridge.core.model import IncidentId, IncidentStatus, PageId, UpdateId
from statusbridge.core.operations import Action, Draft, Ledger, Operation, Reason, Said
from statusbridge.core.readback import Found
from statusbridge.core.receipts import adopted, parked, receipted

INVESTIGATING, MONITORING = Said(IncidentStatus.INVESTIGATING), Said(IncidentStatus.MONITORING)
LEDGER = Ledger(
    "e1", IncidentId("i1"), "SMS", said=INVESTIGATING, updates=frozenset({UpdateId("u1")})
)
DRAFT = Draft(
    Action.UPDATE, Reason.QUIETED, "e1", "sms", IncidentId("i1"), ("sms",), "SMS", MONITORING,
    "It is quiet.", notify=True,
)  # fmt: skip
UPDATE = Operation(DRAFT, "", b"{}", frozenset({"u1"}), unknowns=3)


def a_post(id_: str, message: str = "m", status: str = "investigating") -> Update:
    return Update(UpdateId(id_), message, status, T0)


def a_live(*updates: Update, name: str = "SMS") -> Incident:
    return Incident(IncidentId("i1"), PageId("p"), name, "investigating", updates)


OPENING = replace(
    UPDATE,
    draft=replace(DRAFT, action=Action.OPEN, incident_id=None, said=INVESTIGATING, message="m"),
)


def test_a_receipt_forgets_what_stood_in_the_way() -> None:
    before = Ledger(
        "e1", updates=frozenset({UpdateId("u0")}), parked=MONITORING, parked_why="refused",
        stuck=True, lacking_since=T0,
    )  # fmt: skip

    after = receipted(before, OPENING, IncidentId("i1"), [UpdateId("u1")], "SMS")

    both = frozenset({UpdateId("u0"), UpdateId("u1")})
    assert after == replace(LEDGER, updates=both, notified=True)


def test_only_an_opening_decides_whether_the_subscribers_know_of_it() -> None:
    silent = replace(OPENING, draft=replace(OPENING.draft, notify=False))

    opened = receipted(Ledger("e1"), silent, IncidentId("i1"), [UpdateId("u1")])
    updated = receipted(opened, UPDATE, IncidentId("i1"), [UpdateId("u2")])

    assert (opened.notified, opened.name, updated.notified) == (False, None, False)


@pytest.mark.parametrize(("name", "known"), [("*SMS*", "*SMS*"), ("Texts", "SMS")])
def test_an_adopted_opening_has_the_name_it_was_given_however_the_page_writes_it(
    name: str, known: str
) -> None:
    live = a_live(a_post("u1"), a_post("u2", "another"), name=name)

    after = adopted(Ledger("e1"), OPENING, Found(live, live.updates[0]))

    assert after == replace(LEDGER, name=known, notified=True)


def test_an_adopted_update_is_one_post_and_names_nothing() -> None:
    live = a_live(a_post("u1"), a_post("u2", "It is quiet", "monitoring"), name="Texts")

    after = adopted(LEDGER, UPDATE, Found(live, live.updates[1]))

    both = frozenset({UpdateId("u1"), UpdateId("u2")})
    assert after == replace(LEDGER, said=MONITORING, updates=both)


def test_what_was_parked_is_remembered_and_stuck_where_it_was_an_opening_in_doubt() -> None:
    refused = replace(OPENING, unknowns=0, why="HTTP 422")
    lost = replace(OPENING, unknowns=1, why="lost")

    said, why = OPENING.draft.said, "HTTP 422"
    assert parked(Ledger("e1"), refused) == Ledger("e1", parked=said, parked_why=why)
    assert parked(Ledger("e1"), lost) == Ledger("e1", parked=said, parked_why="lost", stuck=True)
    assert parked(replace(LEDGER, stuck=True), UPDATE).stuck
    assert not parked(LEDGER, UPDATE).stuck
