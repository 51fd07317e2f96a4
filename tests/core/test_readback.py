from __future__ import annotations

from dataclasses import replace

from builders import T0
from statusbridge.core.live import Incident, Update
from statusbridge.core.model import (
    ComponentId,
    ComponentStatus,
    IncidentId,
    IncidentStatus,
    PageId,
    Status,
    UpdateId,
)
from statusbridge.core.operations import Action, Draft, Ledger, Operation, Reason, Said
from statusbridge.core.readback import Absent, Found, read_back_open, read_back_update

DRAFT = Draft(
    Action.UPDATE, Reason.WORSENED, "e1", "sms", IncidentId("i1"), ("sms",), "SMS",
    Said(IncidentStatus.INVESTIGATING), "It got worse.", notify=True,
)  # fmt: skip
OPERATION = Operation(DRAFT, "", b"{}", frozenset({"u1"}))


def an_update(id_: str, message: str = "It got worse.", status: str = "investigating") -> Update:
    return Update(UpdateId(id_), message, status, T0)


def an_incident(*updates: Update, id_: str = "i1", name: str = "SMS") -> Incident:
    status = updates[-1].incident_status if updates else "investigating"
    return Incident(IncidentId(id_), PageId("p"), name, status, updates)


def test_a_post_of_ours_is_known_by_its_letters_and_digits_outside_the_baseline() -> None:
    ledger = Ledger("e1", IncidentId("i1"), updates=frozenset({UpdateId("u1")}))
    live = an_incident(an_update("u1", "m"), an_update("u2", "*It* got  WORSE"))

    assert read_back_update(OPERATION, ledger, live) == Found(live, live.updates[1])


def test_a_post_that_was_there_before_is_not_taken_for_ours() -> None:
    ledger = Ledger("e1", IncidentId("i1"))

    assert read_back_update(OPERATION, ledger, an_incident(an_update("u1"))) == Absent()


def test_the_same_post_twice_is_told_as_such() -> None:
    live = an_incident(an_update("u1", "m"), an_update("u2"), an_update("u3"))

    found = read_back_update(OPERATION, Ledger("e1"), live)

    assert found == Found(live, live.updates[1], twice=True)


def test_an_opening_is_known_by_name_and_first_text_among_new_incidents_only() -> None:
    opening = replace(OPERATION, baseline=frozenset({"i0"}))
    ours = an_incident(an_update("u2"), an_update("u3", "more"), id_="i5")
    others = (
        an_incident(an_update("u1"), id_="i0"),
        an_incident(an_update("u4"), id_="i2"),
        an_incident(an_update("u5"), id_="i3", name="Other"),
        an_incident(an_update("u6", "Other"), id_="i4"),
        an_incident(id_="i6"),
    )

    owned = frozenset({IncidentId("i2")})

    assert read_back_open(opening, (*others, ours), owned) == Found(ours, ours.updates[0])
    assert read_back_open(opening, others, owned) == Absent()


def test_an_opening_that_made_two_incidents_is_told_as_such_by_the_first() -> None:
    later = an_incident(an_update("u2"), id_="i6")
    first = an_incident(an_update("u3"), id_="i5")

    found = read_back_open(OPERATION, (later, first), frozenset())

    assert found == Found(first, first.updates[0], twice=True)


SMS, VOICE = ComponentId("c-sms"), ComponentId("c-voice")


def test_an_opening_with_others_components_is_not_ours_for_its_name_and_text() -> None:
    said = Said(IncidentStatus.INVESTIGATING, (ComponentStatus(SMS, Status.PARTIAL_OUTAGE),))
    opening = replace(OPERATION, draft=replace(DRAFT, said=said))
    ours = an_incident(replace(an_update("u2"), components=((SMS, "partial_outage"),)))
    others = an_incident(replace(an_update("u2"), components=((VOICE, "partial_outage"),)))

    assert read_back_open(opening, [ours], frozenset()) == Found(ours, ours.updates[0])
    assert read_back_open(opening, [others], frozenset()) == Absent()


def test_an_opening_under_another_name_is_ours_with_just_our_components() -> None:
    lines = tuple(ComponentStatus(id_, Status.PARTIAL_OUTAGE) for id_ in (SMS, VOICE))
    both = replace(OPERATION, draft=replace(DRAFT, said=Said(DRAFT.said.incident_status, lines)))

    def found(opening: Operation, *shown: ComponentId) -> bool:
        components = tuple((id_, "partial_outage") for id_ in shown)
        post = replace(an_update("u2"), components=components)
        return read_back_open(opening, [an_incident(post, name="Trouble")], frozenset()) != Absent()

    assert found(both, SMS, VOICE)
    assert not found(both, SMS)
    assert not found(both)
    assert not found(OPERATION)


def test_an_opening_is_not_ours_where_another_in_doubt_fits_it_better() -> None:
    def opening(name: str, *components: ComponentId) -> Operation:
        lines = tuple(ComponentStatus(id_, Status.PARTIAL_OUTAGE) for id_ in components)
        said = Said(DRAFT.said.incident_status, lines)
        return replace(OPERATION, draft=replace(DRAFT, name=name, said=said))

    def an_opened(operation: Operation) -> Incident:
        lines = tuple(
            (line.component, line.status.wire) for line in operation.draft.said.components
        )
        post = replace(an_update("u2"), components=lines)
        return an_incident(post, name=operation.draft.name)

    old, worded, moved = opening("SMS", SMS), opening("Texts", SMS), opening("SMS", SMS, VOICE)
    earlier = replace(worded, baseline=frozenset({"i1"}))

    for mine in (old, worded, moved):
        others = [one for one in (old, worded, moved) if one is not mine]
        made = an_opened(mine)
        assert read_back_open(mine, [made], frozenset(), others) == Found(made, made.updates[0])
        for other in others:
            assert read_back_open(other, [made], frozenset(), [mine]) == Absent()
    assert read_back_open(old, [an_opened(worded)], frozenset(), [earlier]) != Absent()
    assert read_back_open(old, [an_opened(old)], frozenset(), [old]) != Absent()


def test_an_outage_told_afterwards_is_known_only_where_it_is_over() -> None:
    lines = (ComponentStatus(SMS, Status.PARTIAL_OUTAGE),)
    began, ended = Said(IncidentStatus.INVESTIGATING, lines), Said(IncidentStatus.RESOLVED)
    told = replace(DRAFT, retrospective=((T0, began, "Failing."), (T0 + 60, ended, "Over.")))
    opening = replace(OPERATION, draft=told)
    over = an_incident(
        replace(an_update("u2", "Failing."), components=((SMS, "partial_outage"),)),
        replace(an_update("u3", "Over.", "resolved"), published_at=T0 + 60),
    )
    under_way = an_incident(an_update("u2", "Failing."))

    assert read_back_open(opening, [over], frozenset()) == Found(over, over.updates[0])
    assert read_back_open(opening, [under_way], frozenset()) == Absent()
