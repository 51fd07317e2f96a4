from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from statusbridge.adapters import incidentio_structure as structure_format
from statusbridge.adapters import incidentio_wire as wire_format
from statusbridge.adapters.incidentio_answer import Malformed, next_cursor
from statusbridge.adapters.incidentio_structure import Identity, PageEntry
from statusbridge.core.live import Component, Impact, Incident, Maintenance, Structure, Update
from statusbridge.core.model import ComponentId, IncidentId, PageId, UpdateId

NOON = 1_784_548_800  # 2026-07-20T12:00:00Z
PAGE = PageEntry(PageId("01PAGE"), "Acme", "https://status.acme.example")

UPDATE = {
    "id": "01U1",
    "status_page_incident_id": "01INC",
    "message": "We are looking.",
    "incident_status": "investigating",
    "published_at": "2026-07-20T12:00:00.987654Z",
    "component_statuses": [{"component_id": "01SMS", "component_status": "partial_outage"}],
}
INCIDENT = {
    "id": "01INC",
    "status_page_id": "01PAGE",
    "name": "Delays sending SMS",
    "published_at": "2026-07-20T12:00:00Z",
    "incident_status": "investigating",
    "updates": [UPDATE],
    "component_impacts": [
        {
            "component_id": "01SMS",
            "component_status": "partial_outage",
            "start_at": "2026-07-20T13:00:00+01:00",
            "end_at": None,
        }
    ],
}

READ_UPDATE = Update(
    UpdateId("01U1"),
    "We are looking.",
    "investigating",
    NOON,
    ((ComponentId("01SMS"), "partial_outage"),),
)
READ_INCIDENT = Incident(
    IncidentId("01INC"),
    PageId("01PAGE"),
    "Delays sending SMS",
    "investigating",
    (READ_UPDATE,),
    (Impact(ComponentId("01SMS"), "partial_outage", NOON, None),),
)


def body(**parts: Any) -> bytes:
    return json.dumps(parts).encode()


def test_incident_is_read_with_its_updates_and_impacts() -> None:
    assert wire_format.incident(body(status_page_incident=INCIDENT)) == READ_INCIDENT


def test_incident_survives_unknown_fields_and_words_and_nulls() -> None:
    strange = {
        "id": "01INC",
        "status_page_id": "01PAGE",
        "name": None,
        "incident_status": "paused_by_aliens",
        "updates": [
            {
                "id": "01U1",
                "message": None,
                "incident_status": None,
                "published_at": "soon",
                "component_statuses": None,
                "mood": {"a": [1]},
            },
            {"id": "01U2", "component_statuses": [{"component_id": None}, {"component_id": "01C"}]},
        ],
        "component_impacts": [{"component_id": None}, {"component_id": "01C", "end_at": ""}],
        "permalink": "https://x.example",
    }

    assert wire_format.incident(body(status_page_incident=strange, extra=1)) == Incident(
        IncidentId("01INC"),
        PageId("01PAGE"),
        "",
        "paused_by_aliens",
        (
            Update(UpdateId("01U1"), "", "", None),
            Update(UpdateId("01U2"), "", "", None, ((ComponentId("01C"), ""),)),
        ),
        (Impact(ComponentId("01C"), "", None, None),),
    )


def test_null_lists_are_empty() -> None:
    bare = {"id": "i", "status_page_id": "p", "updates": None, "component_impacts": None}
    expected = Incident(IncidentId("i"), PageId("p"), "", "", ())

    assert wire_format.incident(body(status_page_incident=bare)) == expected
    assert wire_format.incidents(body(status_page_incidents=None)) == ()
    assert structure_format.pages(body(status_pages=None, pagination_meta=None)) == ()


def test_updates_are_sorted_by_time_then_id() -> None:
    times = [("c", "2026-07-20T12:00:01Z"), ("b", "2026-07-20T12:00:00Z"), ("a", NOON)]
    updates = [{"id": id_, "published_at": at} for id_, at in times[:2]]
    updates.append({"id": "a", "published_at": "2026-07-20T12:00:00Z"})
    incident = {**INCIDENT, "updates": updates}

    read = wire_format.incident(body(status_page_incident=incident))

    assert [update.id for update in read.updates] == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-07-20T12:00:00Z", NOON),
        ("2026-07-20T12:00:00.123456789Z", NOON),
        ("2026-07-20T12:00:00", NOON),
        ("2026-07-20T14:00:00+02:00", NOON),
        ("0001-01-01T00:00:00Z", None),
        ("9999-99-99T00:00:00Z", None),
        ("9999-12-31T23:59:59-00:01", None),
        ("", None),
        (None, None),
    ],
)
def test_times_are_whole_seconds_or_unknown(text: str | None, instant: int | None) -> None:
    incident = {**INCIDENT, "updates": [{"id": "u", "published_at": text}]}

    read = wire_format.incident(body(status_page_incident=incident))

    assert read.updates[0].published_at == instant


def without(record: dict[str, Any], field: str) -> dict[str, Any]:
    return {name: value for name, value in record.items() if name != field}


NOT_ANSWERS = {
    "incident without id": body(status_page_incident=without(INCIDENT, "id")),
    "incident with null id": body(status_page_incident={**INCIDENT, "id": None}),
    "incident with an empty id": body(status_page_incident={**INCIDENT, "id": ""}),
    "incident with an id that hides": body(status_page_incident={**INCIDENT, "id": "0\x1b[2J"}),
    "incident with an endless id": body(status_page_incident={**INCIDENT, "id": "0" * 201}),
    "update of an incident with an endless id": body(
        status_page_incident_update={**UPDATE, "status_page_incident_id": "0" * 201}
    ),
    "incident without page": body(status_page_incident=without(INCIDENT, "status_page_id")),
    "update without id": body(
        status_page_incident={**INCIDENT, "updates": [without(UPDATE, "id")]}
    ),
    "updates not a list": body(status_page_incident={**INCIDENT, "updates": {}}),
    "null incident": body(status_page_incident=None),
    "empty object": b"{}",
    "null": b"null",
    "list": b"[]",
    "text": b'"ok"',
    "HTML": b"<html>Log in to the Wi-Fi</html>",
    "nothing": b"",
    "truncated": body(status_page_incident=INCIDENT)[:-9],
    "NaN": b'{"status_page_incident": NaN}',
    "UTF-16": body(status_page_incident=INCIDENT).decode().encode("utf-16"),
    "bad UTF-8": b'{"status_page_incident": "\xff"}',
    "deep nesting": b'{"status_page_incident":' + b"[" * 100_000,
}


@pytest.mark.parametrize("sent", NOT_ANSWERS.values(), ids=NOT_ANSWERS)
@pytest.mark.parametrize(
    "read", [wire_format.incident, wire_format.incidents, wire_format.posted_update]
)
def test_answer_that_could_mislead_is_no_answer(
    read: Callable[[bytes], object], sent: bytes
) -> None:
    with pytest.raises(Malformed):
        read(sent)


def test_malformed_answer_is_told_by_place_and_without_its_content() -> None:
    with pytest.raises(Malformed) as failure:
        wire_format.incident(body(status_page_incident={**INCIDENT, "id": None}))

    assert str(failure.value) == (
        "the answer can't be read: Expected `str`, got `null` - at `$.id`"
    )


def test_posted_update_comes_with_the_incident_it_is_of() -> None:
    sent = body(status_page_incident_update=UPDATE)

    assert wire_format.posted_update(sent) == ("01INC", READ_UPDATE)


def test_posted_update_may_not_say_which_incident_it_is_of() -> None:
    sent = body(status_page_incident_update=without(UPDATE, "status_page_incident_id"))

    assert wire_format.posted_update(sent) == (None, READ_UPDATE)


@pytest.mark.parametrize(
    ("meta", "cursor"),
    [
        ({"after": "01X", "page_size": 25}, "01X"),
        ({"after": None}, None),
        ({"after": ""}, None),
        ({}, None),
        (None, None),
    ],
)
def test_cursor_is_given_only_where_more_follows(meta: Any, cursor: str | None) -> None:
    assert next_cursor(body(pagination_meta=meta)) == cursor
    assert next_cursor(body(things=[])) is None


def component(id_: str, name: str, *, hidden: bool | None = False) -> dict[str, Any]:
    return {"component_id": id_, "name": name, "hidden": hidden, "display_uptime": True}


def test_structure_is_read_from_the_tree_in_page_order() -> None:
    items = [
        {"component": component("01A", "API")},
        {
            "group": {
                "id": "01G",
                "name": "Messaging & more",
                "hidden": False,
                "components": [component("01S", "SMS / MMS"), component("01H", "Old", hidden=True)],
            }
        },
        {
            "sub_page": {
                "id": "01P",
                "name": "Europe",
                "items": [
                    {"component": component("01E", "API")},
                    {
                        "group": {
                            "name": "Voice",
                            "hidden": True,
                            "components": [component("01V", "Calls", hidden=None)],
                        }
                    },
                    {"component": component("01S", "SMS again")},
                ],
            }
        },
        {"component": None, "group": None},
        {"group": {"name": None, "components": [component("01N", "")], "items": None}},
        {"component": {"name": "no id"}},
    ]

    read = structure_format.structure(body(current_structure={"items": items}), PAGE)

    assert read == Structure(
        PageId("01PAGE"),
        "Acme",
        (
            Component(ComponentId("01A"), "API"),
            Component(ComponentId("01S"), "SMS / MMS", ("Messaging & more",)),
            Component(ComponentId("01H"), "Old", ("Messaging & more",), hidden=True),
            Component(ComponentId("01E"), "API", ("Europe",)),
            Component(ComponentId("01V"), "Calls", ("Europe", "Voice"), hidden=True),
            Component(ComponentId("01N"), "01N"),
        ),
        "https://status.acme.example",
    )


def test_structure_without_its_list_is_no_answer_and_not_an_empty_page() -> None:
    with pytest.raises(Malformed, match="missing required field `items`"):
        structure_format.structure(body(current_structure={}), PAGE)

    empty = structure_format.structure(body(current_structure={"items": None}), PAGE)
    assert empty.components == ()


def test_structure_nested_without_end_is_no_answer() -> None:
    depth = 700
    opened, closed = b'{"items":[{"group":' * depth, b"}]}" * depth

    with pytest.raises(Malformed):
        structure_format.structure(b'{"current_structure":' + opened + b"{}" + closed + b"}", PAGE)


def test_maintenance_comes_as_one_window_for_each_stretch_of_time() -> None:
    def period(component_id: str | None, start: str, end: str | None) -> dict[str, Any]:
        return {"component_id": component_id, "start_at": start, "end_at": end}

    ten, noon = "2026-07-20T10:00:00Z", "2026-07-20T12:00:00Z"
    window = {
        "id": "01M",
        "status_page_id": "01PAGE",
        "name": "Upgrade",
        "maintenance_status": "maintenance_scheduled",
        "component_maintenance_periods": [
            period("01A", ten, noon),
            period("01B", ten, noon),
            period("01C", ten, None),
            period(None, ten, noon),
        ],
    }
    bare = {"id": "01N", "status_page_id": "01PAGE", "component_maintenance_periods": None}

    read = wire_format.maintenances(body(status_page_maintenances=[window, bare]))

    both = frozenset({ComponentId("01A"), ComponentId("01B")})
    third = frozenset({ComponentId("01C")})
    begin = NOON - 7200
    assert read == (
        ("01PAGE", Maintenance("01M", "Upgrade", "maintenance_scheduled", begin, NOON, both)),
        ("01PAGE", Maintenance("01M", "Upgrade", "maintenance_scheduled", begin, None, third)),
    )


def test_pages_are_read_one_and_listed() -> None:
    wire = {"id": "01PAGE", "name": "Acme", "public_url": "https://status.acme.example"}

    assert structure_format.page(body(status_page=wire)) == PAGE
    assert structure_format.pages(body(status_pages=[wire, {"id": "01Q", "public_url": ""}])) == (
        PAGE,
        PageEntry(PageId("01Q"), "", None),
    )


def test_identity_is_read_with_the_roles_that_are_words() -> None:
    key = {"name": "bridge", "roles": ["viewer", {"name": "new"}, "status_page_publisher"]}

    assert structure_format.identity(body(identity=key)) == Identity(
        "bridge", ("viewer", "status_page_publisher")
    )
    assert structure_format.identity(body(identity={})) == Identity("", ())
