from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from builders import an_alert
from rehearse.rehearsing import START, arriving, configuration, read, run, storm
from statusbridge.core.errors import Unavailable
from statusbridge.rehearse.replay import Arrival, Failure
from statusbridge.rehearse.world import Rehearsal, rehearse

ACCOUNTS = ("prod", "other")
LONG = 4_500
"""Longer than the 30 minutes between re-reads, twice over."""

with TemporaryDirectory() as folder:
    CONFIG = configuration(Path(folder))

bursts = st.tuples(
    st.sampled_from(ACCOUNTS),
    st.integers(0, LONG),
    st.integers(1, 8),
    st.sampled_from([0, 1, 5, 40]),
    st.sampled_from([0, 0, 7, 300, 1200, 2500]),
)
failures = st.tuples(st.sampled_from(ACCOUNTS), st.integers(0, LONG), st.integers(1, 2500))
stops = st.lists(st.integers(0, LONG), max_size=4).map(sorted)


def staged(drawn: list[Any], failing: list[Any]) -> Rehearsal:
    arrivals: dict[str, list[Arrival]] = {account: [] for account in ACCOUNTS}
    for number, (account, at, count, every, late) in enumerate(drawn):
        for n in range(count):
            alert = an_alert(START + at + n * every, account=account, sid=f"NO{number}x{n}")
            arrivals[account].append(Arrival(alert.at + late, alert))
    broken: dict[str, list[Failure]] = {account: [] for account in ACCOUNTS}
    for account, at, lasts in failing:
        failure = Failure(START + at, START + at + lasts, Unavailable("timed out"))
        broken[account].append(failure)
    return rehearse(CONFIG, START, {a: sorted(found) for a, found in arrivals.items()}, broken)


def known(world: Rehearsal) -> tuple[object, ...]:
    page = world.pages["public"]
    store = world.store
    return (
        store.coverage(),
        store.detectors(),
        store.cases(),
        store.held(),
        store.counters(),
        [*store.alerts_after(0)],
        store.gaps(0),
        page.world,
        read(world),
        world.bridge.trouble,
        world.due,
    )


@settings(max_examples=15)
@given(st.lists(bursts, max_size=6), st.lists(failures, max_size=2), stops)
async def test_cycles_left_out_change_nothing_that_is_known(
    drawn: list[Any], failing: list[Any], until: list[int]
) -> None:
    whole, quick = staged(drawn, failing), staged(drawn, failing)
    whole.skips = False

    for stop in (*until, LONG):
        every, some = await run(whole, stop), await run(quick, stop)
        assert known(quick) == known(whole)
        assert set(some) <= set(every)
    whole.close()
    quick.close()


async def test_a_quiet_week_takes_a_handful_of_cycles(tmp_path: Path) -> None:
    world = rehearse(configuration(tmp_path), START, {"prod": arriving(storm(300_000, 4))})

    cycles = await run(world, 7 * 86_400)

    assert len(cycles) < 40
    assert [stage for _, stage, _ in read(world)] == ["investigating", "monitoring", "resolved"]
