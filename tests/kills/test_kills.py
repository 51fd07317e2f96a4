"""A sample of what `make kills` does, and that it can fail."""

from __future__ import annotations

import asyncio

import pytest

from kills.launch import program
from kills.life import ANYWHERE, Moment
from kills.points import Census, census, chains, evenly, moments
from kills.strace import Injection
from kills.sweep import Tally, lived, main, named, read, sweep

pytestmark = pytest.mark.process

SEED = 1


@pytest.fixture(scope="module")
def found() -> Census:
    """The calls of an undisturbed life."""
    return asyncio.run(census())


def together(tallies: dict[str, Tally]) -> tuple[list[str], int, set[str]]:
    """Return what was broken, how many processes were killed, and before which calls."""
    broken = [line for tally in tallies.values() for line in tally.broken]
    kills = sum(tally.kills for tally in tallies.values())
    return broken, kills, {name for tally in tallies.values() for name in tally.struck}


def test_deaths_before_calls_of_every_kind_change_nothing_that_is_told(found: Census) -> None:
    lives = list(chains(found, lives=8, deaths=6, seed=SEED))

    broken, kills, struck = together(sweep(lives, at_once=2))

    assert broken == []
    assert kills >= 40
    assert struck == set(found.counts)


def test_deaths_by_the_clock_change_nothing_that_is_told() -> None:
    broken, kills, _ = together(sweep(moments(2, SEED), at_once=2))

    assert broken == []
    assert kills >= 2


@pytest.mark.parametrize(
    ("fault", "write", "call", "what"),
    [
        ("receipt_before_effect", 1, "sendto", "a receipt for what was not posted"),
        ("effect_before_intent", 1, "write", "posted, and not recorded before"),
        ("sent_is_forgotten", 2, "pwrite64", "'event': 'incident.recalled'"),
    ],
)
def test_a_step_in_the_wrong_place_is_found_by_a_death_around_a_write(
    found: Census, fault: str, write: int, call: str, what: str
) -> None:
    told = lived((found.after(write, call),), fault)

    assert what in " ".join(told.found)


def test_a_commit_in_two_parts_is_found_by_a_death_between_them() -> None:
    fault = "no_transactions"
    found = asyncio.run(census(program(fault), kinds=(ANYWHERE,)))

    told = lived((found.after(1, "fdatasync"),), fault)

    assert "'event': 'incident.recalled'" in " ".join(told.found)


def test_the_command_fails_where_a_promise_is_broken(
    found: Census, capfd: pytest.CaptureFixture[str]
) -> None:
    deaths = named((found.after(1, "sendto"),))

    code = main(["--fault", "receipt_before_effect", "--only", deaths])

    assert code == 1
    assert f"violation: {deaths}: a receipt for what was not posted" in capfd.readouterr().err


def test_no_points_at_all_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["--points", "0"])

    assert "expected a number from 1, not '0'" in capsys.readouterr().err


def test_deaths_are_read_as_they_are_named() -> None:
    deaths = (Injection("pwrite64", 17), Moment(2.5))

    assert read(named(deaths)) == deaths


def test_a_part_of_the_points_is_spread_over_all_of_them() -> None:
    points = [Injection("write", nth) for nth in range(1, 101)]

    part = evenly(points, 10, SEED)

    assert [(point.nth - 1) // 10 for point in part] == list(range(10))
