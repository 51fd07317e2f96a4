"""Polling an account: what is yielded, what is concluded, and what becomes of every failure."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from twilio_fake import FakeTwilio, Stored, answers, iso, unreachable

from statusbridge.adapters.http import Unauthorized, Unavailable
from statusbridge.adapters.twilio_monitor import Settings, TwilioMonitor
from statusbridge.core.coverage import DAY, HOUR, Batch, Budget, Coverage, Gap, Hole, Lookback
from statusbridge.core.rules import Probe

NOW = 1_760_000_000
ALL = Budget(pages=1_000, seconds=3_600)
SETTINGS = Settings(Lookback(overlap=900, first=600), page_size=3, cap=12)
SMALL = replace(SETTINGS, cap=6)
READ = Coverage(
    covered_until=NOW - 30,
    heard_until=NOW - 30,
    asked_until=NOW - 30,
    swept_short=NOW - 30,
    swept_long=NOW - 30,
)
ONE_POLL_LATER = replace(READ, covered_until=NOW, heard_until=NOW, asked_until=NOW)


def monitor(twilio: FakeTwilio, settings: Settings = SETTINGS) -> TwilioMonitor:
    return TwilioMonitor("prod", twilio, (), settings, twilio.clock)


def stored(*ats: int) -> list[Stored]:
    return [Stored(f"NO{n}", at) for n, at in enumerate(ats)]


async def collected(
    batches: AsyncIterator[Batch],
) -> tuple[list[Batch], Unavailable | Unauthorized | None]:
    """Everything that a poll yields, and what it raises after."""
    got: list[Batch] = []
    try:
        async for batch in batches:
            got.append(batch)
    except (Unavailable, Unauthorized) as error:
        return got, error
    return got, None


def sids(batches: list[Batch]) -> list[str]:
    return [alert.sid for batch in batches for alert in batch.alerts]


async def polled(
    twilio: FakeTwilio, coverage: Coverage = READ, settings: Settings = SETTINGS
) -> tuple[list[Batch], Unavailable | Unauthorized | None]:
    return await collected(monitor(twilio, settings).poll(coverage, ALL))


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


async def test_poll_left_halfway_waits_for_its_request_and_holds_what_it_yielded() -> None:
    twilio = FakeTwilio(NOW, stored(*range(NOW - 5, NOW)), faults={2: unreachable})
    source = monitor(twilio)
    batches = source.poll(READ, ALL)

    first = await anext(batches)
    await batches.aclose()
    rest, error = await collected(source.poll(first.coverage, ALL))

    assert error is None
    assert set(sids([first, *rest])) == {f"NO{n}" for n in range(5)}


async def test_cancelled_poll_never_cancels_its_request() -> None:
    arrived, release, ended = asyncio.Event(), asyncio.Event(), []

    class Slow(FakeTwilio):
        async def get(self, path: str, params: object) -> object:
            arrived.set()
            await release.wait()
            ended.append("answered")
            return self.reply(200, b"{}")

    twilio = Slow(NOW)
    task = asyncio.create_task(collected(monitor(twilio).poll(READ, ALL)))
    await arrived.wait()
    task.cancel()
    asyncio.get_running_loop().call_soon(release.set)

    with pytest.raises(asyncio.CancelledError):
        await task
    assert ended == ["answered"]


async def test_request_cancelled_under_a_poll_that_is_left_goes_unnoticed() -> None:
    def cancelled(twilio: FakeTwilio, params: object) -> None:
        raise asyncio.CancelledError

    twilio = FakeTwilio(NOW, stored(*range(NOW - 5, NOW)), faults={2: cancelled})
    batches = monitor(twilio).poll(READ, ALL)

    await anext(batches)
    await batches.aclose()

    assert len(twilio.asked) == 2


async def test_cancelled_request_ends_the_poll() -> None:
    class Cancelled(FakeTwilio):
        async def get(self, path: str, params: object) -> object:
            raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        await polled(Cancelled(NOW))


async def test_passing_failures_are_asked_again_within_the_poll() -> None:
    faults = {
        1: unreachable,
        2: answers(429, b'{"code": 20429}', Retry_After="2"),
        3: answers(503, b"<html>"),
    }
    twilio = FakeTwilio(NOW, stored(NOW - 5), faults=faults)

    batches, error = await polled(twilio)

    assert error is None
    assert sids(batches) == ["NO0"]
    assert len(twilio.slept) == 3
    assert twilio.slept[1] == 2


async def test_retry_after_as_a_date_is_waited_for() -> None:
    when = "Thu, 09 Oct 2025 08:53:24 GMT"  # NOW + 4 s
    twilio = FakeTwilio(NOW, faults={1: answers(429, Retry_After=when)})

    _, error = await polled(twilio)

    assert (error, twilio.slept) == (None, [4])


async def test_wait_longer_than_the_patience_is_left_to_the_caller() -> None:
    fault = answers(429, b'{"code": 20429, "message": "Too Many Requests"}', Retry_After="90")
    twilio = FakeTwilio(NOW, faults={1: fault})

    batches, error = await polled(twilio)

    assert (batches, twilio.slept) == ([], [])
    assert isinstance(error, Unavailable)
    assert error.retry_after == 90
    assert error.reason == "GET /v1/Alerts was answered 429, code 20429: Too Many Requests"


@pytest.mark.parametrize(
    ("fault", "requests", "reason"),
    [
        (unreachable, 4, "GET monitor.twilio.com failed: ConnectError"),
        (answers(500), 4, "GET /v1/Alerts was answered 500"),
        (answers(404, b"{}"), 1, "GET /v1/Alerts was answered 404"),
        (answers(204), 1, "GET /v1/Alerts was answered 204"),
        (
            answers(200, b"<html>", Content_Type="text/html"),
            1,
            "GET /v1/Alerts was answered with text/html, not JSON: check base_url",
        ),
        (
            answers(200, b'{"alerts": ['),
            1,
            "GET /v1/Alerts was answered with not JSON, or cut short",
        ),
        (
            answers(400, b'{"code": 20001, "message": "No"}'),
            1,
            "GET /v1/Alerts was refused (400, code 20001): No",
        ),
    ],
)
async def test_failed_page_ends_the_poll_with_what_was_read_before(
    fault: object, requests: int, reason: str
) -> None:
    faults = dict.fromkeys(range(2, 20), fault)
    twilio = FakeTwilio(NOW, stored(*range(NOW - 12, NOW)), faults=faults, cap=3)
    source = monitor(twilio, replace(SETTINGS, cap=3))

    batches, error = await collected(source.poll(READ, ALL))

    assert isinstance(error, Unavailable)
    assert error.reason == reason
    assert len(batches) == 1
    assert batches[0].coverage.covered_until == NOW - 30
    assert len(twilio.asked) == 1 + requests


@pytest.mark.parametrize("status", [401, 403])
async def test_refused_credentials_are_said_and_not_tried_again(status: int) -> None:
    body = b'{"code": 20003, "message": "Authenticate"}'
    twilio = FakeTwilio(NOW, faults={1: answers(status, body)})

    batches, error = await polled(twilio)

    assert batches == []
    assert isinstance(error, Unauthorized)
    assert (error.status, error.reason) == (
        status,
        f"GET /v1/Alerts was answered {status}, code 20003: Authenticate; "
        "check the account's SID and secret",
    )
    assert len(twilio.asked) == 1


async def test_void_page_token_begins_the_listing_anew_from_what_was_read() -> None:
    fault = answers(400, b'{"code": 21481, "message": "Invalid PageToken"}')
    twilio = FakeTwilio(NOW, stored(*range(NOW - 5, NOW)), faults={2: fault})

    batches, error = await polled(twilio)

    assert error is None
    assert set(sids(batches)) == {f"NO{n}" for n in range(5)}
    assert twilio.asked[2] == {
        "StartDate": iso(NOW - 930),
        "EndDate": iso(NOW - 3),
        "PageSize": "3",
    }


async def test_page_tokens_that_are_always_void_end_the_poll() -> None:
    fault = answers(400, b'{"code": 21481, "message": "Invalid PageToken"}')
    alerts = stored(*[NOW - 5] * 5)
    twilio = FakeTwilio(NOW, alerts, faults=dict.fromkeys(range(2, 99, 2), fault))

    _, error = await polled(twilio)

    assert str(error) == "GET /v1/Alerts was refused (400, code 21481): Invalid PageToken"
    assert len(twilio.asked) == 8


async def test_start_refused_as_too_old_is_moved_and_the_gap_recorded() -> None:
    fault = answers(400, b'{"code": 20004, "message": "outside of retention"}')
    away = NOW - 10 * DAY
    coverage = replace(READ, covered_until=away, heard_until=away, asked_until=away)
    twilio = FakeTwilio(NOW, stored(NOW - 5), faults={1: fault})

    batches, error = await polled(twilio, coverage)

    assert error is None
    assert [gap for batch in batches for gap in batch.gaps] == [
        Gap(away, NOW - 7 * DAY - 1, "older than Twilio answers for")
    ]
    assert twilio.asked[1]["StartDate"] == iso(NOW - 7 * DAY)
    assert batches[-1].coverage.covered_until == NOW


async def test_gap_of_a_long_absence_comes_with_the_first_batch() -> None:
    away = NOW - 40 * DAY
    coverage = replace(READ, covered_until=away, heard_until=away, asked_until=away)

    batches, _ = await polled(FakeTwilio(NOW, stored(NOW - 5)), coverage)

    assert batches[0].gaps == (Gap(away, NOW - 29 * DAY - 1, "older than Twilio answers for"),)


@pytest.mark.parametrize("dead_end", ["Page=1&PageToken=PANO1", "Page={n}&PageToken=PA{n}"])
async def test_listing_without_an_end_is_left(dead_end: str) -> None:
    def endless(twilio: FakeTwilio, params: object) -> object:
        url = dead_end.format(n=len(twilio.asked))
        return twilio.reply(
            200, f'{{"alerts": [], "meta": {{"next_page_url": "/v1/Alerts?{url}"}}}}'.encode()
        )

    twilio = FakeTwilio(NOW, faults=dict.fromkeys(range(1, 99), endless))

    batches, error = await polled(twilio)

    assert str(error) == "GET /v1/Alerts: the pages go in circles; read anew next time"
    assert batches[-1].coverage.covered_until == NOW - 30
    assert len(twilio.asked) <= 6


async def test_next_page_of_another_origin_is_told_and_not_followed() -> None:
    def elsewhere(twilio: FakeTwilio, params: dict[str, str]) -> object:
        return twilio.page(params, next_page_url="https://evil.example/?PageToken=PANO2")

    twilio = FakeTwilio(NOW, stored(*range(NOW - 5, NOW)), faults={1: elsewhere})

    batches, error = await polled(twilio)

    assert error is None
    assert batches[0].notes == ("next_page_url is of another origin: only its page token was used",)
    assert batches[1].notes == ()
    assert len(sids(batches)) == 5


@pytest.mark.parametrize("skew", [-31, 31, 86_400])
async def test_server_time_that_agrees_with_no_clock_moves_nothing(skew: float) -> None:
    twilio = FakeTwilio(NOW, stored(NOW - 5), skew=skew)

    batches, error = await polled(twilio)

    assert sids(batches) == ["NO0"]
    assert batches[0].alerts[0].at == NOW - 5
    assert batches[0].coverage == READ
    assert str(error) == (
        f"the server's clock says {iso(NOW + skew)} where {iso(NOW)} was expected, more than 30 s "
        "apart: nothing was concluded; check this machine's clock"
    )


async def test_refusal_of_a_server_with_a_strange_clock_gives_up_nothing() -> None:
    away = NOW - 10 * DAY
    coverage = replace(READ, covered_until=away, heard_until=away, asked_until=away)
    twilio = FakeTwilio(NOW, skew=999, faults={1: answers(400, b'{"code": 20004}')})

    batches, error = await polled(twilio, coverage)

    assert batches == [Batch((), coverage)]
    assert isinstance(error, Unavailable)


async def test_clock_that_goes_wrong_midway_leaves_what_was_stored_standing() -> None:
    def strange(twilio: FakeTwilio, params: dict[str, str]) -> object:
        twilio.skew = 3_600
        return twilio.page(params)

    twilio = FakeTwilio(NOW, stored(*range(NOW - 5, NOW)), faults={2: strange})

    batches, error = await polled(twilio)

    assert isinstance(error, Unavailable)
    assert batches[1].coverage == batches[0].coverage
    assert set(sids(batches)) == {f"NO{n}" for n in range(5)}


async def test_server_slightly_behind_holds_the_watermark_back() -> None:
    batches, error = await polled(FakeTwilio(NOW, skew=-20))

    assert error is None
    assert batches[-1].coverage.covered_until == NOW - 20
    assert batches[-1].coverage.heard_until == NOW - 20


async def test_steady_clock_carries_the_servers_time_over_a_wrong_wall_clock() -> None:
    twilio = FakeTwilio(NOW)
    wall = [float(NOW)]
    source = TwilioMonitor(
        "prod", twilio, (), SETTINGS, replace(twilio.clock, wall=lambda: wall[0])
    )
    first, _ = await collected(source.poll(READ, ALL))
    wall[0] += 5 * HOUR
    twilio.now += 30

    second, error = await collected(source.poll(first[-1].coverage, ALL))

    assert error is None
    assert second[-1].coverage.covered_until == NOW + 30


async def test_machine_that_slept_believes_the_server_that_its_wall_clock_confirms() -> None:
    twilio = FakeTwilio(NOW)
    source = TwilioMonitor("prod", twilio, (), SETTINGS, replace(twilio.clock, steady=lambda: 1.0))
    first, _ = await collected(source.poll(READ, ALL))
    twilio.now += 5 * HOUR

    second, error = await collected(source.poll(first[-1].coverage, ALL))
    third, _ = await collected(source.poll(second[-1].coverage, ALL))

    assert error is None
    assert second[-1].coverage.covered_until == NOW
    assert third[-1].coverage.covered_until == NOW + 5 * HOUR


async def test_answer_without_a_time_counts_at_the_estimate() -> None:
    batches, error = await polled(FakeTwilio(NOW, stored(NOW - 5), dated=False))

    assert error is None
    assert batches[-1].coverage == ONE_POLL_LATER


async def test_changed_probes_count_from_the_next_poll_on() -> None:
    def worded(twilio: FakeTwilio, params: object) -> object:
        body = b'{"alerts": [{"sid": "NO1", "alert_text": "a timeout"}], "meta": {}}'
        return twilio.reply(200, body)

    twilio = FakeTwilio(NOW, faults={1: worded, 2: worded})
    source = monitor(twilio)

    before, _ = await collected(source.poll(READ, ALL))
    source.adopt((Probe("timeout"),), SETTINGS)
    after, _ = await collected(source.poll(before[-1].coverage, ALL))

    assert before[0].alerts[0].traits == ()
    assert after[0].alerts[0].traits == ("text~timeout",)


async def test_entry_without_a_sid_is_counted_in_its_batch() -> None:
    body = b'{"alerts": [{"sid": null}], "meta": {}}'

    batches, _ = await polled(FakeTwilio(NOW, faults={1: answers(200, body)}))

    assert [batch.malformed for batch in batches] == [1]
