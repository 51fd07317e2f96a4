"""The page against a loopback stand-in: what each answer means, and what is never sent twice."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from http_server import Server, answer, answering, replying
from statusbridge.adapters import incidentio_reads
from statusbridge.adapters.http import Wire
from statusbridge.adapters.http_transport import Limits
from statusbridge.adapters.incidentio import IncidentIo, list_pages
from statusbridge.adapters.incidentio_bodies import (
    Post,
    create_body,
    retrospective_body,
    update_body,
)
from statusbridge.adapters.incidentio_structure import Identity, PageEntry
from statusbridge.core import outcome
from statusbridge.core.errors import Unauthorized, Unavailable
from statusbridge.core.live import Component, Incident, Maintenance, Structure, Update
from statusbridge.core.model import ComponentId, IncidentId, IncidentStatus, PageId, UpdateId

PAGE = PageId("01PAGE")
ID = IncidentId("01INC")
NOON = 1_784_548_800  # 2026-07-20T12:00:00Z
DATE = "Date: Mon, 20 Jul 2026 12:00:00 GMT"

LOOKING = Post("We are looking.", IncidentStatus.INVESTIGATING)
OVER = Post("It is over.", IncidentStatus.RESOLVED)
CREATE = create_body(PAGE, "Delays", LOOKING, "sb-1", notify=True)
UPDATE = update_body(ID, LOOKING, notify=True)
RETROSPECTIVE = retrospective_body(PAGE, "Delays", ((NOON, LOOKING), (NOON, OVER)), "sb-1")

WIRE_UPDATE = {
    "id": "01U1",
    "status_page_incident_id": "01INC",
    "message": "We are looking.",
    "incident_status": "investigating",
    "published_at": "2026-07-20T12:00:00Z",
    "component_statuses": [],
}
READ_UPDATE = Update(UpdateId("01U1"), "We are looking.", "investigating", NOON)


def wire_incident(id_: str = "01INC", page: str = "01PAGE") -> dict[str, Any]:
    return {
        "id": id_,
        "status_page_id": page,
        "name": "Delays",
        "incident_status": "investigating",
        "updates": [WIRE_UPDATE],
        "component_impacts": [],
    }


def read_incident(id_: str = "01INC") -> Incident:
    return Incident(IncidentId(id_), PAGE, "Delays", "investigating", (READ_UPDATE,))


def ok(status: str = "200 OK", *headers: str, **parts: Any) -> bytes:
    return answer(status, json.dumps(parts).encode(), *headers)


def no(status: str, *headers: str, **more: Any) -> bytes:
    error = {
        "type": "validation_error",
        "status": int(status[:3]),
        "request_id": "req-1",
        "errors": [{"code": "invalid", "message": "is too long", "source": {"field": "name"}}],
    }
    return answer(status, json.dumps({**error, **more}).encode(), *headers)


@dataclass
class Naps:
    """Waiting that takes no time and is remembered."""

    taken: list[float] = field(default_factory=list)

    async def sleep(self, seconds: float) -> None:
        self.taken.append(seconds)


@dataclass
class Setup:
    page: IncidentIo
    server: Server
    naps: Naps

    @property
    def lines(self) -> list[str]:
        return [r.split(b" HTTP/1.1", 1)[0].decode() for r in self.server.requests]


@asynccontextmanager
async def page_that(respond: Callable[[str, bytes], bytes]) -> AsyncIterator[Setup]:
    naps = Naps()
    async with replying(respond) as server:
        wire = Wire(server.url, lambda: "Bearer key", limits=Limits(deadline=2.0, connect=1.0))
        try:
            yield Setup(IncidentIo(wire, PAGE, sleep=naps.sleep), server, naps)
        finally:
            await wire.aclose()


@asynccontextmanager
async def page_saying(*answers: bytes) -> AsyncIterator[Setup]:
    """Answers in turn; the last one for ever."""
    turn = count()
    async with page_that(lambda *_: answers[min(next(turn), len(answers) - 1)]) as setup:
        yield setup


async def test_structure_is_read_with_the_pages_name() -> None:
    def respond(line: str, _: bytes) -> bytes:
        if line == "GET /v2/status_pages/01PAGE":
            return ok(status_page={"id": "01PAGE", "name": "Acme", "public_url": "https://s.acme"})
        assert line == "GET /v2/status_page_structures/01PAGE"
        items = [{"component": {"component_id": "01A", "name": "API", "hidden": False}}]
        return ok(current_structure={"items": items})

    async with page_that(respond) as at:
        read = await at.page.structure()

    assert read == Structure(
        PAGE, "Acme", (Component(ComponentId("01A"), "API"),), "https://s.acme"
    )


async def test_whole_listing_is_read_in_the_order_served_and_of_this_page_only() -> None:
    def respond(line: str, _: bytes) -> bytes:
        url = urlsplit(line.removeprefix("GET "))
        query = parse_qs(url.query)
        assert url.path == "/v2/status_page_incidents"
        assert query["status_page_id"] == ["01PAGE"]
        assert query["page_size"] == ["250"]
        match query.get("after"):
            case None:
                listed, after = [wire_incident("05"), wire_incident("04", "01OTHER")], "04"
            case ["04"]:
                listed, after = [wire_incident("03"), wire_incident("02")], "02 &"
            case ["02 &"]:
                listed, after = [{**wire_incident("02"), "name": "later"}, wire_incident("01")], ""
            case other:
                raise AssertionError(other)
        return ok(status_page_incidents=listed, pagination_meta={"after": after})

    async with page_that(respond) as at:
        read = await at.page.incidents()

    assert read == tuple(read_incident(id_) for id_ in ("05", "03", "02", "01"))


async def test_listing_that_runs_in_a_circle_is_no_answer() -> None:
    forever = ok(status_page_incidents=[wire_incident()], pagination_meta={"after": "01INC"})

    async with page_saying(forever) as at:
        with pytest.raises(Unavailable, match="lists without end"):
            await at.page.incidents()

    assert len(at.lines) == 2


async def test_listing_that_takes_minutes_is_left_for_the_next_cycle(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(incidentio_reads, "LONGEST_LISTING", 0.05)
    turn = count()

    def respond(_: str, __: bytes) -> bytes:
        return ok(status_page_incidents=[], pagination_meta={"after": f"01{next(turn)}"})

    async with page_that(respond) as at:
        with pytest.raises(Unavailable, match="still listing after 0 s"):
            await at.page.incidents()

    assert len(at.lines) < incidentio_reads.MOST_PAGES


async def test_listing_broken_off_in_the_middle_gives_nothing() -> None:
    first = ok(status_page_incidents=[wire_incident()], pagination_meta={"after": "01INC"})

    async with page_saying(first, answer("200 OK", b"<html>")) as at:
        with pytest.raises(Unavailable, match="the answer can't be read"):
            await at.page.incidents()


async def test_listing_of_a_page_that_is_gone_is_not_an_empty_listing() -> None:
    async with page_saying(no("404 Not Found")) as at:
        with pytest.raises(Unavailable, match="check the status page's id"):
            await at.page.incidents()
        with pytest.raises(Unavailable, match="check the ids"):
            await at.page.structure()


async def test_incident_is_shown() -> None:
    async with page_saying(ok(status_page_incident=wire_incident())) as at:
        read = await at.page.incident(ID)

    assert read == read_incident()
    assert at.lines == ["GET /v2/status_page_incidents/01INC"]


async def test_ids_cannot_lead_a_request_elsewhere() -> None:
    async with page_saying(no("404 Not Found")) as at:
        await at.page.incident(IncidentId("a/../b?c#d"))

    assert at.lines == ["GET /v2/status_page_incidents/a%2F..%2Fb%3Fc%23d"]


async def test_incident_that_the_api_denies_is_none() -> None:
    async with page_saying(no("404 Not Found")) as at:
        assert await at.page.incident(ID) is None

    assert at.naps.taken == []


async def test_404_of_a_proxy_proves_nothing() -> None:
    async with page_saying(answer("404 Not Found", b"default backend - 404")) as at:
        with pytest.raises(Unavailable, match="was answered 404"):
            await at.page.incident(ID)


@pytest.mark.parametrize(("id_", "page"), [("01INC", "01OTHER"), ("01ELSE", "01PAGE")])
async def test_incident_of_another_page_or_id_is_refused(id_: str, page: str) -> None:
    async with page_saying(ok(status_page_incident=wire_incident(id_, page))) as at:
        with pytest.raises(Unavailable, match="asked for incident 01INC of page 01PAGE"):
            await at.page.incident(ID)


async def test_maintenances_of_this_page_are_read() -> None:
    period = {"component_id": "01A", "start_at": "2026-07-20T12:00:00Z"}
    window = {"id": "01M", "status_page_id": "01PAGE", "component_maintenance_periods": [period]}
    other = {**window, "status_page_id": "01OTHER"}

    async with page_saying(ok(status_page_maintenances=[other, window])) as at:
        read = await at.page.maintenances()

    components = frozenset({ComponentId("01A")})
    assert read == (Maintenance("01M", "", "", NOON, None, components),)
    assert at.lines == ["GET /v2/status_page_maintenances?status_page_id=01PAGE&page_size=250"]


async def test_identity_is_read() -> None:
    async with page_saying(ok(identity={"name": "bridge", "roles": ["viewer"]})) as at:
        assert await at.page.identity() == Identity("bridge", ("viewer",))

    assert at.lines == ["GET /v1/identity"]


async def test_all_status_pages_are_listed() -> None:
    one = ok(status_pages=[{"id": "01P", "name": "A"}], pagination_meta={"after": "01P"})
    two = ok(status_pages=[{"id": "01Q", "name": "B", "public_url": "https://b"}])
    turn = iter([one, two])

    async with replying(lambda *_: next(turn)) as server:
        wire = Wire(server.url, lambda: "Bearer key")
        listed = await list_pages(wire)
        await wire.aclose()

    assert listed == (
        PageEntry(PageId("01P"), "A", None),
        PageEntry(PageId("01Q"), "B", "https://b"),
    )


async def test_servers_clock_is_that_of_the_newest_answer_that_gave_one() -> None:
    body = {"identity": {"name": "bridge"}}
    async with page_saying(ok("200 OK", DATE, **body), ok(**body)) as at:
        before = at.page.last_date
        await at.page.identity()
        await at.page.identity()

    assert (before, at.page.last_date) == (None, NOON)


@pytest.mark.parametrize(
    "passing", ["408 Timeout", "429 Slow", "500 Oops", "502 Bad", "503 Wait", "529 Full"]
)
async def test_read_is_tried_again_after_what_may_pass(passing: str) -> None:
    async with page_saying(no(passing), ok(status_page_incident=wire_incident())) as at:
        assert await at.page.incident(ID) == read_incident()

    assert len(at.naps.taken) == 1
    assert 0 <= at.naps.taken[0] <= 3


async def test_read_waits_as_long_as_the_server_asks() -> None:
    asked = (no("429 Slow", "Retry-After: 4"), no("503 Wait", DATE, "Retry-After: 5"))
    async with page_saying(*asked, ok(status_page_incident=wire_incident())) as at:
        await at.page.incident(ID)

    assert at.naps.taken == [4.0, 5.0]


async def test_read_that_is_asked_to_wait_long_leaves_it_to_the_caller() -> None:
    limited = no("429 Slow", DATE, "Retry-After: Mon, 20 Jul 2026 12:01:00 GMT")
    async with page_saying(limited) as at:
        with pytest.raises(Unavailable) as failure:
            await at.page.incident(ID)

    assert failure.value.retry_after == 60
    assert failure.value.reason == (
        "GET /v2/status_page_incidents/01INC was answered 429 "
        "validation_error: name: is too long (request req-1)"
    )
    assert (len(at.lines), at.naps.taken) == (1, [])


async def test_read_gives_up_after_three_attempts() -> None:
    async with page_saying(answer("502 Bad Gateway", b"<html>")) as at:
        with pytest.raises(Unavailable, match=r"was answered 502$"):
            await at.page.incidents()

    assert (len(at.lines), len(at.naps.taken)) == (3, 2)


async def test_read_is_tried_again_where_nobody_listens() -> None:
    async with answering() as closed:
        pass
    naps = Naps()
    wire = Wire(closed.url, lambda: "Bearer key")
    with pytest.raises(Unavailable, match="could not connect"):
        await IncidentIo(wire, PAGE, sleep=naps.sleep).incidents()
    await wire.aclose()

    assert len(naps.taken) == 2


@pytest.mark.parametrize("status", ["401 Unauthorized", "403 Forbidden"])
async def test_refused_credentials_are_told_apart_and_not_tried_again(status: str) -> None:
    async with page_saying(no(status)) as at:
        with pytest.raises(Unauthorized) as failure:
            await at.page.incidents()

    assert failure.value.status == int(status[:3])
    assert failure.value.reason.endswith(": check the API key and what it may do")
    assert (len(at.lines), at.naps.taken) == (1, [])


@pytest.mark.parametrize("status", ["204 No Content", "206 Partial", "400 Bad", "409 Conflict"])
async def test_read_answered_otherwise_is_no_answer(status: str) -> None:
    async with page_saying(answer(status, b"")) as at:
        with pytest.raises(Unavailable, match=f"was answered {status[:3]}"):
            await at.page.incidents()

    assert len(at.lines) == 1


CREATED = ok("201 Created", status_page_incident=wire_incident())
UPDATED = ok("201 Created", status_page_incident_update=WIRE_UPDATE)


async def test_create_sends_its_bytes_once_and_gives_the_incident() -> None:
    async with page_saying(CREATED) as at:
        assert await at.page.create(CREATE) == outcome.Applied(incident=read_incident())

    assert at.lines == ["POST /v2/status_page_incidents"]
    assert at.server.requests[0].endswith(b"\r\n\r\n" + CREATE)


async def test_update_sends_its_bytes_once_and_gives_the_update() -> None:
    async with page_saying(UPDATED) as at:
        assert await at.page.update(UPDATE) == outcome.Applied(update=READ_UPDATE)

    assert at.lines == ["POST /v2/status_page_incident_updates"]
    assert at.server.requests[0].endswith(b"\r\n\r\n" + UPDATE)


async def test_retrospective_sends_its_bytes_once_and_gives_the_incident() -> None:
    async with page_saying(CREATED) as at:
        done = await at.page.retrospective(RETROSPECTIVE)

    assert done == outcome.Applied(incident=read_incident())
    assert at.lines == ["POST /v2/status_page_retrospective_incidents"]


@pytest.mark.parametrize(
    "body",
    [
        create_body(PageId("01OTHER"), "Delays", LOOKING, "k", notify=True),
        UPDATE,
        b"{}",
        b"not JSON",
    ],
)
async def test_body_that_is_not_for_this_page_is_never_sent(body: bytes) -> None:
    async with page_saying(CREATED) as at:
        with pytest.raises(ValueError, match=r"page|read"):
            await at.page.create(body)
        with pytest.raises(ValueError, match=r"page|read"):
            await at.page.retrospective(body)

    assert at.server.connections == 0


async def test_update_of_no_incident_is_never_sent() -> None:
    async with page_saying(UPDATED) as at:
        with pytest.raises(ValueError, match="status_page_incident_id"):
            await at.page.update(CREATE)

    assert at.server.connections == 0


WORDS = "validation_error: name: is too long (request req-1)"

ANSWERS: list[tuple[bytes, outcome.Outcome]] = [
    (no("400 Bad"), outcome.Refused(400, f"400 {WORDS}")),
    (no("413 Large"), outcome.Refused(413, f"413 {WORDS}")),
    (no("415 Type"), outcome.Refused(415, f"415 {WORDS}")),
    (no("422 Invalid"), outcome.Refused(422, f"422 {WORDS}")),
    (answer("412 Failed", b"<html>"), outcome.Refused(412, "412")),
    (no("401 Who"), outcome.Unauthorized(401, f"401 {WORDS}")),
    (no("403 No"), outcome.Unauthorized(403, f"403 {WORDS}")),
    (no("404 Gone"), outcome.Gone(f"404 {WORDS}")),
    (answer("404 Gone", b"default backend - 404"), outcome.Unknown("404")),
    (no("408 Late"), outcome.Unknown(f"408 {WORDS}")),
    (no("409 Conflict"), outcome.Unknown(f"409 {WORDS}")),
    (no("425 Early"), outcome.Unknown(f"425 {WORDS}")),
    (no("499 Closed"), outcome.Unknown(f"499 {WORDS}")),
    (no("429 Slow"), outcome.Limited(f"429 {WORDS}", None)),
    (no("429 Slow", "Retry-After: 7"), outcome.Limited(f"429 {WORDS}", 7)),
    (
        no("429 Slow", DATE, rate_limit={"retry_after": "2026-07-20T12:00:09Z"}),
        outcome.Limited(f"429 {WORDS}", 9),
    ),
    (
        no("429 Slow", "Retry-After: Mon, 20 Jul 2026 12:01:00 GMT"),
        outcome.Limited(f"429 {WORDS}", 900),
    ),
    (no("500 Oops"), outcome.Unknown(f"500 {WORDS}")),
    (answer("503 Wait", b""), outcome.Unknown("503")),
    (answer("302 Found", b"", "Location: http://127.0.0.1:9/"), outcome.Unknown("302")),
    (ok("200 OK", status_page_incident=wire_incident()), outcome.Unknown("200")),
    (answer("202 Accepted"), outcome.Unknown("202")),
    (answer("204 No Content", b""), outcome.Unknown("204")),
]


@pytest.mark.parametrize(("sent", "expected"), ANSWERS, ids=[repr(e) for _, e in ANSWERS])
async def test_answer_to_a_write_is_classified_and_never_sent_again(
    sent: bytes, expected: outcome.Outcome
) -> None:
    async with page_saying(sent) as at:
        results = [
            await at.page.create(CREATE),
            await at.page.update(UPDATE),
            await at.page.retrospective(RETROSPECTIVE),
        ]

    assert results == [expected] * 3
    assert len(at.lines) == 3
    assert at.naps.taken == []


NOT_OURS = {
    "no body": b"",
    "HTML": b"<html>",
    "empty object": b"{}",
    "incident without id": json.dumps({"status_page_incident": {}}).encode(),
    "incident of another page": json.dumps(
        {"status_page_incident": wire_incident(page="01OTHER")}
    ).encode(),
    "update of another incident": json.dumps(
        {"status_page_incident_update": {**WIRE_UPDATE, "status_page_incident_id": "01ELSE"}}
    ).encode(),
    "update of no incident": json.dumps({"status_page_incident_update": {"id": "01U1"}}).encode(),
}


@pytest.mark.parametrize("body", NOT_OURS.values(), ids=NOT_OURS)
async def test_201_that_is_not_about_our_write_leaves_it_in_doubt(body: bytes) -> None:
    async with page_saying(answer("201 Created", body)) as at:
        results = [await at.page.create(CREATE), await at.page.update(UPDATE)]

    assert [type(result) for result in results] == [outcome.Unknown, outcome.Unknown]


PORTAL = ("Content-Type: text/html; charset=utf-8",)


async def test_what_calls_itself_a_web_page_is_no_answer_of_the_api_whatever_it_holds() -> None:
    created = ok("201 Created", *PORTAL, status_page_incident=wire_incident())
    updated = ok("201 Created", *PORTAL, status_page_incident_update=WIRE_UPDATE)
    shown = ok("200 OK", *PORTAL, status_page_incident=wire_incident())
    gone = no("404 Not Found", *PORTAL)

    async with page_saying(created, updated, gone, shown, gone) as at:
        results = [await at.page.create(CREATE)]
        results += [await at.page.update(UPDATE), await at.page.update(UPDATE)]
        with pytest.raises(Unavailable, match="text/html, not JSON: check base_url"):
            await at.page.incident(ID)
        with pytest.raises(Unavailable, match="was answered 404"):
            await at.page.incident(ID)

    assert results == [
        outcome.Unknown("201, but text/html, not JSON"),
        outcome.Unknown("201, but text/html, not JSON"),
        outcome.Unknown(f"404 {WORDS}"),
    ]


async def test_write_whose_connection_breaks_is_in_doubt_and_sent_once() -> None:
    async with answering(CREATED[:-4]) as server:
        wire = Wire(server.url, lambda: "Bearer key")
        done = await IncidentIo(wire, PAGE).create(CREATE)
        await wire.aclose()

    assert isinstance(done, outcome.Unknown)
    assert len(server.requests) == 1


async def test_write_that_finds_nobody_was_not_sent() -> None:
    async with answering() as closed:
        pass
    wire = Wire(closed.url, lambda: "Bearer key")
    done = await IncidentIo(wire, PAGE).create(CREATE)
    await wire.aclose()

    assert isinstance(done, outcome.NotSent)


async def test_refusal_is_told_in_one_short_line_that_a_terminal_can_show() -> None:
    said = "\x1b[2J\u202e" + "y" * 5_000 + "\n"
    errors = [{"code": "x", "message": said}, {"message": None, "source": {}}]
    sent = no("422 Invalid", request_id="r" * 1_000, errors=errors)
    async with page_saying(sent) as at:
        done = await at.page.create(CREATE)

    assert isinstance(done, outcome.Refused)
    assert len(done.reason) <= 304
    assert done.reason.isprintable()
