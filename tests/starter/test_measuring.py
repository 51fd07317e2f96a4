"""Numbers of a rule from what it measured."""

from __future__ import annotations

from statusbridge.core.coverage import DAY
from statusbridge.rehearse.meters import Peaks
from statusbridge.starter.measuring import numbers_for, quiet_of
from statusbridge.starter.proposal import Numbers, Quiet

START = 1_774_745_880


def peaks(*by_day: int) -> Peaks:
    """The highest value of each day, at its noon."""
    found = Peaks(START, 60)
    for day, value in enumerate(by_day):
        found.note(START + day * DAY + DAY // 2, value)
    return found


def test_an_outage_on_a_day_or_two_of_a_week_is_not_usual() -> None:
    found = quiet_of(peaks(4, 3, 900, 800, 6, 2, 5), START, START + 7 * DAY)

    noon = (START + 2 * DAY + DAY // 2 - START) // 60 * 60 + START
    assert found == Quiet(usual=6, most=900, most_at=noon, days=7)


def test_days_without_any_count_as_quiet() -> None:
    assert quiet_of(peaks(40), START, START + 7 * DAY).usual == 0


def test_of_one_day_all_is_usual() -> None:
    assert quiet_of(peaks(40), START, START + DAY - 1).usual == 40


def test_numbers_are_well_above_what_is_usual_and_recovery_is_not_under_it() -> None:
    found = numbers_for(Quiet(41, 900, START, 7), with_resources=True)

    assert found == Numbers(degraded=130, partial=650, below=41, resources=78)


def test_a_few_alerts_are_no_outage() -> None:
    found = numbers_for(Quiet(0, 1, START, 7), with_resources=False)

    assert found == Numbers(degraded=10, partial=50, below=2, resources=None)
