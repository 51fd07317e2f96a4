from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from rehearse.findings import END, a_curve, a_posted, a_rule_history, an_outage
from rehearse.months import a_month
from statusbridge.core.model import Stage
from statusbridge.rehearse.report.material import Material, Other, Unread
from statusbridge.rehearse.report.verdict import Tile, notes, tiles, verdict
from statusbridge.rehearse.result import Grades, Hit, Outage, Result

SMS, OTHER = an_outage(), an_outage("sms-2", END - 86_400)
FIRST, SECOND = a_posted("p1", 1, 60), a_posted("p2", 2, 60)


def ungraded(*outages: Outage, **changes: Any) -> Result:
    return a_month(outages=outages, grades=None, **changes)


def graded(hits: tuple[Hit, ...], *misses: Any, wrong: tuple[Outage, ...] = ()) -> Result:
    posted = (*(hit.posted for hit in hits), *misses)
    return a_month(grades=Grades(posted, hits, misses, wrong, (), ()))


def said(result: Result) -> str:
    return verdict(result).replace("\u00a0", " ")


@pytest.mark.parametrize(
    ("result", "sentence"),
    [
        (
            ungraded(SMS, OTHER),
            "These rules would have opened 2 incidents in 30 days: 8 posts, 4 by mail.",
        ),
        (
            graded((Hit(FIRST, SMS, 370),)),
            "These rules would have told of the one incident that people posted, "
            "6 min before people, and opened nothing else.",
        ),
        (
            graded((), FIRST),
            "These rules would have missed the one incident that people posted, "
            "and opened nothing else.",
        ),
        (
            graded((Hit(FIRST, SMS, 370), Hit(SECOND, OTHER, -600)), wrong=(SMS,)),
            "These rules would have told of both incidents that people posted, "
            "1 min after people at the median, and opened 1 incident that nobody posted.",
        ),
        (
            graded((), FIRST, SECOND),
            "These rules would have missed both incidents that people posted, "
            "and opened nothing else.",
        ),
        (
            graded((Hit(FIRST, SMS, 0),), SECOND, a_posted("p3", 3, 60)),
            "These rules would have told of 1 of the 3 incidents that people posted, "
            "at the same minute as people, and opened nothing else.",
        ),
    ],
)
def test_the_verdict_is_one_sentence_with_what_was_found(result: Result, sentence: str) -> None:
    assert said(result) == sentence


def test_the_verdict_is_of_what_rules_speak_of_where_people_posted_more() -> None:
    result = a_month(grades=Grades((FIRST, SECOND), (), (FIRST,), (), (SECOND,), ()))

    assert said(result) == (
        "These rules would have missed the one incident that people posted on their components, "
        "and opened nothing else."
    )


def test_where_nothing_opened_the_verdict_names_the_number_that_fell_short() -> None:
    far = a_rule_history("far", (a_curve("count", (0, 5)),))
    near = a_rule_history(
        "near", (a_curve("count", (0, 24)), a_curve("distinct_resources", (0, 10)))
    )

    assert said(ungraded(rules=(far, near))) == (
        "These rules would have opened nothing in 30 days. "
        "The nearest was near, at 10 of the 15 resources in 10 min that it needs."
    )


def test_where_no_rule_is_drawn_nothing_is_called_near() -> None:
    assert said(ungraded(rules=())) == "These rules would have opened nothing in 30 days."


def test_the_tiles_count_what_was_published_held_and_graded() -> None:
    assert tiles(Material(a_month(), END)) == (
        Tile("4", "incidents"),
        Tile("15", "posts"),
        Tile("8", "mails to subscribers"),
        Tile("1", "held back"),
        Tile("2 of 3", "of people's incidents found", "", "good"),
        Tile("1", "missed", "", "bad"),
        Tile("1", "false open", "", "bad"),
    )


def test_the_other_configuration_stands_beside_each_number() -> None:
    other = ungraded(SMS)

    found = tiles(Material(ungraded(), END, Other("b.toml", other, ())))

    assert [tile.aside for tile in found] == [
        "the other: 1",
        "the other: 4",
        "the other: 2",
        "the other: 0",
    ]


def test_what_limits_the_report_is_noted() -> None:
    rule = a_month().rules[0]
    result = ungraded(
        rules=(replace(rule, stage=Stage.REVIEW), rule),
        gaps=(("prod", 1, 2, "gone"),),
    )

    assert notes(Material(result, END, unread=Unread(2, ((4, "no JSON"),)))) == (
        "sms-delivery is in stage review, and replayed as if in stage auto.",
        "1 stretch of the past could not be read: what happened there is not judged.",
        "2 lines of the recording could not be read and were left out.",
        "What people posted in this time is not known, so nothing here is graded.",
    )


def test_a_few_incidents_are_called_few() -> None:
    (note,) = notes(Material(replace(graded((), FIRST), rules=()), END))

    assert note == "Graded against 1 incident of people: few, so read hits and misses as examples."
