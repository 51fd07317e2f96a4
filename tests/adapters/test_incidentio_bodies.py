from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from statusbridge.adapters.incidentio_bodies import (
    Post,
    create_body,
    retrospective_body,
    update_body,
)
from statusbridge.core.model import (
    ComponentId,
    ComponentStatus,
    IncidentId,
    IncidentStatus,
    PageId,
    Status,
)

PAGE = PageId("01PAGE")
SMS = ComponentStatus(ComponentId("01SMS"), Status.PARTIAL_OUTAGE)
VOICE = ComponentStatus(ComponentId("01VOICE"), Status.DEGRADED_PERFORMANCE)
LOOKING = Post("We are looking. ü", IncidentStatus.INVESTIGATING, (VOICE, SMS))
OVER = Post("It is over.", IncidentStatus.RESOLVED, (VOICE,))
NOON = 1_784_548_800  # 2026-07-20T12:00:00Z

CREATE = create_body(PAGE, "Delays sending SMS", LOOKING, "sb-1", notify=True)
UPDATE = update_body(IncidentId("01INC"), LOOKING, notify=False)
RESOLVE = update_body(IncidentId("01INC"), OVER, notify=True)
RETROSPECTIVE = retrospective_body(
    PAGE, "Delays sending SMS", ((NOON, LOOKING), (NOON + 60, OVER)), "sb-2"
)


def test_create_says_page_name_key_text_and_components_in_fixed_order() -> None:
    assert CREATE.decode() == (
        '{"status_page_id":"01PAGE","name":"Delays sending SMS","idempotency_key":"sb-1",'
        '"incident_status":"investigating","message":"We are looking. ü","component_statuses":'
        '[{"component_id":"01SMS","component_status":"partial_outage"},'
        '{"component_id":"01VOICE","component_status":"degraded_performance"}],'
        '"notify_subscribers":true}'
    )


def test_update_says_incident_text_and_components() -> None:
    assert json.loads(UPDATE) == {
        "status_page_incident_id": "01INC",
        "incident_status": "investigating",
        "message": "We are looking. ü",
        "component_statuses": [
            {"component_id": "01SMS", "component_status": "partial_outage"},
            {"component_id": "01VOICE", "component_status": "degraded_performance"},
        ],
        "notify_subscribers": False,
    }


def test_resolve_never_carries_component_statuses() -> None:
    assert json.loads(RESOLVE) == {
        "status_page_incident_id": "01INC",
        "incident_status": "resolved",
        "message": "It is over.",
        "notify_subscribers": True,
    }


def test_retrospective_carries_the_times_and_never_notifies() -> None:
    body = json.loads(RETROSPECTIVE)

    assert [update["published_at"] for update in body["updates"]] == [
        "2026-07-20T12:00:00Z",
        "2026-07-20T12:01:00Z",
    ]
    assert "notify_subscribers" not in body
    assert body["idempotency_key"] == "sb-2"


def test_order_in_which_components_are_given_changes_no_byte() -> None:
    turned = Post(LOOKING.message, LOOKING.status, (SMS, VOICE))

    assert create_body(PAGE, "Delays sending SMS", turned, "sb-1", notify=True) == CREATE


@pytest.mark.parametrize("name", ["", "  ", "x" * 201])
def test_name_out_of_bounds_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="a name has 1 to 200 characters"):
        create_body(PAGE, name, LOOKING, "k", notify=True)


@pytest.mark.parametrize("message", ["", "\n", "x" * 4097])
def test_message_out_of_bounds_is_refused(message: str) -> None:
    with pytest.raises(ValueError, match="a message has 1 to 4096 characters"):
        update_body(IncidentId("i"), Post(message, IncidentStatus.MONITORING), notify=True)


@pytest.mark.parametrize("key", ["", "k" * 65, "schlüssel", "a\nb"])
def test_key_that_might_not_survive_is_refused(key: str) -> None:
    with pytest.raises(ValueError, match="an idempotency key has 1 to 64"):
        create_body(PAGE, "name", LOOKING, key, notify=True)


@pytest.mark.parametrize(
    "posts", [(), ((NOON, LOOKING),), ((NOON, LOOKING), (NOON - 1, OVER))], ids=repr
)
def test_past_outage_that_does_not_end_or_goes_back_in_time_is_refused(
    posts: tuple[tuple[int, Post], ...],
) -> None:
    with pytest.raises(ValueError, match="in order of time and end in resolved"):
        retrospective_body(PAGE, "name", posts, "k")


@pytest.mark.contract
@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v2/status_page_incidents", CREATE),
        ("/v2/status_page_incident_updates", UPDATE),
        ("/v2/status_page_incident_updates", RESOLVE),
        ("/v2/status_page_retrospective_incidents", RETROSPECTIVE),
    ],
    ids=["create", "update", "resolve", "retrospective"],
)
def test_request_is_what_the_official_schema_asks_for(path: str, body: bytes) -> None:
    folder = os.environ.get("FACTS_FOLDER")
    if not folder:
        pytest.skip("set FACTS_FOLDER to the folder with openapi/incidentio_statuspages_v2.json")
    spec: dict[str, Any] = json.loads(
        Path(folder, "openapi", "incidentio_statuspages_v2.json").read_bytes()
    )
    content = spec["paths"][path]["post"]["requestBody"]["content"]["application/json"]
    schema = {**content["schema"], "components": spec["components"]}

    jsonschema.Draft4Validator(schema).validate(json.loads(body))
    assert set(json.loads(body)) <= set(_properties(spec, content["schema"]))


def _properties(spec: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    name = schema["$ref"].rsplit("/", 1)[1]
    properties: dict[str, Any] = spec["components"]["schemas"][name]["properties"]
    return properties
