from __future__ import annotations

import asyncio
import json
import socket
import stat
import tempfile
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from builders import T0, a_rule
from daemons import a_config, a_daemon, served
from statusbridge import __version__
from statusbridge.adapters import unix_socket
from statusbridge.adapters.sqlite_errors import StoreError
from statusbridge.bridge.acting import carry
from statusbridge.bridge.planning import draw, plan_document
from statusbridge.config.values import Address, Server
from statusbridge.core.acts import ActKind, Order
from statusbridge.core.errors import Unauthorized, Unavailable
from statusbridge.core.model import Stage
from statusbridge.daemon import Daemon
from statusbridge.server.serve import serving
from world import World


@pytest.fixture
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="sb-") as name:
        yield Path(name)


async def after_a_cycle(world: World, folder: Path) -> Daemon:
    daemon = a_daemon(world, a_config(folder))
    world.storm(4, at=-10)
    await world.cycle()
    daemon.cycles = 1
    return daemon


async def test_readiness_follows_the_polls_and_the_watermark(folder: Path) -> None:
    world = World()
    daemon = a_daemon(world, a_config(folder))
    answers = []
    async with served(daemon) as (public, _):
        answers.append(await public.get("/readyz"))
        await world.cycle()
        daemon.cycles = 1
        answers.append(await public.get("/readyz"))
        world.feed.error = Unauthorized(401, "no entry")
        await world.cycle(1)
        answers.append(await public.get("/readyz"))
        world.feed.error = None
        await world.cycle(2)
        world.clock.time = T0 + 3 * 3600 + 3
        answers.append(await public.get("/readyz"))
        alive = await public.get("/livez")

    assert [(a.status_code, a.text) for a in answers] == [
        (503, "the first cycle is not finished yet\naccount prod: not read yet\n"),
        (200, "ok\n"),
        (503, "account prod: no entry\n"),
        (503, "account prod: last read whole 3 h ago\n"),
    ]
    assert alive.status_code == 200


async def test_public_face_takes_no_writes_and_knows_no_commands(folder: Path) -> None:
    daemon = await after_a_cycle(World(), folder)
    async with served(daemon) as (public, _):
        asked = [
            await public.post("/readyz"),
            await public.post("/apply", json=[]),
            await public.get("/status"),
        ]

    assert [reply.status_code for reply in asked] == [405, 404, 404]


async def test_metrics_count_what_happened(folder: Path) -> None:
    world = World()
    daemon = await after_a_cycle(world, folder)
    world.page.unreadable = Unavailable("gone")
    await world.cycle(5)
    async with served(daemon) as (public, _):
        reply = await public.get("/metrics")

    found = dict(
        line.rsplit(" ", 1) for line in reply.text.splitlines() if not line.startswith("#")
    )
    assert reply.headers["content-type"].startswith("text/plain")
    assert found['statusbridge_watermark_age_seconds{account="prod"}'] == "0.0"
    assert found['statusbridge_gap_seconds{account="prod"}'] == "0.0"
    assert found["statusbridge_alerts_seen_total"] == "4.0"
    assert found["statusbridge_alerts_matched_total"] == "4.0"
    assert found["statusbridge_ready"] == "0.0"
    assert found["statusbridge_cycles_total"] == "1.0"
    assert found["statusbridge_incidents_open"] == "1.0"


@pytest.mark.parametrize(("stage", "open_"), [(Stage.SHADOW, "0.0"), (Stage.REVIEW, "1.0")])
async def test_an_incident_is_open_for_the_metrics_where_the_public_can_read_it(
    stage: Stage, open_: str, folder: Path
) -> None:
    world = World(a_rule(stage=stage))
    daemon = await after_a_cycle(world, folder)
    if stage is Stage.REVIEW:
        carry(world.bridge, Order(ActKind.APPROVE, "sms"), "ada")
        await world.cycle()
    async with served(daemon) as (public, _):
        reply = await public.get("/metrics")

    assert f"statusbridge_incidents_open {open_}" in reply.text.splitlines()


async def test_held_openings_are_metrics_by_reason(folder: Path) -> None:
    world = World()
    world.page.open(
        "Theirs",
        {
            "message": "x",
            "incident_status": "investigating",
            "component_statuses": [{"component_id": "c-sms", "component_status": "full_outage"}],
        },
    )
    daemon = await after_a_cycle(world, folder)
    async with served(daemon) as (public, _):
        reply = await public.get("/metrics")

    held = [x for x in reply.text.splitlines() if x.startswith("statusbridge_held{")]
    assert [x for x in held if not x.endswith(" 0.0")] == [
        'statusbridge_held{reason="person_has_open_incident"} 1.0'
    ]


async def test_socket_answers_status_with_whether_it_is_stale(folder: Path) -> None:
    world = World()
    daemon = await after_a_cycle(world, folder)
    async with served(daemon) as (_, commands):
        fresh = (await commands.get("/status")).json()
        world.clock.time = T0 + 4 * 3600
        stale = (await commands.get("/status")).json()

    assert (fresh["stale"], stale["stale"]) == (False, True)
    assert fresh["daemon"] == {
        "running": True,
        "version": __version__,
        "ready": True,
        "reasons": [],
        "paused": False,
        "pauses": [],
        "config_refused_since": None,
    }
    assert [i["state"] for i in fresh["incidents"]] == ["investigating"]


async def plan_of(world: World) -> list[dict[str, Any]]:
    """Return the operations that are due, as a saved plan has them."""
    found: list[dict[str, Any]] = plan_document(await draw(world.bridge))["operations"]
    return found


async def test_socket_explains_and_tells_what_no_rule_counts(folder: Path) -> None:
    daemon = await after_a_cycle(World(), folder)
    async with served(daemon) as (_, commands):
        rule = await commands.get("/explain", params={"what": "sms"})
        past = await commands.get("/explain", params={"what": "sms", "at": str(T0 - 9)})
        unmatched = await commands.get("/unmatched")

    assert rule.json()["answer"].startswith("Incident “Delays sending SMS” is open")
    assert past.json()["answer"] == (
        "No incident: rule sms counts 2 of 3 alerts needed in 1m; 1 alert is missing."
    )
    assert (unmatched.json()["alerts"], unmatched.json()["codes"]) == (4, [])


@pytest.mark.parametrize(
    ("params", "status", "said"),
    [
        ({"what": "nothing"}, 404, "No rule and no incident is called “nothing”"),
        ({"what": "SM" + "0" * 32}, 400, "SM… is no alert's SID"),
        ({"what": "sms", "at": "noon"}, 400, "invalid literal"),
    ],
)
async def test_socket_answers_what_is_no_question_with_why(
    folder: Path, params: dict[str, str], status: int, said: str
) -> None:
    daemon = await after_a_cycle(World(), folder)
    async with served(daemon) as (_, commands):
        answer = await commands.get("/explain", params=params)

    assert answer.status_code == status
    assert answer.json()["error"].startswith(said)


async def test_socket_applies_the_plan_that_is_still_the_plan_and_refuses_another(
    folder: Path,
) -> None:
    world = World()
    world.storm(4, at=-10)
    daemon = a_daemon(world, a_config(folder))
    operations = await plan_of(world)
    async with served(daemon) as (_, commands):
        first = await commands.post("/apply", json=operations)
        second = await commands.post("/apply", json=operations)

    assert first.json() == {"trouble": {}, "applied": 1}
    assert second.json() == {
        "trouble": {},
        "difference": ["- open sms on public: investigating c-sms degraded_performance"],
    }
    assert world.posts == ["Some text messages are failing."]


async def test_apply_that_waited_for_a_reload_goes_on_with_the_new_bridge(folder: Path) -> None:
    world = World()
    world.storm(4, at=-10)
    daemon = a_daemon(world, a_config(folder))
    operations = await plan_of(world)
    before = world.bridge
    entered, go_on = asyncio.Event(), asyncio.Event()

    async def reload() -> None:
        entered.set()
        await go_on.wait()
        world.restart()
        daemon.parts.bridge = world.bridge

    async with served(daemon) as (_, commands):
        reloading = asyncio.create_task(daemon.between_cycles(reload))
        await entered.wait()
        sent = asyncio.Event()

        async def body() -> AsyncIterator[bytes]:
            yield json.dumps(operations).encode()
            sent.set()

        applying = asyncio.create_task(commands.post("/apply", content=body()))
        await sent.wait()
        for _ in range(20):
            await asyncio.sleep(0)
        go_on.set()
        await reloading
        reply = await applying

    assert reply.json()["applied"] == 1
    assert before.detection is not world.bridge.detection


@pytest.mark.parametrize(
    "body", [b"", b"garbage", b"{}", b"[7]", b"[{}]", b"\xff", b"[" * 5000, b" " * 1_000_001]
)
async def test_socket_refuses_what_is_no_plan(folder: Path, body: bytes) -> None:
    world = World()
    async with served(a_daemon(world, a_config(folder))) as (_, commands):
        reply = await commands.post("/apply", content=body)

    assert (reply.status_code, reply.json()) == (400, {"error": "that is not a plan"})


async def test_address_that_is_taken_is_said_and_the_socket_is_gone_again(folder: Path) -> None:
    daemon = a_daemon(World(), a_config(folder))
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        daemon.config = replace(daemon.config, server=Server(Address("127.0.0.1", port)))

        with pytest.raises(StoreError, match=f"127.0.0.1:{port} can't be listened on"):
            async with serving(daemon):
                raise AssertionError("served on a port that is taken")

    assert not daemon.config.socket_path.exists()


async def test_nothing_is_served_over_http_where_no_address_is_given(folder: Path) -> None:
    daemon = a_daemon(World(), a_config(folder))
    daemon.config = replace(daemon.config, server=Server(None))

    with capture_logs() as logs:
        async with serving(daemon):
            mode = stat.S_IMODE(daemon.config.socket_path.stat().st_mode)

    assert (logs, mode) == ([], 0o660)


async def test_ipv6_address_is_named_in_brackets(folder: Path) -> None:
    daemon = a_daemon(World(), a_config(folder))
    daemon.config = replace(daemon.config, server=Server(Address("::1", 0)))

    with capture_logs() as logs:
        async with serving(daemon):
            pass

    assert logs[0]["listen"].startswith("[::1]:")


def test_left_over_socket_is_replaced_and_a_live_one_is_not(folder: Path) -> None:
    path = folder / "s"
    unix_socket.listen(path).close()
    with unix_socket.listen(path) as listener:
        listener.listen()
        with pytest.raises(FileExistsError, match="another process listens there"):
            unix_socket.listen(path)
        assert unix_socket.answers(path)

    assert not unix_socket.answers(path)


@pytest.mark.parametrize("make", ["file", "folder", "link"])
def test_other_file_in_the_sockets_place_stays(folder: Path, make: str) -> None:
    path, target = folder / "s", folder / "target"
    target.write_text("keep")
    match make:
        case "file":
            path.write_text("keep")
        case "folder":
            path.mkdir()
        case _:
            path.symlink_to(target)

    with pytest.raises(OSError):
        unix_socket.listen(path)

    assert path.exists()
    assert target.read_text() == "keep"


def test_socket_in_a_place_that_cannot_be_is_said(folder: Path) -> None:
    (folder / "file").write_text("")

    with pytest.raises(OSError):
        unix_socket.listen(folder / "file" / "s")
