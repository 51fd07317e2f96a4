from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from builders import T0, a_rule, a_trigger, an_alert
from fakes import PAGE
from statusbridge.core.coverage import Coverage, Gap, Hole
from statusbridge.core.detectors import Detector
from statusbridge.core.episodes import episode_id, group_of
from statusbridge.core.evaluate import Detection, Evaluation
from statusbridge.core.model import Alert, Phase, Stage, Status
from statusbridge.core.rules import CodeRange, Match, Rule
from statusbridge.core.windows import Measures

RULE = a_rule()
ALERTS = tuple(an_alert(T0 + n) for n in range(3))
AT = T0 + 10
NOT_WHOLE = {"prod": Coverage(None, AT)}


def fed(*rules: Rule, alerts: tuple[Alert, ...] = ALERTS) -> Detection:
    detection = Detection(rules or (RULE,), {"public": PAGE})
    detection.add(alerts)
    return detection


def oldest(rule: Rule, after: int, until: int) -> Alert | None:
    return next((alert for alert in ALERTS if after < alert.at <= until), None)


def evaluated(detection: Detection, at: int = AT, **parts: object) -> Evaluation:
    fields: dict[str, object] = {
        "detectors": {}, "episodes": (), "coverage": {"prod": Coverage(at, at)}, "onset": oldest,
    }  # fmt: skip
    return detection.evaluate(**(fields | parts))  # type: ignore[arg-type]


def test_an_episode_starts_with_the_oldest_alert_in_the_window_that_reached_the_trigger() -> None:
    (episode,) = evaluated(fed()).episodes

    assert (episode.started_at, episode.opened_at, episode.newest_at) == (T0, T0 + 2, T0 + 2)
    assert episode.id == episode_id(PAGE, group_of(RULE), RULE.id, ALERTS[0])


def test_the_key_names_page_incident_stage_rule_account_and_alert_and_fits_the_page() -> None:
    group = group_of(RULE)
    alert = ALERTS[0]
    keys = {
        episode_id(PAGE, group, RULE.id, alert),
        episode_id(type(PAGE)("other"), group, RULE.id, alert),
        episode_id(PAGE, group._replace(incident="other"), RULE.id, alert),
        episode_id(PAGE, group._replace(stage=Stage.REVIEW), RULE.id, alert),
        episode_id(PAGE, group, "other", alert),
        episode_id(PAGE, group, RULE.id, alert._replace(account="other")),
        episode_id(PAGE, group, RULE.id, alert._replace(sid="other")),
    }

    assert len(keys) == 7
    assert all(key.isascii() and len(key) <= 64 for key in keys)
    assert episode_id(PAGE, group, RULE.id, alert._replace(at=1, code=1)) in keys


def test_nothing_is_evaluated_before_anything_was_heard() -> None:
    assert evaluated(fed(), coverage={"prod": Coverage()}) == Evaluation((), (), ())


def test_an_outage_that_no_alert_can_be_shown_for_is_not_opened() -> None:
    found = evaluated(fed(), onset=lambda rule, after, until: None)

    assert found.episodes == ()
    assert [transition.phase for transition in found.transitions] == [Phase.FIRING]


def test_an_outage_that_was_told_to_its_end_is_not_opened_again_from_the_same_alert() -> None:
    (episode,) = evaluated(fed()).episodes
    ended = replace(episode, ended_at=T0 + 5)

    assert evaluated(fed(), episodes=(ended,)).episodes == (ended,)


def test_a_rule_that_quiets_down_without_an_episode_says_nothing() -> None:
    firing = Detector(Phase.FIRING, Status.DEGRADED_PERFORMANCE, T0, T0, T0 - 60)

    found = evaluated(fed(), at=T0 + 900, detectors={"sms": firing})

    assert found.episodes == ()
    assert [t.phase for t in found.transitions] == [Phase.RECOVERING, Phase.INACTIVE]


def test_a_gap_of_an_account_that_a_rule_does_not_hear_is_none_of_its_business() -> None:
    deaf = a_rule("deaf", match=Match(accounts=frozenset({"prod"})))
    detection = fed(deaf, RULE)
    detection.blind([("test", Gap(T0, AT, "why"))])

    found = evaluated(detection, coverage={"prod": Coverage(AT, AT), "test": Coverage(AT, AT)})

    assert [standing.measures.blind for standing in found.standings] == [0, 1]


def test_what_matches_is_counted_once_however_many_rules_it_matches() -> None:
    apart = a_rule("apart", match=Match(codes=(CodeRange(1, 1),)))
    others = [an_alert(T0 + n, code=2) for n in (8, 9)]

    detection = fed(RULE, a_rule("twin"), apart, alerts=(*ALERTS, *others))

    assert (Detection((), {}).matched, detection.matched) == (0, 3)
    assert (detection.counted, dict(detection.missed)) == ([3, 3, 0], {2: 2})


def test_a_rule_measures_the_resources_and_accounts_of_what_it_matches() -> None:
    rule = a_rule(triggers=(a_trigger(distinct_resources=9, distinct_accounts=9),))
    again = an_alert(T0 + 5, sid="NO1", resource=ALERTS[0].resource, account="test")

    (standing,) = evaluated(fed(rule, alerts=(*ALERTS, again))).standings

    assert standing.measures == Measures(4, 3, 2)


def test_a_new_rule_opens_for_what_fires_where_its_reach_begins() -> None:
    (episode,) = evaluated(fed(), at=T0 + 50 + RULE.reach).episodes

    assert (episode.started_at, episode.opened_at) == (T0, T0 + 50)


def test_nothing_begins_to_recover_before_all_accounts_that_gave_evidence_were_read() -> None:
    (before,) = evaluated(fed()).episodes
    firing = Detector(Phase.FIRING, Status.DEGRADED_PERFORMANCE, T0 + 2, AT, T0 - 60)
    two = replace(before, accounts=frozenset({"prod", "test"}))
    after = AT + 900

    def phases(test: Coverage) -> list[Phase]:
        coverage = {"prod": Coverage(after, after), "test": test}
        found = evaluated(fed(), coverage=coverage, detectors={"sms": firing}, episodes=(two,))
        return [transition.phase for transition in found.transitions]

    assert phases(Coverage(None, after)) == []
    assert phases(Coverage(AT, after)) == []
    assert phases(Coverage(after, after)) == [Phase.RECOVERING, Phase.INACTIVE]


def test_an_account_that_a_rule_does_not_hear_keeps_it_from_nothing() -> None:
    deaf = a_rule(match=Match(accounts=frozenset({"prod"})))
    coverage = {"prod": Coverage(AT, AT), "test": Coverage(T0 - 900, T0 - 900)}

    (standing,) = evaluated(fed(deaf), coverage=coverage).standings

    assert standing.detector.position == AT


def test_what_fires_on_alerts_of_an_outage_that_is_over_opens_with_the_first_alert_after_it() -> (
    None
):
    def found(floor: int) -> list[tuple[int, int]]:
        firing = Detector(Phase.FIRING, Status.DEGRADED_PERFORMANCE, T0 + 1, T0 + 2, floor)
        episodes = evaluated(fed(), detectors={"sms": firing}).episodes
        return [(episode.started_at, episode.opened_at) for episode in episodes]

    assert found(T0) == [(T0 + 1, T0 + 1)]
    assert found(T0 + 1) == [(T0 + 2, T0 + 2)]
    assert found(T0 + 2) == []


def test_a_late_alert_of_another_account_makes_its_absence_count_too() -> None:
    (before,) = evaluated(fed()).episodes

    (after,) = evaluated(
        fed(alerts=(*ALERTS, an_alert(T0, sid="NO1", account="test"))), episodes=(before,)
    ).episodes

    assert after == replace(before, accounts=frozenset({"prod", "test"}))


def test_of_two_rules_that_quiet_in_the_same_second_the_first_in_the_file_speaks() -> None:
    first, second = (
        a_rule(id_, incident="sms", order=place) for place, id_ in enumerate(("sms", "mms"))
    )

    known = {"sms": Detector.fresh(T0 - 60), "mms": Detector.fresh(T0 - 60)}

    (episode,) = evaluated(fed(first, second), at=T0 + 900, detectors=known).episodes

    assert (episode.ended_at, episode.cause) == (T0 + 182, "sms")


def test_of_two_rules_that_worsen_in_the_same_second_the_first_in_the_file_speaks() -> None:
    worse = (a_trigger(count=2), a_trigger(Status.PARTIAL_OUTAGE, count=3))
    first = a_rule(triggers=worse)
    second = a_rule(
        "mms", incident="sms", components=("MMS",), triggers=(a_trigger(count=3),), order=1
    )

    (episode,) = evaluated(fed(first, second)).episodes

    assert (episode.opened_at, episode.cause) == (T0 + 1, "sms")


def test_a_standing_says_since_when_each_condition_has_been_true() -> None:
    worse = a_trigger(Status.FULL_OUTAGE, count=9)
    rule = a_rule(triggers=(a_trigger(count=3), a_trigger(count=2), worse))

    (during,) = evaluated(fed(rule)).standings
    (after,) = evaluated(fed(rule), at=T0 + 100, detectors={"sms": during.detector}).standings

    assert (during.met, during.below) == ((T0 + 2, T0 + 1, None), None)
    assert (after.met, after.below) == ((None, None, None), T0 + 62)


def test_a_rule_that_was_let_in_speaks_in_the_public_outage_and_not_in_its_own() -> None:
    rule = a_rule(stage=Stage.REVIEW)
    (own,) = evaluated(fed(rule)).episodes
    (member,) = own.members
    quiet = replace(member, asked=Status.OPERATIONAL, phase=Phase.RECOVERING, approved=True)
    public = replace(own, id="public", group=group_of(a_rule()), members=(quiet,))

    found = evaluated(fed(rule), episodes=(own, public)).episodes

    levels = {episode.id: episode.members[0].asked for episode in found}
    assert levels == {own.id: member.asked, "public": Status.DEGRADED_PERFORMANCE}
    assert found[0] == own


def test_only_alerts_of_the_stretch_that_is_left_to_the_store_are_not_measured() -> None:
    detection = fed(alerts=())
    known = {"sms": Detector.fresh(T0)}

    found = []
    for alert in (ALERTS[0], ALERTS[2], ALERTS[1]):
        detection.left = {"sms": (T0, T0 + 1)}
        detection.add([alert])
        (standing,) = evaluated(detection, detectors=known, coverage=NOT_WHOLE).standings
        found.append((standing.measures.count, set(detection.lacking)))

    assert found == [(1, set()), (2, set()), (2, {"sms"})]
    assert detection.counted == [3]


def test_absence_proves_nothing_to_a_rule_that_lacks_alerts() -> None:
    known = {"sms": Detector.fresh(T0 - 60)}
    lacking = Detection((RULE,), {"public": PAGE}, {"sms": (T0 - 60, T0)})

    (stood,) = evaluated(lacking, detectors=known).standings
    (moved,) = evaluated(fed(alerts=()), detectors=known).standings

    assert (stood.detector.position, moved.detector.position) == (T0 - 60, AT)


@pytest.mark.parametrize(
    ("holes", "newest", "fires"),
    [
        ((), AT - 100, True),
        ((Hole(T0 - 800, AT - 300),), AT - 100, False),
        ((Hole(T0 - 800, AT - 300),), AT - 60, False),
        ((Hole(T0 - 800, AT - 300),), AT - 59, True),
    ],
)
def test_while_a_past_is_read_only_what_still_counts_now_fires(
    holes: tuple[Hole, ...], newest: int, fires: bool
) -> None:
    known = {"sms": Detector.fresh(T0 - 900)}
    alerts = tuple(an_alert(newest - n) for n in range(3))

    found = evaluated(
        fed(alerts=alerts), detectors=known, coverage={"prod": Coverage(T0 - 900, AT, holes)}
    )

    assert [t.at for t in found.transitions] == ([newest] if fires else [])


def test_what_two_have_counted_is_counted_together() -> None:
    detection, other = fed(), fed(alerts=(*ALERTS[:2], an_alert(code=1)))
    detection.add([an_alert(code=1), an_alert(code=2)])

    detection.count_on(other)

    assert (detection.matched, detection.counted) == (5, [5])
    assert detection.missed == Counter({1: 2, 2: 1})
