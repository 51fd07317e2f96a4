"""Approving in the console with other words: what is posted, and what is kept where it is not."""

from __future__ import annotations

import re
import tempfile
from collections.abc import AsyncGenerator, Iterator
from dataclasses import dataclass
from html import unescape
from pathlib import Path

import httpx
import pytest

from daemons import served
from server.consoles import entered, proposed
from world import World

TITLE, TEXT = "Delays sending SMS", "Some text messages are failing."
OURS = "Ärger mit SMS\n\nWir sehen nach."


@pytest.fixture
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="sb-") as name:
        yield Path(name)


@dataclass
class Desk:
    """Somebody who brought the token and looks at what waits."""

    world: World
    public: httpx.AsyncClient
    form_key: str

    async def page(self) -> str:
        return (await self.public.get("/")).text

    async def field(self, pattern: str) -> str:
        (found,) = re.findall(pattern, await self.page(), re.DOTALL)
        return unescape(found)

    async def approve(self, **fields: str) -> httpx.Response:
        """Send the form as a browser does, with *fields* as somebody left them."""
        form = {
            "form_key": self.form_key,
            "key": "sms",
            "look": await self.field(r'name="look" value="([^"]+)"'),
            "title_was": await self.field(r'name="title_was" value="([^"]+)"'),
            "text_was": await self.field(r'name="text_was" value="([^"]+)"'),
            "title": await self.field(r'name="title" value="([^"]+)"'),
            "text": await self.field(r"<textarea[^>]*>\n([^<]*)</textarea>"),
            "status": "",
            "kind": "approve",
        }
        sent = {name: text.replace("\n", "\r\n") for name, text in (form | fields).items()}
        return await self.public.post("/act", data=sent)

    async def posts(self) -> list[tuple[str, str]]:
        """Name and text of what is on the page after a cycle."""
        await self.world.cycle(10)
        return [
            (incident.name, update.message)
            for incident in await self.world.page.incidents()
            for update in incident.updates
        ]


@pytest.fixture
async def desk(folder: Path) -> AsyncGenerator[Desk]:
    world, daemon = await proposed(folder)
    async with served(daemon) as (public, _):
        yield Desk(world, public, await entered(public))


async def test_what_was_left_as_it_was_is_published_as_the_rule_says_it(desk: Desk) -> None:
    await desk.approve()

    assert await desk.posts() == [(TITLE, TEXT)]
    assert [act.detail for act in desk.world.store.acts.history(1)] == [""]


async def test_other_words_and_another_status_are_published_as_they_were_written(
    desk: Desk,
) -> None:
    await desk.approve(text=OURS, title="Ärger", status="full_outage")
    (act,) = desk.world.store.acts.history(1)

    assert await desk.posts() == [("Ärger", OURS)]
    assert act.detail == "as full_outage with another title and text"


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"text": "Call +1 555 010 9999 for news."}, "The text can’t be published"),
        ({"text": OURS, "look": "beef"}, "What you looked at (beef) is another outage"),
        ({"text": OURS, "title": " "}, "The title can’t be empty"),
    ],
)
async def test_a_refused_approval_leaves_the_words_in_the_form_for_the_next_try(
    desk: Desk, fields: dict[str, str], why: str
) -> None:
    await desk.approve(**fields, reason="seen")
    page = unescape(await desk.page()).replace("'", "’")
    kept = await desk.field(r"<textarea[^>]*>\n([^<]*)</textarea>")
    reason = await desk.field(r'name="reason" value="([^"]+)"')
    posted = await desk.posts()

    assert why in page
    assert '<details class="acts" open>' in page.replace("’", "'")
    assert (kept, reason, posted) == (fields["text"], "seen", [])

    await desk.approve(text=OURS)

    assert await desk.posts() == [(TITLE, OURS)]


async def test_words_for_what_waits_no_more_are_shown_so_that_they_can_be_copied(
    desk: Desk,
) -> None:
    look = await desk.field(r'name="look" value="([^"]+)"')
    form = {"form_key": desk.form_key, "key": "sms", "look": look, "text_was": TEXT}
    desk.world.clock.time += 7200
    await desk.world.cycle()
    await desk.public.post("/act", data=form | {"kind": "approve", "text": OURS})
    page = await desk.page()

    assert "Nothing waits under public/sms" in page
    assert "What you wrote was not published" in page
    assert OURS in page
    assert "<textarea" not in page


async def test_who_has_to_bring_the_token_again_gets_the_words_back(desk: Desk) -> None:
    desk.public.cookies.clear()
    form = {"key": "sms", "look": "beef", "kind": "approve", "text_was": TEXT, "text": OURS}
    answer = await desk.public.post("/act", data=form)
    planted = await desk.public.post("/act", data=form, headers={"Sec-Fetch-Site": "cross-site"})

    assert answer.status_code == 403
    assert OURS in answer.text
    assert "This needs the token again" in answer.text
    assert (planted.status_code, planted.text) == (303, "")
