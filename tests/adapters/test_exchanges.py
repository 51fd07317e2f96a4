from __future__ import annotations

from statusbridge.adapters.exchanges import BOUNDS, Durations, Exchanges


def test_each_request_is_counted_once_in_the_class_of_its_duration() -> None:
    exchanges = Exchanges()
    for seconds in (0.01, 0.05, 0.06, 31.0):
        exchanges.note("200", seconds)
    exchanges.note("interrupted", 5.0)

    counted = [2, 1, *([0] * (len(BOUNDS) - 2)), 1]
    assert exchanges.by_outcome["200"] == Durations(counted, 31.12)
    assert sum(exchanges.by_outcome["interrupted"].by_class) == 1
