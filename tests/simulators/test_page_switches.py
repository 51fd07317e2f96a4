"""What incident.io leaves open: both variants of each."""

from __future__ import annotations

from typing import Any

import pytest
from simulating import (
    PAGE,
    SMS,
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

from statusbridge.simulators.incidentio import IncidentioSimulator
from statusbridge.simulators.page_layout import PageEntry

INCIDENTS = "/v2/status_page_incidents"


def lines(**statuses: str) -> list[dict[str, str]]:
    ids = {"sms": SMS, "voice": VOICE, "other": "no"}
    return [{"component_id": ids[c], "component_status": s} for c, s in statuses.items()]


def test_a_replay_gets_the_original_answer_whatever_happened_since() -> None:
    page = page_simulator(Clock())
    original = create(page)
    update(page, original["id"], incident_status="resolved")

    assert create(page) == original
    assert len(incidents(page)) == 1


def test_a_replay_in_the_original_answer_holds_even_with_another_body() -> None:
    page = page_simulator(Clock())
    original = create(page)

    assert create(page, name="Other") == original


def test_a_key_with_another_body_is_a_conflict_where_that_is_switched_on() -> None:
    page = page_simulator(Clock(), key_other_body="conflict")
    create(page)

    status, body = ask(page, "POST", INCIDENTS, body=opening(name="Other"))

    assert (status, body["type"]) == (409, "conflict")
    assert create(page)["name"] == "Delays sending SMS"


def test_keys_may_be_ignored() -> None:
    page = page_simulator(Clock(), keys="ignored")
    create(page)
    create(page)

    assert len(incidents(page)) == 2


@pytest.mark.parametrize(("passed", "count"), [(60, 1), (61, 2)])
def test_keys_may_be_forgotten_with_time(passed: int, count: int) -> None:
    clock = Clock()
    page = page_simulator(clock)
    page.set_switches({"keys_forgotten_after": "60s"})
    create(page)
    clock.now += passed
    create(page)

    assert len(incidents(page)) == count


@pytest.mark.parametrize(
    ("scope", "on_pages", "of_endpoints"),
    [("organisation", 1, 1), ("page", 2, 1), ("endpoint", 1, 2)],
)
def test_a_key_counts_where_its_scope_says(scope: str, on_pages: int, of_endpoints: int) -> None:
    other = PageEntry(id="01FA4EOTHER")
    page = IncidentioSimulator((PageEntry(), other), now=Clock())
    page.set_switches({"key_scope": scope})
    create(page, component_statuses=None)
    create(page, component_statuses=None, status_page_id=other.id)
    on_both_pages = len(page.world.incidents)
    window = {
        "status_page_id": PAGE,
        "name": "Works",
        "maintenance_status": "maintenance_scheduled",
        "idempotency_key": "sb-1",
        "affected_component_ids": [],
        "start_at": "2026-04-01T00:00:00Z",
        "end_at": "2026-04-01T01:00:00Z",
        "message": "m",
        "notify_subscribers": False,
    }
    ask(page, "POST", "/v2/status_page_maintenances", body=window)

    assert (on_both_pages, 1 + len(page.world.windows)) == (on_pages, of_endpoints)


def test_a_key_may_have_a_greatest_length() -> None:
    page = page_simulator(Clock(), key_max_length=3)

    status, body = ask(page, "POST", INCIDENTS, body=opening())

    assert (status, body["errors"][0]["source"]["field"]) == (422, "idempotency_key")


@pytest.mark.parametrize(("order", "step"), [("newest_first", -1), ("oldest_first", 1)])
def test_updates_come_in_the_switched_order(order: str, step: int) -> None:
    page = page_simulator(Clock(), updates_order=order)
    incident = create(page, message="first")["id"]
    update(page, incident, message="second")

    messages = [post["message"] for post in show(page, incident)["updates"]]

    assert messages == ["first", "second"][::step]


@pytest.mark.parametrize(
    ("echo", "message"),
    [
        ("verbatim", "Is *up*  at 10_30.\nMore"),
        ("rerendered", "Is \\*up\\* at 10\\_30.\n\nMore\n"),
        ("lossy", "Is \\*up\\* at \\_.\n\nMore\n"),
    ],
)
def test_messages_are_echoed_as_switched(echo: str, message: str) -> None:
    page = page_simulator(Clock(), echo=echo)

    incident = create(page, message="Is *up*  at 10_30.\nMore")

    assert incident["updates"][0]["message"] == message


@pytest.mark.parametrize(("echo", "name"), [("verbatim", "SMS  isn't"), ("retouched", "SMS isn’t")])
def test_names_are_echoed_as_switched(echo: str, name: str) -> None:
    assert create(page_simulator(Clock(), name_echo=echo), name="SMS  isn't")["name"] == name


@pytest.mark.parametrize(
    ("variant", "held"),
    [
        ("patch", {SMS: "partial_outage", VOICE: "full_outage"}),
        ("replace", {VOICE: "full_outage"}),
    ],
)
def test_a_component_that_an_update_leaves_out_is_kept_or_cleared(
    variant: str, held: dict[str, str]
) -> None:
    page = page_simulator(Clock(), partial_components=variant)
    incident = create(page)["id"]

    update(page, incident, component_statuses=lines(voice="full_outage"))

    assert page.world.incidents[incident].held == held


def test_an_update_without_components_clears_none_even_where_lists_replace() -> None:
    page = page_simulator(Clock(), partial_components="replace")
    incident = create(page)["id"]

    update(page, incident)

    assert page.world.incidents[incident].held == {SMS: "partial_outage"}


@pytest.mark.parametrize(("variant", "status"), [("allow", 201), ("refuse", 422)])
def test_a_resolved_incident_takes_updates_or_refuses_them(variant: str, status: int) -> None:
    page = page_simulator(Clock(), after_resolved=variant)
    incident = create(page)["id"]
    update(page, incident, incident_status="resolved")

    assert update(page, incident, incident_status="investigating")[0] == status


@pytest.mark.parametrize(("variant", "status"), [("allow", 201), ("refuse", 422)])
def test_an_incident_may_begin_resolved_or_not(variant: str, status: int) -> None:
    page = page_simulator(Clock(), create_resolved=variant)
    body = opening(incident_status="resolved", component_statuses=None)

    assert ask(page, "POST", INCIDENTS, body=body)[0] == status


@pytest.mark.parametrize(
    ("switches", "room", "status"),
    [
        ({}, 2, 422),
        ({"creation_counts": False}, 3, 422),
        ({"update_cap_status": 400}, 2, 400),
    ],
)
def test_updates_are_capped_and_the_creation_counts_or_not(
    switches: dict[str, Any], room: int, status: int
) -> None:
    page = page_simulator(Clock(), update_cap=3, **switches)
    incident = create(page)["id"]

    answers = [update(page, incident)[0] for _ in range(room + 1)]

    assert answers == [201] * room + [status]


@pytest.mark.parametrize("code", [400, 404, 422])
def test_an_unknown_component_gets_the_switched_status(code: int) -> None:
    page = page_simulator(Clock(), unknown_component=code)

    body = opening(component_statuses=lines(other="full_outage"))

    assert ask(page, "POST", INCIDENTS, body=body)[0] == code


def test_an_unknown_component_may_be_accepted_and_left_out() -> None:
    page = page_simulator(Clock(), unknown_component=0)

    incident = create(page, component_statuses=lines(other="full_outage", sms="full_outage"))

    assert [line["component_id"] for line in incident["component_impacts"]] == [SMS]


@pytest.mark.parametrize("code", [400, 422])
def test_too_many_subscribers_can_not_be_notified(code: int) -> None:
    page = page_simulator(Clock(), subscribers=1001, notify_refused=code)

    status, _ = ask(page, "POST", INCIDENTS, body=opening(notify_subscribers=True))

    assert status == code
    assert create(page)["name"] == "Delays sending SMS"


def test_a_thousand_subscribers_can_be_notified() -> None:
    page = page_simulator(Clock(), subscribers=1000)

    create(page, notify_subscribers=True)

    assert [p.notified for i in page.world.incidents.values() for p in i.posts] == [True]


def test_reads_may_be_behind_the_writes() -> None:
    clock = Clock()
    page = page_simulator(clock)
    incident = create(page)["id"]
    page.set_switches({"stale_reads": "5s"})
    clock.now += 4
    early = (incidents(page), ask(page, "GET", f"{INCIDENTS}/{incident}")[0])

    clock.now += 1

    assert early == ([], 404)
    assert [i["id"] for i in incidents(page)] == [incident]


def test_writes_meet_the_present_however_stale_reads_are() -> None:
    page = page_simulator(Clock())
    page.set_switches({"stale_reads": "5s"})
    incident = create(page)["id"]

    assert update(page, incident)[0] == 201


@pytest.mark.parametrize(("variant", "more"), [("absent", {}), ("null", {"end_at": None})])
def test_an_impact_that_lasts_has_no_end_or_a_null(variant: str, more: dict[str, Any]) -> None:
    [impact] = create(page_simulator(Clock(), end_at=variant))["component_impacts"]

    assert {k: v for k, v in impact.items() if k == "end_at"} == more


def test_errors_may_lack_the_pointer() -> None:
    page = page_simulator(Clock(), error_pointer=False)

    _, body = ask(page, "POST", INCIDENTS, body=opening(name=None))

    assert body["errors"][0]["source"] == {"field": "name"}


def test_the_date_header_can_be_skewed() -> None:
    page = page_simulator(Clock())
    page.set_switches({"date_skew": "-60s"})

    reply = deliver(page, "GET", "/v1/identity").reply

    assert reply is not None
    assert ("date", "Sun, 29 Mar 2026 00:57:00 GMT") in reply.headers
