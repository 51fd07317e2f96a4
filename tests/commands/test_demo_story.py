from __future__ import annotations

from dataclasses import replace

import pytest
from demo_scenes import OPENED, RESOLVED, STORY, WATCHED, WORSE, a_page, an_incident

from statusbridge.commands.demo_story import flaw, is_complete, misread


def test_story_is_complete_once_the_page_shows_each_of_its_posts() -> None:
    assert [is_complete(a_page(*STORY[:n])) for n in range(5)] == [False] * 4 + [True]


@pytest.mark.parametrize("posts", [STORY[:n] for n in range(5)])
def test_story_on_its_way_has_no_flaw(posts: tuple[tuple[str, str], ...]) -> None:
    assert flaw(a_page(*posts)) is None


@pytest.mark.parametrize(
    ("posts", "found"),
    [
        ((OPENED, OPENED), "post 2 is investigating with degraded_performance, expected "
         "investigating with partial_outage"),
        ((WORSE,), "post 1 is investigating with partial_outage, expected investigating with "
         "degraded_performance"),
        ((OPENED, WATCHED), "post 2 is monitoring with operational, expected investigating with "
         "partial_outage"),
        ((*STORY, RESOLVED), "post 5 is resolved with operational, expected none"),
    ],
)  # fmt: skip
def test_post_that_comes_twice_too_early_or_too_late_is_a_flaw(
    posts: tuple[tuple[str, str], ...], found: str
) -> None:
    page = a_page(*posts)

    assert (flaw(page), is_complete(page)) == (found, False)


def test_second_incident_is_a_flaw() -> None:
    page = a_page(*STORY)

    doubled = replace(page, incidents=(*page.incidents, an_incident(OPENED, id_="02I")))

    assert flaw(doubled) == "2 incidents were opened for one outage"
    assert not is_complete(doubled)


@pytest.mark.parametrize(
    ("seen", "wrong"),
    [
        (9, "1 of 10 alerts were not read"),
        (10, None),
        (12, None),
        (13, "13 alerts were read, of 12 there are"),
    ],
)
def test_alert_that_was_not_read_or_read_twice_is_noticed(seen: int, wrong: str | None) -> None:
    assert misread(seen, least=10, most=12) == wrong
