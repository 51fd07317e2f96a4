from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from builders import T0, TEXTS, a_rule, an_alert
from fakes import PAGE
from statusbridge.core.detectors import Transition
from statusbridge.core.drafting import shown_title
from statusbridge.core.episodes import opened
from statusbridge.core.model import Phase, Status
from statusbridge.core.operations import Ledger
from statusbridge.core.texts import Clock
from statusbridge.core.wording import TITLE_LIMIT
from world import fill

EPISODE = opened(
    a_rule(), Transition(T0, "sms", Phase.FIRING, Status.PARTIAL_OUTAGE, T0 - 60), an_alert(), PAGE
)
UNSAID = Ledger(EPISODE.id)


def titled(source: str, ledger: Ledger = UNSAID) -> str:
    rule = a_rule(texts=replace(TEXTS, title=source))
    return shown_title(EPISODE, ledger, rule, fill, Clock(T0))


def test_title_is_the_one_on_the_page_in_one_line() -> None:
    ledger = replace(UNSAID, name="Delays\nsending\x1b[1m  SMS" + "x" * 300)

    found = titled("SMS", ledger)

    assert found.startswith("Delays sending [1m SMSxx")
    assert len(found) == TITLE_LIMIT


def test_title_of_what_is_not_on_a_page_yet_names_nothing_of_the_pages_own() -> None:
    title = titled("{{ status }} of {{ components }} on {{ page }}")

    assert title == "partial outage of the affected service on our status page"


def test_title_may_be_as_long_as_the_page_allows() -> None:
    assert titled("x" * TITLE_LIMIT) == "x" * TITLE_LIMIT


@pytest.mark.parametrize("source", ["Call +49 170 1234567", "x" * (TITLE_LIMIT + 1), "two\nlines"])
def test_title_that_could_not_be_published_is_not_shown(source: str) -> None:
    assert titled(source) == ""


def test_title_that_cannot_be_rendered_is_not_shown() -> None:
    def refuse(source: str, values: Mapping[str, str]) -> str:
        raise ValueError(source)

    assert shown_title(EPISODE, UNSAID, a_rule(), refuse, Clock(T0)) == ""


def test_title_is_unknown_where_no_rule_is_left() -> None:
    assert shown_title(EPISODE, UNSAID, None, fill, Clock(T0)) == ""
