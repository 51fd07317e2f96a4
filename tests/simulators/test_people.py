"""What people do on the page, and maintenance windows."""

from __future__ import annotations

from typing import Any

import pytest
from simulating import PAGE, SMS, START, VOICE, Clock, ask, create, incidents, page_simulator, show

from statusbridge.simulators.incidentio import IncidentioSimulator
from statusbridge.simulators.notation import NotationError, Span
from statusbridge.simulators.page_state import shown
from statusbridge.simulators.people import (
    CompleteMaintenance,
    DeleteIncident,
    DeleteUpdate,
    OpenIncident,
    OpenMaintenance,
    PostUpdate,
    RemoveComponent,
    RenameIncident,
    ResolveIncident,
    Subscribers,
    read_act,
)

MAINTENANCES = "/v2/status_page_maintenances"


def planned(**changes: Any) -> dict[str, Any]:
    body = {
        "status_page_id": PAGE,
        "name": "Works",
        "maintenance_status": "maintenance_scheduled",
        "idempotency_key": "m-1",
        "affected_component_ids": [SMS],
        "start_at": "2026-03-29T01:00:00Z",
        "end_at": "2026-03-29T02:00:00Z",
        "message": "Planned.",
        "notify_subscribers": False,
    }
    return body | changes


def plan(page: IncidentioSimulator, **changes: Any) -> dict[str, Any]:
    status, body = ask(page, "POST", MAINTENANCES, body=planned(**changes))
    assert status == 201, body
    return body["status_page_maintenance"]


def maintenances(page: IncidentioSimulator) -> list[dict[str, Any]]:
    _, body = ask(page, "GET", MAINTENANCES, query={"status_page_id": PAGE})
    return body["status_page_maintenances"]


def test_a_persons_incident_is_on_the_page_and_in_no_journal() -> None:
    page = page_simulator(Clock())

    page.act(OpenIncident(name="Theirs", components={"SMS": "full_outage"}))

    [incident] = incidents(page)
    assert (incident["name"], incident["component_impacts"][0]["component_id"]) == ("Theirs", SMS)
    assert [p.by for i in page.world.incidents.values() for p in i.posts] == ["person"]
    assert page.journal.written == []


def test_a_persons_update_keeps_the_status_unless_it_says_one() -> None:
    page = page_simulator(Clock())
    incident = create(page)["id"]

    page.act(PostUpdate(message="Hello", components={VOICE: "full_outage"}))
    page.act(PostUpdate(incident=incident, status="identified", backdated=Span(90)))

    told = show(page, incident)
    assert [(u["message"], u["incident_status"]) for u in told["updates"]] == [
        ("A person says hello.", "identified"),
        ("Hello", "investigating"),
        ("We are looking.", "investigating"),
    ]
    assert told["updates"][0]["published_at"] == "2026-03-29T00:56:30Z"


def test_a_person_resolves_and_renames() -> None:
    page = page_simulator(Clock())
    incident = create(page)["id"]

    page.act(ResolveIncident())
    page.act(RenameIncident(name="Mine"))

    told = show(page, incident)
    assert (told["name"], told["incident_status"]) == ("Mine", "resolved")


def test_a_person_deletes_an_update_and_the_status_goes_back() -> None:
    page = page_simulator(Clock())
    incident = create(page)["id"]
    page.act(ResolveIncident())

    page.act(DeleteUpdate())
    once = show(page, incident)
    page.act(DeleteUpdate(update=once["updates"][0]["id"]))

    assert (once["incident_status"], len(once["updates"])) == ("investigating", 1)
    assert show(page, incident)["updates"] == []


def test_a_person_deletes_an_incident() -> None:
    page = page_simulator(Clock())
    create(page)

    page.act(DeleteIncident())

    assert incidents(page) == []


def test_an_act_on_nothing_says_what_is_missing() -> None:
    page = page_simulator(Clock())

    with pytest.raises(NotationError, match='no incident "latest"'):
        page.act(ResolveIncident())
    with pytest.raises(NotationError, match='no component "Fax" on the page Example Status'):
        page.act(OpenIncident(components={"Fax": "full_outage"}))


def test_a_removed_component_is_gone_from_the_structure_wherever_it_stood() -> None:
    page = page_simulator(Clock())
    page.act(RemoveComponent("SMS"))
    page.act(RemoveComponent("Voice"))

    _, body = ask(page, "GET", f"/v2/status_page_structures/{PAGE}")

    [group] = body["current_structure"]["items"]
    assert group["group"]["components"] == []


def test_a_component_is_removed_inside_sub_pages_too() -> None:
    entry = page_simulator(Clock()).pages[PAGE].entry
    inner = [{"component": "A", "id": "A"}, {"component": "B", "id": "B"}]
    structure = ({"sub_page": "Europe", "items": inner},)
    page = IncidentioSimulator((type(entry)(structure=structure),), now=Clock())

    page.act(RemoveComponent("A", page=PAGE))

    assert page.pages[PAGE].known == {"B"}


def test_subscribers_can_become_too_many() -> None:
    page = page_simulator(Clock())

    page.act(Subscribers(5000))

    status, _ = ask(page, "POST", MAINTENANCES, body=planned(notify_subscribers=True))
    assert status == 422


def test_an_act_is_written_as_its_name_and_its_keys() -> None:
    assert read_act({"act": "rename", "name": "X"}, "people[0]") == RenameIncident(name="X")


@pytest.mark.parametrize(
    ("table", "told"),
    [
        ({"act": "renam"}, 'people[0]: unknown word "renam", did you mean "rename"?'),
        ({"act": "rename", "nam": "X"}, 'people[0]: unknown key "nam", did you mean "name"?'),
    ],
)
def test_an_act_that_is_not_known_names_the_nearest(table: dict[str, str], told: str) -> None:
    with pytest.raises(NotationError) as error:
        read_act(table, "people[0]")

    assert str(error.value) == told


def test_a_persons_maintenance_covers_components_until_it_is_completed() -> None:
    page = page_simulator(Clock())

    page.act(OpenMaintenance(components=("SMS",)))
    during = shown(page.world, PAGE)
    page.act(CompleteMaintenance())

    assert (during, shown(page.world, PAGE)) == ({SMS: "under_maintenance"}, {})
    assert maintenances(page)[0]["maintenance_status"] == "maintenance_complete"


def test_a_maintenance_tells_its_periods_and_updates() -> None:
    page = page_simulator(Clock())

    window = plan(page)

    start, end = "2026-03-29T01:00:00Z", "2026-03-29T02:00:00Z"
    assert window == {
        "id": window["id"],
        "status_page_id": PAGE,
        "name": "Works",
        "published_at": "2026-03-29T00:58:00Z",
        "maintenance_status": "maintenance_scheduled",
        "automate_maintenance_status": False,
        "updates": [
            {
                "id": window["updates"][0]["id"],
                "status_page_maintenance_id": window["id"],
                "published_at": "2026-03-29T00:58:00Z",
                "message": "Planned.",
                "maintenance_status": "maintenance_scheduled",
                "component_statuses": [],
            }
        ],
        "component_maintenance_periods": [{"component_id": SMS, "start_at": start, "end_at": end}],
    }
    assert maintenances(page) == [window]
    assert plan(page) == window
    shown_once = ask(page, "GET", f"{MAINTENANCES}/{window['id']}")[1]
    assert shown_once == {"status_page_maintenance": window}


def test_an_automatic_maintenance_begins_and_ends_by_the_clock() -> None:
    clock = Clock()
    page = page_simulator(clock)
    plan(page, automate_maintenance_status=True)
    seen = []
    for clock.now in (START + 119, START + 120, START + 3719, START + 3720):
        seen.append(maintenances(page)[0]["maintenance_status"].removeprefix("maintenance_"))

    assert seen == ["scheduled", "in_progress", "in_progress", "complete"]
    assert [p.by for w in page.world.windows.values() for p in w.posts] == [
        "api",
        "automation",
        "automation",
    ]


def test_nothing_ends_a_maintenance_that_is_not_automatic() -> None:
    clock = Clock()
    page = page_simulator(clock)
    plan(page)
    clock.now += 86400

    assert maintenances(page)[0]["maintenance_status"] == "maintenance_scheduled"


def test_a_status_of_ones_own_ends_the_automation() -> None:
    clock = Clock()
    page = page_simulator(clock)
    window = plan(page, automate_maintenance_status=True)["id"]
    body = {
        "status_page_maintenance_id": window,
        "message": "Begun early.",
        "notify_subscribers": False,
        "maintenance_status": "maintenance_in_progress",
        "component_statuses": [{"component_id": SMS, "component_status": "under_maintenance"}],
    }

    status, answer = ask(page, "POST", "/v2/status_page_maintenance_updates", body=body)
    clock.now += 86400

    told = answer["status_page_maintenance_update"]
    assert (status, told["maintenance_status"]) == (201, "maintenance_in_progress")
    assert maintenances(page)[0]["maintenance_status"] == "maintenance_in_progress"


def test_completing_must_not_list_components() -> None:
    page = page_simulator(Clock())
    body = {
        "status_page_maintenance_id": plan(page)["id"],
        "message": "m",
        "notify_subscribers": False,
        "maintenance_status": "maintenance_complete",
        "component_statuses": [],
    }

    assert ask(page, "POST", "/v2/status_page_maintenance_updates", body=body)[0] == 422


def test_a_maintenance_is_changed_and_deleted() -> None:
    page = page_simulator(Clock())
    path = f"{MAINTENANCES}/{plan(page)['id']}"
    times = {"start_at": "2026-03-30T01:00:00Z", "end_at": "2026-03-30T02:00:00Z"}

    status, body = ask(page, "PUT", path, body={"name": "Later", **times})
    backwards = {"start_at": times["end_at"], "end_at": times["start_at"]}

    window = body["status_page_maintenance"]
    assert (status, window["name"]) == (200, "Later")
    assert window["component_maintenance_periods"] == [{"component_id": SMS, **times}]
    assert ask(page, "PUT", path, body={"name": "Later", **backwards})[0] == 422
    assert ask(page, "DELETE", path) == (204, None)
    assert ask(page, "DELETE", path)[0] == 404
    assert maintenances(page) == []


def test_a_component_shows_the_worst_that_any_incident_holds_it_in() -> None:
    page = page_simulator(Clock())
    create(page)
    page.act(OpenIncident(components={"SMS": "degraded_performance", "Voice": "full_outage"}))
    page.act(OpenMaintenance(components=("SMS", "Voice")))

    assert shown(page.world, PAGE) == {SMS: "partial_outage", VOICE: "full_outage"}
