"""Whatever Twilio holds and whatever fails: every alert is yielded, or lies in a recorded gap."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from hypothesis import given, settings
from hypothesis import strategies as st
from twilio_fake import FakeTwilio, Stored, answers, unreachable

from statusbridge.adapters.twilio_monitor import Settings, TwilioMonitor
from statusbridge.core.coverage import Budget, Coverage, Gap, Lookback
from statusbridge.core.errors import Unavailable
from statusbridge.core.listing import LEVELS

START = 1_760_000_000
OVERLAP = 60
SKEW = 9
ENOUGH = Budget(pages=100_000, seconds=10**6)

stored_alerts = st.builds(
    Stored,
    sid=st.just(""),
    at=st.integers(START - 50, START + 150),
    late=st.sampled_from((0, 0, 0, 1, 7, OVERLAP - SKEW)),
    level=st.sampled_from(LEVELS),
)
storms = st.tuples(st.lists(stored_alerts, max_size=20), stored_alerts, st.integers(0, 25)).map(
    lambda drawn: [*drawn[0], *[drawn[1]] * drawn[2]]
)
named_storms = storms.map(
    lambda alerts: [replace(alert, sid=f"NO{n}") for n, alert in enumerate(alerts)]
)
failures = st.dictionaries(
    st.integers(1, 120),
    st.sampled_from(
        (
            unreachable,
            answers(500),
            answers(400, b'{"code": 21481}'),
            answers(200, b"cut sho"),
        )
    ),
    max_size=12,
)
servers = st.builds(
    FakeTwilio,
    now=st.just(float(START)),
    alerts=named_storms,
    cap=st.integers(2, 9),
    sorted_by=st.sampled_from(("at", "created")),
    tokens=st.sampled_from(("key", "offset")),
    pace=st.sampled_from((0.0, 0.4, 3.0)),
    skew=st.sampled_from((-SKEW, 0, SKEW)),
    faults=failures,
)


@dataclass(frozen=True, slots=True)
class Turn:
    """One poll: when it begins, how much it may read, and after how many batches it crashes."""

    after: int
    pages: int
    crash: int


turns = st.lists(
    st.builds(Turn, st.integers(1, 40), st.integers(1, 9), st.integers(0, 12)), max_size=12
)


@dataclass
class Store:
    """What was committed: a batch whole or not at all."""

    coverage: Coverage = field(default_factory=Coverage)
    sids: set[str] = field(default_factory=set)
    gaps: list[Gap] = field(default_factory=list)

    def missed(self, alerts: Iterable[Stored]) -> list[Stored]:
        return [
            alert
            for alert in alerts
            if alert.sid not in self.sids
            and not any(g.lo < t <= g.hi for g in self.gaps for t in (alert.at, alert.created))
        ]


async def poll(twilio: FakeTwilio, source: TwilioMonitor, store: Store, turn: Turn) -> None:
    """Poll as the daemon does, and hold every commit against what Twilio listed by then."""
    batches = source.poll(store.coverage, Budget(turn.pages, ENOUGH.seconds))
    try:
        count = 0
        async for batch in batches:
            if count == turn.crash:
                break
            count += 1
            before = store.coverage
            store.coverage = batch.coverage
            store.sids |= {alert.sid for alert in batch.alerts}
            store.gaps += batch.gaps
            check_watermark(twilio, before, store)
    except Unavailable:
        pass
    finally:
        await batches.aclose()


def check_watermark(twilio: FakeTwilio, before: Coverage, store: Store) -> None:
    covered = store.coverage.covered_until
    assert (before.covered_until or 0) <= (covered or 0) <= (store.coverage.heard_until or 0)
    assert (store.coverage.heard_until or 0) <= twilio.now + SKEW
    if covered is not None:
        prompt = (a for a in twilio.alerts if a.late == 0 and a.at <= covered - SKEW)
        assert store.missed(prompt) == []


async def scenario(twilio: FakeTwilio, page_size: int, turns: list[Turn]) -> Store:
    reading = Settings(Lookback(OVERLAP, 600), patience=0, page_size=page_size, cap=twilio.cap)
    store = Store()
    source = TwilioMonitor("prod", twilio, (), reading, twilio.clock)
    for turn in turns:
        await poll(twilio, source, store, turn)
        twilio.now += turn.after
        if turn.crash < turn.pages:
            source = TwilioMonitor("prod", twilio, (), reading, twilio.clock)
    twilio.faults.clear()
    twilio.now = max(twilio.now, START + 300)
    for _ in range(2):
        await poll(twilio, source, store, Turn(0, ENOUGH.pages, ENOUGH.pages))
        twilio.now += 30
    return store


@settings(max_examples=150)
@given(servers, st.integers(1, 5), turns)
def test_every_alert_within_the_overlap_is_yielded_or_lies_in_a_gap(
    twilio: FakeTwilio, page_size: int, turns: list[Turn]
) -> None:
    store = asyncio.run(scenario(twilio, page_size, turns))

    assert store.missed(twilio.alerts) == []
    assert store.coverage.holes == ()
    assert all(gap.hi - gap.lo == 1 for gap in store.gaps)


@settings(max_examples=60)
@given(servers, st.integers(1, 5), turns)
def test_gaps_are_recorded_only_where_one_level_fills_a_listing(
    twilio: FakeTwilio, page_size: int, turns: list[Turn]
) -> None:
    store = asyncio.run(scenario(twilio, page_size, turns))

    for gap in store.gaps:
        second = [alert.level for alert in twilio.alerts if twilio.key(alert) == gap.hi]
        assert max(second.count(level) for level in LEVELS) >= twilio.cap
