from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from builders import a_rule, a_trigger, an_alert
from statusbridge.core.coverage import Gap
from statusbridge.core.detectors import Bounds, Detector, fold
from statusbridge.core.hindsight import span, standings_at
from statusbridge.core.model import Phase, Status
from statusbridge.core.rules import Recovery
from statusbridge.core.windows import Series

RULE = a_rule(
    triggers=(
        a_trigger(count=3, hold=20),
        a_trigger(Status.PARTIAL_OUTAGE, count=6, distinct_resources=4),
    ),
    recovery=Recovery(after=30, settle=40),
)


def test_span_is_what_the_slowest_rule_needs() -> None:
    assert span((RULE, a_rule(window=30))) == 60 + 20 + 30 + 40
    assert span(()) == 0


@settings(max_examples=60, deadline=None)
@given(
    times=st.lists(st.integers(0, 900), max_size=60),
    at=st.integers(0, 1000),
    every=st.integers(1, 90),
)
def test_hindsight_stands_where_the_daemon_stood_that_polled_up_to_then(
    times: list[int], at: int, every: int
) -> None:
    alerts = [an_alert(t, sid=f"NO{n:032x}") for n, t in enumerate(sorted(times))]
    series = Series(RULE.window, RULE.measures)
    detector, polled = Detector.fresh(-500, -500 - RULE.window), -500
    for alert in alerts:
        if alert.at <= at:
            series.add(alert.at, alert.resource, alert.account)
    for polled in [*range(0, at, every), at]:
        daemon = fold(RULE, series, detector, Bounds(polled, polled))
        detector = daemon.detector

    (found,) = standings_at((RULE,), alerts, [], -500, at)

    assert (found.detector, found.measures) == (detector, daemon.measures)


def test_alerts_after_the_time_count_for_nothing() -> None:
    alerts = [an_alert(t) for t in range(0, 60, 10)]

    (found,) = standings_at((RULE,), alerts, [], -500, 20)

    assert (found.detector.phase, found.measures.count, found.met) == (Phase.PENDING, 3, (20, None))


def test_gap_keeps_the_past_from_being_quiet() -> None:
    alerts = [an_alert(t) for t in range(0, 60, 5)]
    gap = ("prod", Gap(100, 400, "lost"))

    (blind,) = standings_at((RULE,), alerts, [gap], -500, 300)
    (calm,) = standings_at((RULE,), alerts, [], -500, 300)

    assert (blind.detector.phase, calm.detector.phase) == (Phase.FIRING, Phase.INACTIVE)
