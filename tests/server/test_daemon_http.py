"""Status over HTTP, and acts for whoever brings the token."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from builders import T0, a_rule
from daemons import a_config, a_daemon, served
from statusbridge.core.model import Stage
from statusbridge.daemon import Daemon
from statusbridge.server.door import Door
from statusbridge.status import status_document
from world import World

TOKEN = "a-token-for-the-console"


@pytest.fixture
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="sb-") as name:
        yield Path(name)


async def proposed(folder: Path, locked: bool = True) -> tuple[World, Daemon, dict[str, str]]:
    """A daemon on a world in which an opening waits, with its environment."""
    world = World(a_rule(stage=Stage.REVIEW))
    world.storm(4, at=-10)
    await world.cycle()
    environ: dict[str, str] = {"CONSOLE_TOKEN": TOKEN}
    more = 'token = { env = "CONSOLE_TOKEN" }\n' if locked else ""
    daemon = a_daemon(world, a_config(folder, more=more, environ=environ))
    daemon.cycles = 1
    return world, daemon, environ


def bearer(token: str = TOKEN) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def an_order(kind: str, **more: Any) -> dict[str, Any]:
    return {"order": {"kind": kind, **more}}


async def test_status_over_http_is_what_the_command_prints(folder: Path) -> None:
    world, daemon, _ = await proposed(folder)
    async with served(daemon) as (public, commands):
        answer = await public.get("/api/status")
        head = await public.head("/api/status")
        by_socket = (await commands.get("/status")).json()

    found = status_document(world.bridge, world.store, daemon.liveness())
    assert answer.text == json.dumps(found, indent=2, ensure_ascii=False) + "\n"
    assert answer.json() | {"stale": False} == by_socket
    assert answer.headers["content-type"] == "application/json"
    assert (head.status_code, head.content) == (200, b"")


async def test_without_a_token_in_the_configuration_nobody_acts_whatever_they_bring(
    folder: Path,
) -> None:
    world, daemon, _ = await proposed(folder, locked=False)
    async with served(daemon) as (public, _):
        answers = [
            await public.post("/api/acts", json=an_order("pause"), headers=bearer()),
            await public.post("/api/acts", json=an_order("pause"), headers=bearer("x")),
            await public.get("/api/review", headers=bearer()),
        ]

    assert [answer.status_code for answer in answers] == [405, 405, 405]
    assert {answer.headers["allow"] for answer in answers} == {"GET, HEAD"}
    assert world.store.acts.history(9) == []


@pytest.mark.parametrize(
    "headers",
    [{}, bearer("wrong"), bearer(TOKEN + "x"), bearer(TOKEN[:-1]), {"Authorization": TOKEN}],
)
async def test_without_the_token_nothing_is_decided_and_nothing_shown(
    folder: Path, headers: dict[str, str]
) -> None:
    world, daemon, _ = await proposed(folder)
    async with served(daemon) as (public, _):
        acted = await public.post("/api/acts", json=an_order("pause"), headers=headers)
        shown = await public.get("/api/review", headers=headers)

    assert (acted.status_code, shown.status_code) == (401, 401)
    assert acted.headers["www-authenticate"] == "Bearer"
    assert world.store.acts.history(9) == []


async def test_who_brings_the_token_sees_what_waits_and_decides_it(folder: Path) -> None:
    world, daemon, _ = await proposed(folder)
    async with served(daemon) as (public, _):
        (waits,) = (await public.get("/api/review", headers=bearer())).json()["waiting"]
        order = an_order("approve", key=waits["key"], look=waits["seen"])
        answer = await public.post("/api/acts", json=order, headers=bearer())
        again = await public.post("/api/acts", json=an_order("reject", key="sms"), headers=bearer())
        none = await public.post("/api/acts", content=b"[]", headers=bearer())

    assert (answer.status_code, answer.json()) == (200, {"said": "Approved public/sms."})
    assert again.status_code == 409
    assert (none.status_code, none.json()) == (400, {"error": "that is not an order"})
    assert [(act.kind, act.who) for act in world.store.acts.history(9)] == [
        ("approve", "HTTP (token)")
    ]
    assert daemon._wake.is_set()


async def test_after_ten_wrong_tokens_none_is_looked_at_for_a_minute(folder: Path) -> None:
    world, daemon, _ = await proposed(folder)
    async with served(daemon) as (public, _):
        wrong = [await public.get("/api/review", headers=bearer("wrong")) for _ in range(10)]
        barred = await public.get("/api/review", headers=bearer())
        world.clock.time = T0 + 60
        later = await public.get("/api/review", headers=bearer())

    assert {answer.status_code for answer in wrong} == {401}
    assert (barred.status_code, barred.headers["retry-after"]) == (429, "60")
    assert later.status_code == 200


async def test_a_session_ends_with_its_time_its_token_and_the_wish_to(folder: Path) -> None:
    world, daemon, environ = await proposed(folder)
    door = Door(daemon)
    first, second = door.begin(), door.begin()

    known = [door.session(first) is not None, door.session("x") is None, door.session(None) is None]
    door.end(second)
    after_end = door.session(second)
    environ["CONSOLE_TOKEN"] = "another-token-now"
    after_rotation = door.session(first)
    third = door.begin()
    world.clock.time += 12 * 3600
    after_a_shift = door.session(third)

    assert all(known)
    assert (after_end, after_rotation, after_a_shift) == (None, None, None)


async def test_a_token_that_can_not_be_read_opens_to_nobody(folder: Path) -> None:
    _, daemon, environ = await proposed(folder)
    door = Door(daemon)
    cookie = door.begin()
    del environ["CONSOLE_TOKEN"]

    assert not door.opens_to(TOKEN)
    assert not door.opens_to("")
    assert door.session(cookie) is None


async def test_of_many_sessions_the_oldest_make_room(folder: Path) -> None:
    _, daemon, _ = await proposed(folder)
    door = Door(daemon)
    cookies = [door.begin() for _ in range(40)]

    assert [door.session(cookie) is not None for cookie in cookies] == [False] * 8 + [True] * 32


async def test_no_alert_is_told_of_but_by_numbers(folder: Path) -> None:
    world = World(a_rule(stage=Stage.REVIEW))
    world.storm(4, at=-10, resource="SMprivate", service="MGprivate", host="private.example")
    await world.cycle()
    daemon = a_daemon(world, a_config(folder))
    async with served(daemon) as (public, _):
        told = [(await public.get(path)).text for path in ("/api/status", "/metrics", "/readyz")]

    assert not [text for text in told if "private" in text or "NO0" in text]
