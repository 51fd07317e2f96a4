"""Polls of an account that was read whole 30 s before NOW, and what came of them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

from twilio_fake import FakeTwilio, Stored

from statusbridge.adapters.twilio_monitor import Settings, TwilioMonitor
from statusbridge.core.coverage import Batch, Budget, Coverage, Lookback
from statusbridge.core.errors import Unauthorized, Unavailable

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
