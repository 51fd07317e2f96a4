"""Orders over the daemon's socket: by whom, when they count, and what is no order."""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from builders import a_rule
from daemons import a_config, a_daemon, served
from statusbridge.adapters.sqlite_errors import StoreBroken
from statusbridge.adapters.users import name_of
from statusbridge.core.model import Stage
from statusbridge.daemon import Daemon
from world import World


@pytest.fixture
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="sb-") as name:
        yield Path(name)


async def proposed(folder: Path) -> tuple[World, Daemon]:
    world = World(a_rule(stage=Stage.REVIEW))
    world.storm(4, at=-10)
    await world.cycle()
    daemon = a_daemon(world, a_config(folder))
    daemon.cycles = 1
    return world, daemon


def an_order(kind: str, **more: Any) -> dict[str, Any]:
    return {"order": {"kind": kind, **more}, "by": "nobody-we-know"}


def ourselves() -> str:
    """How this process is recorded by a daemon of the same user."""
    name = name_of(os.geteuid())
    return f"nobody-we-know (as {name})" if os.geteuid() == 0 else name


async def test_an_order_is_carried_out_recorded_as_its_peers_and_followed_by_a_cycle(
    folder: Path,
) -> None:
    _, daemon = await proposed(folder)
    async with served(daemon) as (_, commands):
        (waits,) = (await commands.get("/review")).json()["waiting"]
        answer = await commands.post("/acts", json=an_order("approve", key="sms"))
        wakes = daemon._wake.is_set()
        left = (await commands.get("/review")).json()

    assert (waits["key"], waits["name"]) == ("sms", "Delays sending SMS")
    assert (answer.status_code, answer.json()) == (200, {"said": "Approved public/sms."})
    assert wakes
    assert left["waiting"] == []
    assert [(act["act"], act["who"]) for act in left["acts"]] == [("approve", ourselves())]


async def test_a_refused_order_says_why_and_changes_nothing(folder: Path) -> None:
    world, daemon = await proposed(folder)
    async with served(daemon) as (_, commands):
        answer = await commands.post("/acts", json=an_order("approve", key="sms", look="beef"))

    assert answer.status_code == 409
    assert answer.json()["refused"].startswith("What you looked at (beef) is another outage's")
    assert (daemon._wake.is_set(), world.store.acts.history(9)) == (False, [])


@pytest.mark.parametrize(
    "body",
    [b"", b"{}", b"[]", b'{"order": {"kind": "dance"}}', b'{"order": 7}', b"\xff", b"x" * 100_001],
)
async def test_what_is_no_order_is_none(folder: Path, body: bytes) -> None:
    world, daemon = await proposed(folder)
    async with served(daemon) as (_, commands):
        answer = await commands.post("/acts", content=body)

    assert (answer.status_code, answer.json()) == (400, {"error": "that is not an order"})
    assert world.store.acts.history(9) == []


async def test_a_pause_counts_in_the_midst_of_a_cycle_and_an_approval_after_it(
    folder: Path,
) -> None:
    world, daemon = await proposed(folder)
    entered, go_on = asyncio.Event(), asyncio.Event()

    async def cycle() -> None:
        entered.set()
        await go_on.wait()

    async with served(daemon) as (_, commands):
        under_way = asyncio.create_task(daemon.between_cycles(cycle))
        await entered.wait()
        approving = asyncio.create_task(commands.post("/acts", json=an_order("approve", key="sms")))
        paused = await commands.post("/acts", json=an_order("pause"))
        during = [act.kind for act in world.store.acts.history(9)]
        go_on.set()
        await under_way
        approved = await approving

    assert (paused.status_code, approved.status_code, during) == (200, 200, ["pause"])
    assert [act.kind for act in world.store.acts.history(9)] == ["approve", "pause"]


async def test_a_state_file_that_breaks_under_a_pause_ends_the_daemon(folder: Path) -> None:
    _, daemon = await proposed(folder)

    def broken() -> None:
        raise StoreBroken("the disk is gone")

    with pytest.raises(StoreBroken):
        daemon.at_once(broken)
    with pytest.raises(StoreBroken, match="the disk is gone"):
        await daemon.run()


async def test_a_refused_reload_is_shown_everywhere_and_makes_nothing_unready(
    folder: Path,
) -> None:
    world, daemon = await proposed(folder)
    daemon.cycles = 1
    daemon.note_reload(refused=True)
    world.clock.time += 60
    daemon.note_reload(refused=True)
    async with served(daemon) as (public, commands):
        plain, verbose = await public.get("/readyz"), await public.get("/readyz?verbose")
        status = (await commands.get("/status")).json()["daemon"]
        console = (await public.get("/")).text
        daemon.note_reload(refused=False)
        mended = await public.get("/readyz?verbose")

    wrong = "configuration file has been wrong since"
    assert (plain.status_code, plain.text) == (200, "ok\n")
    assert (verbose.status_code, verbose.text.splitlines()) == (
        200,
        ["ok", f"the {wrong} 14:13:20Z; the one before goes on"],
    )
    assert (status["ready"], status["config_refused_since"]) == (True, "2026-09-21T14:13:20Z")
    assert f"The {wrong} 2026-09-21T14:13:20Z; the one before goes on." in console
    assert mended.text == "ok\n"


async def test_a_pause_is_shown_everywhere_and_makes_nothing_unready(folder: Path) -> None:
    _, daemon = await proposed(folder)
    async with served(daemon) as (public, commands):
        await commands.post("/acts", json=an_order("pause", reason="moving", seconds=60))
        await commands.post("/acts", json=an_order("pause", key="sms"))
        plain, verbose = await public.get("/readyz"), await public.get("/readyz?verbose")
        metrics = (await public.get("/metrics")).text.splitlines()
        status = (await commands.get("/status")).json()["daemon"]

    by = ourselves()
    assert (plain.status_code, plain.text) == (200, "ok\n")
    assert (verbose.status_code, verbose.text.splitlines()) == (
        200,
        [
            "ok",
            f"publishing is paused by {by} until 2026-09-21T14:14:20Z: moving",
            f"publishing is paused by {by}",
        ],
    )
    assert 'statusbridge_publishing_paused{scope="all"} 1.0' in metrics
    assert 'statusbridge_publishing_paused{scope="incident"} 1.0' in metrics
    assert (status["ready"], status["paused"]) == (True, True)
    assert [(p["page"], p["incident"], p["reason"]) for p in status["pauses"]] == [
        (None, None, "moving"),
        ("public", "sms", ""),
    ]


async def test_the_public_face_takes_no_orders(folder: Path) -> None:
    _, daemon = await proposed(folder)
    async with served(daemon) as (public, _):
        asked = [await public.post("/acts", json=an_order("pause")), await public.get("/review")]

    assert [reply.status_code for reply in asked] == [404, 404]
