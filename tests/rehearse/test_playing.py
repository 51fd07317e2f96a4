"""Rule tests, each written as its owner writes it, and what comes of it."""

from pathlib import Path

import pytest

from rehearse.rehearsing import configuration
from statusbridge.rehearse.observing import Check
from statusbridge.rehearse.playing import Verdict, play
from statusbridge.rehearse.reading import read

STORM = 'feed = [{ at = "30s", every = "1s", times = 4, code = 30008, resource = "SM{n}" }]'
"""Told at 40 s, watched at 160 s, resolved at 220 s."""


async def played(folder: Path, text: str) -> Verdict:
    configuration(folder)
    tests = folder / "config.test.toml"
    tests.write_text(f'[[test]]\nname = "it is so"\nstart = "2026-03-29T01:00:00Z"\n{text}\n')
    (test,) = read(tests, None, {"HOME": str(folder)})
    return await play(test)


async def wrong(folder: Path, text: str) -> list[Check]:
    verdict = await played(folder, text)
    return [check for one in verdict.judged for check in one.checks if not check.right]


TRUE = [
    '{ at = "30s", incident = "sms", state = "none", status = "operational", posts = 0 }',
    '{ at = "40s", incident = "sms", state = "investigating", status = "degraded_performance" }',
    '{ at = "40s", incident = "sms", statuses = { SMS = "degraded_performance" } }',
    '{ at = "40s", incident = "sms", title = "Delays sending SMS" }',
    '{ at = "40s", incident = "sms", text = "Some text messages are failing." }',
    '{ at = "40s", incident = "sms", text_contains = "are failing" }',
    '{ at = "40s", incident = "sms", text_contains = ["Some", "failing."] }',
    '{ at = "40s", page = "public", posts = 1, notified = 1, incidents = 1, held = false }',
    '{ at = "40s", incident = "sms", posts = 1, notified = 1, incidents = 1, frozen = false }',
    '{ at = "160s", incident = "sms", state = "monitoring", status = "operational", posts = 2 }',
    '{ at = "220s", incident = "sms", state = "resolved", posts = 3, notified = 2 }',
]


@pytest.mark.parametrize("expected", TRUE)
async def test_what_is_true_is_met(tmp_path: Path, expected: str) -> None:
    expected = expected.replace("160s", "2m40s").replace("220s", "3m40s")

    verdict = await played(tmp_path, f"{STORM}\nexpect = [{expected}]")

    assert verdict.passed
    assert [one.met for one in verdict.judged] == [True]


@pytest.mark.parametrize(
    ("expected", "check"),
    [
        ('state = "monitoring"', Check("state", "monitoring", "investigating", False)),
        (
            'status = "full_outage"',
            Check("status", "full_outage", "degraded_performance", False),
        ),
        (
            'statuses = { SMS = "operational" }',
            Check("statuses.SMS", "operational", "degraded_performance", False),
        ),
        ('title = "Delays"', Check("title", "Delays", "Delays sending SMS", False)),
        ('text = "Some"', Check("text", "Some", "Some text messages are failing.", False)),
        (
            'text_contains = ["Some", "some"]',
            Check("text_contains", "some", "Some text messages are failing.", False),
        ),
        ("posts = 2", Check("posts", "2", "1", False)),
        ("notified = 0", Check("notified", "0", "1", False)),
        ("incidents = 0", Check("incidents", "0", "1", False)),
        ('held = "maintenance"', Check("held", "maintenance", "false", False)),
        ("frozen = true", Check("frozen", "true", "false", False)),
    ],
)
async def test_what_is_not_true_is_told_beside_what_is(
    tmp_path: Path, expected: str, check: Check
) -> None:
    line = f'{{ at = "40s", incident = "sms", {expected} }}'

    verdict = await played(tmp_path, f"{STORM}\nexpect = [{line}]")

    assert not verdict.passed
    assert [c for one in verdict.judged for c in one.checks if not c.right] == [check]


async def test_a_hold_that_has_not_passed_is_pending(tmp_path: Path) -> None:
    text = (tmp_path / "held.toml").name
    configuration(tmp_path)
    config = (tmp_path / "config.toml").read_text()
    (tmp_path / text).write_text(config.replace("{ count = 3 }", '{ count = 3, hold = "20s" }'))

    assert not await wrong(
        tmp_path,
        f"""config = "{text}"
        feed = [{{ at = "5s", every = "1s", times = 4, code = 30008 }}]
        expect = [
          {{ at = "20s", incident = "sms", state = "pending", posts = 0 }},
          {{ at = "30s", incident = "sms", state = "investigating" }},
          {{ at = "8m", incident = "sms", state = "resolved" }},
        ]""",
    )


async def test_a_new_outage_after_a_resolved_one_is_another_incident(tmp_path: Path) -> None:
    assert not await wrong(
        tmp_path,
        """
        feed = [
          { at = "35s", every = "1s", times = 4, code = 30008 },
          { at = "10m", every = "1s", times = 4, code = 30008 },
        ]
        expect = [
          { at = "9m", incident = "sms", state = "resolved", incidents = 1, posts = 3 },
          { at = "11m", incident = "sms", state = "investigating", incidents = 2, posts = 4 },
        ]""",
    )


async def test_what_is_held_is_shown_with_its_reason_until_it_is_free(tmp_path: Path) -> None:
    assert not await wrong(
        tmp_path,
        """
        feed = [
          { act = "open", name = "Ours", components = { "Messaging / SMS" = "partial_outage" } },
          { at = "35s", every = "1s", times = 60, code = 30008 },
          { at = "2m", act = "resolve", incident = "Ours" },
        ]
        expect = [
          { at = "1m", incident = "sms", state = "held", held = "person_has_open_incident" },
          { at = "1m", held = "person_has_open_incident", posts = 0 },
          { at = "2m", incident = "sms", state = "investigating", held = false },
        ]""",
    )


async def test_an_act_is_done_before_the_poll_of_the_same_time(tmp_path: Path) -> None:
    assert not await wrong(
        tmp_path,
        """
        feed = [
          { at = "35s", every = "1s", times = 4, code = 30008 },
          { at = "40s", act = "open", components = { SMS = "partial_outage" } },
        ]
        expect = [{ at = "40s", incident = "sms", state = "held" }]""",
    )


async def test_each_act_of_people_is_done_on_the_page(tmp_path: Path) -> None:
    assert not await wrong(
        tmp_path,
        f"""{STORM.replace("}]", "},")}
          {{ at = "50s", act = "post", message = "Known.", status = "identified" }},
          {{ at = "55s", act = "rename", incident = "sms", name = "SMS" }},
          {{ at = "1m", act = "delete_update", incident = "sms" }},
          {{ at = "65s", act = "resolve", incident = "sms", message = "Done." }},
          {{ at = "70s", act = "delete_incident", incident = "sms" }},
        ]
        expect = [
          {{ at = "50s", incident = "sms", state = "identified", text = "Known." }},
          {{ at = "55s", incident = "sms", title = "SMS", held = "touched_by_a_person" }},
          {{ at = "1m", incident = "sms", text = "Some text messages are failing." }},
          {{ at = "65s", incident = "sms", state = "resolved", text = "Done.", posts = 1 }},
          {{ at = "70s", incident = "sms", state = "none", posts = 1 }},
        ]""".replace('"65s"', '"1m5s"').replace('"70s"', '"1m10s"'),
    )


async def test_a_completed_maintenance_window_holds_nothing_more(tmp_path: Path) -> None:
    assert not await wrong(
        tmp_path,
        """
        components = "Website"
        feed = [
          { act = "open_maintenance", components = ["SMS", "Website"], lasts = "1h" },
          { at = "35s", every = "1s", times = 60, code = 30008 },
          { at = "1m", act = "complete_maintenance" },
        ]
        expect = [
          { at = "50s", incident = "sms", state = "held", held = "maintenance" },
          { at = "1m", incident = "sms", state = "investigating" },
        ]""",
    )


async def test_an_act_on_nothing_fails_the_test_and_says_where(tmp_path: Path) -> None:
    verdict = await played(
        tmp_path,
        """feed = [{ at = "10s", act = "resolve", incident = "sms" }]
        expect = [{ at = "1m", posts = 0 }]""",
    )

    (undone,) = verdict.undone
    assert not verdict.passed
    assert undone.why == 'there is no incident "sms" on the page at that time'
    assert undone.where == f"{tmp_path}/config.test.toml:4"


@pytest.mark.parametrize("word", ["401", "403", "503", "timeout", "connection", "garbage"])
async def test_polls_fail_as_they_are_told_to_and_only_then(tmp_path: Path, word: str) -> None:
    verdict = await played(
        tmp_path,
        f"""{STORM.replace("}]", "},")}
          {{ at = "1m", poll_error = "{word}", for = "10m", account = "prod" }},
        ]
        expect = [
          {{ at = "55s", incident = "sms", frozen = false }},
          {{ at = "1m", incident = "sms", frozen = true }},
          {{ at = "10m", incident = "sms", state = "investigating", frozen = true }},
          {{ at = "11m", incident = "sms", state = "resolved", frozen = false }},
        ]""",
    )

    said = [event.said for event in verdict.events if event.kind == "polls"]
    assert verdict.passed
    assert len(said) == 2
    assert said[0].startswith("can't be read: GET /v1/Alerts")


async def test_alerts_that_are_stored_late_count_from_when_they_happened(tmp_path: Path) -> None:
    verdict = await played(
        tmp_path,
        """feed = [{ at = "35s", every = "1s", times = 4, code = 30008, late = "20s" }]
        expect = [
          { at = "50s", incident = "sms", state = "none" },
          { at = "1m", incident = "sms", state = "investigating" },
          { at = "2m40s", incident = "sms", state = "monitoring" },
        ]""",
    )

    assert verdict.passed


async def test_a_spread_feed_is_the_same_in_every_run(tmp_path: Path) -> None:
    feed = """feed = [{ times = 40, spread = "30m", code = 30008, resource = "SM{n}" }]
        expect = [{ at = "1h", posts = 0 }]"""

    one, other = await played(tmp_path, feed), await played(tmp_path, feed)

    assert one.events == other.events
    assert len({event.at for event in one.events if event.kind == "alerts"}) > 1


async def test_a_shadow_rule_is_tried_as_auto_unless_the_test_says_otherwise(
    tmp_path: Path,
) -> None:
    configuration(tmp_path)
    config = (tmp_path / "config.toml").read_text()
    (tmp_path / "shadow.toml").write_text(config.replace('"auto"', '"shadow"'))
    (tmp_path / "review.toml").write_text(config.replace('"auto"', '"review"'))
    expected = {
        ("shadow", ""): ("investigating", 1),
        ("shadow", 'stage = "configured"\n'): ("none", 0),
        ("shadow", 'stage = "review"\n'): ("held", 0),
        ("review", ""): ("held", 0),
        ("review", 'stage = "auto"\n'): ("investigating", 1),
        ("review", 'stage = "shadow"\n'): ("none", 0),
    }

    for (config, stage), (state, posts) in expected.items():
        line = f'{{ at = "1m", incident = "sms", state = "{state}", posts = {posts} }}'
        found = await wrong(
            tmp_path, f'config = "{config}.toml"\n{stage}{STORM}\nexpect = [{line}]'
        )
        assert found == [], (config, stage)


@pytest.mark.parametrize(
    ("start", "quiet"),
    [("2026-03-29T00:58:00Z", "03:00 CEST"), ("2026-10-25T00:58:00Z", "02:00 CET")],
)
async def test_times_in_texts_follow_a_clock_that_is_changed_meanwhile(
    tmp_path: Path, start: str, quiet: str
) -> None:
    configuration(tmp_path)
    config = (tmp_path / "config.toml").read_text()
    (tmp_path / "berlin.toml").write_text(f'[text]\ntimezone = "Europe/Berlin"\n{config}')
    tests = tmp_path / "berlin.test.toml"
    tests.write_text(
        f"""[[test]]
        name   = "an hour is an hour"
        start  = "{start}"
        feed   = [{{ every = "1s", times = 130, code = 30008 }}]
        expect = [
          {{ at = "4m10s", incident = "sms", text_contains = "since {quiet}" }},
          {{ at = "6m", incident = "sms", state = "resolved", text_contains = "after 2 minutes" }},
        ]"""
    )
    (test,) = read(tests, None, {"HOME": str(tmp_path)})

    verdict = await play(test)

    assert [c for one in verdict.judged for c in one.checks if not c.right] == []


async def test_weeks_are_played_in_a_moment(tmp_path: Path) -> None:
    verdict = await played(
        tmp_path,
        """feed = [
          { at = "3d", every = "1s", times = 4, code = 30008 },
          { at = "20d", every = "1s", times = 4, code = 30008 },
        ]
        expect = [{ at = "30d", incident = "sms", state = "resolved", incidents = 2 }]""",
    )

    assert verdict.passed


LASTING = """stage = "review"
feed = [
  { at = "30s", every = "1s", times = 300, code = 30008, resource = "SM{n}" },
"""


async def test_what_is_approved_is_published_at_once_in_the_words_given(tmp_path: Path) -> None:
    assert not await wrong(
        tmp_path,
        LASTING
        + """  { at = "45s", act = "approve", incident = "sms", title = "Slow", text = "Ours." },
        ]
        expect = [
          { at = "44s", incident = "sms", state = "held", held = "awaits_review", posts = 0 },
          { at = "45s", incident = "sms", state = "investigating", title = "Slow" },
          { at = "46s", incident = "sms", text = "Ours.", posts = 1 },
        ]""",
    )


async def test_what_is_rejected_is_not_proposed_again(tmp_path: Path) -> None:
    assert not await wrong(
        tmp_path,
        LASTING
        + """  { at = "45s", act = "reject", incident = "public/sms", for = "2h" },
        ]
        expect = [{ at = "10m", posts = 0 }]""",
    )


async def test_publishing_stops_with_a_pause_and_goes_on_after_it(tmp_path: Path) -> None:
    assert not await wrong(
        tmp_path,
        """
        feed = [
          { at = "30s", every = "1s", times = 300, code = 30008 },
          { at = "10s", act = "pause", for = "1m" },
          { at = "2m", act = "pause", incident = "sms" },
          { at = "20m", act = "resume", incident = "sms" },
        ]
        expect = [
          { at = "1m", incident = "sms", state = "held", held = "paused" },
          { at = "1m20s", incident = "sms", state = "investigating", posts = 1 },
          { at = "19m", incident = "sms", state = "investigating", posts = 1 },
          { at = "21m", incident = "sms", state = "resolved" },
        ]""",
    )


async def test_what_is_released_is_the_bridges_again(tmp_path: Path) -> None:
    assert not await wrong(
        tmp_path,
        """
        feed = [
          { at = "30s", every = "1s", times = 300, code = 30008 },
          { at = "1m", act = "rename", incident = "sms", name = "SMS" },
          { at = "2m", act = "release", incident = "sms" },
        ]
        expect = [
          { at = "1m50s", incident = "sms", held = "touched_by_a_person" },
          { at = "10m", incident = "sms", state = "resolved", held = false },
        ]""",
    )


async def test_an_order_that_is_refused_fails_the_test(tmp_path: Path) -> None:
    verdict = await played(
        tmp_path,
        """feed = [{ at = "10s", act = "approve", incident = "sms" }]
        expect = [{ at = "1m", posts = 0 }]""",
    )

    (undone,) = verdict.undone
    assert not verdict.passed
    assert undone.why.startswith("Nothing waits under public/sms")
