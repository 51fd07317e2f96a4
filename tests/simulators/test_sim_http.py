"""Both simulators over real HTTP on loopback: what ASGI alone can't show."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator

import httpx
import pytest
from simulating import START, Clock, basic, opening

from statusbridge.simulators.incidentio import FAKE_KEY
from statusbridge.simulators.scenario import Scenario, parse
from statusbridge.simulators.serve import Running, serving

INCIDENTS = "/v2/status_page_incidents"


@pytest.fixture
async def running() -> AsyncIterator[Running]:
    async with serving(parse('[[incidentio.pages]]\nstructure = [{component = "API"}]', "x")) as up:
        yield up


@pytest.fixture
async def page(running: Running) -> AsyncIterator[httpx.AsyncClient]:
    headers = {"authorization": f"Bearer {FAKE_KEY}"}
    async with httpx.AsyncClient(base_url=running.incidentio_url, headers=headers) as client:
        yield client


@pytest.fixture
async def twilio(running: Running) -> AsyncIterator[httpx.AsyncClient]:
    headers = {"authorization": basic(running.twilio.accounts[0])}
    async with httpx.AsyncClient(base_url=running.twilio_url, headers=headers) as client:
        yield client


async def order(client: httpx.AsyncClient, **fault: object) -> None:
    answer = await client.post("/_control/faults", json=fault)
    assert answer.json() == {"added": 1}, answer.text


async def truth(client: httpx.AsyncClient) -> list[dict[str, object]]:
    found: list[dict[str, object]] = (await client.get("/_control/incidents")).json()
    return found


@pytest.mark.parametrize(("kind", "count"), [("lost_before", 0), ("lost_after", 1)])
async def test_a_lost_request_ends_the_connection_without_an_answer(
    page: httpx.AsyncClient, kind: str, count: int
) -> None:
    await order(page, kind=kind, method="POST")

    with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
        await page.post(INCIDENTS, json=opening(component_statuses=None))

    assert len(await truth(page)) == count


async def test_a_truncated_answer_ends_in_the_midst_of_its_body(twilio: httpx.AsyncClient) -> None:
    await order(twilio, kind="truncated", keep=0.5, endpoint="alerts.list")

    with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
        await twilio.get("/v1/Alerts")


async def test_a_hanging_request_times_out_at_the_client(twilio: httpx.AsyncClient) -> None:
    await order(twilio, kind="hang")

    with pytest.raises(httpx.ReadTimeout):
        await twilio.get("/v1/Alerts", timeout=0.1)


async def test_a_slow_write_counts_before_it_is_answered(page: httpx.AsyncClient) -> None:
    await order(page, kind="slow", seconds="60s", method="POST")

    with pytest.raises(httpx.ReadTimeout):
        await page.post(INCIDENTS, json=opening(component_statuses=None), timeout=0.1)

    assert len(await truth(page)) == 1


async def test_a_slow_answer_arrives_in_the_end(twilio: httpx.AsyncClient) -> None:
    await order(twilio, kind="slow", seconds="0.05s")

    assert (await twilio.get("/v1/Alerts")).status_code == 200


async def test_a_dripping_answer_outlives_a_read_timeout(twilio: httpx.AsyncClient) -> None:
    await order(twilio, kind="drip", seconds="0.4s")
    started = time.monotonic()

    answer = await twilio.get("/v1/Alerts", timeout=0.2)

    assert answer.json()["alerts"] == []
    assert time.monotonic() - started > 0.2


async def test_a_client_may_leave_a_dripping_answer(twilio: httpx.AsyncClient) -> None:
    await order(twilio, kind="drip", seconds="100s")

    async with twilio.stream("GET", "/v1/Alerts") as answer:
        assert answer.status_code == 200


async def test_a_huge_body_is_as_long_as_it_says(twilio: httpx.AsyncClient) -> None:
    await order(twilio, kind="huge", size=3_000_000)

    answer = await twilio.get("/v1/Alerts")

    assert len(answer.content) == int(answer.headers["content-length"]) > 3_000_000
    assert answer.json()["alerts"] == []


async def test_a_late_write_is_applied_without_another_request(page: httpx.AsyncClient) -> None:
    await order(page, kind="applied_late", seconds="0.1s", method="POST")
    with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
        await page.post(INCIDENTS, json=opening(component_statuses=None))

    async with asyncio.timeout(5):
        while not await truth(page):
            pass


async def test_alerts_and_switches_are_set_from_outside(twilio: httpx.AsyncClient) -> None:
    added = await twilio.post("/_control/alerts", json={"at": "-10s", "times": 3, "code": 30008})
    changed = await twilio.post("/_control/switches", json={"cap": 2})

    listed = (await twilio.get("/v1/Alerts")).json()["alerts"]

    assert len(added.json()["sids"]) == 3
    assert changed.json() == (await twilio.get("/_control/switches")).json()
    assert {a["sid"] for a in listed} < set(added.json()["sids"])
    assert len(listed) == 2


async def test_faults_are_cleared_and_all_is_reset_from_outside(page: httpx.AsyncClient) -> None:
    await order(page, kind="status", status=500)
    failed = (await page.get("/v1/identity")).status_code
    await page.delete("/_control/faults")
    await page.post(INCIDENTS, json=opening(component_statuses=None))
    journal = (await page.get("/_control/journal")).json()

    await page.post("/_control/reset")

    assert failed == 500
    assert [r["status"] for r in journal["requests"]] == [500, 201]
    assert [w["endpoint"] for w in journal["writes"]] == ["incidents.create"]
    assert await truth(page) == []


async def test_the_pages_switches_are_set_from_outside(page: httpx.AsyncClient) -> None:
    changed = await page.post("/_control/switches", json={"stale_reads": "5s", "echo": "lossy"})

    told = (await page.get("/_control/switches")).json()

    assert changed.json() == told
    assert (told["stale_reads"], told["echo"], told["keys"]) == ("5s", "lossy", "honoured")


async def test_people_act_from_outside(page: httpx.AsyncClient) -> None:
    opened = await page.post("/_control/people", json={"act": "open", "name": "Theirs"})
    await page.post("/_control/people", json={"act": "open_maintenance", "components": ["API"]})

    [incident] = await truth(page)
    [window] = (await page.get("/_control/maintenances")).json()

    assert opened.json() == {}
    assert (incident["name"], window["status"]) == ("Theirs", "maintenance_in_progress")


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("faults", b'{"kind": "hagn"}'),
        ("faults", b'["hang"]'),
        ("faults", b"{"),
        ("switches", b'{"cpa": 1}'),
        ("switches", b"[]"),
        ("people", b"[]"),
        ("people", b'{"act": "resolve"}'),
    ],
)
async def test_a_control_request_that_can_not_be_read_is_answered_with_why(
    page: httpx.AsyncClient, path: str, body: bytes
) -> None:
    answer = await page.post(f"/_control/{path}", content=body)

    assert (answer.status_code, list(answer.json())) == (400, ["error"])


async def test_the_public_page_shows_what_a_customer_would_see(page: httpx.AsyncClient) -> None:
    incident = {"act": "open", "name": "Late <b>texts</b>", "components": {"API": "full_outage"}}
    await page.post("/_control/people", json=incident)
    await page.post("/_control/people", json={"act": "open_maintenance", "components": []})

    answer = await page.get("/", headers={"authorization": ""})

    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "Late &lt;b&gt;texts&lt;/b&gt;" in answer.text
    assert '<span class="status full_outage">full outage</span>' in answer.text
    assert "Planned work" in answer.text


async def test_a_connection_is_kept_alive_and_no_server_is_named(twilio: httpx.AsyncClient) -> None:
    answers = [await twilio.get("/v1/Alerts") for _ in range(2)]

    assert [a.status_code for a in answers] == [200, 200]
    assert answers[0].headers.get_list("date") == [answers[0].headers["date"]]
    assert "server" not in answers[0].headers


async def test_the_clock_may_be_virtual() -> None:
    clock = Clock()
    scenario = parse('[[people]]\nat = "1h"\nact = "open"', "x")
    async with serving(scenario, now=clock) as up, httpx.AsyncClient() as client:
        clock.now += 3600
        async with asyncio.timeout(5):
            while not await truth(httpx_at(client, up.incidentio_url)):
                pass
        headers = {"authorization": basic(up.twilio.accounts[0])}
        answer = await client.get(f"{up.twilio_url}/v1/Alerts", headers=headers)

    assert answer.headers["date"] == "Sun, 29 Mar 2026 01:58:00 GMT"
    assert up.player.started_at == START


def httpx_at(client: httpx.AsyncClient, url: str) -> httpx.AsyncClient:
    client.base_url = httpx.URL(url)
    return client


async def arrived(client: httpx.AsyncClient) -> None:
    async with asyncio.timeout(5):
        while not (await client.get("/_control/journal")).json()["requests"]:
            pass


async def test_serving_ends_at_once_though_a_client_hangs() -> None:
    async with httpx.AsyncClient() as client:
        async with serving(Scenario()) as up:
            await order(httpx_at(client, up.twilio_url), kind="hang")
            hanging = asyncio.create_task(client.get("/v1/Alerts", timeout=30))
            await arrived(httpx_at(client, up.twilio_url))
            started = time.monotonic()

        with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
            await hanging

    assert time.monotonic() - started < 1


async def test_in_process_a_lost_request_raises_what_a_socket_would() -> None:
    async with serving(Scenario()) as up:
        transport = httpx.ASGITransport(up.twilio.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://sim") as client:
            await order(client, kind="lost_before")
            with pytest.raises(ConnectionResetError):
                await client.get("/v1/Alerts")
