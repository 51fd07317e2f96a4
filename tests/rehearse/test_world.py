from pathlib import Path

from rehearse.rehearsing import FILE, START, arriving, configuration, read, run, storm
from statusbridge.core.errors import Unauthorized, Unavailable
from statusbridge.core.operations import HeldReason
from statusbridge.rehearse.replay import Failure
from statusbridge.rehearse.world import rehearse
from statusbridge.simulators.people import OpenIncident, OpenMaintenance, ResolveIncident


async def test_an_outage_is_told_as_production_tells_it(tmp_path: Path) -> None:
    world = rehearse(configuration(tmp_path), START, {"prod": arriving(storm(35, 4))})

    await run(world, 600)

    assert read(world) == [
        (40, "investigating", "Some text messages are failing."),
        (160, "monitoring", "Delivery is normal since 01:00 UTC."),
        (220, "resolved", "Delivery is back to normal after 1 minute."),
    ]


async def test_cycles_are_due_from_the_start_on(tmp_path: Path) -> None:
    world = rehearse(configuration(tmp_path), START, {})
    world.skips = False

    assert await run(world, 29) == [0, 10, 20]
    assert await run(world, 40) == [30, 40]
    assert world.clock.time == START + 40


async def test_a_failing_account_freezes_what_it_gave_evidence_for(tmp_path: Path) -> None:
    for error in (Unavailable("timed out"), Unauthorized(401, "refused")):
        failing = {"prod": [Failure(START + 60, START + 3600, error)]}
        world = rehearse(configuration(tmp_path), START, {"prod": arriving(storm(35, 4))}, failing)

        await run(world, 3599)
        assert [stage for _, stage, _ in read(world)] == ["investigating"]
        assert set(world.bridge.trouble) == {"account prod"}

        await run(world, 3800)
        assert [stage for _, stage, _ in read(world)] == ["investigating", "resolved"]
        assert world.bridge.trouble == {}


async def test_an_alert_that_no_poll_reads_back_to_is_seen_by_the_next_long_one(
    tmp_path: Path,
) -> None:
    late = arriving(storm(100, 3), late=3600)
    world = rehearse(configuration(tmp_path), START, {"prod": late})

    await run(world, 2 * 3600 - 1)
    seen = [alert.at - START for alert in world.store.alerts_after(START)]

    # The 4 h re-reads are at 0 s, 1800 s, 3600 s and 5400 s; what is stored at 3700 s waits.
    assert seen == [100, 101, 102]
    assert world.store.counters()["seen"] == 3
    assert world.sources[0].rests_until(world.clock.time) is None


async def test_a_persons_incident_on_the_component_holds_the_opening(tmp_path: Path) -> None:
    world = rehearse(configuration(tmp_path), START, {"prod": arriving(storm(35, 30))})
    page = world.pages["public"]
    (component,) = (await page.structure()).components
    page.act(OpenIncident(components={component.id: "partial_outage"}))

    await run(world, 60)
    assert read(world) == []
    assert [held.reason for _, held, _ in world.store.held()] == [HeldReason.PERSON_ACTIVE]

    page.act(ResolveIncident())
    await run(world, 70)
    assert [stage for _, stage, _ in read(world)] == ["investigating"]


async def test_a_maintenance_window_holds_while_it_lasts(tmp_path: Path) -> None:
    world = rehearse(configuration(tmp_path), START, {"prod": arriving(storm(35, 100))})
    page = world.pages["public"]
    (component,) = (await page.structure()).components
    page.act(OpenMaintenance(components=(component.id,), lasts=60))  # type: ignore[arg-type]

    await run(world, 59)
    assert [held.reason for _, held, _ in world.store.held()] == [HeldReason.MAINTENANCE]

    await run(world, 60)
    assert [at for at, _, _ in read(world)] == [60]


async def test_what_a_person_resolves_is_theirs(tmp_path: Path) -> None:
    world = rehearse(configuration(tmp_path), START, {"prod": arriving(storm(35, 5))})
    await run(world, 60)

    world.pages["public"].act(ResolveIncident())
    await run(world, 900)

    assert [stage for _, stage, _ in read(world)] == ["investigating"]
    (incident,) = world.pages["public"].world.incidents.values()
    assert [post.by for post in incident.posts] == ["api", "person"]


async def test_a_missed_outage_is_told_afterwards_with_all_its_posts(tmp_path: Path) -> None:
    config = configuration(tmp_path, FILE + '\n[publish]\nmissed = "retrospective"\n')
    world = rehearse(
        config,
        START,
        {"prod": arriving(storm(35, 4))},
        {"prod": [Failure(START + 30, START + 1200, Unavailable("timed out"))]},
    )

    await run(world, 1300)

    (publication,) = world.pages["public"].publications
    (incident,) = world.pages["public"].world.incidents.values()
    assert publication.posts == len(incident.posts) == 2
    assert [post.notified for post in incident.posts] == [False, False]
