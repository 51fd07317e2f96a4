"""Polling an account: what is asked for, what is yielded and what is concluded from it."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from twilio_fake import FakeTwilio, Stored, answers, iso
from twilio_polls import (
    ALL,
    NOW,
    ONE_POLL_LATER,
    READ,
    SETTINGS,
    SMALL,
    collected,
    monitor,
    polled,
    sids,
    stored,
)

from statusbridge.core.coverage import HOUR, Budget, Coverage, Gap, Hole


async def test_poll_reads_the_overlap_again_and_moves_the_watermark_to_the_servers_time() -> None:
    twilio = FakeTwilio(NOW, stored(NOW - 5, NOW - 929, NOW - 931))

    batches, error = await polled(twilio)

    assert error is None
    assert sids(batches) == ["NO0", "NO1"]
    assert batches[-1].coverage == ONE_POLL_LATER
    assert twilio.asked == [
        {"StartDate": iso(NOW - 930), "EndDate": iso(NOW), "PageSize": "3"},
    ]


async def test_pages_keep_their_end_date_and_carry_the_token() -> None:
    twilio = FakeTwilio(NOW, stored(*range(NOW - 5, NOW)), pace=1)

    batches, error = await polled(twilio)

    assert error is None
    assert sids(batches) == ["NO4", "NO3", "NO2", "NO1", "NO0"]
    assert [asked["EndDate"] for asked in twilio.asked] == [iso(NOW)] * 2
    assert twilio.asked[1]["PageToken"] == "PANO2"
    assert twilio.asked[1]["Page"] == "1"
    assert batches[0].coverage.covered_until == READ.covered_until
    assert batches[0].coverage.holes == (Hole(NOW - 930, NOW - 3),)


async def test_listing_at_the_cap_is_walked_back() -> None:
    twilio = FakeTwilio(NOW, stored(*range(NOW - 20, NOW)), cap=6)

    batches, error = await polled(twilio, settings=SMALL)

    assert error is None
    assert set(sids(batches)) == {f"NO{n}" for n in range(20)}
    assert batches[-1].coverage == ONE_POLL_LATER
    assert [batch.gaps for batch in batches if batch.gaps] == []


async def test_alert_that_a_late_one_displaces_from_a_listing_is_read_in_the_same_poll() -> None:
    early = stored(NOW - 9, NOW - 10, NOW - 11, NOW - 12, NOW - 13, NOW - 14)
    twilio = FakeTwilio(
        NOW, [*early, Stored("NOlate", NOW - 5, late=7)], cap=6, ranked=True, pace=1
    )

    batches, error = await polled(twilio, settings=SMALL)

    assert error is None
    assert {alert.sid for alert in early} == set(sids(batches))


async def test_saturated_second_is_asked_for_by_level_and_the_rest_is_a_gap() -> None:
    errors = [Stored(f"NOe{n}", NOW - 5) for n in range(8)]
    warnings = [Stored(f"NOw{n}", NOW - 5, level="warning") for n in range(4)]
    twilio = FakeTwilio(NOW, [*errors, *warnings, Stored("NOx", NOW - 6)], cap=6)

    batches, error = await polled(twilio, settings=SMALL)

    assert error is None
    assert {alert.sid for alert in warnings} | {"NOx"} <= set(sids(batches))
    reason = "more alerts of level error in this second than Twilio lists"
    assert [gap for batch in batches for gap in batch.gaps] == [Gap(NOW - 6, NOW - 5, reason)]
    levels = [asked["LogLevel"] for asked in twilio.asked if "LogLevel" in asked]
    assert list(dict.fromkeys(levels)) == ["error", "warning", "notice", "debug"]
    assert batches[-1].coverage == ONE_POLL_LATER


async def test_saturated_second_of_a_level_that_is_none_of_twilios_is_a_gap() -> None:
    alerts = [Stored(f"NO{n}", NOW - 5, level="critical") for n in range(8)]
    twilio = FakeTwilio(NOW, [*alerts, Stored("NOx", NOW - 5)], cap=6)

    batches, error = await polled(twilio, settings=SMALL)

    assert error is None
    reason = "more alerts of unknown levels in this second than Twilio lists"
    assert [gap for batch in batches for gap in batch.gaps] == [Gap(NOW - 6, NOW - 5, reason)]
    assert batches[-1].coverage == ONE_POLL_LATER


async def test_full_second_that_was_listed_whole_is_no_gap_whatever_its_levels() -> None:
    alerts = [Stored(f"NO{n}", NOW - 5, level="critical") for n in range(5)]
    twilio = FakeTwilio(NOW, alerts, cap=6)

    batches, _ = await polled(twilio, settings=SMALL)

    assert [gap for batch in batches for gap in batch.gaps] == []
    assert {alert.sid for alert in alerts} == set(sids(batches))


async def test_first_poll_reads_what_the_rules_need_then_two_days_back() -> None:
    late = Stored("NOlate", NOW - 30 * HOUR)
    twilio = FakeTwilio(NOW, [Stored("NOnew", NOW - 5), late])

    batches, error = await polled(twilio, Coverage())

    assert error is None
    assert sids(batches) == ["NOnew", "NOlate"]
    assert batches[0].coverage.covered_until == NOW
    assert [asked["StartDate"] for asked in twilio.asked] == [iso(NOW - 900), iso(NOW - 48 * HOUR)]


async def test_alert_stored_two_hours_late_is_found_by_a_reread() -> None:
    twilio = FakeTwilio(NOW, [Stored("NOlate", NOW + 10, late=2 * HOUR)])
    source, coverage, seen = monitor(twilio), READ, []

    for _ in range(12):
        batches, _ = await collected(source.poll(coverage, ALL))
        coverage, seen = batches[-1].coverage, seen + sids(batches)
        twilio.now += 900

    assert set(seen) == {"NOlate"}


async def test_budget_of_pages_leaves_holes_that_the_next_poll_reads() -> None:
    twilio = FakeTwilio(NOW, stored(*range(NOW - 12, NOW)), cap=100)
    source = monitor(twilio, replace(SETTINGS, cap=100))

    first, error = await collected(source.poll(READ, Budget(pages=2, seconds=60)))
    twilio.now += 30
    second, _ = await collected(source.poll(first[-1].coverage, ALL))

    assert error is None
    assert len(first) == 2
    assert first[-1].coverage.covered_until == NOW - 30
    assert set(sids(first + second)) == {f"NO{n}" for n in range(12)}
    assert second[-1].coverage.covered_until == NOW + 30


async def test_polls_too_short_for_the_overlap_read_it_to_its_end_all_the_same() -> None:
    twilio = FakeTwilio(now=NOW, alerts=stored(*range(NOW - 900, NOW + 600)))
    source, coverage, seen = monitor(twilio), READ, set()

    for _ in range(20):
        batches, _ = await collected(source.poll(coverage, Budget(pages=50, seconds=3_600)))
        coverage = batches[-1].coverage
        seen |= set(sids(batches))
        twilio.now += 30

    assert coverage.covered_until is not None
    assert coverage.covered_until >= NOW + 300
    assert len(seen) == 900 + 570 + 1


async def test_budget_of_seconds_ends_a_poll_cleanly() -> None:
    twilio = FakeTwilio(NOW, stored(*range(NOW - 12, NOW)), pace=20)

    batches, error = await collected(monitor(twilio).poll(READ, Budget(pages=99, seconds=30)))

    assert (len(batches), error) == (2, None)
    assert batches[-1].coverage.holes != ()


async def test_next_page_is_on_its_way_while_a_batch_is_stored() -> None:
    twilio = FakeTwilio(NOW, stored(*range(NOW - 5, NOW)))
    batches = monitor(twilio).poll(READ, ALL)

    await anext(batches)
    await asyncio.sleep(0)

    assert len(twilio.asked) == 2
    await batches.aclose()


async def test_entry_without_a_sid_is_counted_in_its_batch() -> None:
    body = b'{"alerts": [{"sid": null}], "meta": {}}'

    batches, _ = await polled(FakeTwilio(NOW, faults={1: answers(200, body)}))

    assert [batch.malformed for batch in batches] == [1]
