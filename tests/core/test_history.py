from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from builders import a_rule, a_trigger, an_alert
from statusbridge.core.history import CodePast, Peak, history, ratio
from statusbridge.core.model import Status
from statusbridge.core.rules import CodeRange, Match, Threshold
from statusbridge.core.windows import Measures, Series

DAY = 86_400


def test_ratio_is_that_of_the_number_that_is_missing_most() -> None:
    measures = Measures(20, 3, 1)

    assert ratio(Threshold(count=25), measures) == 0.8
    assert ratio(Threshold(count=25, distinct_resources=30), measures) == 0.1
    assert ratio(Threshold(distinct_accounts=1, count=10), measures) == 1.0


def test_past_without_alerts_is_empty() -> None:
    found = history((a_rule(),), [], 1000)

    (rule,) = found.rules
    assert (found.alerts, found.first, found.days, found.unmatched) == (0, None, 0, ())
    assert (rule.matched, rule.last, rule.nearest.peak, rule.nearest.usual) == (0, None, None, 0.0)


def test_codes_that_counted_for_no_rule_are_told_by_how_many_and_when() -> None:
    codes = [21610, 30008, 21610, None, 21610]
    alerts = [an_alert(at, code=code) for at, code in enumerate(codes)]

    found = history((a_rule(),), alerts, 10)

    assert found.unmatched == (CodePast(21610, 3, 4), CodePast(None, 1, 3))
    assert (found.alerts, found.first, found.rules[0].matched, found.rules[0].last) == (5, 0, 1, 1)


def test_nearest_trigger_is_the_one_that_came_nearest_with_its_time() -> None:
    rule = a_rule(triggers=(a_trigger(count=8), a_trigger(Status.FULL_OUTAGE, count=4)))
    alerts = [an_alert(at) for at in (0, 10, 20, 70, 300)]

    (found,) = history((rule,), alerts, 1000).rules

    assert found.nearest.trigger.status is Status.FULL_OUTAGE
    assert found.nearest.peak == Peak(0.75, 20, Measures(3, 3, 1))
    assert [trigger.days for trigger in found.triggers] == [0, 0]


def test_what_leaves_and_comes_at_one_time_is_no_break() -> None:
    rule = a_rule(window=10, triggers=(a_trigger(count=2, hold=15),))
    alerts = [an_alert(at, sid=f"NO{n}") for n, at in enumerate((0, 5, 10, 15, 20))]

    (found,) = history((rule,), alerts, 100).rules

    assert found.triggers[0].days == 1


def test_hold_that_is_broken_is_not_held() -> None:
    rule = a_rule(window=10, triggers=(a_trigger(count=2, hold=15),))
    alerts = [an_alert(at, sid=f"NO{n}") for n, at in enumerate((0, 5, 11, 16, 22))]

    (found,) = history((rule,), alerts, 100).rules

    assert (found.triggers[0].days, found.nearest.peak.ratio) == (0, 1.0)  # type: ignore[union-attr]


def test_days_are_counted_on_which_a_trigger_held_and_the_middle_one_is_usual() -> None:
    alerts = [
        an_alert(day * DAY + n * 10, sid=f"NO{day}-{n}")
        for day, count in enumerate((3, 1, 5, 3, 4))
        for n in range(count)
    ]

    found = history((a_rule(triggers=(a_trigger(count=3),)),), alerts, 5 * DAY - 1)

    (trigger,) = found.rules[0].triggers
    assert (found.days, trigger.days, trigger.usual) == (5, 4, 1.0)


def test_days_without_an_alert_are_usual_too() -> None:
    alerts = [an_alert(n, sid=f"NO{n}") for n in range(5)]

    (rule,) = history((a_rule(),), alerts, 3 * DAY).rules

    assert rule.triggers[0].usual == 0.0


def test_hold_over_midnight_counts_for_both_days() -> None:
    rule = a_rule(window=4 * 3600, triggers=(a_trigger(count=2),))
    alerts = [an_alert(DAY - 3600), an_alert(DAY - 3599)]

    (found,) = history((rule,), alerts, 2 * DAY).rules

    assert found.triggers[0].days == 2


@settings(deadline=None)
@given(
    window=st.integers(1, 30),
    hold=st.integers(0, 25),
    count=st.integers(1, 4),
    drawn=st.lists(st.tuples(st.integers(0, 200), st.integers(0, 5)), max_size=40),
)
def test_peaks_and_holds_are_those_of_the_measures_that_rules_go_by(
    window: int, hold: int, count: int, drawn: list[tuple[int, int]]
) -> None:
    trigger = a_trigger(hold=hold, count=count, distinct_resources=2)
    rule = a_rule(window=window, triggers=(trigger,))
    alerts = [
        an_alert(at, sid=f"NO{n}", resource=f"SM{resource}")
        for n, (at, resource) in enumerate(sorted(drawn))
    ]
    series = Series(window, rule.measures)
    for alert in alerts:
        series.add(alert.at, alert.resource, alert.account)
    measured = [series.at(t) for t in range(300)]

    (found,) = history((rule,), alerts, 299).rules

    peak = found.nearest.peak
    best = max(ratio(trigger.threshold, m) for m in measured)
    assert (0 if peak is None else peak.ratio) == best
    run, held = 0, False
    for measures in measured:
        run = run + 1 if measures.reach(trigger.threshold) else 0
        held = held or run > hold
    assert found.triggers[0].days == int(held)


def test_rules_are_told_in_their_order_each_by_itself() -> None:
    rules = (a_rule("a"), a_rule("b", match=Match(codes=(CodeRange(1, 2),))))

    found = history(rules, [an_alert(0)], 10)

    assert [(r.rule.id, r.matched) for r in found.rules] == [("a", 1), ("b", 0)]
