from __future__ import annotations

import re
from collections.abc import AsyncGenerator
from dataclasses import replace
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from builders import T0, a_rule
from daemons import a_config, a_daemon
from fakes import MemoryPage, TurnedClock, lost_after
from promtool import PROMTOOL, promtool
from statusbridge.core.coverage import Batch, Budget, Coverage, Gap
from statusbridge.core.errors import Unauthorized, Unavailable
from statusbridge.core.model import Stage
from statusbridge.core.operations import Operation
from statusbridge.core.outcome import Outcome, Unknown
from statusbridge.daemon import Daemon
from statusbridge.server.metrics import exposition
from world import World


def samples(daemon: Daemon) -> dict[str, float]:
    """Return each series of the bridge's as it is written, with its value."""
    return {
        sample.name + "".join(f"|{value}" for value in sample.labels.values()): sample.value
        for family in text_string_to_metric_families(exposition(daemon).decode())
        for sample in family.samples
        if sample.name.startswith("statusbridge_")
    }


def about(daemon: Daemon, *names: str) -> dict[str, float]:
    """Return those of the `samples` whose names hold one of *names*."""
    return {key: value for key, value in samples(daemon).items() if any(n in key for n in names)}


async def test_before_anything_was_read_nothing_is_up(tmp_path: Path) -> None:
    world = World()
    world.clock.time = T0 + 40

    assert about(a_daemon(world, a_config(tmp_path)), "source_", "refused", "_read_", "_age_") == {
        "statusbridge_source_up|account|prod": 0,
        "statusbridge_source_up|page|public": 0,
        "statusbridge_credentials_refused|account|prod": 0,
        "statusbridge_credentials_refused|page|public": 0,
        "statusbridge_last_successful_read_timestamp_seconds|account|prod": 0,
        "statusbridge_last_successful_read_timestamp_seconds|page|public": 0,
        "statusbridge_watermark_age_seconds|prod": 40,
        "statusbridge_oldest_doubt_age_seconds": 0,
    }


async def test_what_can_not_be_read_is_down_and_remembers_when_it_was_read(tmp_path: Path) -> None:
    world = World()
    daemon = a_daemon(world, a_config(tmp_path))
    await world.cycle(0)
    world.feed.error = Unauthorized(401, "no entry")
    world.page.unreadable = Unavailable("gone")
    await world.cycle(700)

    assert about(daemon, "source_", "refused", "_read_", "_age_") == {
        "statusbridge_source_up|account|prod": 0,
        "statusbridge_source_up|page|public": 0,
        "statusbridge_credentials_refused|account|prod": 1,
        "statusbridge_credentials_refused|page|public": 0,
        "statusbridge_last_successful_read_timestamp_seconds|account|prod": T0,
        "statusbridge_last_successful_read_timestamp_seconds|page|public": T0,
        "statusbridge_watermark_age_seconds|prod": 700,
        "statusbridge_oldest_doubt_age_seconds": 0,
    }


async def test_a_page_counts_as_read_only_when_it_was_asked(tmp_path: Path) -> None:
    world = World()
    daemon = a_daemon(world, a_config(tmp_path))
    read = "statusbridge_last_successful_read_timestamp_seconds|page|public"

    seen = []
    for at in (0, 300, 600):
        await world.cycle(at)
        seen.append(samples(daemon)[read])

    assert seen == [T0, T0, T0 + 600]


async def test_the_oldest_doubt_ages_until_it_is_settled(tmp_path: Path) -> None:
    world = World()
    world.page.answers = [lost_after]
    daemon = a_daemon(world, a_config(tmp_path))
    world.storm(4, at=-10)
    ages = []
    for at in (0, 60, 100):
        await world.cycle(at)
        ages.append(samples(daemon)["statusbridge_oldest_doubt_age_seconds"])

    assert ages == [0, 60, 0]


class Gappy:
    """A source that finds one gap."""

    account = "prod"

    def __init__(self, clock: TurnedClock) -> None:
        self._clock = clock

    async def poll(self, coverage: Coverage, budget: Budget) -> AsyncGenerator[Batch, None]:
        now = self._clock.now()
        read = replace(coverage, covered_until=now, heard_until=now)
        yield Batch((), read, gaps=(Gap(T0, T0 + 5, "too many alerts in one second"),))


async def test_a_gap_that_each_poll_finds_again_counts_once(tmp_path: Path) -> None:
    world = World()
    world.bridge.sources = (Gappy(world.clock),)
    await world.run(10, 30)

    assert about(a_daemon(world, a_config(tmp_path)), "gap") == {
        "statusbridge_gaps_recorded_total|prod": 1,
        "statusbridge_gap_seconds|prod": 5,
    }


async def test_a_post_that_stands_twice_on_the_page_is_counted(tmp_path: Path) -> None:
    def twice(page: MemoryPage, operation: Operation) -> Outcome:
        page.apply(operation)
        page.keys.clear()
        page.apply(operation)
        return Unknown("connection reset")

    world = World()
    world.page.answers = [twice]
    daemon = a_daemon(world, a_config(tmp_path))
    world.storm(4, at=-10)
    await world.cycle(0)
    before = samples(daemon)["statusbridge_duplicates_seen_total"]
    await world.cycle(100)

    assert (before, samples(daemon)["statusbridge_duplicates_seen_total"]) == (0, 1)


async def test_a_refused_reload_shows_until_one_succeeds(tmp_path: Path) -> None:
    world = World()
    daemon = a_daemon(world, a_config(tmp_path))
    world.clock.time = T0 + 60
    daemon.note_reload(refused=True)
    refused = about(daemon, "reload")
    daemon.note_reload(refused=False)

    ok = "statusbridge_config_last_reload_successful"
    at = "statusbridge_config_last_reload_success_timestamp_seconds"
    assert refused == {ok: 0, at: T0}
    assert about(daemon, "reload") == {ok: 1, at: T0 + 60}


async def test_what_the_public_reads_is_shown_for_every_key_that_can_be_published(
    tmp_path: Path,
) -> None:
    reviewed = a_rule("voice", incident="voice", stage=Stage.REVIEW)
    world = World(a_rule("sms"), reviewed, a_rule("trial", incident="trial", stage=Stage.SHADOW))
    daemon = a_daemon(world, a_config(tmp_path))
    world.storm(4, at=-10)
    seen = []
    for at in (-20, 0, 120, 1200, 2400):
        await world.cycle(at)
        seen.append(list(about(daemon, "incident_status").values()))

    assert list(about(daemon, "incident_status")) == [
        "statusbridge_incident_status|sms|public",
        "statusbridge_incident_status|voice|public",
    ]
    assert seen == [[0, 0], [2, 0], [1, 0], [0, 0], [0, 0]]


def test_no_series_comes_or_goes_with_what_happens(tmp_path: Path) -> None:
    daemon = a_daemon(World(), a_config(tmp_path))

    held = [key for key in samples(daemon) if key.startswith("statusbridge_held")]

    assert "statusbridge_held|awaits_review" in held
    assert "statusbridge_held|parked" in held
    assert all(samples(daemon)[key] == 0 for key in held)


def test_the_process_is_measured_and_named(tmp_path: Path) -> None:
    text = exposition(a_daemon(World(), a_config(tmp_path))).decode()

    assert re.search(r"^process_resident_memory_bytes [1-9]", text, re.MULTILINE)
    assert re.search(r'^statusbridge_build_info{.*version="\d', text, re.MULTILINE)


@pytest.mark.skipif(PROMTOOL is None, reason="promtool is not installed")
async def test_prometheus_own_linter_finds_nothing(tmp_path: Path) -> None:
    world = World()
    world.storm(4, at=-10)
    await world.cycle(0)
    daemon = a_daemon(world, a_config(tmp_path))

    assert promtool("check", "metrics", given=exposition(daemon)) == (0, "")


def test_after_a_reload_counts_go_on() -> None:
    before, after = World(), World()
    before.bridge.duplicates = 3
    before.bridge.gaps_recorded["prod"] = 2
    before.bridge.read_at["page public"] = T0

    after.bridge.take_over(before.bridge)

    bridge = after.bridge
    assert (bridge.duplicates, bridge.gaps_recorded, bridge.read_at) == (
        3,
        {"prod": 2},
        {"page public": T0},
    )


def test_after_a_reload_what_could_not_be_read_still_counts_as_unreadable() -> None:
    before, after = World(), World()
    kept = {"account prod": "gone", "page public": "refused", "writing to page public": "refused"}
    before.bridge.trouble = {**kept, "account left": "gone", "page left": "refused"}
    before.bridge.refused = {"page public", "writing to page public", "page left"}

    after.bridge.take_over(before.bridge)

    assert after.bridge.trouble == kept
    assert after.bridge.refused == {"page public", "writing to page public"}
