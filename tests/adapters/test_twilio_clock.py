"""When the server's clock is believed, and that nothing moves when it is not."""

from __future__ import annotations

from dataclasses import replace

import pytest
from twilio_fake import FakeTwilio, answers, iso
from twilio_polls import (
    ALL,
    NOW,
    ONE_POLL_LATER,
    READ,
    SETTINGS,
    collected,
    polled,
    sids,
    stored,
)

from statusbridge.adapters.twilio_monitor import TwilioMonitor
from statusbridge.core.coverage import DAY, HOUR, Batch
from statusbridge.core.errors import Unavailable


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

    assert batches == [Batch((), coverage, rest=False)]
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
