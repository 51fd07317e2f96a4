from __future__ import annotations

from statusbridge.pulse import LONGEST_STEP, Pulse


def test_work_without_an_end_of_a_request_goes_on_for_one_step_and_no_longer() -> None:
    pulse = Pulse(0)
    pulse.works(1000)

    assert pulse.goes_on(1000 + LONGEST_STEP - 1, 0, 30)
    assert not pulse.goes_on(1000 + LONGEST_STEP, 0, 30)


def test_each_request_that_ends_gives_another_step() -> None:
    pulse = Pulse(0)
    pulse.works(0)

    went_on = [pulse.goes_on(100.0 * ended, ended, 30) for ended in range(1, 20)]

    assert went_on == [True] * 19
    assert not pulse.goes_on(1900 + LONGEST_STEP, 19, 30)


def test_rest_may_last_for_the_interval_and_a_step() -> None:
    pulse = Pulse(0)
    pulse.rests(0)

    assert pulse.goes_on(3600 + LONGEST_STEP - 1, 0, 3600)
    assert not pulse.goes_on(3600 + LONGEST_STEP, 0, 3600)
