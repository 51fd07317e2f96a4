"""The status page as the official specification describes it."""

from __future__ import annotations

from typing import Any

import pytest
from simulating import (
    PAGE,
    SMS,
    START,
    VOICE,
    Clock,
    ask,
    create,
    deliver,
    incidents,
    opening,
    page_simulator,
    show,
    update,
)

from statusbridge.simulators.exchange import Request
from statusbridge.simulators.incidentio import IncidentioSimulator
from statusbridge.simulators.page_layout import PageEntry

INCIDENTS = "/v2/status_page_incidents"


def impacts(incident: dict[str, Any]) -> list[tuple[str, str, str, str | None]]:
    return [
        (i["component_id"], i["component_status"], i["start_at"][14:19], i.get("end_at"))
        for i in incident["component_impacts"]
    ]


def lines(**statuses: str) -> list[dict[str, str]]:
    ids = {"sms": SMS, "voice": VOICE}
    return [{"component_id": ids[c], "component_status": s} for c, s in statuses.items()]


def test_a_new_incident_has_its_first_update_and_its_impact() -> None:
    page = page_simulator(Clock())

    incident = create(page)

    first = incident["updates"][0]["id"]
    assert incident == {
        "id": incident["id"],
        "status_page_id": PAGE,
        "name": "Delays sending SMS",
        "published_at": "2026-03-29T00:58:00Z",
        "incident_status": "investigating",
        "updates": [
            {
                "id": first,
                "status_page_incident_id": incident["id"],
                "published_at": "2026-03-29T00:58:00Z",
                "message": "We are looking.",
                "incident_status": "investigating",
                "component_statuses": lines(sms="partial_outage"),
            }
        ],
        "component_impacts": [
            {
                "component_id": SMS,
                "component_status": "partial_outage",
                "start_at": "2026-03-29T00:58:00Z",
            }
        ],
    }
    assert show(page, incident["id"]) == incident
    assert len(incident["id"]) == len(first) == 26
    assert incident["id"] < first


def test_a_worse_status_ends_one_impact_and_begins_another() -> None:
    clock = Clock()
    page = page_simulator(clock)
    incident = create(page)["id"]
    clock.now += 60

    status, body = update(page, incident, component_statuses=lines(sms="full_outage"))

    assert status == 201
    assert body["status_page_incident_update"]["incident_status"] == "investigating"
    assert impacts(show(page, incident)) == [
        (SMS, "partial_outage", "58:00", "2026-03-29T00:59:00Z"),
        (SMS, "full_outage", "59:00", None),
    ]


def test_the_same_status_again_goes_on_with_the_impact() -> None:
    clock = Clock()
    page = page_simulator(clock)
    incident = create(page)["id"]
    clock.now += 60

    update(page, incident, component_statuses=lines(sms="partial_outage"))

    assert impacts(show(page, incident)) == [(SMS, "partial_outage", "58:00", None)]


def test_resolving_makes_every_component_operational() -> None:
    clock = Clock()
    page = page_simulator(clock)
    both = lines(sms="partial_outage", voice="full_outage")
    incident = create(page, component_statuses=both)["id"]
    clock.now += 60

    _, body = update(page, incident, incident_status="resolved")

    resolved = show(page, incident)
    assert body["status_page_incident_update"]["component_statuses"] == lines(
        sms="operational", voice="operational"
    )
    assert resolved["incident_status"] == "resolved"
    assert [end for *_, end in impacts(resolved)] == ["2026-03-29T00:59:00Z"] * 2


def test_another_incident_keeps_its_own_impact_when_one_is_resolved() -> None:
    page = page_simulator(Clock())
    first = create(page)["id"]
    second = create(page, idempotency_key="sb-2")["id"]

    update(page, first, incident_status="resolved")

    assert impacts(show(page, second)) == [(SMS, "partial_outage", "58:00", None)]


def test_renaming_changes_the_name_only() -> None:
    page = page_simulator(Clock())
    incident = create(page)

    status, body = ask(page, "PUT", f"{INCIDENTS}/{incident['id']}", body={"name": "Other"})

    assert (status, body["status_page_incident"]) == (200, incident | {"name": "Other"})


def test_incidents_are_listed_newest_first_a_page_at_a_time() -> None:
    clock = Clock()
    page = page_simulator(clock)
    made = [create(page, idempotency_key=f"k{n}")["id"] for n in range(5)]
    query = {"status_page_id": PAGE, "page_size": "2"}

    seen, metas = [], []
    while True:
        _, body = ask(page, "GET", INCIDENTS, query=query)
        seen += [incident["id"] for incident in body["status_page_incidents"]]
        metas.append(body["pagination_meta"])
        if "after" not in metas[-1]:
            break
        query = query | {"after": metas[-1]["after"]}

    assert seen == made[::-1]
    assert metas == [
        {"page_size": 2, "after": made[3]},
        {"page_size": 2, "after": made[1]},
        {"page_size": 2},
    ]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"component_id": SMS}, ["sms"]),
        ({"component_id": VOICE}, []),
        ({"group_id": "01FA4EMSG"}, ["sms"]),
        ({"sub_page_id": "01FA4EMSG", "component_id": SMS}, ["sms"]),
        ({"start_at": "2026-03-29T00:58:00Z"}, ["sms"]),
        ({"end_at": "2026-03-29T00:57:00Z"}, []),
        ({}, ["no impact", "sms"]),
    ],
)
def test_list_filters_select_by_impact(query: dict[str, str], found: list[str]) -> None:
    page = page_simulator(Clock())
    create(page, name="sms")
    create(page, name="no impact", idempotency_key="sb-2", component_statuses=None)

    assert [incident["name"] for incident in incidents(page, **query)] == found


def test_an_impact_that_ended_before_a_filters_start_does_not_count() -> None:
    clock = Clock()
    page = page_simulator(clock)
    incident = create(page)["id"]
    clock.now += 60
    update(page, incident, incident_status="resolved")

    assert incidents(page, start_at="2026-03-29T00:59:01Z") == []


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": None}, "name"),
        ({"notify_subscribers": None}, "notify_subscribers"),
        ({"idempotency_key": None}, "idempotency_key"),
        ({"name": "x" * 201}, "name"),
        ({"message": "x" * 4097}, "message"),
        ({"incident_status": "major_outage"}, "incident_status"),
        ({"notify_subscribers": "yes"}, "notify_subscribers"),
        ({"component_statuses": [{"component_id": SMS}]}, "component_status"),
        (
            {"component_statuses": [{"component_id": "no", "component_status": "operational"}]},
            "component_statuses",
        ),
        ({"incident_status": "resolved"}, "component_statuses"),
    ],
)
def test_a_body_that_is_not_as_specified_gets_422_and_its_field(
    changes: dict[str, Any], field: str
) -> None:
    page = page_simulator(Clock())

    status, body = ask(page, "POST", INCIDENTS, body=opening(**changes))

    assert (status, body["type"], body["status"]) == (422, "validation_error", 422)
    assert body["errors"][0]["source"] == {"field": field, "pointer": f"/{field}"}
    assert incidents(page) == []
    assert page.journal.written == []


def test_a_body_that_is_no_json_gets_400() -> None:
    status, body = ask(page_simulator(Clock()), "POST", INCIDENTS)

    assert (status, body["type"]) == (400, "invalid_request_error")


def test_unknown_fields_of_a_body_pass_unseen() -> None:
    assert create(page_simulator(Clock()), surprise=1)["name"] == "Delays sending SMS"


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/v2/status_pages/no", None, 404),
        ("GET", f"{INCIDENTS}/no", None, 404),
        ("GET", "/v2/status_page_maintenances/no", None, 404),
        ("GET", "/v2/nothing", None, 404),
        ("DELETE", INCIDENTS, None, 405),
        ("POST", "/", None, 405),
        ("POST", INCIDENTS, opening(status_page_id="no"), 404),
        ("GET", INCIDENTS, None, 422),
    ],
)
def test_what_there_is_not_is_answered_in_the_apis_error_shape(
    method: str, path: str, body: dict[str, Any] | None, status: int
) -> None:
    got, answer = ask(page_simulator(Clock()), method, path, body=body)

    assert (got, answer["status"], len(answer["errors"])) == (status, status, 1)
    assert answer["request_id"].startswith("req_")


@pytest.mark.parametrize(
    "query", [{"page_size": "0"}, {"page_size": "251"}, {"after": "no"}, {"start_at": "soon"}]
)
def test_a_listing_that_can_not_be_gets_422(query: dict[str, str]) -> None:
    query = {"status_page_id": PAGE} | query

    assert ask(page_simulator(Clock()), "GET", INCIDENTS, query=query)[0] == 422


def test_another_key_gets_401() -> None:
    headers = {"authorization": "Bearer other"}

    status, body = ask(page_simulator(Clock()), "GET", "/v1/identity", headers=headers)

    assert (status, body["type"]) == (401, "authentication_error")


def test_a_key_without_the_publishers_role_reads_and_gets_403_for_writes() -> None:
    page = page_simulator(Clock(), roles=("status_page_viewer",))

    status, body = ask(page, "POST", INCIDENTS, body=opening())

    assert (status, body["type"]) == (403, "resource_forbidden")
    assert incidents(page) == []


def test_identity_tells_the_keys_roles() -> None:
    _, body = ask(page_simulator(Clock()), "GET", "/v1/identity")

    assert body["identity"]["roles"] == ["status_page_publisher", "status_page_viewer"]


def test_pages_are_listed_and_shown() -> None:
    other = PageEntry(id="01FA4EOTHER", name="Other", public_url="https://status.example.com")
    page = IncidentioSimulator((PageEntry(), other), now=Clock())

    _, listed = ask(page, "GET", "/v2/status_pages")
    _, shown = ask(page, "GET", "/v2/status_pages/01FA4EOTHER")

    told = {"id": "01FA4EOTHER", "name": "Other", "public_url": "https://status.example.com"}
    assert listed["status_pages"] == [{"id": PAGE, "name": "Example Status"}, told]
    assert shown == {"status_page": told}


def test_the_structure_is_a_tree_in_which_names_and_ids_may_repeat() -> None:
    structure = (
        {"group": "A", "id": "GA", "components": ["SMS", {"component": "X", "id": "C1"}]},
        {
            "sub_page": "Europe",
            "id": "SP",
            "items": [
                {"group": "B", "id": "GB", "hidden": True, "components": ["SMS"]},
                {"component": "X", "id": "C1", "hidden": True},
            ],
        },
    )
    page = IncidentioSimulator((PageEntry(structure=structure),), now=Clock())

    _, body = ask(page, "GET", f"/v2/status_page_structures/{PAGE}")

    [first, second] = body["current_structure"]["items"]
    [sms, x] = first["group"]["components"]
    assert x == {"component_id": "C1", "name": "X", "hidden": False, "display_uptime": True}
    assert first["group"]["name"] == "A"
    assert second["sub_page"]["items"][1]["component"] == x | {"hidden": True}
    assert second["sub_page"]["items"][0]["group"]["hidden"]
    assert second["sub_page"]["items"][0]["group"]["components"][0]["name"] == sms["name"]
    assert second["sub_page"]["items"][0]["group"]["components"][0] != sms


def test_a_retrospective_incident_is_over_from_the_start_and_notifies_nobody() -> None:
    page = page_simulator(Clock())
    updates = [
        {
            "incident_status": "investigating",
            "message": "It began.",
            "published_at": "2026-03-29T00:10:00Z",
            "component_statuses": lines(sms="full_outage"),
        },
        {
            "incident_status": "resolved",
            "message": "Over.",
            "published_at": "2026-03-29T00:20:00Z",
        },
    ]
    body = {"status_page_id": PAGE, "name": "Past", "idempotency_key": "p", "updates": updates}

    status, answer = ask(page, "POST", "/v2/status_page_retrospective_incidents", body=body)

    incident = answer["status_page_incident"]
    assert (status, incident["incident_status"]) == (201, "resolved")
    assert incident["published_at"] == "2026-03-29T00:10:00Z"
    assert impacts(incident) == [(SMS, "full_outage", "10:00", "2026-03-29T00:20:00Z")]
    assert not any(p.notified for i in page.world.incidents.values() for p in i.posts)


@pytest.mark.parametrize(
    ("times", "last"),
    [
        (("00:20", "00:10"), "resolved"),
        (("00:10", "23:10"), "resolved"),
        (("00:10", "00:20"), "monitoring"),
    ],
)
def test_a_retrospective_incident_lies_in_the_past_in_order_and_ends_resolved(
    times: tuple[str, str], last: str
) -> None:
    updates = [
        {"incident_status": s, "message": "m", "published_at": f"2026-03-29T{t}:00Z"}
        for s, t in zip(("investigating", last), times, strict=True)
    ]
    body = {"status_page_id": PAGE, "name": "Past", "idempotency_key": "p", "updates": updates}

    path = "/v2/status_page_retrospective_incidents"

    assert ask(page_simulator(Clock()), "POST", path, body=body)[0] == 422


def test_limits_are_told_in_headers_and_refill_with_time() -> None:
    clock = Clock()
    page = page_simulator(clock, rate_limit=2)
    used = [deliver(page, "GET", "/v1/identity").reply for _ in range(2)]

    status, body = ask(page, "GET", "/v1/identity")
    clock.now += 30

    assert used[-1] is not None
    assert dict(used[-1].headers)["x-ratelimit-remaining"] == "0"
    assert (status, body["type"]) == (429, "too_many_requests")
    assert body["rate_limit"]["retry_after"] == "2026-03-29T00:58:01Z"
    assert ask(page, "GET", "/v1/identity")[0] == 200


def test_without_a_limit_no_header_tells_of_one() -> None:
    reply = deliver(page_simulator(Clock(), rate_limit=0), "GET", "/v1/identity").reply

    assert reply is not None
    assert [name for name, _ in reply.headers] == ["date"]


def test_the_journal_holds_every_request_and_every_write_that_counted() -> None:
    page = page_simulator(Clock())
    incident = create(page)["id"]
    show(page, incident)
    create(page)

    report = page.journal.report()

    assert [(r["no"], r["endpoint"], r["key"], r["status"]) for r in report["requests"]] == [
        (1, "incidents.create", "sb-1", 201),
        (2, "incidents.show", None, 200),
        (3, "incidents.create", "sb-1", 201),
    ]
    [write] = page.journal.written
    assert (write.request, write.subject, write.key, write.answered) == (1, incident, "sb-1", True)
    assert write.at == START


def test_a_write_is_told_to_whoever_listens() -> None:
    page = page_simulator(Clock())
    heard: list[str] = []
    page.journal.on_write = lambda write: heard.append(write.subject)

    incident = create(page)["id"]

    assert heard == [incident]


def test_the_journal_takes_bodies_that_are_no_json() -> None:
    page = page_simulator(Clock())
    headers = {"authorization": f"Bearer {page.api_key}"}

    page.front.receive(Request("POST", INCIDENTS, headers=headers, body=b"{\xff"))

    [entry] = page.journal.received
    assert (entry.status, entry.key, entry.body) == (400, None, "{\ufffd")


def test_reset_leaves_the_page_as_it_was() -> None:
    page = page_simulator(Clock(), updates_order="oldest_first")
    create(page)
    page.set_switches({"updates_order": "newest_first"})

    page.reset()

    assert incidents(page) == []
    assert page.switches.updates_order == "oldest_first"


def test_the_public_page_shows_what_is_not_hidden_under_its_headings() -> None:
    structure = (
        {"group": "Messaging", "components": ["SMS", {"component": "Fax", "hidden": True}]},
        {"group": "Inside", "hidden": True, "components": ["Batch"]},
        {"sub_page": "Europe", "items": [{"group": "Voice", "components": ["Calls"]}]},
    )
    page = IncidentioSimulator((PageEntry(structure=structure),), now=Clock())

    reply = deliver(page, "GET", "/").reply

    assert reply is not None
    text = reply.body.decode()
    assert 'SMS <span class="heading">Messaging</span>' in text
    assert 'Calls <span class="heading">Europe / Voice</span>' in text
    assert "None reported." in text
    assert not any(hidden in text for hidden in ("Fax", "Batch", "Inside"))
