from builders import T0, a_rule, an_alert
from statusbridge.core.windows import Measures
from statusbridge.rehearse.peaks import Peak, Peaks


def test_the_peak_is_that_of_every_second_and_not_of_the_polls() -> None:
    peaks = Peaks((a_rule(window=60),), T0)

    peaks.advance([an_alert(T0 + n) for n in (10, 20, 65)], T0 + 75)

    assert peaks.ever["sms"] == Peak(T0 + 65, Measures(3))
    assert peaks.lately["sms"] == Peak(T0 + 65, Measures(3))


def test_lately_is_since_the_last_time_and_ever_is_since_the_start() -> None:
    peaks = Peaks((a_rule(window=60),), T0)
    peaks.advance([an_alert(T0 + n) for n in (10, 20)], T0 + 30)

    peaks.advance([an_alert(T0 + 100)], T0 + 120)

    assert peaks.ever["sms"] == Peak(T0 + 20, Measures(2))
    assert peaks.lately["sms"] == Peak(T0 + 30, Measures(2))


def test_an_alert_that_came_late_raises_the_peak_of_its_own_time() -> None:
    peaks = Peaks((a_rule(window=60),), T0)
    peaks.advance([an_alert(T0 + 10)], T0 + 600)

    peaks.advance([an_alert(T0 + 30)], T0 + 630)

    assert peaks.ever["sms"] == Peak(T0 + 30, Measures(2))


def test_alerts_of_other_rules_raise_nothing() -> None:
    peaks = Peaks((a_rule(),), T0)

    peaks.advance([an_alert(T0 + 10, code=30009)], T0 + 60)

    assert peaks.ever["sms"].measures == Measures()
