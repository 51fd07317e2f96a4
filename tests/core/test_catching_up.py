from __future__ import annotations

import pytest

from builders import T0, a_rule, an_alert
from fakes import PAGE
from statusbridge.core.catching_up import left_out, ready, wanted
from statusbridge.core.coverage import HOUR, Coverage, Hole
from statusbridge.core.detectors import Detector, Transition
from statusbridge.core.episodes import Episode, opened
from statusbridge.core.model import Instant, Phase, Status

RULE = a_rule()
NOW = T0 + 2 * HOUR
NEEDED = NOW - 180
"""What a rule that begins anew at NOW measures: 60 s of reach, of quiet time and of window."""
READ = Coverage(NOW, NOW)
BEING_READ = Coverage(T0, NOW, (Hole(T0 + 1, NOW - HOUR),))


def standing(position: Instant, phase: Phase = Phase.INACTIVE) -> dict[str, Detector]:
    return {RULE.id: Detector(phase, Status.OPERATIONAL, T0, position, T0 - 60)}


def an_outage() -> Episode:
    """An outage of RULE that the account prod gave evidence of."""
    fired = Transition(T0, RULE.id, Phase.FIRING, Status.DEGRADED_PERFORMANCE, T0 - 60)
    return opened(RULE, fired, an_alert(), PAGE)


@pytest.mark.parametrize("coverage", [READ, BEING_READ])
def test_a_past_is_left_to_the_store_up_to_what_matters_now(coverage: Coverage) -> None:
    found = left_out([RULE], standing(T0), (), {"prod": coverage}, NOW)

    assert found == {"sms": (T0, NEEDED)}


def test_nothing_is_left_out_where_nothing_was_read_beyond_what_is_decided() -> None:
    assert left_out([RULE], standing(T0), (), {"prod": Coverage(T0, NOW)}, NOW) == {}


def test_nothing_is_left_out_of_what_matters_now() -> None:
    assert left_out([RULE], standing(NEEDED), (), {"prod": READ}, NOW) == {}


def test_a_new_rule_has_no_past_and_takes_none_from_the_rules_after_it() -> None:
    rules = [a_rule("new"), RULE]

    assert left_out(rules, standing(T0), (), {"prod": READ}, NOW) == {"sms": (T0, NEEDED)}
    assert ready(rules, standing(T0), (), {"prod": READ}, set()) == {"sms": NOW}


def test_in_an_outage_the_past_is_that_of_the_accounts_that_gave_it_evidence() -> None:
    coverage = {"prod": READ, "test": Coverage(None, NOW)}
    firing = standing(T0, Phase.FIRING)

    in_outage, before_one = (
        (
            left_out([RULE], firing, some, coverage, NOW),
            ready([RULE], firing, some, coverage, set()),
        )
        for some in ([an_outage()], [])
    )

    assert in_outage == ({"sms": (T0, NEEDED)}, {"sms": NOW})
    assert before_one == ({}, {"sms": T0})


def test_stretches_that_touch_are_wanted_as_one() -> None:
    rules = [RULE, a_rule("calls")]
    at, later = standing(T0)["sms"], standing(T0 + 120)["sms"]
    left = {"sms": (T0, NOW - 300), "calls": (T0 + 120, NOW - 400)}

    found = wanted(rules, {"sms": at, "calls": later}, left, NOW)

    # Of what is decided, each rule needs its window and its quiet time again: 120 s.
    assert found == [(T0 - 120, T0 + 120), (NOW - 400, NOW)]
