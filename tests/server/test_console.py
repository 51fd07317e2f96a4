"""The console's answers: what is on the page, and who may decide there."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from builders import T0, a_rule
from daemons import served
from server.consoles import TOKEN, a_console, entered, proposed, text_of
from statusbridge.adapters.sqlite_lookups import posted_lately
from statusbridge.core.errors import Unauthorized, Unavailable
from statusbridge.core.model import Stage
from world import World


@pytest.fixture
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="sb-") as name:
        yield Path(name)


async def test_a_quiet_console_says_so_and_is_small(folder: Path) -> None:
    world = World()
    await world.cycle()
    async with served(a_console(world, folder)) as (public, _):
        told = await text_of(public)
        whole, live, head = [await public.get(p) for p in ("/", "/live", "/icon.svg")]

    assert "It works, and all is quiet." in told
    assert "No incident is open." in told
    assert len(whole.content) < 100_000
    assert live.text.startswith("<main")
    assert whole.text.count("<script") == 1
    assert head.headers["content-type"] == "image/svg+xml"


async def test_a_refused_configuration_file_leaves_no_console_quiet(folder: Path) -> None:
    world = World()
    await world.cycle()
    daemon = a_console(world, folder)
    daemon.note_reload(refused=True)
    async with served(daemon) as (public, _):
        told = await text_of(public)

    assert "It works. Its configuration file is wrong." in told
    assert "The configuration file has been wrong since 2026-09-21T14:13:20Z; the one" in told


async def test_an_open_incident_is_shown_with_its_text_rule_and_receipt(folder: Path) -> None:
    world = World()
    world.storm(4, at=-10)
    await world.cycle()
    async with served(a_console(world, folder)) as (public, _):
        told = await text_of(public)

    assert "It works. The public reads of 1 open incident." in told
    assert "Delays sending SMS investigating ours Some text messages are failing." in told
    assert "133&nbsp;% of its nearest trigger: 4 alerts" in told
    assert "alerts now 4, at most 4 in 3 hours" in told
    assert "public/sms · receipt" in told
    assert "receipt none" not in told


async def test_an_incident_of_a_person_and_a_hold_are_shown_as_that(folder: Path) -> None:
    world = World()
    world.page.open(
        "Theirs <b>now</b>",
        {
            "message": "x",
            "incident_status": "investigating",
            "component_statuses": [{"component_id": "c-sms", "component_status": "full_outage"}],
        },
    )
    world.storm(4, at=-10)
    await world.cycle()
    async with served(a_console(world, folder)) as (public, _):
        told = await text_of(public)

    assert "Theirs &lt;b&gt;now&lt;/b&gt; investigating a person’s" in told
    assert "Held back" in told
    assert "person has open incident" in told


async def test_what_can_not_be_read_comes_first_and_is_told_of_with_why(folder: Path) -> None:
    world = World()
    world.storm(4, at=-10)
    await world.cycle()
    world.feed.error = Unauthorized(401, "no entry")
    world.page.unreadable = Unavailable("gone fishing")
    await world.cycle(20)
    async with served(a_console(world, folder)) as (public, _):
        told = await text_of(public)

    assert told.index("It can’t be relied on right now.") < told.index("account prod: no entry")
    assert "an account can’t be read" in told
    assert "It can’t be read: gone fishing." in told


async def test_page_that_can_not_be_read_is_not_said_to_show_no_incident(folder: Path) -> None:
    world = World()
    await world.cycle()
    async with served(a_console(world, folder)) as (public, _):
        quiet = await text_of(public)
        world.page.unreadable = Unavailable("gone fishing")
        await world.cycle(80)
        blind = await text_of(public)

    assert "0 open on the page 0 ours, 0 people’s" in quiet
    assert "No incident is open." in quiet
    assert "? open on the page" in blind
    assert "This is how it was 1 min 20 s ago. No incident was open." in blind


async def test_component_whose_name_was_not_read_yet_is_told_as_a_component(folder: Path) -> None:
    world = World()
    world.storm(4, at=-10)
    await world.cycle()
    world.page.unreadable = Unavailable("gone fishing")
    async with served(a_console(world, folder)) as (public, _):
        told = await text_of(public)

    (operation,) = (one for _, one, _ in posted_lately(world.store, 9))
    (line,) = operation.draft.said.components
    lately = told[told.index("Published lately") :]
    assert f"component {line.component} degraded" in lately


async def test_nothing_of_an_alert_but_its_code_is_on_the_page(folder: Path) -> None:
    world = World(a_rule(stage=Stage.REVIEW))
    world.storm(4, at=-10, resource="SMprivate", service="MGprivate", host="private.example")
    await world.cycle()
    async with served(a_console(world, folder)) as (public, _):
        await entered(public)
        told = (await public.get("/")).text

    assert "30008 × 4" in told
    assert "private" not in told


async def test_without_a_token_configured_the_page_only_shows(folder: Path) -> None:
    world, daemon = await proposed(folder, locked=False)
    async with served(daemon) as (public, commands):
        page = (await public.get("/")).text
        (waiting,) = (await commands.get("/review")).json()["waiting"]
        answers = [
            await public.get("/enter"),
            await public.post("/enter", data={"token": ""}),
            await public.post("/act", data={"kind": "pause"}),
        ]

    assert "This page only shows" in page
    assert "<form" not in page
    assert f"<code>statusbridge approve sms --seen {waiting['seen']}</code>" in page
    assert [answer.status_code for answer in answers] == [404, 405, 405]
    assert world.store.acts.history(9) == []


async def test_the_cookie_is_for_this_site_and_no_script_and_no_address_holds_the_token(
    folder: Path,
) -> None:
    _, daemon = await proposed(folder)
    async with served(daemon) as (public, _):
        answer = await public.post("/enter", data={"token": TOKEN})

    cookie = answer.headers["set-cookie"].lower()
    assert {"httponly", "samesite=strict", "path=/"} <= set(cookie.split("; "))
    assert TOKEN not in cookie
    assert answer.headers["location"] == "/"


async def test_approved_is_what_was_looked_at_in_the_name_of_the_console(folder: Path) -> None:
    world, daemon = await proposed(folder)
    async with served(daemon) as (public, _):
        key = await entered(public)
        page = (await public.get("/")).text
        look = re.findall(r'name="look" value="([^"]+)"', page)[0]
        form = {"form_key": key, "key": "sms", "kind": "approve", "reason": "seen"}
        stale = await public.post("/act", data=form | {"look": "beef"})
        refused = (await public.get("/")).text
        done = await public.post("/act", data=form | {"look": look})
        said, again = (await public.get("/")).text, (await public.get("/")).text

    (act,) = world.store.acts.history(9)
    assert (stale.status_code, done.status_code) == (303, 303)
    assert "What you looked at (beef) is another outage" in refused
    assert "Approved public/sms." in said
    assert "Approved public/sms." not in again
    assert (act.kind, act.who, act.reason) == ("approve", "console (token)", "seen")


@pytest.mark.parametrize(
    ("changed", "headers"),
    [
        ({"form_key": ""}, {}),
        ({"form_key": "x" * 43}, {}),
        ({}, {"Sec-Fetch-Site": "cross-site"}),
        ({}, {"Sec-Fetch-Site": "same-site"}),
        ({}, {"Cookie": "statusbridge_session=guessed"}),
        ({"reason": "x" * 300_000}, {}),
    ],
)
async def test_a_form_of_another_page_decides_nothing(
    folder: Path, changed: dict[str, str], headers: dict[str, str]
) -> None:
    world, daemon = await proposed(folder)
    async with served(daemon) as (public, _):
        form = {"form_key": await entered(public), "kind": "pause"}
        if "Cookie" in headers:
            public.cookies.clear()
        answer = await public.post("/act", data=form | changed, headers=headers)

    assert (answer.status_code, answer.headers["location"]) == (303, "/enter")
    assert world.store.acts.history(9) == []


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"kind": "dance"},
        {"kind": "approve"},
        {"kind": "pause", "minutes": "x"},
        {"kind": "pause", "minutes": "-5"},
        {"kind": "resume", "minutes": "5"},
    ],
)
async def test_what_is_no_order_is_none(folder: Path, form: dict[str, str]) -> None:
    world, daemon = await proposed(folder)
    async with served(daemon) as (public, _):
        key = await entered(public)
        answer = await public.post("/act", data=form | {"form_key": key})

    assert answer.status_code == 400
    assert world.store.acts.history(9) == []


async def test_a_pause_lasts_as_long_as_was_chosen_is_shown_and_taken_back(folder: Path) -> None:
    world, daemon = await proposed(folder)
    async with served(daemon) as (public, _):
        form = {"form_key": await entered(public)}
        await public.post("/act", data=form | {"kind": "pause", "minutes": "30"})
        (pause,) = world.store.acts.pauses(T0)
        paused = await text_of(public)
        await public.post("/act", data=form | {"kind": "resume"})
        resumed = await text_of(public)

    assert pause.until == T0 + 1800
    assert "It works, but all publishing is paused." in paused
    assert "is paused by console (token)" in paused
    assert "paused by" not in resumed


async def test_wrong_tokens_are_refused_and_then_not_looked_at(folder: Path) -> None:
    _, daemon = await proposed(folder)
    async with served(daemon) as (public, _):
        asked = await public.get("/enter")
        wrong = [await public.post("/enter", data={"token": "x"}) for _ in range(10)]
        barred = await public.post("/enter", data={"token": TOKEN})
        elsewhere = await public.get("/live", headers={"Host": "evil.example"})

    assert 'type="password"' in asked.text
    assert {answer.status_code for answer in wrong} == {403}
    assert (barred.status_code, elsewhere.status_code) == (429, 421)


async def test_the_token_from_another_page_begins_no_session(folder: Path) -> None:
    _, daemon = await proposed(folder)
    async with served(daemon) as (public, _):
        headers = {"Sec-Fetch-Site": "cross-site"}
        answer = await public.post("/enter", data={"token": TOKEN}, headers=headers)

    assert (answer.status_code, "set-cookie" in answer.headers) == (403, False)


async def test_who_leaves_may_not_act_any_more(folder: Path) -> None:
    world, daemon = await proposed(folder)
    async with served(daemon) as (public, _):
        key = await entered(public)
        cookie = public.cookies["statusbridge_session"]
        await public.post("/leave", data={"form_key": key})
        public.cookies.set("statusbridge_session", cookie)
        await public.post("/act", data={"form_key": key, "kind": "pause"})
        page = (await public.get("/")).text

    assert world.store.acts.history(9) == []
    assert "Enter the operator token" in page


async def test_what_was_just_posted_is_read_on_the_page_soon_and_then_seldom_again(
    folder: Path,
) -> None:
    world = World()
    await world.cycle()
    async with served(a_console(world, folder)) as (public, _):
        before = await text_of(public)
        world.storm(4, at=-10)
        await world.cycle(1)
        world.clock.time += 2
        after = await text_of(public)
        world.page.unreadable = Unavailable("gone fishing")
        world.clock.time += 5
        kept = await text_of(public)
        world.clock.time += 10
        again = await text_of(public)

    assert "No incident is open." in before
    assert "Delays sending SMS investigating ours" in after
    assert ["gone fishing" in text for text in (kept, again)] == [False, True]


async def test_the_page_is_not_read_beside_a_cycle_whose_requests_are_its_sign_of_life(
    folder: Path,
) -> None:
    world = World()
    world.page.unreadable = Unavailable("gone fishing")
    daemon = a_console(world, folder)
    async with served(daemon) as (public, _):
        meanwhile = await daemon.between_cycles(lambda: text_of(public))
        afterwards = await text_of(public)

    assert ["gone fishing" in text for text in (meanwhile, afterwards)] == [False, True]
