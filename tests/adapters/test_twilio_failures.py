"""What becomes of a poll when a request fails, is refused, goes in circles or is cancelled."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from twilio_fake import FakeTwilio, Fault, answers, iso, unreachable
from twilio_polls import (
    ALL,
    NOW,
    READ,
    SETTINGS,
    collected,
    monitor,
    polled,
    sids,
    stored,
)

from statusbridge.core.coverage import DAY, Gap
from statusbridge.core.errors import Unauthorized, Unavailable


async def test_poll_left_halfway_waits_for_its_request_and_holds_what_it_yielded() -> None:
    twilio = FakeTwilio(NOW, stored(*range(NOW - 5, NOW)), faults={2: unreachable})
    source = monitor(twilio)
    batches = source.poll(READ, ALL)

    first = await anext(batches)
    await batches.aclose()
    rest, error = await collected(source.poll(first.coverage, ALL))

    assert error is None
    assert set(sids([first, *rest])) == {f"NO{n}" for n in range(5)}


async def test_cancelled_poll_does_not_wait_for_an_answer_that_may_never_come() -> None:
    arrived, ended = asyncio.Event(), []

    class Silent(FakeTwilio):
        async def get(self, path: str, params: object) -> object:
            arrived.set()
            try:
                await asyncio.Event().wait()
            finally:
                ended.append("cancelled")

    task = asyncio.create_task(collected(monitor(Silent(NOW)).poll(READ, ALL)))
    await arrived.wait()
    task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await task
    assert ended == ["cancelled"]


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


@pytest.mark.parametrize(("asked", "waited"), [("90", 90), ("86400", 900)])
async def test_an_account_is_left_alone_for_as_long_as_twilio_asks_up_to_15_minutes(
    asked: str, waited: int
) -> None:
    fault = answers(429, b'{"code": 20429, "message": "Too Many Requests"}', Retry_After=asked)
    twilio = FakeTwilio(NOW, stored(NOW - 5), faults={1: fault})
    source = monitor(twilio)
    await collected(source.poll(READ, ALL))
    twilio.now += waited - 1
    resting = await collected(source.poll(READ, ALL))
    requests = len(twilio.asked)
    twilio.now += 1

    batches, error = await collected(source.poll(READ, ALL))

    assert (resting[0], requests) == ([], 1)
    assert str(resting[1]) == "GET /v1/Alerts: Twilio asked to be left alone for 1 s more"
    assert (sids(batches), error) == (["NO0"], None)


@pytest.mark.parametrize(
    ("fault", "requests", "reason"),
    [
        (unreachable, 4, "GET monitor.twilio.com failed: could not connect"),
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


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (
            answers(400, b"<html>Bad Request</html>", Content_Type="text/html"),
            "GET /v1/Alerts was refused (400) with text/html, not JSON: check base_url",
        ),
        (answers(400, b""), "GET /v1/Alerts was refused (400) without Twilio's word for it"),
        (answers(400, b"{}"), "GET /v1/Alerts was refused (400) without Twilio's word for it"),
    ],
)
async def test_a_refusal_that_is_not_twilios_gives_up_nothing(fault: Fault, reason: str) -> None:
    away = NOW - 10 * DAY
    coverage = replace(READ, covered_until=away, heard_until=away, asked_until=away)
    twilio = FakeTwilio(NOW, stored(NOW - 5), faults={1: fault})

    batches, error = await polled(twilio, coverage)

    assert str(error) == reason
    assert batches == []


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
