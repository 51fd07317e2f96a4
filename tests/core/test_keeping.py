from __future__ import annotations

from typing import Any

import pytest

from builders import T0, a_rule, a_trigger, an_alert
from statusbridge.core.coverage import DAY, Coverage
from statusbridge.core.detectors import Detector, Transition
from statusbridge.core.episodes import Episode, Group, group_of, opened
from statusbridge.core.keeping import KEPT, dispensable_until, needed_after
from statusbridge.core.model import PageId, Phase, Stage, Status
from statusbridge.core.rules import Recovery, Rule

RULE = a_rule()
LONGEST = a_rule(
    window=7 * DAY,
    triggers=(a_trigger(hold=DAY),),
    recovery=Recovery(after=7 * DAY, settle=7 * DAY),
)
MONTHS = 90 * DAY


def standing(rule: Rule, phase: Phase, since: int, floor: int = 0) -> dict[str, Any]:
    detector = Detector(phase, Status.OPERATIONAL, since, T0, floor)
    return {rule.id: (group_of(rule), detector)}


def an_episode(rule: Rule, at: int) -> Episode:
    begun = Transition(at, rule.id, Phase.FIRING, Status.DEGRADED_PERFORMANCE, at - 60)
    return opened(rule, begun, an_alert(at), PageId("01PAGE"))


def test_nothing_may_go_before_anything_was_read() -> None:
    assert dispensable_until((RULE,), {}, (), ()) is None
    assert dispensable_until((RULE,), {}, (), (Coverage(None, T0),)) is None


def test_alerts_older_than_what_twilio_answers_for_may_go_where_nothing_is_under_way() -> None:
    calm = standing(RULE, Phase.INACTIVE, T0 - MONTHS)

    assert dispensable_until((RULE,), calm, (), (Coverage(T0, T0),)) == T0 - 35 * DAY
    assert dispensable_until((), {}, (), (Coverage(T0, T0),)) == T0 - 35 * DAY


def test_an_account_that_cannot_be_read_keeps_what_came_since() -> None:
    blind, read = Coverage(T0 - MONTHS, T0 - MONTHS), Coverage(T0, T0)

    assert dispensable_until((RULE,), {}, (), (read, blind)) == T0 - MONTHS - KEPT


def test_no_rule_that_a_reload_may_bring_looks_back_further_than_alerts_are_kept() -> None:
    assert needed_after((LONGEST,), {}, (), T0) == T0 - 22 * DAY
    assert KEPT > 22 * DAY + 48 * 3600


def test_a_detector_that_stands_still_keeps_what_it_has_yet_to_go_through() -> None:
    behind = {RULE.id: (group_of(RULE), Detector.fresh(T0 - MONTHS))}

    assert needed_after((RULE,), behind, (), T0) == T0 - MONTHS - 120


@pytest.mark.parametrize(
    ("phase", "floor", "needed"),
    [
        (Phase.FIRING, 0, T0 - MONTHS - 60),
        (Phase.FIRING, T0 - DAY, T0 - DAY),
        (Phase.RECOVERING, 0, T0 - 180),
    ],
)
def test_what_names_an_outage_stays_while_its_rule_fires(
    phase: Phase, floor: int, needed: int
) -> None:
    firing = standing(RULE, phase, T0 - MONTHS, floor)

    assert needed_after((RULE,), firing, (), T0) == needed


def test_alerts_of_an_open_outage_stay() -> None:
    episode = an_episode(RULE, T0 - MONTHS)

    needed = needed_after((RULE,), {}, (episode,), T0)

    assert needed == T0 - MONTHS - RULE.reach - RULE.window - 1
    assert needed_after((), {}, (episode,), T0) == T0 - MONTHS - 1


def test_a_rule_on_trial_that_fires_for_ever_keeps_nothing() -> None:
    trial = a_rule(stage=Stage.SHADOW)
    firing = standing(trial, Phase.FIRING, T0 - MONTHS)
    episode = an_episode(trial, T0 - MONTHS)

    assert firing[trial.id][0] == Group("public", "sms", Stage.SHADOW)
    assert needed_after((trial,), firing, (episode,), T0) == T0 - 180
