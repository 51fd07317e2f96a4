from __future__ import annotations

from typing import Any

import pytest
from simulating import Clock, ask, page_simulator

from statusbridge.simulators.alert_events import AlertSource
from statusbridge.simulators.incidentio import IncidentioSimulator
from statusbridge.simulators.page_state import Alert
from statusbridge.simulators.scenario import parse
from statusbridge.simulators.strikes import read_rule
from statusbridge.simulators.webhook import PATH, WebhookSimulator

SOURCE = AlertSource()
EVENT = {"title": "Held", "status": "firing", "deduplication_key": "e1"}


def send(page: IncidentioSimulator, secret: str = SOURCE.secret, **changes: Any) -> tuple[int, Any]:
    path = f"/v2/alert_events/http/{changes.pop('source', SOURCE.id)}"
    headers = {"authorization": f"Bearer {secret}"}
    return ask(page, "POST", path, headers=headers, body=EVENT | changes)


def test_events_of_one_key_make_one_alert_whose_status_is_the_last() -> None:
    page = page_simulator(Clock())

    status, body = send(page)
    send(page, title="Held again", status="resolved")

    assert (status, body["status"], body["deduplication_key"]) == (202, "success", "e1")
    assert page.world.alerts == {"e1": Alert("e1", SOURCE.id, "Held", "resolved", events=2)}
    assert [write.subject for write in page.journal.written] == ["e1", "e1"]


def test_only_the_sources_own_secret_lets_an_event_in() -> None:
    page = page_simulator(Clock())

    assert send(page, page.api_key)[0] == 401
    assert send(page, source="01OTHER")[0] == 404
    assert page.world.alerts == {}


@pytest.mark.parametrize("wrong", [{"deduplication_key": ""}, {"status": "open"}, {"title": None}])
def test_event_that_lacks_what_is_asked_is_refused(wrong: dict[str, object]) -> None:
    page = page_simulator(Clock())

    assert send(page, **wrong)[0] == 422
    assert page.world.alerts == {}


def test_scenario_names_sources_of_its_own() -> None:
    found = parse('incidentio.alert_sources = [{ id = "01A", secret = "s" }]', "test")

    assert found.alert_sources == (AlertSource("01A", "s"),)


def hook(simulator: WebhookSimulator, body: object, path: str = PATH) -> tuple[int, str]:
    from simulating import deliver

    simulator.api_key = ""  # type: ignore[attr-defined]
    reply = deliver(simulator, "POST", path, body=body).reply
    assert reply is not None
    return reply.status, reply.body.decode()


def test_webhook_takes_what_has_a_text_and_remembers_it() -> None:
    webhook = WebhookSimulator(Clock())

    assert hook(webhook, {"text": "Held", "event": "held"}) == (200, "ok")
    assert webhook.messages == [{"text": "Held", "event": "held"}]


@pytest.mark.parametrize(
    ("body", "path", "answer"),
    [
        ({"event": "held"}, PATH, (400, "no_text")),
        ({"text": 1}, PATH, (400, "no_text")),
        (["text"], PATH, (400, "invalid_payload")),
        ({"text": "x"}, "/hooks/other", (404, "no_service")),
    ],
)
def test_webhook_refuses_what_slack_refuses(
    body: object, path: str, answer: tuple[int, str]
) -> None:
    webhook = WebhookSimulator(Clock())

    assert hook(webhook, body, path) == answer
    assert webhook.messages == []


def test_webhook_fails_as_it_is_told_to() -> None:
    webhook = WebhookSimulator(Clock())
    table = {"kind": "status", "status": 429, "retry_after": "seconds", "times": 1}
    webhook.faults.add(read_rule(table, 0, "faults[0]"))

    assert hook(webhook, {"text": "x"}) == (429, "simulated")
    assert hook(webhook, {"text": "x"}) == (200, "ok")
    webhook.reset()
    assert webhook.messages == []
